#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/units.hpp"

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lambox::io {

class Sandbox;

struct Exited {
    int code;
    bool operator==(const Exited&) const = default;
};
struct Signaled {
    int number;
    bool core_dumped = false;
    bool operator==(const Signaled&) const = default;
};
using ExitStatus = std::variant<Exited, Signaled>;

/// The resource group that a child is to start in. ResourceGroup::attach_point makes it.
struct AttachPoint {
    std::string cgroup2_directory; ///< the child is born inside (CLONE_INTO_CGROUP); empty: no such group
    /// Files of groups that the child writes `0`, itself, into before its program starts. A child has one thread, so `tasks` of
    /// cgroup v1 does for the whole process, and costs 5 to 10 µs a file; `cgroup.procs` makes the kernel wait for a grace
    /// period, 7 ms and more.
    std::vector<std::string> join_files;
    std::function<void(pid_t)> on_started; ///< told the pid, for a group that is only a list; may be empty
};

/// A child that was made ahead of need and waits for its program. The destructor ends it if it still waits.
class SpareProcess {
public:
    virtual ~SpareProcess() = default;
    /// False when it has ended: somebody killed it.
    [[nodiscard]] virtual bool waits() const = 0;
};

struct SpareSpec {
    std::uint64_t open_files_max = 1'024; ///< RLIMIT_NOFILE
    std::optional<AttachPoint> attach;    ///< it waits there
};

struct SpawnSpec {
    std::vector<std::string> arguments;                             ///< [0] is the path of the program; never searched in PATH
    std::vector<std::pair<std::string, std::string>> environment;   ///< the whole environment, nothing is inherited
    std::string working_directory;
    /// An entry `NAME=value` of `environment` that no other process tree has. Descendants that left the process
    /// group are found by it when the tree is ended.
    std::string mark;
    std::uint64_t open_files_max = 1'024; ///< RLIMIT_NOFILE
    /// RLIMIT_NPROC, threads count, inside a sandbox with a user namespace, for there the kernel counts for it alone. 0: no bound.
    std::uint64_t processes_max = 0;
    /// With it a failure to join is an error like `joining PATH: ` and the reason, and no program has run.
    std::optional<AttachPoint> attach;
    /// Of the same spawner, with the same `open_files_max` and `attach`, or null. The program is started in it if it still waits, else as
    /// if there were none. Not for use in a sandbox.
    std::shared_ptr<SpareProcess> spare;
    /// Where to start it, together with what else runs there, or null; must live as long as the Process. Then paths are those inside, and
    /// the process changes to the sandbox's user and can gain no privileges.
    Sandbox* sandbox = nullptr;
};

/// What a process tells its owner. Called on the executor, never from inside a call into the Process.
class ProcessListener {
public:
    virtual ~ProcessListener() = default;
    /// A piece of stdout or stderr, as it came, at most `limits::output_read_bytes`.
    virtual void on_output(std::string_view bytes) = 0;
    /// Once, after the last `on_output`. By then the group and its strays have been killed.
    virtual void on_exit(ExitStatus status) = 0;
};

/// A child with its own process group. The destructor kills the whole tree and reaps the child.
class Process {
public:
    virtual ~Process() = default;
    /// SIGTERM to the group; no effect after exit.
    virtual void terminate() = 0;
    /// SIGKILL to the group and to strays that carry the mark; no effect after exit.
    virtual void kill() = 0;
    /// Passes on to the listener, now, whatever output is waiting in the pipe (bounded: at most 1 MiB).
    virtual void drain_output() = 0;
    /// Reads the memory of the tree now and returns the highest sum seen so far, in bytes. A process's own
    /// peak (VmHWM) counts in full, so a peak between two samples is not missed.
    [[nodiscard]] virtual std::uint64_t peak_memory_bytes() = 0;
    /// VmHWM of the program alone, its descendants left out, in bytes. Cheaper than the tree's.
    [[nodiscard]] virtual std::uint64_t program_peak_memory_bytes() = 0;
    /// What the tree holds now, the sum of its processes' resident memory, in bytes; 0 after exit. Takes a sample for the peak, too.
    [[nodiscard]] virtual std::uint64_t resident_memory_bytes() = 0;
};

/// Port: starts processes. Tests pass `FakeSpawner`.
class ProcessSpawner {
public:
    virtual ~ProcessSpawner() = default;
    /// Errors: not_found, permission_denied, malformed (exec format error), invalid_argument (a NUL in a text), io.
    /// The message is strerror's text in lower case; for a working directory it is `chdir PATH: ` and the text.
    /// `listener` must outlive the returned Process.
    [[nodiscard]] virtual Result<std::unique_ptr<Process>> spawn(const SpawnSpec& spec, ProcessListener& listener) = 0;
    /// Makes a child ahead of need. Errors: unsupported where that cannot be done, and those of joining the groups.
    [[nodiscard]] virtual Result<std::unique_ptr<SpareProcess>> prepare(const SpareSpec& spec) = 0;
    /// Reaps descendants that came to us when their parents ended, and have ended themselves. Cheap; to be called now and then.
    virtual void reap_orphans() = 0;
};

} // namespace lambox::io
