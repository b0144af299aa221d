#include "lambox/io/program_output.hpp"

#include "posix_process_detail.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace lambox::io {
namespace {

constexpr std::size_t output_bytes_max = 4'096;

Error failure(const std::string& program, int error) {
    const Errc code = error == ENOENT ? Errc::not_found : error == EACCES ? Errc::permission_denied : Errc::io;
    return make_error(code, program + ": " + std::strerror(error));
}

struct FileActions {
    FileActions() { ::posix_spawn_file_actions_init(&value); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { ::posix_spawn_file_actions_destroy(&value); }
    posix_spawn_file_actions_t value{};
};

struct SpawnAttributes {
    SpawnAttributes() { ::posix_spawnattr_init(&value); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&value); }
    posix_spawnattr_t value{};
};

/// In a process group of its own, so that helpers which it starts end with it.
int spawn(const std::vector<std::string>& arguments, int output, pid_t& pid) {
    FileActions actions;
    ::posix_spawn_file_actions_addopen(&actions.value, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions.value, output, 1);
    ::posix_spawn_file_actions_adddup2(&actions.value, output, 2);
    ::posix_spawn_file_actions_addclosefrom_np(&actions.value, 3);
    SpawnAttributes attributes;
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes.value, &none);
    ::posix_spawnattr_setpgroup(&attributes.value, 0);
    ::posix_spawnattr_setflags(&attributes.value, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    std::vector<char*> raw;
    raw.reserve(arguments.size() + 1);
    for (const auto& argument : arguments)
        raw.push_back(const_cast<char*>(argument.c_str())); // execve(2) writes to none of them
    raw.push_back(nullptr);
    std::array<char*, 1> environment{nullptr};
    return ::posix_spawn(&pid, raw[0], &actions.value, &attributes.value, raw.data(), environment.data());
}

enum class ReadEnd { ended, full, late };

/// Until the other end closes, or `timer` fires.
ReadEnd read_all(int input, int timer, std::string& text) {
    std::array<char, 512> chunk{};
    while (text.size() < output_bytes_max) {
        std::array<pollfd, 2> waiting{pollfd{input, POLLIN, 0}, pollfd{timer, POLLIN, 0}};
        if (::poll(waiting.data(), waiting.size(), -1) < 0) {
            if (errno == EINTR) continue;
            return ReadEnd::late;
        }
        if (waiting[1].revents != 0) return ReadEnd::late;
        const ssize_t got = ::read(input, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return ReadEnd::ended;
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return ReadEnd::full;
}

posix::Fd start_timer(Milliseconds patience) {
    posix::Fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    itimerspec once{};
    once.it_value.tv_sec = patience.count() / 1000;
    once.it_value.tv_nsec = patience.count() % 1000 * 1'000'000;
    if (timer.open()) ::timerfd_settime(timer.get(), 0, &once, nullptr);
    return timer;
}

} // namespace

Result<std::string> program_output(const std::vector<std::string>& arguments, Milliseconds patience) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failure(arguments[0], errno);
    const posix::Fd input(ends[0]);
    posix::Fd output(ends[1]);
    const posix::Fd timer = start_timer(patience);
    if (!timer.open()) return failure("a timer", errno);
    pid_t pid = -1;
    const int refused = spawn(arguments, output.get(), pid);
    output.reset(); // else the end of the output would never come
    if (refused != 0) return failure(arguments[0], refused);
    std::string text;
    const ReadEnd end = read_all(input.get(), timer.get(), text);
    // A program that has closed its outputs has said what it had to say, ended or not.
    ::kill(-pid, SIGKILL);
    siginfo_t info;
    while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0 && errno == EINTR) {
    }
    if (end == ReadEnd::late) return make_error(Errc::timed_out, arguments[0] + " did not end in time");
    return text;
}

} // namespace lambox::io
