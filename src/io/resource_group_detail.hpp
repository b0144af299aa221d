#pragma once

// The parts of io/resource_group: what was found out, groups made of cgroups, and groups that are only lists.

#include "lambox/io/resource_group.hpp"
#include "posix_process_detail.hpp"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::io::resources {

/// cgroup v1 controllers that are of use here.
inline constexpr std::array<const char*, 5> cgroup1_controllers = {"memory", "cpu", "pids", "cpuacct", "freezer"};
inline constexpr std::array<const char*, 3> cgroup2_controllers = {"memory", "cpu", "pids"};

/// What probe found, shared by the groups.
struct Layout {
    std::shared_ptr<CgroupFiles> files;
    Logger log;
    posix::ProcFs proc;
    std::string cgroup2_parent;                  ///< our parent folder there; empty: unusable
    std::vector<std::string> cgroup2_enabled;    ///< controllers that the groups below the parent have
    std::map<std::string, std::string> cgroup1;  ///< controller to our parent folder; only usable ones
    std::vector<std::string> unused_parents;     ///< in v1 hierarchies that we need not; a predecessor may have
    ResourceCapabilities can;
    std::vector<std::string> leftovers;          ///< folders that could not be removed yet
    std::string own_prefix;                      ///< of the names of our groups
    std::uint64_t next_number = 1;

    /// Our parents without repetition: controllers may share a mount.
    [[nodiscard]] std::vector<std::string> parents() const;
    /// Makes the parents that are missing and passes the controllers on.
    [[nodiscard]] Result<void> ensure_parents();
    void retry_leftovers();
};

/// Which process made a group, and on which machine's view of processes: `lambox-NAMESPACE-PID-START-NUMBER`.
struct Maker {
    std::uint64_t pid_namespace;
    pid_t pid;
    std::uint64_t start; ///< clock ticks since boot
    [[nodiscard]] static Maker self();
    [[nodiscard]] std::string prefix() const;
    /// nullopt for a name that is not of this form.
    [[nodiscard]] static std::optional<Maker> parse(std::string_view name);
    /// False only when it is certain: another namespace's process counts as living.
    [[nodiscard]] bool alive() const;
};

/// Decides on the parents and tries everything in a scratch group. Fills `layout` but for files and log.
void try_out(Layout& layout, const ResourceSettings& settings);
/// The number of removed groups.
[[nodiscard]] std::size_t collect_stale(Layout& layout);

/// SIGKILLs what `cgroup.procs` of the folder names, until nothing new turns up (bounded).
void kill_members(const CgroupFiles& files, const std::string& directory);
[[nodiscard]] std::vector<pid_t> members_of(const CgroupFiles& files, const std::string& directory);
/// True when the folder is gone. Retries while it is busy, a second at most in all.
[[nodiscard]] bool remove_group(CgroupFiles& files, const std::string& directory);
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);
/// The number after `key` and a space in lines of `key number`.
[[nodiscard]] std::optional<std::uint64_t> field(std::string_view text, std::string_view key);

/// Does by signals and /proc whatever can be done without a cgroup. Nothing is enforced.
class ProcessGroup : public ResourceGroup {
public:
    explicit ProcessGroup(std::shared_ptr<Layout> layout) : layout_(std::move(layout)) {}
    [[nodiscard]] Result<void> set_memory_limit(std::uint64_t bytes) override;
    [[nodiscard]] Result<void> set_cpu_quota(std::optional<std::uint32_t> cpu_millionths) override;
    [[nodiscard]] Result<void> freeze() override;
    [[nodiscard]] Result<void> thaw() override;
    [[nodiscard]] Result<bool> frozen() override;
    [[nodiscard]] Result<void> kill() override;
    [[nodiscard]] Result<std::uint64_t> peak_memory_bytes() override;
    [[nodiscard]] Result<void> reset_peak() override;
    [[nodiscard]] Result<std::uint64_t> current_memory_bytes() override;
    [[nodiscard]] Result<std::uint64_t> oom_kills() override;
    [[nodiscard]] Result<std::chrono::microseconds> cpu_usage() override;

protected:
    [[nodiscard]] Layout& layout() const { return *layout_; }
    /// Sends until nobody new turns up.
    virtual void signal_members(int number);

private:
    std::shared_ptr<Layout> layout_;
    std::uint64_t peak_ = 0;
};

/// Knows its processes only by having been told of them: a member is a told process, its descendants, and orphans of its process
/// group. A daemon that has left the group is not found.
class ListGroup final : public ProcessGroup {
public:
    explicit ListGroup(std::shared_ptr<Layout> layout);
    ListGroup(const ListGroup&) = delete;
    ListGroup& operator=(const ListGroup&) = delete;
    ~ListGroup() override;
    [[nodiscard]] AttachPoint attach_point() override;
    [[nodiscard]] Result<void> add(pid_t pid) override;
    [[nodiscard]] std::vector<pid_t> members() override;

protected:
    void signal_members(int number) override;

private:
    using Found = std::map<pid_t, posix::ProcStat>;
    [[nodiscard]] Found walk();
    void follow_lists(Found& found) const;
    void follow_census(Found& found) const;
    void forget_ended_leaders();

    using Leaders = std::map<pid_t, std::uint64_t>; ///< pid to start
    std::shared_ptr<Leaders> leaders_;
};

/// One folder of the same name in every hierarchy that has a part in it.
class CgroupGroup final : public ProcessGroup {
public:
    [[nodiscard]] static Result<std::unique_ptr<ResourceGroup>> make(std::shared_ptr<Layout> layout, const std::string& name,
                                                                     const GroupSpec& spec);
    CgroupGroup(std::shared_ptr<Layout> layout, const std::string& name);
    CgroupGroup(const CgroupGroup&) = delete;
    CgroupGroup& operator=(const CgroupGroup&) = delete;
    ~CgroupGroup() override;
    [[nodiscard]] AttachPoint attach_point() override;
    [[nodiscard]] Result<void> add(pid_t pid) override;
    [[nodiscard]] Result<void> set_memory_limit(std::uint64_t bytes) override;
    [[nodiscard]] Result<void> set_cpu_quota(std::optional<std::uint32_t> cpu_millionths) override;
    [[nodiscard]] Result<void> freeze() override;
    [[nodiscard]] Result<void> thaw() override;
    [[nodiscard]] Result<bool> frozen() override;
    [[nodiscard]] Result<void> kill() override;
    [[nodiscard]] Result<std::uint64_t> peak_memory_bytes() override;
    [[nodiscard]] Result<void> reset_peak() override;
    [[nodiscard]] Result<std::uint64_t> current_memory_bytes() override;
    [[nodiscard]] Result<std::uint64_t> oom_kills() override;
    [[nodiscard]] Result<std::chrono::microseconds> cpu_usage() override;
    [[nodiscard]] std::vector<pid_t> members() override;

private:
    [[nodiscard]] Result<void> create();
    [[nodiscard]] Result<void> limit(const GroupSpec& spec);
    [[nodiscard]] Result<std::uint64_t> read_number(const std::string& path) const;
    [[nodiscard]] Result<std::uint64_t> read_peak(const std::string& path);
    [[nodiscard]] Result<std::uint64_t> read_field(const std::string& path, std::string_view key) const;

    std::string cgroup2_;                        ///< empty: no part in it
    std::map<std::string, std::string> cgroup1_; ///< controller to folder
    KeptControlFile peak_file_;
    std::vector<std::string> directories_;       ///< all of them once; filled as they are made
    std::vector<std::string> wanted_;
};

/// How limits are written, the same for the trial and for real.
[[nodiscard]] Result<void> write_memory_limit(CgroupFiles& files, const std::string& directory, Mechanism by, std::uint64_t bytes);
[[nodiscard]] Result<void> write_swap_off(CgroupFiles& files, const std::string& directory, Mechanism by, std::uint64_t memory_bytes);
[[nodiscard]] Result<void> write_cpu_quota(CgroupFiles& files, const std::string& directory, Mechanism by,
                                           std::optional<std::uint32_t> millionths);

} // namespace lambox::io::resources
