#include "posix_process_start.hpp"

#include "lambox/io/sandbox.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>

#include <cerrno>

namespace lambox::io::posix {
namespace {

/// The pid, with `pidfd` set; or minus an errno.
long clone_child(ChildPlan& plan, int& pidfd) {
    const StackMemory stack;
    const SignalsBlocked blocked;
    constexpr int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD;
    if (plan.group_directory >= 0) {
        return clone_on_stack(run_program, &plan, stack.get(), CloneCall{flags, SIGCHLD, plan.group_directory}, pidfd);
    }
    // Older than clone3, and there where a container's filter refuses that.
    const pid_t pid = ::clone(run_program, reinterpret_cast<void*>(stack.get().top), flags | SIGCHLD, &plan, &pidfd);
    return pid >= 0 ? pid : -errno;
}

/// Of the gatekeeper; by its end the plan names the children that it made for us, or an error.
long clone_gatekeeper(ChildPlan& plan, int& pidfd) {
    const StackMemory own;
    const StackMemory init;
    const StackMemory program;
    plan.init_stack = init.get();
    plan.program_stack = program.get();
    const SignalsBlocked blocked;
    // It shares our table of descriptors, into which the kernel puts those of its children.
    constexpr int flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD;
    return clone_on_stack(run_gatekeeper, &plan, own.get(), CloneCall{flags, SIGCHLD}, pidfd);
}

/// A kernel or a container's filter without clone3, or without its groups. A refusal that is not about that is met again on the other way.
bool lacks_clone_into_group(int error) { return error == ENOSYS || error == EINVAL || error == E2BIG || error == EPERM; }

Result<void> clone_here(ChildPlan& plan, StartedChild& started, const SpawnSpec& spec, Joining& joining) {
    int pidfd = -1;
    plan.group_directory = joining.directory.get();
    long pid = clone_child(plan, pidfd);
    if (pid < 0 && joining.directory.open() && lacks_clone_into_group(static_cast<int>(-pid))) {
        plan.group_directory = -1;
        if (auto error = joining.open_file(spec.attach->cgroup2_directory + "/cgroup.procs")) return *error;
        plan.joined = joining.numbers.data();
        plan.joined_count = joining.numbers.size();
        pid = clone_child(plan, pidfd);
    }
    if (pid < 0 && plan.group_directory >= 0) {
        const int error = static_cast<int>(-pid);
        return make_error(code_of(error), "joining " + spec.attach->cgroup2_directory + ": " + reason(error));
    }
    if (pid < 0) return make_error(Errc::io, "clone: " + reason(static_cast<int>(-pid)));
    started.pid = static_cast<pid_t>(pid);
    started.pidfd = Fd(pidfd);
    if (plan.error == 0) return {};
    wait_for(started.pidfd);
    return failure(plan, joining);
}

Result<void> clone_inside(ChildPlan& plan, StartedChild& started, const SpawnSpec& spec, Joining& joining, int parent_watch) {
    SandboxDoor& door = spec.sandbox->door();
    plan.inside = ChildPlan::Inside::yes;
    plan.parent_watch = parent_watch;
    plan.user_namespace = door.user_namespace;
    plan.mount_namespace = door.mount_namespace;
    plan.ipc_namespace = door.ipc_namespace;
    plan.init_program = door.init_program;
    started.init = door.init.lock();
    if (started.init && started.init->ending) started.init.reset();
    const bool joins = started.init != nullptr;
    if (joins) plan.process_namespace = started.init->pidfd.get();
    plan.replace_proc = door.has_proc;
    plan.change_identity = door.user_namespace < 0;
    if (door.user_namespace >= 0) plan.processes = {spec.processes_max, spec.processes_max};
    plan.user = door.user.user;
    plan.group = door.user.group;
    plan.group_directory = joining.directory.get();
    Fd procs;
    if (joining.directory.open()) procs = Fd(::openat(joining.directory.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC));
    plan.group_procs = procs.get();

    int pidfd = -1;
    const long pid = clone_gatekeeper(plan, pidfd);
    if (pid < 0) return make_error(Errc::io, "clone3: " + reason(static_cast<int>(-pid)));
    wait_for(Fd(pidfd));
    door.has_proc = door.has_proc || plan.proc_mounted;
    if (!joins && plan.init_pid > 0) started.init = std::make_shared<SandboxInit>(SandboxInit{plan.init_pid, Fd(plan.init_pidfd)});
    started.pid = plan.program_pid;
    started.pidfd = Fd(plan.program_pidfd);
    const bool complete = started.pid > 0 && plan.error == 0;
    if (complete) {
        door.init = started.init;
        return {};
    }
    if (started.pid > 0) wait_for(started.pidfd);
    if (!joins && started.init) {
        signal_pidfd(started.init->pidfd.get(), SIGKILL);
        wait_for(started.init->pidfd);
    }
    if (plan.error == 0) return make_error(Errc::io, "the sandbox's gatekeeper was killed");
    return failure(plan, joining);
}

} // namespace

// clone rather than vfork: the child gets a stack of its own, so nothing of this function is live twice, and the
// pidfd is made together with the child. posix_spawn could set neither the death signal nor the limit on files.
Result<StartedChild> start_child(const SpawnSpec& spec, const Household& household) {
    const ProgramTexts texts(spec);
    if (!texts.fit()) return make_error(Errc::invalid_argument, reason(EINVAL));
    Result<Pipe> pipe = make_pipe();
    if (!pipe) return pipe.error();
    Joining joining;
    if (spec.attach) {
        if (auto error = joining.open_all(*spec.attach)) return *error;
    }
    ChildPlan plan;
    texts.put_into(plan);
    if (const auto known = fill_in(plan, household, *pipe, joining, spec.open_files_max); !known) return known.error();
    StartedChild started{};
    started.output = std::move(pipe->reading);
    const Result<void> done = spec.sandbox != nullptr ? clone_inside(plan, started, spec, joining, household.own_pidfd.get())
                                                      : clone_here(plan, started, spec, joining);
    if (!done) return done.error();
    if (spec.attach && spec.attach->on_started) spec.attach->on_started(started.pid);
    started.newest_before = started.pid;
    return started;
}

} // namespace lambox::io::posix
