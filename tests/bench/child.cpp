#include "bench/child.hpp"

#include "bench/sockets.hpp"

#include <cerrno>
#include <csignal>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace lambox::bench {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (const auto& text : texts)
        all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
}

} // namespace

Child::Child(const std::vector<std::string>& command, const std::vector<std::string>& environment, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (output >= 0) posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    errno = ::posix_spawnp(&pid_, command.front().c_str(), &actions, nullptr, pointers(command).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    if (errno == 0) return;
    pid_ = -1;
    fail("cannot start " + command.front());
}

Child::~Child() { end(SIGKILL); }

void Child::end(int signal) {
    const pid_t pid = std::exchange(pid_, -1);
    if (pid < 0) return;
    ::kill(pid, signal);
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

std::vector<std::string> runtime_environment(std::uint16_t port) {
    return {"PATH=/usr/local/bin:/usr/bin:/bin", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:" + std::to_string(port)};
}

std::vector<std::string> own_environment() {
    std::vector<std::string> all;
    for (char** variable = environ; *variable != nullptr; ++variable)
        all.emplace_back(*variable);
    return all;
}

} // namespace lambox::bench
