#include "emulator/containment.hpp"

#include <utility>

namespace lambox::emulator {
namespace {

/// AWS's user in the environments of zip functions, with the numbers seen there (behaviour §3.2).
const io::SandboxUser aws_user{993, 990, "sbx_user1051"};

std::string number(double value) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

} // namespace

Result<std::unique_ptr<ContainmentFinder>> ContainmentFinder::find(const ContainmentOptions& wishes, const std::filesystem::path& folder,
                                                                   const Logger& log) {
    std::unique_ptr<ContainmentFinder> finder(new ContainmentFinder(wishes, log));
    if (const auto found = finder->find_sandboxes(folder); !found) return found.error();
    finder->find_groups();
    finder->decide_memory();
    finder->decide_freezing();
    finder->decide_cpu();
    return finder;
}

Result<void> ContainmentFinder::find_sandboxes(const std::filesystem::path& folder) {
    const char* const process_level =
        "isolation: process (a process group of its own; this machine's files, users and processes are visible)";
    if (wishes_.isolation == Isolation::process) {
        tell(process_level);
        return {};
    }
    auto sandboxes = io::Sandboxes::probe({folder, aws_user, {"/var/runtime", "/var/lang"}, {"sandbox.localdomain", "sandbox"}});
    if (!sandboxes) {
        if (wishes_.isolation == Isolation::sandbox) {
            return make_error(Errc::unsupported, "no sandbox can be made here: " + sandboxes.error().message +
                                                     "; run as root or allow user namespaces, or use --isolation process");
        }
        tell(std::string(process_level) + ", because no sandbox can be made: " + sandboxes.error().message);
        return {};
    }
    sandboxes_.emplace(std::move(*sandboxes));
    chosen_.make_sandbox = [this](const io::SandboxSpec& spec) { return sandboxes_->make(spec); };
    tell(std::string("isolation: sandbox (mount, process and IPC namespaces, read-only root, sbx_user1051, /tmp of its size") +
         (sandboxes_->unprivileged() ? "; in user namespaces, where that user is you)" : ")"));
    return {};
}

void ContainmentFinder::find_groups() {
    const bool needed = wishes_.memory_limit == Switch::on || wishes_.freeze == Switch::on || wishes_.cpu_share == Switch::on;
    if (!needed) return;
    io::ResourceSettings settings;
    if (wishes_.cgroups == Switch::off) {
        settings.mounts.cgroup1.clear();
        settings.mounts.cgroup2.reset();
    }
    if (wishes_.cpu_share == Switch::off) settings.cpu_quotas = io::CpuQuotas::unwanted;
    groups_.emplace(io::ResourceGroups::probe(std::move(settings), log_));
    chosen_.make_group = [this](const io::GroupSpec& spec) { return make_group(spec); };
    if (groups_->collected() > 0)
        log_.warn("removed " + std::to_string(groups_->collected()) + " groups that a killed lambox had left, with what ran in them");
}

std::unique_ptr<io::ResourceGroup> ContainmentFinder::make_group(const io::GroupSpec& spec) {
    auto group = groups_->make(spec);
    if (group) return std::move(*group);
    log_.warn("an environment has no resource group, so its memory is only watched, and it is not frozen: " + group.error().message);
    return nullptr;
}

void ContainmentFinder::decide_memory() {
    if (wishes_.memory_limit == Switch::off) {
        tell("memory: not limited");
        return;
    }
    const auto& can = groups_->capabilities();
    chosen_.kernel_counts_memory = can.peak_memory.by == io::Mechanism::cgroup1 || can.peak_memory.by == io::Mechanism::cgroup2;
    if (can.memory_limit.by == io::Mechanism::cgroup1 || can.memory_limit.by == io::Mechanism::cgroup2) {
        chosen_.memory_limit = engine::MemoryLimit::by_kernel;
        tell(std::string("memory: limited to the memory size by ") + io::name_of(can.memory_limit.by) + "; emulated functions are not");
        return;
    }
    chosen_.memory_limit = engine::MemoryLimit::watched;
    tell("memory: watched through /proc every 100 ms, and killed when over the size, because no resource group does it (" +
         can.memory_limit.reason + "); emulated functions are not");
}

void ContainmentFinder::decide_freezing() {
    if (wishes_.freeze == Switch::off) {
        tell("freeze: off; environments go on running between invocations");
        return;
    }
    const auto& can = groups_->capabilities().freezer;
    if (can.by == io::Mechanism::none) {
        tell_missing("freeze: environments go on running between invocations, because no resource group stops them (" + can.reason + ")");
        return;
    }
    chosen_.freezes = true;
    tell(std::string("freeze: environments are frozen between invocations by ") +
         (can.by == io::Mechanism::process ? "SIGSTOP" : io::name_of(can.by)));
}

void ContainmentFinder::decide_cpu() {
    if (wishes_.cpu_share == Switch::off) {
        tell("cpu: not scaled by memory size");
        return;
    }
    const auto& can = groups_->capabilities().cpu_quota;
    if (can.by != io::Mechanism::cgroup1 && can.by != io::Mechanism::cgroup2) {
        tell_missing("cpu: not scaled by memory size, because no resource group does it (" + can.reason + ")");
        return;
    }
    chosen_.cpu_share = engine::CpuShare::by_memory_size;
    chosen_.init_cpu_millionths = static_cast<std::uint32_t>(wishes_.init_cpus * 1'000'000);
    const std::string burst = wishes_.init_cpus == 0 ? "without a bound" : "with up to " + number(wishes_.init_cpus) + " vCPUs";
    tell(std::string("cpu: memory/1769 vCPU by ") + io::name_of(can.by) + ", given out per 100 ms; INIT runs " + burst +
         "; emulated functions are not scaled");
}

void ContainmentFinder::tell_missing(const std::string& sentence) {
    tell(sentence);
    missing_.push_back(sentence);
}

engine::Containments ContainmentFinder::chosen() { return chosen_; }

} // namespace lambox::emulator
