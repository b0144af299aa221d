#include "bench/relay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace lambox::bench {
namespace {

constexpr std::size_t events_at_once = 64;
constexpr std::string_view event_head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                        "Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-000000000000\r\n"
                                        "Lambda-Runtime-Deadline-Ms: 4102444800000\r\n"
                                        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:floor\r\n"
                                        "Lambda-Runtime-Trace-Id: Root=1-00000000-000000000000000000000000\r\n"
                                        "Content-Length: ";
constexpr std::string_view answer_head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
constexpr std::string_view accepted = "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
                                      "{\"status\":\"OK\"}\n";

void write_head(std::string& head, std::string_view start, std::size_t body_bytes) {
    head.assign(start).append(std::to_string(body_bytes)).append("\r\n\r\n");
}

} // namespace

Relay::Relay() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_.open()) fail("epoll_create1");
    watch(callers_.socket.get(), &callers_);
    watch(runtimes_.socket.get(), &runtimes_);
}

void Relay::watch(int fd, void* tag) const {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = tag;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

void Relay::run(const volatile std::sig_atomic_t& stop) {
    std::array<epoll_event, events_at_once> events{};
    // Signals come in while it waits and at no other time, so none is lost between the question and the wait.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    while (stop == 0) {
        const int count = ::epoll_pwait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1, &before);
        if (count < 0 && errno != EINTR) fail("epoll_wait");
        for (int at = 0; at < count; ++at) {
            void* tag = events[static_cast<std::size_t>(at)].data.ptr;
            if (tag == &callers_)
                accept_all(callers_, Side::caller);
            else if (tag == &runtimes_)
                accept_all(runtimes_, Side::runtime);
            else
                on_event(*static_cast<Connection*>(tag));
        }
        dropped_.clear();
    }
    sigprocmask(SIG_SETMASK, &before, nullptr);
}

void Relay::accept_all(const Listener& listener, Side side) {
    for (;;) {
        Descriptor socket(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket.open()) return;
        prepare_accepted(socket.get());
        connections_.push_back(std::make_unique<Connection>());
        Connection& connection = *connections_.back();
        connection.socket = std::move(socket);
        connection.side = side;
        watch(connection.socket.get(), &connection);
    }
}

void Relay::on_event(Connection& connection) {
    if (!connection.socket.open()) return;
    if (connection.out.under_way()) send(connection);
    if (!connection.socket.open()) return;
    switch (connection.in.receive(connection.socket.get())) {
    case Message::Step::more: return;
    case Message::Step::closed: return drop(connection);
    case Message::Step::complete: return on_message(connection);
    }
}

void Relay::on_message(Connection& connection) {
    if (connection.side == Side::caller) {
        if (parked_runtimes_.empty()) return waiting_callers_.push_back(&connection);
        Connection& runtime = *parked_runtimes_.back();
        parked_runtimes_.pop_back();
        return hand_over(connection, runtime);
    }
    if (connection.in.head().starts_with("POST")) return on_response(connection);
    connection.in.clear();
    if (waiting_callers_.empty()) return parked_runtimes_.push_back(&connection);
    Connection& caller = *waiting_callers_.front();
    waiting_callers_.pop_front();
    hand_over(caller, connection);
}

void Relay::hand_over(Connection& caller, Connection& runtime) {
    caller.partner = &runtime;
    runtime.partner = &caller;
    const std::size_t body_at = caller.in.take(passing_);
    write_head(runtime.out.head, event_head, passing_.size() - body_at);
    runtime.out.begin(passing_, body_at);
    send(runtime);
}

void Relay::on_response(Connection& runtime) {
    const std::size_t body_at = runtime.in.take(passing_);
    if (Connection* caller = std::exchange(runtime.partner, nullptr)) {
        caller->partner = nullptr;
        write_head(caller->out.head, answer_head, passing_.size() - body_at);
        caller->out.begin(passing_, body_at);
        send(*caller);
    }
    runtime.out.head.assign(accepted);
    runtime.out.begin({});
    send(runtime);
}

void Relay::send(Connection& connection) {
    switch (connection.out.send(connection.socket.get())) {
    case Outgoing::Step::more:
    case Outgoing::Step::complete: return;
    case Outgoing::Step::closed: return drop(connection);
    }
}

void Relay::drop(Connection& connection) {
    if (connection.partner != nullptr) {
        Connection& partner = *std::exchange(connection.partner, nullptr);
        partner.partner = nullptr;
        // A caller whose runtime is gone learns it by the end of its connection.
        if (partner.side == Side::caller) drop(partner);
    }
    connection.socket.close();
    std::erase(waiting_callers_, &connection);
    std::erase(parked_runtimes_, &connection);
    const auto place =
        std::find_if(connections_.begin(), connections_.end(), [&](const auto& other) { return other.get() == &connection; });
    dropped_.push_back(std::move(*place));
    connections_.erase(place);
}

} // namespace lambox::bench
