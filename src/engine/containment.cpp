#include "lambox/engine/containment.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/engine/code_store.hpp"
#include "lambox/engine/ready_parts.hpp"
#include "lambox/model/resource_share.hpp"

#include <algorithm>

namespace lambox::engine {
namespace {

io::SandboxSpec sandbox_for(const FunctionRevision& function, const LaunchPlan& launch) {
    io::SandboxSpec spec;
    spec.image = function.config.rootfs;
    // A lone binary is a link in its folder to where nobody inside can follow.
    if (function.code.program.empty())
        spec.mounts.push_back({function.code.task.string(), "/var/task"});
    else
        spec.mounts.push_back({function.code.program.string(), "/var/task/" + program_name(function)});
    if (!function.code.layers.empty()) spec.mounts.push_back({function.code.layers.string(), "/opt"});
    if (launch.managed) {
        spec.mounts.push_back({launch.managed->launchers.string(), "/var/runtime"});
        const auto& shown = launch.managed->shown;
        spec.mounts.insert(spec.mounts.end(), shown.begin(), shown.end());
    }
    if (!launch.emulator_path.empty()) spec.mounts.push_back({launch.emulator_path, launch.emulator_path});
    spec.temporary_bytes = function.config.ephemeral_storage.bytes();
    return spec;
}

std::uint64_t or_zero(const Result<std::uint64_t>& number) { return number ? *number : 0; }

} // namespace

Result<void> Containment::prepare(const FunctionRevision& function, const LaunchPlan& launch) {
    // A group that was killed is spent: on some kernels (6.14 and later) whatever is born into it later is killed as well.
    if (killed_) make_group();
    if (prepared_) return {};
    memory_ = function.config.memory;
    ephemeral_storage_ = function.config.ephemeral_storage;
    open_files_max_ = function.config.open_files_max();
    // An emulator's own memory and time count as the function's, which would be no truth about it.
    const bool native = launch.emulator.empty();
    if (native) limit_ = chosen_.memory_limit;
    shares_cpu_ = native && chosen_.cpu_share == CpuShare::by_memory_size;
    if (chosen_.make_sandbox) {
        auto sandbox = chosen_.make_sandbox(sandbox_for(function, launch));
        if (!sandbox) return sandbox.error();
        sandbox_ = std::move(*sandbox);
    }
    make_group();
    prepared_ = true;
    return {};
}

void Containment::make_group() {
    killed_ = false;
    admitted_ = false;
    oom_kills_before_ = 0;
    spare_.reset();
    group_.reset();
    group_peak_ = 0;
    group_peak_without_temporary_ = 0;
    io::GroupSpec spec;
    spec.pids_max = limits::processes_max;
    limit_bytes_ = model::memory_limit_bytes(memory_, temporary_bytes_, temporary_bytes_, ephemeral_storage_);
    if (chosen_.make_group && limit_ == MemoryLimit::by_kernel) spec.memory_bytes = limit_bytes_;
    if (take_ready(spec.memory_bytes) || !chosen_.make_group) return;
    group_ = chosen_.make_group(spec);
    if (!group_ && limit_ == MemoryLimit::by_kernel) limit_ = MemoryLimit::watched;
}

bool Containment::take_ready(std::optional<std::uint64_t> memory_bytes) {
    auto ready = ready_ != nullptr ? ready_->take_group(memory_bytes) : std::nullopt;
    if (!ready) return false;
    group_ = std::move(ready->group);
    if (open_files_max_ == limits::open_files_max) spare_ = std::move(ready->spare); // it has its limit already
    return true;
}

void Containment::admit(io::SpawnSpec& spec) {
    spec.sandbox = sandbox_.get();
    spec.processes_max = limits::processes_max;
    if (!group_) return;
    spec.attach = group_->attach_point();
    // A new group has killed nobody yet.
    if (limit_ == MemoryLimit::by_kernel && admitted_) oom_kills_before_ = or_zero(group_->oom_kills());
    admitted_ = true;
    if (shares_cpu_) set_cpu(chosen_.init_cpu_millionths);
}

std::optional<std::uint64_t> Containment::memory_limit_bytes() const {
    if (!group_ || limit_ != MemoryLimit::by_kernel) return std::nullopt;
    return limit_bytes_;
}

void Containment::end_init() {
    if (group_ && shares_cpu_) set_cpu(model::cpu_millionths(memory_));
}

void Containment::set_cpu(std::uint32_t millionths) {
    std::optional<std::uint32_t> quota;
    if (millionths != 0) quota = millionths;
    (void)group_->set_cpu_quota(quota); // tried at the program's start; a group that has since been taken away has no processes either
}

std::uint64_t Containment::peak_memory_bytes(io::Process& process) {
    if (!group_ || !chosen_.kernel_counts_memory) return process.peak_memory_bytes();
    // The kernel's account leaves out what others had read before, such as pages of the program; the process's own has them.
    const std::uint64_t of_group = or_zero(group_->peak_memory_bytes());
    if (of_group != group_peak_) { // else /tmp was what it was when the peak was first seen
        group_peak_ = of_group;
        const std::uint64_t temporary = sandbox_ ? sandbox_->temporary_bytes_used() : 0;
        group_peak_without_temporary_ = of_group > temporary ? of_group - temporary : 0;
    }
    return std::max(group_peak_without_temporary_, process.program_peak_memory_bytes());
}

void Containment::follow_temporary_folder() {
    if (!sandbox_ || !group_ || limit_ != MemoryLimit::by_kernel) return;
    const std::uint64_t used = sandbox_->temporary_bytes_used();
    limit_memory(model::memory_limit_bytes(memory_, used, temporary_bytes_, ephemeral_storage_));
    temporary_bytes_ = used;
}

void Containment::limit_memory(std::uint64_t bytes) {
    // Lowering fails while more is in use; the next look tries again.
    if (bytes != limit_bytes_ && group_->set_memory_limit(bytes)) limit_bytes_ = bytes;
}

bool Containment::out_of_memory() const { return limit_ == MemoryLimit::by_kernel && or_zero(group_->oom_kills()) > oom_kills_before_; }

void Containment::kill() {
    if (!group_) return;
    (void)group_->kill(); // what has left is found by its mark
    killed_ = true;
}

} // namespace lambox::engine
