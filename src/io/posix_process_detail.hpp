#pragma once

// The parts of io/posix_process: how a child is made, what /proc tells of our descendants, and how they end.

#include "lambox/base/error.hpp"
#include "lambox/base/log.hpp"
#include "lambox/base/units.hpp"
#include "lambox/io/process.hpp"

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambox::io::posix {

/// Owns a descriptor.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    ~Fd() { reset(); }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool open() const { return fd_ >= 0; }
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    void reset();

private:
    int fd_ = -1;
};

/// Process 1 of a process namespace, which every program that runs in its sandbox at one time shares. Its last program ends it.
struct SandboxInit {
    pid_t pid = 0;
    Fd pidfd;
    bool ending = false; ///< takes no further program
};

struct StartedChild {
    pid_t pid;
    Fd pidfd;
    Fd output;                         ///< reading end of the child's stdout and stderr, non-blocking
    std::shared_ptr<SandboxInit> init; ///< a child of ours as well; null outside of sandboxes
    pid_t newest_before = 0;           ///< given out last when its program had not begun; 0 = not known
    Fd statm{};                        ///< opened ahead of need, or not open
};

struct Household;
/// Returns when the child's program has replaced ours, or with the reason why it could not.
[[nodiscard]] Result<StartedChild> start_child(const SpawnSpec& spec, const Household& household);

/// The children that belong to a living Process: started, and not reaped yet.
class KnownChildren {
public:
    void add(pid_t pid, const std::string& mark);
    void remove(pid_t pid);
    [[nodiscard]] bool contains(pid_t pid) const { return marks_.contains(pid); }
    /// The child whose mark is among the NUL-ended entries, or 0.
    [[nodiscard]] pid_t find_mark(std::string_view environment) const;

private:
    std::map<pid_t, std::string> marks_;
    std::multimap<std::string, pid_t, std::less<>> by_mark_; ///< programs of one environment may share a mark
};

struct ProcStat {
    char state;
    pid_t parent;
    pid_t group;
    std::uint64_t start; ///< clock ticks since boot; with the pid it names one process for good
};

struct Descendant {
    pid_t pid;
    std::uint64_t start;
    bool zombie;
    pid_t owner; ///< the known child whose tree it belongs to; 0: nobody's
};

/// Reads /proc. Tests pass a folder of their own, because kernels differ in what they offer there.
class ProcFs {
public:
    ProcFs();
    ProcFs(std::string root, pid_t self);
    /// Descendants of this program that are not known children. Those below a known child are left out, except
    /// below `inside` (0: below none).
    [[nodiscard]] std::vector<Descendant> descendants(const KnownChildren& known, pid_t inside) const;
    [[nodiscard]] std::optional<ProcStat> stat(pid_t pid) const;
    /// Whether the kernel keeps lists of children; without them `children` finds none.
    [[nodiscard]] bool has_children_lists() const { return has_children_files_; }
    [[nodiscard]] std::vector<pid_t> children(pid_t pid) const { return listed_children(pid); }
    [[nodiscard]] std::string path(pid_t pid, std::string_view file) const;
    /// The pid given out last on this machine, or 0 when it cannot be told. Unchanged means: no new process since.
    [[nodiscard]] pid_t newest_pid() const;

private:
    using Census = std::multimap<pid_t, std::pair<pid_t, ProcStat>>;
    [[nodiscard]] Census take_census() const;
    [[nodiscard]] std::vector<pid_t> listed_children(pid_t pid) const;
    [[nodiscard]] std::string environment_of(pid_t pid) const;

    std::string root_;
    pid_t self_;
    Fd loadavg_;
    bool has_children_files_; ///< CONFIG_PROC_CHILDREN
};

/// Processes that were sent SIGKILL, to be waited for.
class Victims {
public:
    /// Kills the process unless it was met before or has ended. True when it had not been met before.
    bool strike(const ProcFs& proc, const Descendant& target);
    /// Waits for their ends, and reaps those that are children of ours.
    void reap_until(Instant deadline);
    [[nodiscard]] std::size_t struck() const { return struck_; }

private:
    std::set<std::pair<pid_t, std::uint64_t>> met_;
    std::vector<Fd> pidfds_;
    std::size_t struck_ = 0;
};

// glibc 2.36 declares these two without extern "C", so a C++ program cannot link its wrappers.
/// -1 when there is no such process.
[[nodiscard]] int open_pidfd(pid_t pid);
/// False when the process has ended.
bool signal_pidfd(int pidfd, int signal);

/// True when the process behind the pidfd has ended before the deadline.
bool wait_for_end(int pidfd, Instant deadline);

/// A file of `pid`; not open when it has none. `statm` is that of whatever program the process runs when it is read.
[[nodiscard]] Fd open_below(const ProcFs& proc, pid_t pid, std::string_view file);

/// VmHWM over a tree of processes.
class TreeMemory {
public:
    explicit TreeMemory(pid_t leader, Fd statm = Fd());
    /// The leader had no descendants when that pid was the newest.
    void alone_at(pid_t newest) { newest_seen_ = newest; }
    /// The highest sum seen so far, this moment included. Not after the leader was reaped.
    std::uint64_t sample(const ProcFs& proc, const KnownChildren& known);
    [[nodiscard]] std::uint64_t peak() const { return peak_; }
    /// Of the leader alone, this moment included. Cheap while it holds what it held before; a peak between two looks that held the
    /// same is not seen. Not after the leader was reaped.
    std::uint64_t sample_leader(const ProcFs& proc);
    [[nodiscard]] std::uint64_t leader_peak() const { return leader_peak_; }
    /// What the tree held at the last sample.
    [[nodiscard]] std::uint64_t resident() const { return resident_; }

private:
    pid_t leader_;
    Fd status_; ///< opened with the first look at the tree
    Fd statm_;  ///< opened with the first look at the leader, if not before; who counts by groups needs no other
    std::uint64_t leader_pages_ = 0;
    pid_t newest_seen_ = 0;
    std::vector<pid_t> others_;
    std::uint64_t leader_peak_ = 0;
    std::uint64_t peak_ = 0;
    std::uint64_t resident_ = 0;
};

/// What all children of one spawner share.
struct Household {
    explicit Household(Logger log);
    /// Reaps ended orphans that came to us, and no known child.
    void reap_orphans() const;

    Logger log;
    ProcFs proc;
    KnownChildren known;
    Fd dev_null;
    Fd own_pidfd;                                      ///< tells children in other process namespaces whether we still live
    std::vector<std::unique_ptr<char[]>> read_buffers; ///< free ones, `limits::output_read_bytes` each
};

} // namespace lambox::io::posix
