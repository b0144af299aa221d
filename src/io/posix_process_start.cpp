#include "posix_process_start.hpp"

#include "lambox/base/assert.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lambox::io::posix {
namespace {

constexpr rlim_t stack_bytes = 8 * 1024 * 1024;

bool holds_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

} // namespace

ProgramTexts::ProgramTexts(const SpawnSpec& spec) : arguments_(spec.arguments), directory_(spec.working_directory) {
    LAMBOX_ASSERT(!arguments_.empty());
    environment_.reserve(spec.environment.size());
    for (const auto& [name, value] : spec.environment)
        environment_.push_back(name + "=" + value);
    argument_pointers_ = pointers_to(arguments_);
    environment_pointers_ = pointers_to(environment_);
}

bool ProgramTexts::fit() const {
    return std::none_of(arguments_.begin(), arguments_.end(), holds_nul) &&
           std::none_of(environment_.begin(), environment_.end(), holds_nul) && !holds_nul(directory_);
}

void ProgramTexts::put_into(ChildPlan& plan) const {
    plan.path = arguments_.front().c_str();
    plan.arguments = argument_pointers_.data();
    plan.environment = environment_pointers_.data();
    plan.directory = directory_.c_str();
}

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

std::optional<Error> Joining::open_file(const std::string& path) {
    Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.open()) return make_error(code_of(errno), "joining " + path + ": " + reason(errno));
    numbers.push_back(file.get());
    files.push_back(std::move(file));
    paths.push_back(path);
    return std::nullopt;
}

std::optional<Error> Joining::open_all(const AttachPoint& point) {
    if (!point.cgroup2_directory.empty()) {
        directory = Fd(::open(point.cgroup2_directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!directory.open()) return make_error(code_of(errno), "joining " + point.cgroup2_directory + ": " + reason(errno));
    }
    for (const std::string& path : point.join_files) {
        if (auto error = open_file(path)) return error;
    }
    return std::nullopt;
}

Result<void> fill_in(ChildPlan& plan, const Household& household, const Pipe& pipe, const Joining& joining, std::uint64_t open_files_max) {
    if (::getrlimit(RLIMIT_NOFILE, &plan.files) != 0 || ::getrlimit(RLIMIT_STACK, &plan.stack) != 0) return failure("getrlimit");
    plan.files.rlim_max = std::min<rlim_t>(plan.files.rlim_max, open_files_max);
    plan.files.rlim_cur = plan.files.rlim_max;
    plan.stack.rlim_cur = std::min(plan.stack.rlim_max, stack_bytes);
    plan.dev_null = household.dev_null.get();
    plan.output = pipe.writing.get();
    plan.parent = ::getpid();
    plan.joined = joining.numbers.data();
    plan.joined_count = joining.numbers.size();
    return {};
}

Error failure(const ChildPlan& plan) {
    const int error = plan.error;
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

Error failure(const ChildPlan& plan, const Joining& joining) {
    if (plan.step == Step::join) {
        return make_error(code_of(plan.error), "joining " + joining.paths[plan.joining] + ": " + reason(plan.error));
    }
    return failure(plan);
}

Error failure(const char* what) { return make_error(Errc::io, std::string(what) + ": " + reason(errno)); }

void wait_for(const Fd& pidfd) {
    siginfo_t info;
    while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED) != 0 && errno == EINTR) {
    }
}

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

} // namespace lambox::io::posix
