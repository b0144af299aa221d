#pragma once

#include "lambox/base/log.hpp"
#include "lambox/engine/runtime_link.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/task_group.hpp"
#include "lambox/io/tcp_stream.hpp"
#include "lambox/wire/go_rpc.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace lambox::engine {

/// The go1.x protocol: the binary listens on `_LAMBDA_SERVER_PORT`, we connect, Ping until it answers (that is "asked for
/// next"), and Invoke (runtime-clients A). A broken stream is left to the process's exit, or to the deadline.
class GoRpcSession final : public RuntimeLink {
public:
    GoRpcSession(boost::asio::any_io_executor executor, io::Clock& clock, RuntimeLinkListener& listener, Logger log);

    [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> open() override;
    void process_started() override;
    void hand_over(HandedInvocation invocation) override;
    void retire() override { close(); }
    void close() override;
    boost::asio::awaitable<void> join() override;

private:
    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<bool> connect();
    boost::asio::awaitable<void> read_replies();
    boost::asio::awaitable<void> send(std::string bytes);
    void on_reply(wire::GoReply reply);
    /// The peer does not speak the protocol: the invocation fails and the process must go.
    void give_up(const std::string& why);

    io::Clock& clock_;
    RuntimeLinkListener& listener_;
    Logger log_;
    std::optional<io::PortReservation> port_;
    io::TcpStream stream_;
    wire::GoRpcCodec codec_;
    io::TaskGroup tasks_;
    std::optional<std::uint64_t> awaited_; ///< sequence number of the call in flight
    std::string request_id_;               ///< of the invocation in flight
    bool ready_ = false;
    bool closed_ = false;
};

} // namespace lambox::engine
