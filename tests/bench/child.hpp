#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace lambox::bench {

/// A program started by posix_spawn, with nothing between that call and the program: what any other way of starting is compared with.
class Child {
public:
    /// `environment` as NAME=VALUE; `output` becomes its stdout unless negative. Throws std::system_error.
    Child(const std::vector<std::string>& command, const std::vector<std::string>& environment, int output);
    Child(Child&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }
    Child& operator=(Child&&) = delete;
    ~Child();

    /// Sends the signal and waits for the end.
    void end(int signal);

private:
    pid_t pid_ = -1;
};

/// The variables that a runtime needs, for an emulator at that port of the loopback.
[[nodiscard]] std::vector<std::string> runtime_environment(std::uint16_t port);

/// This process's own.
[[nodiscard]] std::vector<std::string> own_environment();

} // namespace lambox::bench
