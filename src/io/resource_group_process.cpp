#include "resource_group_detail.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>

namespace lambox::io::resources {
namespace {

/// A group that still grows after so many rounds is a fork bomb.
constexpr int signal_rounds_max = 64;
/// Deeper trees than this are cut off.
constexpr int depth_max = 4'096;

std::string proc_path(pid_t pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

/// `label` with its colon, in kB lines of `status`. 0 for a process that has ended.
std::uint64_t status_bytes(const CgroupFiles& files, pid_t pid, std::string_view label) {
    const Result<std::string> status = files.read(proc_path(pid, "status"));
    if (!status) return 0;
    const std::size_t at = status->find("\n" + std::string(label));
    if (at == std::string::npos) return 0;
    std::istringstream words(status->substr(at + 1 + label.size(), 64));
    std::uint64_t kib = 0;
    words >> kib;
    return kib * 1024;
}

std::chrono::microseconds cpu_time(const CgroupFiles& files, pid_t pid) {
    const Result<std::string> stat = files.read(proc_path(pid, "stat"));
    if (!stat) return {};
    const std::size_t name_end = stat->rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream words(stat->substr(name_end + 1));
    // proc(5): state is the 3rd field, utime the 14th, stime the 15th.
    std::string skipped;
    for (int number = 3; number < 14; ++number) words >> skipped;
    std::uint64_t user = 0;
    std::uint64_t system = 0;
    words >> user >> system;
    return std::chrono::microseconds((user + system) * 1'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

Error unsupported(const Capability& capability) { return make_error(Errc::unsupported, capability.reason); }

std::map<pid_t, posix::ProcStat> census(const posix::ProcFs& proc) {
    std::map<pid_t, posix::ProcStat> all;
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const pid_t pid = std::stoi(name);
        if (const auto stat = proc.stat(pid)) all.emplace(pid, *stat);
    }
    return all;
}

} // namespace

Result<void> ProcessGroup::set_cpu_quota(std::optional<std::uint32_t>) { return unsupported(layout_->can.cpu_quota); }

Result<void> ProcessGroup::freeze() {
    signal_members(SIGSTOP);
    return {};
}

Result<void> ProcessGroup::thaw() {
    signal_members(SIGCONT);
    return {};
}

Result<bool> ProcessGroup::frozen() {
    const posix::ProcFs proc;
    for (const pid_t pid : members()) {
        const auto stat = proc.stat(pid);
        if (stat && stat->state != 'T' && stat->state != 't' && stat->state != 'Z' && stat->state != 'X') return false;
    }
    return true;
}

Result<void> ProcessGroup::kill() {
    signal_members(SIGKILL);
    return {};
}

Result<std::uint64_t> ProcessGroup::peak_memory_bytes() {
    std::uint64_t sum = 0;
    for (const pid_t pid : members()) sum += status_bytes(*layout_->files, pid, "VmHWM:");
    peak_ = std::max(peak_, sum);
    return peak_;
}

Result<void> ProcessGroup::reset_peak() {
    if (layout_->can.peak_reset.by != Mechanism::process) return unsupported(layout_->can.peak_reset);
    // proc(5): 5 sets VmHWM back to the present size.
    for (const pid_t pid : members()) (void)layout_->files->write(proc_path(pid, "clear_refs"), "5");
    peak_ = 0;
    return {};
}

Result<std::uint64_t> ProcessGroup::current_memory_bytes() {
    std::uint64_t sum = 0;
    for (const pid_t pid : members()) sum += status_bytes(*layout_->files, pid, "VmRSS:");
    return sum;
}

Result<std::uint64_t> ProcessGroup::oom_kills() { return unsupported(layout_->can.oom_events); }

Result<std::chrono::microseconds> ProcessGroup::cpu_usage() {
    std::chrono::microseconds sum{0};
    for (const pid_t pid : members()) sum += cpu_time(*layout_->files, pid);
    return sum;
}

void ProcessGroup::signal_members(int number) {
    std::set<pid_t> reached;
    for (int round = 0; round < signal_rounds_max; ++round) {
        std::map<pid_t, posix::Fd> held;
        for (const pid_t pid : members()) {
            if (!reached.contains(pid)) held.emplace(pid, posix::Fd(posix::open_pidfd(pid)));
        }
        if (held.empty()) return;
        // A second look, so that a pid given to a stranger in between is left alone.
        for (const pid_t pid : members()) {
            const auto member = held.find(pid);
            if (member != held.end() && member->second.open()) posix::signal_pidfd(member->second.get(), number);
        }
        for (const auto& [pid, pidfd] : held) reached.insert(pid);
    }
}

ListGroup::ListGroup(std::shared_ptr<Layout> shared) : ProcessGroup(std::move(shared)), leaders_(std::make_shared<Leaders>()) {}

ListGroup::~ListGroup() { (void)kill(); }

AttachPoint ListGroup::attach_point() {
    AttachPoint point;
    point.on_started = [list = std::weak_ptr<Leaders>(leaders_)](pid_t pid) {
        const auto leaders = list.lock();
        const auto stat = posix::ProcFs().stat(pid);
        if (leaders && stat) leaders->insert_or_assign(pid, stat->start);
    };
    return point;
}

Result<void> ListGroup::add(pid_t pid) {
    const auto stat = posix::ProcFs().stat(pid);
    if (!stat) return make_error(Errc::not_found, "no process " + std::to_string(pid));
    leaders_->insert_or_assign(pid, stat->start);
    return {};
}

// Reads all of /proc: about 10 µs a process of the machine.
std::vector<pid_t> ListGroup::members() {
    std::vector<pid_t> inside;
    if (leaders_->empty()) return inside;
    const auto all = census(posix::ProcFs());
    // A leader that has been reaped takes its tree with it: its pid may be a stranger's by now.
    std::erase_if(*leaders_, [&all](const auto& leader) {
        const auto found = all.find(leader.first);
        return found == all.end() || found->second.start != leader.second;
    });
    for (const auto& [pid, stat] : all) {
        pid_t at = pid;
        for (int depth = 0; depth < depth_max && at > 1; ++depth) {
            const auto found = all.find(at);
            if (found == all.end()) break;
            // The group of a leader that leads one; else it would be that of somebody who is not ours.
            const auto leading = leaders_->find(found->second.group);
            if (leaders_->contains(at) || leading != leaders_->end()) {
                inside.push_back(pid);
                break;
            }
            at = found->second.parent;
        }
    }
    return inside;
}

} // namespace lambox::io::resources
