#pragma once

#include "bench/message.hpp"
#include "bench/outgoing.hpp"
#include "bench/sockets.hpp"

#include <csignal>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace lambox::bench {

/// The floor: the least that can stand between callers and runtimes that poll. It passes bodies on, knows no function, no deadline,
/// no report and no error, and believes what it is told.
class Relay {
public:
    Relay();

    [[nodiscard]] std::uint16_t caller_port() const { return callers_.port; }
    [[nodiscard]] std::uint16_t runtime_port() const { return runtimes_.port; }

    /// Until `stop` is set by a signal handler.
    void run(const volatile std::sig_atomic_t& stop);

private:
    enum class Side : std::uint8_t { caller, runtime };

    struct Connection {
        Descriptor socket;
        Side side = Side::caller;
        Message in;
        Outgoing out;
        Connection* partner = nullptr; ///< of a runtime its caller, of a caller its runtime
    };

    void watch(int fd, void* tag) const;
    void accept_all(const Listener& listener, Side side);
    void on_event(Connection& connection);
    void on_message(Connection& connection);
    void hand_over(Connection& caller, Connection& runtime);
    void on_response(Connection& runtime);
    void send(Connection& connection);
    void drop(Connection& connection);

    Listener callers_ = listen_on_loopback(Blocking::no);
    Listener runtimes_ = listen_on_loopback(Blocking::no);
    Descriptor epoll_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<std::unique_ptr<Connection>> dropped_; ///< until the events of this round are through
    std::deque<Connection*> waiting_callers_;
    std::vector<Connection*> parked_runtimes_;
    Buffer passing_;
};

} // namespace lambox::bench
