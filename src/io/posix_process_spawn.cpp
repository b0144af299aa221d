#include "posix_process_detail.hpp"

#include "lambox/base/assert.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lambox::io::posix {
namespace {

constexpr std::size_t child_stack_bytes = 64 * 1024;
constexpr std::size_t kernel_sigset_bytes = 8;
constexpr int signals = 64;

enum class Step { attach, join, group, descriptors, limits, directory, execute };

/// All that the child needs, prepared before it exists, and what it reports back.
struct ChildPlan {
    const char* path;
    char* const* arguments;
    char* const* environment;
    const char* directory;
    int dev_null;
    int output;
    pid_t parent;
    rlimit files;
    const int* joined; ///< open cgroup.procs files
    std::size_t joined_count;
    volatile std::size_t joining = 0;
    volatile Step step = Step::attach;
    volatile int error = 0;
};

[[gnu::no_sanitize("address,undefined,thread")]] int fail(ChildPlan& plan) noexcept {
    plan.error = errno;
    return 127;
}

// The child borrows our memory while this thread sleeps (CLONE_VM | CLONE_VFORK): no page table is copied, and the
// plan carries its error back. In return it may do nothing but raw system calls: no allocation, no lock, no libc
// function that a sanitizer wraps, since all of them would change the parent. Returning ends the child alone.
[[gnu::no_sanitize("address,undefined,thread")]] int run_child(void* argument) noexcept {
    auto& plan = *static_cast<ChildPlan*>(argument);
    // Zero bytes are SIG_DFL, no flags and an empty mask in every layout of the kernel's structures.
    const char zero[64] = {};

    // A lambox that is killed must not leave handlers behind; it may have died before we could ask for that.
    if (::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return fail(plan);
    if (::syscall(SYS_getppid) != plan.parent) return 127;

    // Before the descriptors are arranged, which may overwrite and close these.
    plan.step = Step::join;
    for (std::size_t i = 0; i < plan.joined_count; ++i) {
        plan.joining = i;
        if (::syscall(SYS_write, plan.joined[i], "0", 1) != 1) return fail(plan);
    }

    plan.step = Step::group;
    if (::syscall(SYS_setpgid, 0, 0) != 0) return fail(plan);
    for (int number = 1; number <= signals; ++number) ::syscall(SYS_rt_sigaction, number, zero, nullptr, kernel_sigset_bytes);

    plan.step = Step::descriptors;
    if (::syscall(SYS_dup3, plan.dev_null, 0, 0) < 0) return fail(plan);
    if (::syscall(SYS_dup3, plan.output, 1, 0) < 0) return fail(plan);
    if (::syscall(SYS_dup3, plan.output, 2, 0) < 0) return fail(plan);
    if (::syscall(SYS_close_range, 3U, ~0U, 0U) != 0) return fail(plan);

    plan.step = Step::limits;
    if (::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &plan.files, nullptr) != 0) return fail(plan);

    plan.step = Step::directory;
    if (::syscall(SYS_chdir, plan.directory) != 0) return fail(plan);

    plan.step = Step::execute;
    if (::syscall(SYS_rt_sigprocmask, SIG_SETMASK, zero, nullptr, kernel_sigset_bytes) != 0) return fail(plan);
    ::syscall(SYS_execve, plan.path, plan.arguments, plan.environment);
    return fail(plan);
}

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
    case Step::attach: return make_error(Errc::io, "prctl: " + reason(error));
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

/// The pid, with `pidfd` set; or -1 and errno. With a `group` the child is born in it.
pid_t clone_child(ChildPlan& plan, const Fd& group, int& pidfd) {
    const auto stack = std::make_unique<char[]>(child_stack_bytes);
    const auto top = (reinterpret_cast<std::uintptr_t>(stack.get()) + child_stack_bytes) & ~std::uintptr_t{15};
    // A handler of ours that ran in the child before its dispositions are reset would run in our memory.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD;
    pid_t pid = -1;
    if (group.open()) pid = clone_into_group(run_child, &plan, ChildStack{stack.get(), top}, CloneInto{flags, group.get()}, pidfd);
    else pid = ::clone(run_child, reinterpret_cast<void*>(top), flags | SIGCHLD, &plan, &pidfd);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return pid;
}

/// A kernel or a sandbox without clone3, or without its groups. A refusal that is not about that is met again on the other way.
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
        for (const std::string& path : point.procs_files) {
            if (auto error = open_file(path)) return error;
        }
        return std::nullopt;
    }
};

bool holds_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
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
Result<StartedChild> start_child(const SpawnSpec& spec, int dev_null) {
    LAMBOX_ASSERT(!spec.arguments.empty());
    std::vector<std::string> arguments = spec.arguments;
    std::vector<std::string> environment;
    for (const auto& [name, value] : spec.environment) environment.push_back(name + "=" + value);
    const bool unfit = std::any_of(arguments.begin(), arguments.end(), holds_nul) ||
                       std::any_of(environment.begin(), environment.end(), holds_nul) || holds_nul(spec.working_directory);
    if (unfit) return make_error(Errc::invalid_argument, reason(EINVAL));

    rlimit files;
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return failure("getrlimit");
    files.rlim_max = std::min<rlim_t>(files.rlim_max, spec.open_files_max);
    files.rlim_cur = files.rlim_max;
    Result<Pipe> pipe = make_pipe();
    if (!pipe) return pipe.error();

    const std::vector<char*> argument_pointers = pointers_to(arguments);
    const std::vector<char*> environment_pointers = pointers_to(environment);
    Joining joining;
    if (spec.attach) {
        if (auto error = joining.open_all(*spec.attach)) return *error;
    }
    ChildPlan plan{arguments[0].c_str(), argument_pointers.data(), environment_pointers.data(), spec.working_directory.c_str(),
                   dev_null, pipe->writing.get(), ::getpid(), files, joining.numbers.data(), joining.numbers.size()};
    int pidfd_number = -1;
    pid_t pid = clone_child(plan, joining.directory, pidfd_number);
    if (pid < 0 && joining.directory.open() && lacks_clone_into_group(errno)) {
        joining.directory.reset();
        if (auto error = joining.open_file(spec.attach->cgroup2_directory + "/cgroup.procs")) return *error;
        plan.joined = joining.numbers.data();
        plan.joined_count = joining.numbers.size();
        pid = clone_child(plan, joining.directory, pidfd_number);
    }
    if (pid < 0 && joining.directory.open()) {
        const int error = errno;
        return make_error(code_of(error), "joining " + spec.attach->cgroup2_directory + ": " + reason(error));
    }
    if (pid < 0) return failure("clone");
    Fd pidfd(pidfd_number);
    if (plan.error != 0) {
        siginfo_t info;
        while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED) != 0 && errno == EINTR) {}
        if (plan.step == Step::join)
            return make_error(code_of(plan.error), "joining " + joining.paths[plan.joining] + ": " + reason(plan.error));
        return failure(plan, plan.error);
    }
    if (spec.attach && spec.attach->on_started) spec.attach->on_started(pid);
    return StartedChild{pid, std::move(pidfd), std::move(pipe->reading)};
}

} // namespace lambox::io::posix
