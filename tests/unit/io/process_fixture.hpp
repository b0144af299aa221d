#pragma once

#include "lambox/base/limits.hpp"
#include "lambox/io/posix_process.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lambox::io {

/// Records what a process tells.
struct Recorder : ProcessListener {
    void on_output(std::string_view bytes) override {
        CHECK(exits == 0);
        CHECK(bytes.size() <= limits::output_read_bytes);
        CHECK_FALSE(bytes.empty());
        output += bytes;
        ++pieces;
    }
    void on_exit(ExitStatus ended) override {
        ++exits;
        status = ended;
    }
    /// The pids that probe_child reported as "NAME PID", in order.
    [[nodiscard]] std::vector<pid_t> reported(const std::string& name) const {
        std::vector<pid_t> pids;
        for (std::size_t at = 0; at < output.size();) {
            const std::size_t end = std::min(output.find('\n', at), output.size());
            const std::string line = output.substr(at, end - at);
            at = end + 1;
            if (line.starts_with(name + " ")) pids.push_back(std::stoi(line.substr(name.size() + 1)));
        }
        return pids;
    }

    std::string output;
    std::optional<ExitStatus> status;
    int exits = 0;
    int pieces = 0;
};

inline std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

/// True when this process has no child at all, neither living nor unreaped.
inline bool childless() {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

/// A loop and a spawner. At its end no descriptor and no process of the test may be left.
class ProcessFixture {
public:
    ProcessFixture() : descriptors_before_(open_descriptors()) {
        REQUIRE(childless());
        io = std::make_unique<boost::asio::io_context>();
        spawner = std::make_unique<PosixSpawner>(io->get_executor(), Logger());
    }
    ~ProcessFixture() {
        CHECK(childless());
        spawner.reset();
        io.reset();
        CHECK(open_descriptors() == descriptors_before_);
    }

    /// probe_child with its steps, in /tmp, with a mark of its own.
    [[nodiscard]] SpawnSpec probe(std::vector<std::string> steps) {
        SpawnSpec spec;
        spec.arguments = std::move(steps);
        spec.arguments.insert(spec.arguments.begin(), LAMBOX_PROBE_CHILD);
        const std::string number = std::to_string(next_mark_++);
        spec.environment = {{"LANG", "C"}, {"PROBE_MARK", number}};
        spec.mark = "PROBE_MARK=" + number;
        spec.working_directory = "/tmp";
        return spec;
    }
    [[nodiscard]] std::unique_ptr<Process> start(const SpawnSpec& spec, ProcessListener& listener) {
        auto process = spawner->spawn(spec, listener);
        REQUIRE_MESSAGE(process.has_value(), (process ? "" : process.error().message));
        return std::move(*process);
    }
    [[nodiscard]] std::unique_ptr<Process> start(std::vector<std::string> steps, ProcessListener& listener) {
        return start(probe(std::move(steps)), listener);
    }
    [[nodiscard]] Error failure(const SpawnSpec& spec) {
        Recorder nobody;
        auto process = spawner->spawn(spec, nobody);
        REQUIRE(process.has_error());
        return process.error();
    }

    /// Turns the loop until `reached`; fails after ten seconds.
    template <class Condition>
    void run_until(Condition reached) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!reached() && std::chrono::steady_clock::now() < deadline) {
            io->restart();
            if (io->run_one_until(deadline) == 0) break;
        }
        REQUIRE(reached());
    }
    void run_to_exit(const Recorder& recorder) {
        run_until([&] { return recorder.exits > 0; });
    }
    void run_to_output(const Recorder& recorder, const std::string& text) {
        run_until([&] { return recorder.output.find(text) != std::string::npos; });
    }
    /// Its status after running to its end.
    [[nodiscard]] ExitStatus run(std::vector<std::string> steps) {
        Recorder recorder;
        const auto process = start(std::move(steps), recorder);
        run_to_exit(recorder);
        last_output = recorder.output;
        return *recorder.status;
    }

    std::unique_ptr<boost::asio::io_context> io;
    std::unique_ptr<PosixSpawner> spawner;
    std::string last_output;

private:
    std::size_t descriptors_before_;
    int next_mark_ = 1;
};

/// A process by pidfd, so that a test may ask after it when its pid may have been given to another.
class Witness {
public:
    explicit Witness(pid_t pid) : fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))) {}
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;
    ~Witness() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] bool alive() const { return fd_ >= 0 && ::syscall(SYS_pidfd_send_signal, fd_, 0, nullptr, 0U) == 0; }
    /// True when it has ended within ten seconds.
    [[nodiscard]] bool ends() const {
        pollfd waited{fd_, POLLIN, 0};
        return ::poll(&waited, 1, 10'000) == 1;
    }

private:
    int fd_;
};

} // namespace lambox::io
