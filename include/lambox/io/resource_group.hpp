#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/log.hpp"
#include "lambox/io/cgroup_files.hpp"
#include "lambox/io/process.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lambox::io {

/// What does a job here.
enum class Mechanism {
    cgroup2,
    cgroup1,
    process, ///< signals, and sums over /proc: nothing is enforced, and a peak between two looks may be missed
    none,
};

[[nodiscard]] const char* name_of(Mechanism mechanism);

struct Capability {
    Mechanism by = Mechanism::none;
    /// Why it is not done by a cgroup, or not at all: one sentence for a person. Empty otherwise.
    std::string reason;
};

/// What a trial in a group of our own showed.
struct ResourceCapabilities {
    Capability memory_limit;
    Capability swap_off; ///< without it a group over its limit may swap on a machine that has swap
    Capability pids_limit;
    Capability cpu_quota;
    Capability freezer;
    Capability kill;
    Capability peak_memory;
    Capability peak_reset;
    Capability oom_events;
    Capability cpu_usage;
};

/// Where the hierarchies are mounted.
struct CgroupMounts {
    std::optional<std::string> cgroup2; ///< mount point of the unified hierarchy
    std::string own_cgroup2 = "/";      ///< our own group in it, as a path below the mount point
    std::map<std::string, std::string> cgroup1; ///< controller to mount point
    /// From the `mountinfo` and `cgroup` files of a /proc/self.
    [[nodiscard]] static CgroupMounts find(const std::string& proc_self = "/proc/self");
};

/// Whether groups will ever be given one. A hierarchy of cgroup v1 is left alone when there is no use for it.
enum class CpuQuotas { wanted, unwanted };

struct ResourceSettings {
    CgroupMounts mounts = CgroupMounts::find();
    /// Our own folder in every hierarchy; the groups are made below it. On cgroup v1 it lies at the top of the mount, on v2
    /// in the nearest group from our own upwards that passes the most controllers on and that we may write to.
    std::string parent = "lambox";
    CpuQuotas cpu_quotas = CpuQuotas::wanted;
    std::shared_ptr<CgroupFiles> files = std::make_shared<CgroupFiles>();
};

struct GroupSpec {
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> pids_max; ///< threads count
    /// 1'000'000 is one CPU. Given out per 100 ms, so a group may run its share at once and then stand still for the
    /// rest of the period. At least 10'000.
    std::optional<std::uint32_t> cpu_millionths;
};

/// Port: processes that are limited, measured, stopped and killed together. The destructor kills what is inside and
/// removes the group; it blocks until that is done, a second at most. Errors of every call: unsupported (with the
/// capability's reason), or those of CgroupFiles.
class ResourceGroup {
public:
    virtual ~ResourceGroup() = default;
    /// For SpawnSpec::attach: the child is inside before its program starts. Valid while the group lives.
    [[nodiscard]] virtual AttachPoint attach_point() = 0;
    /// Moves a running process; what it has allocated so far stays with its former group. The first move after a quiet
    /// moment waits for the kernel 6 to 7 ms.
    [[nodiscard]] virtual Result<void> add(pid_t pid) = 0;
    /// Raises or lowers it, that on swap as well. Lowering below what is in use fails on cgroup v1 when nothing can be reclaimed.
    [[nodiscard]] virtual Result<void> set_memory_limit(std::uint64_t bytes) = 0;
    /// nullopt: no limit.
    [[nodiscard]] virtual Result<void> set_cpu_quota(std::optional<std::uint32_t> cpu_millionths) = 0;
    /// Asks; every thread stops at its next return from the kernel. 10 to 50 µs by cgroup2, 100 to 170 by cgroup1; up to a tick
    /// (4 ms) when more threads are running than there are CPUs. New members stop as well.
    [[nodiscard]] virtual Result<void> freeze() = 0;
    /// 10 to 60 µs by cgroup2, 100 to 140 by cgroup1.
    [[nodiscard]] virtual Result<void> thaw() = 0;
    /// Whether everything inside has stopped.
    [[nodiscard]] virtual Result<bool> frozen() = 0;
    /// SIGKILL to everything inside, frozen or not. Ends take 0.3 to 1.5 ms and are not waited for.
    [[nodiscard]] virtual Result<void> kill() = 0;
    /// The highest use so far, since reset_peak if that was called. By the kernel's account: caches count.
    [[nodiscard]] virtual Result<std::uint64_t> peak_memory_bytes() = 0;
    [[nodiscard]] virtual Result<void> reset_peak() = 0;
    [[nodiscard]] virtual Result<std::uint64_t> current_memory_bytes() = 0;
    /// Members that the kernel killed for memory, over the group's life.
    [[nodiscard]] virtual Result<std::uint64_t> oom_kills() = 0;
    /// CPU time of all members so far, ended ones included (by `process`: living ones only).
    [[nodiscard]] virtual Result<std::chrono::microseconds> cpu_usage() = 0;
    /// The processes inside.
    [[nodiscard]] virtual std::vector<pid_t> members() = 0;
};

/// Makes groups. Blocks on file access, so it belongs to a thread that may wait, or to the start of the program. Groups hold
/// on to what they need: they may outlive this.
class ResourceGroups {
public:
    /// Finds out what works by doing it in a group of our own, and removes groups that dead predecessors left. Never
    /// fails: what is missing has its reason in `capabilities()`. Changes no group that lambox did not make.
    [[nodiscard]] static ResourceGroups probe(ResourceSettings settings, Logger log);
    ResourceGroups(ResourceGroups&&) noexcept;
    ResourceGroups& operator=(ResourceGroups&&) noexcept;
    /// Removes our parent folders unless another lambox uses them.
    ~ResourceGroups();

    [[nodiscard]] const ResourceCapabilities& capabilities() const;
    /// How many groups of dead predecessors `probe` removed.
    [[nodiscard]] std::size_t collected() const;
    /// A limit that this machine cannot enforce is left out: `capabilities()` has said so. Errors: invalid_argument, and those of
    /// CgroupFiles.
    [[nodiscard]] Result<std::unique_ptr<ResourceGroup>> make(const GroupSpec& spec);

private:
    struct State;
    explicit ResourceGroups(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

} // namespace lambox::io
