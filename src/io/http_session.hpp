#pragma once

#include "http_parse.hpp"

#include "lambox/base/log.hpp"
#include "lambox/io/http_server.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string>

namespace lambox::io::detail {

/// What a session shares with its server.
struct SessionContext {
    Clock& clock;
    const HttpServerOptions& options;
    const HttpHandler& handler;
    const Logger& log;
    bool draining = false;
};

/// One connection: requests in, answers out, in order. Runs in its server's task group.
class HttpSession {
public:
    HttpSession(boost::asio::ip::tcp::socket socket, SessionContext& context) : socket_(std::move(socket)), context_(context) {}

    /// Until the peer or the server closes.
    boost::asio::awaitable<void> run();
    void close();
    /// Waits for a request, with none begun.
    [[nodiscard]] bool idle() const { return idle_; }
    /// When whatever it waits for is overdue; the server's sweep closes it then.
    [[nodiscard]] std::optional<Instant> deadline() const { return deadline_; }

private:
    enum class Next { request, end };
    boost::asio::awaitable<bool> wait_for_bytes();
    boost::asio::awaitable<Next> serve_one();
    boost::asio::awaitable<std::optional<BodyState>> read_body(RequestParser& parser);
    boost::asio::awaitable<HttpResponse> answer(HttpRequest request);
    boost::asio::awaitable<bool> write(const HttpResponse& response, bool head_only, bool keep_alive);
    boost::asio::awaitable<void> refuse(const BadRequest& bad);

    boost::asio::ip::tcp::socket socket_;
    SessionContext& context_;
    boost::beast::flat_buffer buffer_;
    std::string head_; ///< of the answer being written; kept for its capacity
    std::optional<Instant> deadline_;
    bool idle_ = true;
};

} // namespace lambox::io::detail
