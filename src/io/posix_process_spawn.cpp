#include "posix_process_child.hpp"
#include "posix_process_detail.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/io/sandbox.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lambox::io::posix {
namespace {

constexpr std::size_t child_stack_bytes = 64 * 1024;
constexpr rlim_t stack_bytes = 8 * 1024 * 1024;

std::string reason(int error) {
    const char* text = ::strerrordesc_np(error);
    std::string lower = text != nullptr ? text : "errno " + std::to_string(error);
    for (char& letter : lower) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return lower;
}

Errc code_of(int error) {
    switch (error) {
    case ENOENT:
    case ENOTDIR: return Errc::not_found;
    case EACCES:
    case EPERM: return Errc::permission_denied;
    case ENOEXEC:
    case ELIBBAD: return Errc::malformed;
    default: return Errc::io;
    }
}

Error failure(const ChildPlan& plan, int error) {
    switch (plan.step) {
    case Step::execute: return make_error(code_of(error), reason(error));
    case Step::directory: return make_error(code_of(error), "chdir " + std::string(plan.directory) + ": " + reason(error));
    case Step::join: return make_error(code_of(error), "joining a group: " + reason(error));
    case Step::attach: return make_error(code_of(error), "starting it in its group: " + reason(error));
    case Step::watch_parent: return make_error(Errc::io, "prctl: " + reason(error));
    case Step::enter: return make_error(Errc::io, "entering the sandbox: " + reason(error));
    case Step::isolate: return make_error(Errc::io, "making a process namespace: " + reason(error));
    case Step::init: return make_error(Errc::io, "starting process 1 of the sandbox: " + reason(error));
    case Step::identity: return make_error(Errc::io, "changing the user: " + reason(error));
    case Step::group: return make_error(Errc::io, "setpgid: " + reason(error));
    case Step::descriptors: return make_error(Errc::io, "setting up descriptors: " + reason(error));
    case Step::limits: return make_error(Errc::io, "setrlimit: " + reason(error));
    }
    return make_error(Errc::io, reason(error));
}

Error failure(const char* what) { return make_error(Errc::io, std::string(what) + ": " + reason(errno)); }

struct Pipe {
    Fd reading;
    Fd writing;
};

Result<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failure("pipe");
    Pipe made{Fd(ends[0]), Fd(ends[1])};
    // Only our end: a handler whose stdout does not block would lose output.
    if (::fcntl(made.reading.get(), F_SETFL, O_NONBLOCK) != 0) return failure("fcntl");
    // Were it 0, 1 or 2 (a service started without them), the child would overwrite it before using it.
    if (made.writing.get() <= 2) {
        made.writing = Fd(::fcntl(made.writing.get(), F_DUPFD_CLOEXEC, 3));
        if (!made.writing.open()) return failure("fcntl");
    }
    return made;
}

/// Memory for a child's stack.
class StackMemory {
public:
    StackMemory() : bytes_(new char[child_stack_bytes]) {} // not cleared: it is big, and a child writes before it reads
    [[nodiscard]] ChildStack get() const {
        return {bytes_.get(), (reinterpret_cast<std::uintptr_t>(bytes_.get()) + child_stack_bytes) & ~std::uintptr_t{15}};
    }

private:
    std::unique_ptr<char[]> bytes_;
};

/// While it lives no signal is delivered: a handler of ours that ran in a child before its dispositions are reset would run in our
/// memory.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_;
};

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

/// The group's files, opened here, because the child cannot report which one failed in other words than a number.
struct Joining {
    Fd directory; ///< open when the child is to be born there
    std::vector<std::string> paths;
    std::vector<Fd> files;
    std::vector<int> numbers;

    [[nodiscard]] std::optional<Error> open_file(const std::string& path) {
        Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        if (!file.open()) return make_error(code_of(errno), "joining " + path + ": " + reason(errno));
        numbers.push_back(file.get());
        files.push_back(std::move(file));
        paths.push_back(path);
        return std::nullopt;
    }
    [[nodiscard]] std::optional<Error> open_all(const AttachPoint& point) {
        if (!point.cgroup2_directory.empty()) {
            directory = Fd(::open(point.cgroup2_directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
            if (!directory.open()) return make_error(code_of(errno), "joining " + point.cgroup2_directory + ": " + reason(errno));
        }
        for (const std::string& path : point.join_files) {
            if (auto error = open_file(path)) return error;
        }
        return std::nullopt;
    }
};

bool holds_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

void wait_for(const Fd& pidfd) {
    siginfo_t info;
    while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED) != 0 && errno == EINTR) {
    }
}

Error failure(const ChildPlan& plan, const Joining& joining) {
    if (plan.step == Step::join) {
        return make_error(code_of(plan.error), "joining " + joining.paths[plan.joining] + ": " + reason(plan.error));
    }
    return failure(plan, plan.error);
}

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

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = other.release();
    }
    return *this;
}

void Fd::reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

// clone rather than vfork: the child gets a stack of its own, so nothing of this function is live twice, and the
// pidfd is made together with the child. posix_spawn could set neither the death signal nor the limit on files.
Result<StartedChild> start_child(const SpawnSpec& spec, const Household& household) {
    LAMBOX_ASSERT(!spec.arguments.empty());
    std::vector<std::string> arguments = spec.arguments;
    std::vector<std::string> environment;
    for (const auto& [name, value] : spec.environment)
        environment.push_back(name + "=" + value);
    const bool unfit = std::any_of(arguments.begin(), arguments.end(), holds_nul) ||
                       std::any_of(environment.begin(), environment.end(), holds_nul) || holds_nul(spec.working_directory);
    if (unfit) return make_error(Errc::invalid_argument, reason(EINVAL));

    rlimit files;
    rlimit stack;
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || ::getrlimit(RLIMIT_STACK, &stack) != 0) return failure("getrlimit");
    files.rlim_max = std::min<rlim_t>(files.rlim_max, spec.open_files_max);
    files.rlim_cur = files.rlim_max;
    stack.rlim_cur = std::min(stack.rlim_max, stack_bytes);
    Result<Pipe> pipe = make_pipe();
    if (!pipe) return pipe.error();

    const std::vector<char*> argument_pointers = pointers_to(arguments);
    const std::vector<char*> environment_pointers = pointers_to(environment);
    Joining joining;
    if (spec.attach) {
        if (auto error = joining.open_all(*spec.attach)) return *error;
    }
    ChildPlan plan{arguments[0].c_str(),
                   argument_pointers.data(),
                   environment_pointers.data(),
                   spec.working_directory.c_str(),
                   household.dev_null.get(),
                   pipe->writing.get(),
                   ::getpid(),
                   files,
                   stack,
                   joining.numbers.data(),
                   joining.numbers.size()};
    StartedChild started{};
    started.output = std::move(pipe->reading);
    const Result<void> done = spec.sandbox != nullptr ? clone_inside(plan, started, spec, joining, household.own_pidfd.get())
                                                      : clone_here(plan, started, spec, joining);
    if (!done) return done.error();
    if (spec.attach && spec.attach->on_started) spec.attach->on_started(started.pid);
    return started;
}

} // namespace lambox::io::posix
