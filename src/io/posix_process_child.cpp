#include "posix_process_child.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

// These children borrow our memory while our thread sleeps (CLONE_VM | CLONE_VFORK): no page table is copied, and the plan carries
// their error back. In return they may do nothing but raw system calls: no allocation, no lock, no libc function that a sanitizer
// wraps, since all of them would change the parent. Returning ends the child alone.

namespace lambox::io::posix {
namespace {

constexpr std::size_t kernel_sigset_bytes = 8;
constexpr int signals = 64;
/// Zero bytes are SIG_DFL, no flags and an empty mask in every layout of the kernel's structures.
constexpr char zero[64] = {};
constexpr int failed = 127;

[[gnu::no_sanitize("address,undefined,thread")]] int fail(ChildPlan& plan) noexcept {
    plan.error = errno;
    return failed;
}

/// A lambox that is killed must not leave handlers behind; it may have died before we could ask for that.
[[gnu::no_sanitize("address,undefined,thread")]] bool die_with_parent(const ChildPlan& plan) noexcept {
    if (::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
    if (plan.parent_watch < 0) return ::syscall(SYS_getppid) == plan.parent;
    pollfd watched{plan.parent_watch, POLLIN, 0};
    timespec at_once{};
    return ::syscall(SYS_ppoll, &watched, 1, &at_once, nullptr, kernel_sigset_bytes) == 0;
}

[[gnu::no_sanitize("address,undefined,thread")]] bool join_groups(ChildPlan& plan) noexcept {
    for (std::size_t i = 0; i < plan.joined_count; ++i) {
        plan.joining = i;
        if (::syscall(SYS_write, plan.joined[i], "0", 1) != 1) return false;
    }
    return true;
}

[[gnu::no_sanitize("address,undefined,thread")]] bool change_identity(const ChildPlan& plan) noexcept {
    return ::syscall(SYS_setgroups, 0, nullptr) == 0 && ::syscall(SYS_setresgid, plan.group, plan.group, plan.group) == 0 &&
           ::syscall(SYS_setresuid, plan.user, plan.user, plan.user) == 0;
}

/// Of process 1 of the new process namespace. Its signals stay blocked: it answers to SIGKILL from outside alone.
[[gnu::no_sanitize("address,undefined,thread")]] int run_init(void* argument) noexcept {
    auto& plan = *static_cast<ChildPlan*>(argument);
    if (!die_with_parent(plan)) return fail(plan);
    ::syscall(SYS_setsid);
    struct {
        void (*handler)(int);
        char rest[56];
    } ignore{SIG_IGN, {}};
    ::syscall(SYS_rt_sigaction, SIGCHLD, &ignore, nullptr, kernel_sigset_bytes);
    // The /proc of a former generation shows a namespace that is no more.
    if (plan.replace_proc && ::syscall(SYS_umount2, "/proc", MNT_DETACH) != 0) return fail(plan);
    if (::syscall(SYS_mount, "proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) return fail(plan);
    plan.proc_mounted = true;
    if (::syscall(SYS_chdir, "/") != 0) return fail(plan);
    if (::syscall(SYS_close_range, 0U, ~0U, static_cast<unsigned>(CLOSE_RANGE_CLOEXEC)) != 0) return fail(plan);
    static constexpr const char* arguments[] = {"lambox-init", nullptr};
    static constexpr const char* environment[] = {nullptr};
    ::syscall(SYS_execveat, plan.init_program, "", arguments, environment, AT_EMPTY_PATH);
    return fail(plan);
}

/// The first child is process 1 of the new namespace. It is a child of our parent, who waits for it.
[[gnu::no_sanitize("address,undefined,thread")]] bool make_process_namespace(ChildPlan& plan) noexcept {
    if (::syscall(SYS_unshare, CLONE_NEWPID) != 0) {
        plan.error = errno;
        return false;
    }
    constexpr std::uint64_t flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT | CLONE_PIDFD;
    plan.step = Step::init;
    int pidfd = -1;
    const long pid = clone_on_stack(run_init, &plan, plan.init_stack, CloneCall{flags, 0}, pidfd);
    if (pid < 0) {
        plan.error = static_cast<int>(-pid);
        return false;
    }
    plan.init_pidfd = pidfd;
    plan.init_pid = static_cast<pid_t>(pid);
    return plan.error == 0;
}

} // namespace

[[gnu::no_sanitize("address,undefined,thread")]] int run_program(void* argument) noexcept {
    auto& plan = *static_cast<ChildPlan*>(argument);
    if (plan.inside == ChildPlan::Inside::no) {
        plan.step = Step::watch_parent;
        if (!die_with_parent(plan)) return fail(plan);
    }
    // Before the descriptors are arranged, which may overwrite and close these. And by the program's process itself: to be born into a
    // cgroup2 costs 3 ms and more when the parent has just joined others.
    plan.step = Step::join;
    if (!join_groups(plan)) return fail(plan);

    plan.step = Step::group;
    if (::syscall(SYS_setpgid, 0, 0) != 0) return fail(plan);
    for (int number = 1; number <= signals; ++number)
        ::syscall(SYS_rt_sigaction, number, zero, nullptr, kernel_sigset_bytes);

    plan.step = Step::identity;
    if (plan.change_identity && !change_identity(plan)) return fail(plan);
    if (plan.inside == ChildPlan::Inside::yes) {
        if (::syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(plan);
        // Only now: the kernel forgets the death signal when a process changes its user.
        plan.step = Step::watch_parent;
        if (!die_with_parent(plan)) return fail(plan);
    }

    plan.step = Step::descriptors;
    if (::syscall(SYS_dup3, plan.dev_null, 0, 0) < 0) return fail(plan);
    if (::syscall(SYS_dup3, plan.output, 1, 0) < 0) return fail(plan);
    if (::syscall(SYS_dup3, plan.output, 2, 0) < 0) return fail(plan);
    if (::syscall(SYS_close_range, 3U, ~0U, 0U) != 0) return fail(plan);

    plan.step = Step::limits;
    if (::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &plan.files, nullptr) != 0) return fail(plan);
    if (::syscall(SYS_prlimit64, 0, RLIMIT_STACK, &plan.stack, nullptr) != 0) return fail(plan);
    if (plan.processes.rlim_max != 0 && ::syscall(SYS_prlimit64, 0, RLIMIT_NPROC, &plan.processes, nullptr) != 0) return fail(plan);
    ::syscall(SYS_umask, 022);

    plan.step = Step::directory;
    if (::syscall(SYS_chdir, plan.directory) != 0) return fail(plan);

    plan.step = Step::execute;
    if (::syscall(SYS_rt_sigprocmask, SIG_SETMASK, zero, nullptr, kernel_sigset_bytes) != 0) return fail(plan);
    ::syscall(SYS_execve, plan.path, plan.arguments, plan.environment);
    return fail(plan);
}

[[gnu::no_sanitize("address,undefined,thread")]] int run_gatekeeper(void* argument) noexcept {
    auto& plan = *static_cast<ChildPlan*>(argument);
    plan.step = Step::enter;
    if (plan.user_namespace >= 0 && ::syscall(SYS_setns, plan.user_namespace, CLONE_NEWUSER) != 0) return fail(plan);
    if (::syscall(SYS_setns, plan.ipc_namespace, CLONE_NEWIPC) != 0) return fail(plan);
    if (::syscall(SYS_setns, plan.mount_namespace, CLONE_NEWNS) != 0) return fail(plan);
    plan.step = Step::isolate;
    if (plan.process_namespace >= 0) {
        if (::syscall(SYS_setns, plan.process_namespace, CLONE_NEWPID) != 0) return fail(plan);
    } else if (!make_process_namespace(plan)) {
        return failed;
    }

    constexpr std::uint64_t flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT | CLONE_PIDFD;
    int pidfd = -1;
    plan.step = Step::attach;
    long pid = clone_on_stack(run_program, &plan, plan.program_stack, CloneCall{flags, 0, plan.group_directory}, pidfd);
    if (pid < 0 && plan.group_procs >= 0) {
        // A kernel without births into groups. Children are born where their parent is.
        if (::syscall(SYS_write, plan.group_procs, "0", 1) != 1) return fail(plan);
        pid = clone_on_stack(run_program, &plan, plan.program_stack, CloneCall{flags, 0}, pidfd);
    }
    if (pid < 0) {
        plan.error = static_cast<int>(-pid);
        return failed;
    }
    plan.program_pidfd = pidfd;
    plan.program_pid = static_cast<pid_t>(pid);
    return 0;
}

} // namespace lambox::io::posix
