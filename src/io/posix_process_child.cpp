#include "posix_process_child.hpp"

#include "raw_syscall.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

// These children borrow our memory (CLONE_VM): no page table is copied, and the plan carries their error back. In return they may do
// nothing but raw system calls: no allocation, no lock, no errno, no libc function that a sanitizer wraps, since all of them would
// change the parent, which sleeps meanwhile (CLONE_VFORK) except while a spare child waits. Returning ends the child alone.

namespace lambox::io::posix {
namespace {

constexpr std::size_t kernel_sigset_bytes = 8;
constexpr int signals = 64;
/// Zero bytes are SIG_DFL, no flags and an empty mask in every layout of the kernel's structures.
constexpr char zero[64] = {};
constexpr int failed = 127;

[[gnu::no_sanitize("address,undefined,thread")]] int fail(ChildPlan& plan, long result) noexcept {
    plan.error = static_cast<int>(-result);
    return failed;
}

/// A lambox that is killed must not leave handlers behind; it may have died before we could ask for that.
[[gnu::no_sanitize("address,undefined,thread")]] long die_with_parent(const ChildPlan& plan) noexcept {
    if (const long asked = raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); asked != 0) return asked;
    if (plan.parent_watch < 0) return raw_syscall(SYS_getppid) == plan.parent ? 0 : -ESRCH;
    pollfd watched{plan.parent_watch, POLLIN, 0};
    timespec at_once{};
    return raw_syscall(SYS_ppoll, &watched, 1, &at_once, nullptr, kernel_sigset_bytes) == 0 ? 0 : -ESRCH;
}

[[gnu::no_sanitize("address,undefined,thread")]] long join_groups(ChildPlan& plan) noexcept {
    for (std::size_t i = 0; i < plan.joined_count; ++i) {
        plan.joining = i;
        const long written = raw_syscall(SYS_write, plan.joined[i], "0", 1);
        if (written < 0) return written;
    }
    return 0;
}

[[gnu::no_sanitize("address,undefined,thread")]] long change_identity(const ChildPlan& plan) noexcept {
    long done = raw_syscall(SYS_setgroups, 0, nullptr);
    if (done == 0) done = raw_syscall(SYS_setresgid, plan.group, plan.group, plan.group);
    if (done == 0) done = raw_syscall(SYS_setresuid, plan.user, plan.user, plan.user);
    return done;
}

[[gnu::no_sanitize("address,undefined,thread")]] long leave_group(ChildPlan& plan) noexcept {
    plan.step = Step::group;
    if (const long moved = raw_syscall(SYS_setpgid, 0, 0); moved != 0) return moved;
    for (int number = 1; number <= signals; ++number)
        raw_syscall(SYS_rt_sigaction, number, zero, nullptr, kernel_sigset_bytes);
    return 0;
}

/// Leaves 0, 1 and 2 open.
[[gnu::no_sanitize("address,undefined,thread")]] long arrange_descriptors(ChildPlan& plan) noexcept {
    plan.step = Step::descriptors;
    long done = raw_syscall(SYS_dup3, plan.dev_null, 0, 0);
    if (done >= 0) done = raw_syscall(SYS_dup3, plan.output, 1, 0);
    if (done >= 0) done = raw_syscall(SYS_dup3, plan.output, 2, 0);
    if (done >= 0) done = raw_syscall(SYS_close_range, 3U, ~0U, 0U);
    return done;
}

[[gnu::no_sanitize("address,undefined,thread")]] long set_limits(ChildPlan& plan) noexcept {
    plan.step = Step::limits;
    long done = raw_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &plan.files, nullptr);
    if (done == 0) done = raw_syscall(SYS_prlimit64, 0, RLIMIT_STACK, &plan.stack, nullptr);
    if (done == 0 && plan.processes.rlim_max != 0) done = raw_syscall(SYS_prlimit64, 0, RLIMIT_NPROC, &plan.processes, nullptr);
    raw_syscall(SYS_umask, 022);
    return done;
}

/// Returns only with an error.
[[gnu::no_sanitize("address,undefined,thread")]] long execute(ChildPlan& plan) noexcept {
    plan.step = Step::directory;
    if (const long changed = raw_syscall(SYS_chdir, plan.directory); changed != 0) return changed;
    plan.step = Step::execute;
    if (const long freed = raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, zero, nullptr, kernel_sigset_bytes); freed != 0) return freed;
    return raw_syscall(SYS_execve, plan.path, plan.arguments, plan.environment);
}

/// Of process 1 of the new process namespace. Its signals stay blocked: it answers to SIGKILL from outside alone.
[[gnu::no_sanitize("address,undefined,thread")]] int run_init(void* argument) noexcept {
    auto& plan = *static_cast<ChildPlan*>(argument);
    if (const long watched = die_with_parent(plan); watched != 0) return fail(plan, watched);
    raw_syscall(SYS_setsid);
    struct {
        void (*handler)(int);
        char rest[56];
    } ignore{SIG_IGN, {}};
    raw_syscall(SYS_rt_sigaction, SIGCHLD, &ignore, nullptr, kernel_sigset_bytes);
    // The /proc of a former generation shows a namespace that is no more.
    long done = plan.replace_proc ? raw_syscall(SYS_umount2, "/proc", MNT_DETACH) : 0;
    if (done == 0) done = raw_syscall(SYS_mount, "proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
    if (done != 0) return fail(plan, done);
    plan.proc_mounted = true;
    done = raw_syscall(SYS_chdir, "/");
    if (done == 0) done = raw_syscall(SYS_close_range, 3U, ~0U, static_cast<unsigned>(CLOSE_RANGE_CLOEXEC));
    if (done != 0) return fail(plan, done);
    static constexpr const char* arguments[] = {"lambox-init", nullptr};
    static constexpr const char* environment[] = {nullptr};
    return fail(plan, raw_syscall(SYS_execveat, plan.init_program, "", arguments, environment, AT_EMPTY_PATH));
}

/// The first child is process 1 of the new namespace. It is a child of our parent, who waits for it.
[[gnu::no_sanitize("address,undefined,thread")]] bool make_process_namespace(ChildPlan& plan) noexcept {
    if (const long unshared = raw_syscall(SYS_unshare, CLONE_NEWPID); unshared != 0) {
        plan.error = static_cast<int>(-unshared);
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
    const bool inside = plan.inside == ChildPlan::Inside::yes;
    plan.step = Step::watch_parent;
    long done = inside ? 0 : die_with_parent(plan);
    if (done != 0) return fail(plan, done);
    // Before the descriptors are arranged, which may overwrite and close these. And by the program's process itself: to be born into a
    // cgroup2 costs 3 ms and more when the parent has just joined others.
    plan.step = Step::join;
    done = join_groups(plan);
    if (done == 0) done = leave_group(plan);
    if (done != 0) return fail(plan, done);

    plan.step = Step::identity;
    if (plan.change_identity) done = change_identity(plan);
    if (done == 0 && inside) done = raw_syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (done != 0) return fail(plan, done);
    if (inside) {
        // Only now: the kernel forgets the death signal when a process changes its user.
        plan.step = Step::watch_parent;
        if (done = die_with_parent(plan); done != 0) return fail(plan, done);
    }
    done = arrange_descriptors(plan);
    if (done == 0) done = set_limits(plan);
    if (done == 0) done = execute(plan);
    return fail(plan, done);
}

[[gnu::no_sanitize("address,undefined,thread")]] int run_spare(void* argument) noexcept {
    auto& plan = *static_cast<ChildPlan*>(argument);
    plan.step = Step::watch_parent;
    long done = die_with_parent(plan);
    if (done != 0) return fail(plan, done);
    raw_syscall(SYS_prctl, PR_SET_NAME, "lambox-spare", 0, 0, 0);
    plan.step = Step::join;
    done = join_groups(plan);
    if (done == 0) done = leave_group(plan);
    if (done == 0) done = arrange_descriptors(plan);
    if (done == 0) done = set_limits(plan);
    if (done != 0) return fail(plan, done);
    // Woken for nothing, it looks again. The rest of the plan is written before `told` is.
    while (__atomic_load_n(&plan.told, __ATOMIC_ACQUIRE) == 0)
        raw_syscall(SYS_futex, &plan.told, FUTEX_WAIT_PRIVATE, 0, nullptr);
    return fail(plan, execute(plan));
}

[[gnu::no_sanitize("address,undefined,thread")]] int run_gatekeeper(void* argument) noexcept {
    auto& plan = *static_cast<ChildPlan*>(argument);
    plan.step = Step::enter;
    long done = 0;
    if (plan.user_namespace >= 0) done = raw_syscall(SYS_setns, plan.user_namespace, CLONE_NEWUSER);
    if (done == 0) done = raw_syscall(SYS_setns, plan.ipc_namespace, CLONE_NEWIPC);
    if (done == 0) done = raw_syscall(SYS_setns, plan.mount_namespace, CLONE_NEWNS);
    if (done != 0) return fail(plan, done);
    plan.step = Step::isolate;
    if (plan.process_namespace >= 0) {
        if (done = raw_syscall(SYS_setns, plan.process_namespace, CLONE_NEWPID); done != 0) return fail(plan, done);
    } else if (!make_process_namespace(plan)) {
        return failed;
    }

    constexpr std::uint64_t flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT | CLONE_PIDFD;
    int pidfd = -1;
    plan.step = Step::attach;
    long pid = clone_on_stack(run_program, &plan, plan.program_stack, CloneCall{flags, 0, plan.group_directory}, pidfd);
    if (pid < 0 && plan.group_procs >= 0) {
        // A kernel without births into groups. Children are born where their parent is.
        if (done = raw_syscall(SYS_write, plan.group_procs, "0", 1); done < 0) return fail(plan, done);
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
