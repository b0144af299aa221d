// The load generator: keep-alive HTTP/1.1 on one epoll thread. Prints one line of JSON.
//   bench_load --url http://IPV4:PORT/PATH [--requests N] [--warmup N] [--connections C] [--in-flight K] [--rate R] [--gap-ms MS]
//              [--body-bytes B] [--header 'NAME: VALUE']... [--patience SECONDS] [--any-answer 1]
// Every answer must be 200, without a function error, and carry the event that was sent: anything else is an error, and an error
// has no time. In the open loop a time begins when the request was due, not when a connection was free for it.
#include "bench/load_options.hpp"
#include "bench/message.hpp"
#include "bench/outgoing.hpp"
#include "bench/sockets.hpp"
#include "bench/summary.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <sys/epoll.h>

namespace lambox::bench {
namespace {

using Instant = Clock::time_point;

constexpr std::size_t events_at_once = 64;

std::string event_of(std::size_t bytes) {
    constexpr std::string_view before = R"({"event":")";
    constexpr std::string_view after = R"("})";
    std::string event(before);
    event.append(bytes - before.size() - after.size(), 'x').append(after);
    return event;
}

std::string request_head(const LoadOptions& options, std::string_view path) {
    std::string head = "POST ";
    head.append(path).append(" HTTP/1.1\r\nHost: ").append(options.host).append(":").append(std::to_string(options.port));
    head.append("\r\nContent-Type: application/json\r\n");
    for (const auto& header : options.headers)
        head.append(header).append("\r\n");
    return head.append("Content-Length: ").append(std::to_string(options.body_bytes)).append("\r\n\r\n");
}

class Load {
public:
    explicit Load(LoadOptions options);
    [[nodiscard]] Measured run();

private:
    struct Caller {
        Descriptor socket;
        Message in;
        Outgoing out;
        Instant begin;
        bool busy = false;
        bool measured = false;
    };

    [[nodiscard]] std::size_t total() const { return options_.warmup + options_.requests; }
    void connect(Caller& caller);
    /// When the next request is due, if it only waits for time.
    [[nodiscard]] std::optional<Instant> issue();
    void start(Caller& caller, Instant begin);
    void on_event(Caller& caller);
    void finish(Caller& caller, bool good, Instant now);
    [[nodiscard]] bool is_good(const Caller& caller) const;
    [[nodiscard]] bool wait(std::optional<Instant> due);

    LoadOptions options_;
    std::string event_;
    std::string head_; ///< empty when the path differs from request to request
    Descriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
    std::vector<std::unique_ptr<Caller>> callers_;
    std::deque<Caller*> idle_;
    std::size_t issued_ = 0;
    std::size_t finished_ = 0;
    Instant first_{};      ///< of those measured
    Instant not_before_{}; ///< the end of the gap
    Measured measured_;
};

Load::Load(LoadOptions options) : options_(std::move(options)), event_(event_of(options_.body_bytes)) {
    if (options_.path.find("{n}") == std::string::npos) head_ = request_head(options_, options_.path);
    measured_.times.reserve(options_.requests);
    for (std::size_t at = 0; at < options_.connections; ++at) {
        callers_.push_back(std::make_unique<Caller>());
        connect(*callers_.back());
        idle_.push_back(callers_.back().get());
    }
}

void Load::connect(Caller& caller) {
    caller.socket = connect_to(options_.host, options_.port);
    caller.in.clear();
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &caller;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, caller.socket.get(), &event) != 0) fail("epoll_ctl");
}

Measured Load::run() {
    first_ = Clock::now();
    while (finished_ < total()) {
        const auto due = issue();
        if (finished_ == total()) break;
        if (!wait(due)) {
            measured_.errors += total() - finished_;
            break;
        }
    }
    measured_.whole = Clock::now() - first_;
    return std::move(measured_);
}

std::optional<Instant> Load::issue() {
    while (issued_ < total() && !idle_.empty() && issued_ - finished_ < options_.in_flight) {
        const Instant now = Clock::now();
        // The pace begins with the first measured request; those before it are a closed loop.
        if (issued_ == options_.warmup && finished_ == issued_) first_ = now;
        if (issued_ == options_.warmup && finished_ < issued_) return std::nullopt;
        Instant begin = now;
        if (options_.rate > 0 && issued_ >= options_.warmup) {
            const double seconds = static_cast<double>(issued_ - options_.warmup) / options_.rate;
            begin = first_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
        }
        const Instant due = std::max(begin, not_before_);
        if (due > now) return due;
        Caller& caller = *idle_.front();
        idle_.pop_front();
        start(caller, begin);
    }
    return std::nullopt;
}

void Load::start(Caller& caller, Instant begin) {
    if (!caller.socket.open()) connect(caller);
    if (head_.empty()) {
        std::string path = options_.path;
        path.replace(path.find("{n}"), 3, std::to_string(issued_));
        caller.out.head = request_head(options_, path);
    } else {
        caller.out.head = head_;
    }
    caller.measured = issued_ >= options_.warmup;
    caller.busy = true;
    caller.begin = begin;
    ++issued_;
    caller.out.begin(event_);
    if (options_.rate <= 0) caller.begin = Clock::now();
    if (caller.out.send(caller.socket.get()) == Outgoing::Step::closed) finish(caller, false, Clock::now());
}

/// False when nothing came for too long.
bool Load::wait(std::optional<Instant> due) {
    std::array<epoll_event, events_at_once> events{};
    std::chrono::nanoseconds allowed = options_.patience;
    if (due) allowed = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(*due - Clock::now()));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(allowed);
    const timespec timeout{seconds.count(), (allowed - seconds).count()};
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()), &timeout, nullptr);
    if (count < 0 && errno != EINTR) fail("epoll_pwait2");
    for (int at = 0; at < count; ++at)
        on_event(*static_cast<Caller*>(events[static_cast<std::size_t>(at)].data.ptr));
    return count != 0 || due.has_value();
}

void Load::on_event(Caller& caller) {
    if (!caller.socket.open()) return;
    if (caller.busy && caller.out.under_way() && caller.out.send(caller.socket.get()) == Outgoing::Step::closed) {
        return finish(caller, false, Clock::now());
    }
    const Message::Step step = caller.in.receive(caller.socket.get());
    if (step == Message::Step::more) return;
    const Instant now = Clock::now();
    if (step == Message::Step::complete && caller.busy) return finish(caller, is_good(caller), now);
    if (caller.busy) return finish(caller, false, now);
    caller.socket.close(); // an idle connection that the server has ended; the next request makes a new one
}

bool Load::is_good(const Caller& caller) const {
    const std::string_view head = caller.in.head();
    if (!head.starts_with("HTTP/1.1 200") || !header(head, "x-amz-function-error").empty()) return false;
    return options_.any_answer || caller.in.chunked() || caller.in.body() == event_;
}

void Load::finish(Caller& caller, bool good, Instant now) {
    ++finished_;
    if (!good)
        ++measured_.errors;
    else if (caller.measured)
        measured_.times.push_back(now - caller.begin);
    const bool ends = !good || header(caller.in.head(), "connection") == "close";
    caller.in.clear();
    caller.busy = false;
    if (ends) caller.socket.close();
    not_before_ = now + options_.gap;
    idle_.push_back(&caller);
}

} // namespace
} // namespace lambox::bench

int main(int count, char** values) {
    using namespace lambox::bench;
    try {
        Load load(parse_load_options({values + 1, values + count}));
        std::fputs(to_json(load.run()).c_str(), stdout);
    } catch (const std::invalid_argument& wrong) {
        std::fprintf(stderr, "bench_load: %s\n", wrong.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_load: %s\n", error.what());
        return 1;
    }
    return 0;
}
