// The floor that lambox is measured against, and the stopwatch for starts.
//   bench_floor relay RUNTIMES PROGRAM     relays between callers and so many runtimes; its ready line names the port for callers
//   bench_floor spawn COUNT GAP_MS PROGRAM posix_spawn of a runtime to its first `next`, so many times, as JSON
//   bench_floor ready COUNT COMMAND...     posix_spawn of a server to the first line of its stdout, so many times, as JSON
#include "bench/child.hpp"
#include "bench/relay.hpp"
#include "bench/summary.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>

namespace lambox::bench {
namespace {

using Arguments = std::vector<std::string>;

volatile std::sig_atomic_t stopped = 0;

void on_stop_signal(int) { stopped = 1; }

std::size_t count_of(const std::string& text) {
    std::size_t count = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) throw std::invalid_argument("not a count: " + text);
    return count;
}

void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

void relay(const Arguments& arguments) {
    if (arguments.size() != 2) throw std::invalid_argument("relay RUNTIMES PROGRAM");
    struct sigaction action {};
    action.sa_handler = on_stop_signal;
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
    Relay floor;
    std::vector<Child> runtimes;
    for (std::size_t left = count_of(arguments[0]); left > 0; --left)
        runtimes.emplace_back(Arguments{arguments[1]}, runtime_environment(floor.runtime_port()), -1);
    print("{\"ready\":true,\"url\":\"http://127.0.0.1:" + std::to_string(floor.caller_port()) + "\"}\n");
    floor.run(stopped);
}

std::chrono::nanoseconds time_to_first_next(const Listener& listener, const std::string& program) {
    const auto begin = Clock::now();
    Child runtime({program}, runtime_environment(listener.port), -1);
    Descriptor connection(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection.open()) fail("accept4");
    Message request;
    for (auto step = Message::Step::more; step != Message::Step::complete;) {
        step = request.receive(connection.get());
        if (step == Message::Step::closed) throw std::runtime_error(program + " ended before its first next");
    }
    return Clock::now() - begin;
}

void spawn(const Arguments& arguments) {
    if (arguments.size() != 3) throw std::invalid_argument("spawn COUNT GAP_MS PROGRAM");
    const Listener listener = listen_on_loopback(Blocking::yes);
    const timeval patience{10, 0};
    if (::setsockopt(listener.socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) fail("setsockopt");
    const std::chrono::milliseconds gap(count_of(arguments[1]));
    Measured measured;
    for (std::size_t left = count_of(arguments[0]); left > 0; --left) {
        std::this_thread::sleep_for(gap);
        measured.times.push_back(time_to_first_next(listener, arguments[2]));
        measured.whole += measured.times.back();
    }
    print(to_json(std::move(measured)));
}

std::chrono::nanoseconds time_to_first_line(const Arguments& command) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    const auto begin = Clock::now();
    Child server(command, own_environment(), writing.get());
    writing.close();
    for (char byte = 0; byte != '\n';) {
        const auto got = ::read(reading.get(), &byte, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) throw std::runtime_error(command.front() + " ended without a line");
    }
    const auto time = Clock::now() - begin;
    server.end(SIGTERM);
    return time;
}

void ready(const Arguments& arguments) {
    if (arguments.size() < 2) throw std::invalid_argument("ready COUNT COMMAND...");
    const Arguments command(arguments.begin() + 1, arguments.end());
    Measured measured;
    for (std::size_t left = count_of(arguments[0]); left > 0; --left) {
        measured.times.push_back(time_to_first_line(command));
        measured.whole += measured.times.back();
    }
    print(to_json(std::move(measured)));
}

int run(const Arguments& arguments) {
    const std::string verb = arguments.empty() ? "" : arguments.front();
    const Arguments rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
    try {
        if (verb == "relay")
            relay(rest);
        else if (verb == "spawn")
            spawn(rest);
        else if (verb == "ready")
            ready(rest);
        else
            throw std::invalid_argument("relay, spawn or ready");
    } catch (const std::invalid_argument& wrong) {
        std::fprintf(stderr, "bench_floor: usage: %s\n", wrong.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_floor: %s\n", error.what());
        return 1;
    }
    return 0;
}

} // namespace
} // namespace lambox::bench

int main(int count, char** values) { return lambox::bench::run({values + 1, values + count}); }
