#pragma once

// What runs between a clone and an execve, in our own memory.

#include "lambox/base/error.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace lambox::io::posix {

enum class Step { watch_parent, enter, isolate, init, join, attach, group, descriptors, limits, directory, identity, execute };

struct ChildStack {
    char* lowest;
    std::uintptr_t top; ///< aligned to 16
};

/// All that a child needs, prepared before it exists, and what it reports back. Children that are started inside a sandbox have a
/// gatekeeper: a child of ours that enters the namespaces and clones the program's process in our name (CLONE_PARENT).
struct ChildPlan {
    const char* path = nullptr;
    char* const* arguments = nullptr;
    char* const* environment = nullptr;
    const char* directory = nullptr;
    int dev_null = -1;
    int output = -1;
    pid_t parent = 0;
    rlimit files{};
    rlimit stack{};
    const int* joined = nullptr; ///< open files of groups to write `0` into
    std::size_t joined_count = 0;
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

    // For a spare child: futexes, the one of what we tell it, the other the kernel's, who clears it when the child's program has replaced
    // ours or the child has ended.
    std::uint32_t told = 0;
    std::uint32_t borrows_memory = 0;

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
/// Does what does not depend on the program, waits for `told`, and goes on with path, arguments, environment and directory as they
/// are then.
int run_spare(void* plan) noexcept;
int run_gatekeeper(void* plan) noexcept;

struct CloneCall {
    std::uint64_t flags;
    int exit_signal;                         ///< 0 with CLONE_PARENT: the kernel takes the caller's
    int group_directory = -1;                ///< of a cgroup2 that the child is to be born in; -1: the caller's
    std::uint32_t* borrows_memory = nullptr; ///< set to the pid; cleared, and woken as a futex, when the child uses our memory no more
};
/// clone3 on a stack of its own; the pid, or minus an errno (ENOSYS where this processor is not provided for). Sets `pidfd` when
/// CLONE_PIDFD asks for it. May be called by a child that shares our memory.
[[nodiscard]] long clone_on_stack(int (*body)(void*) noexcept, void* argument, ChildStack stack, const CloneCall& call,
                                  int& pidfd) noexcept;

/// Memory for a child's stack.
class StackMemory {
public:
    StackMemory() : bytes_(new char[bytes]) {} // not cleared: it is big, and a child writes before it reads
    [[nodiscard]] ChildStack get() const {
        return {bytes_.get(), (reinterpret_cast<std::uintptr_t>(bytes_.get()) + bytes) & ~std::uintptr_t{15}};
    }

private:
    static constexpr std::size_t bytes = 64 * 1024;
    std::unique_ptr<char[]> bytes_;
};

/// While it lives no signal is delivered: a handler of ours that ran in a child before its dispositions are reset would run in our
/// memory.
class SignalsBlocked {
public:
    SignalsBlocked();
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    ~SignalsBlocked();

private:
    sigset_t before_;
};

/// strerror's text in lower case.
[[nodiscard]] std::string reason(int error);
[[nodiscard]] Errc code_of(int error);

} // namespace lambox::io::posix
