#pragma once

// What runs between a clone and an execve, in our own memory.

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace lambox::io::posix {

enum class Step { watch_parent, enter, isolate, init, join, attach, group, descriptors, limits, directory, identity, execute };

struct ChildStack {
    char* lowest;
    std::uintptr_t top; ///< aligned to 16
};

/// All that a child needs, prepared before it exists, and what it reports back. Children that are started inside a sandbox have a
/// gatekeeper: a child of ours that enters the namespaces and clones the program's process in our name (CLONE_PARENT).
struct ChildPlan {
    const char* path;
    char* const* arguments;
    char* const* environment;
    const char* directory;
    int dev_null;
    int output;
    pid_t parent;
    rlimit files;
    rlimit stack;
    const int* joined; ///< open files of groups to write `0` into
    std::size_t joined_count;
    int group_directory = -1; ///< of a cgroup2, for the program to be born in
    int group_procs = -1;     ///< its cgroup.procs, where the kernel cannot do that

    // For the gatekeeper.
    enum class Inside { no, yes } inside = Inside::no;
    int parent_watch = -1; ///< pidfd of ours; getppid tells nothing across process namespaces
    int user_namespace = -1;
    int mount_namespace = -1;
    int ipc_namespace = -1;
    int init_program = -1;
    int process_namespace = -1; ///< pidfd of a process 1 to join; -1: one is made
    bool replace_proc = false;
    bool change_identity = false;
    rlimit processes{}; ///< {0, 0}: left as it is
    uid_t user = 0;
    gid_t group = 0;
    ChildStack init_stack{};
    ChildStack program_stack{};

    volatile bool proc_mounted = false;
    volatile pid_t init_pid = -1;
    volatile int init_pidfd = -1;
    volatile pid_t program_pid = -1;
    volatile int program_pidfd = -1;

    volatile std::size_t joining = 0;
    volatile Step step = Step::watch_parent;
    volatile int error = 0;
};

/// Each takes a ChildPlan, returns only what the child is to exit with, and sets `error` then.
int run_program(void* plan) noexcept;
int run_gatekeeper(void* plan) noexcept;

struct CloneCall {
    std::uint64_t flags;
    int exit_signal;          ///< 0 with CLONE_PARENT: the kernel takes the caller's
    int group_directory = -1; ///< of a cgroup2 that the child is to be born in; -1: the caller's
};
/// clone3 on a stack of its own; the pid, or minus an errno (ENOSYS where this processor is not provided for). Sets `pidfd` when
/// CLONE_PIDFD asks for it. May be called by a child that shares our memory.
[[nodiscard]] long clone_on_stack(int (*body)(void*) noexcept, void* argument, ChildStack stack, const CloneCall& call,
                                  int& pidfd) noexcept;

} // namespace lambox::io::posix
