#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/base/log.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lambox::io {

/// Answers one request. An exception becomes 500. The awaitable is destroyed on `stop`.
using HttpHandler = std::function<boost::asio::awaitable<HttpResponse>(HttpRequest)>;

/// An answer that nothing has to be waited for. With it, who only hands a request on need be no coroutine.
boost::asio::awaitable<HttpResponse> ready_answer(HttpResponse response);

struct HttpServerOptions {
    std::size_t body_bytes_max = limits::sync_request_bytes_max;
    std::size_t header_bytes_max = limits::http_header_bytes_max;
    std::size_t connections_max = limits::service_connections_max; ///< over it, a connection is closed at once
    /// From the first byte of a request (or the accept) to the end of its headers.
    std::chrono::milliseconds head_timeout = limits::http_head_timeout;
    /// From the end of the headers to the end of the body.
    std::chrono::milliseconds body_timeout = limits::http_body_timeout;
    /// Between requests on a kept connection; nothing = for ever (a frozen runtime sends nothing).
    std::optional<std::chrono::milliseconds> idle_timeout = limits::http_idle_timeout;
};

struct HttpEndpoint {
    std::string address;
    std::uint16_t port = 0;
};

/// HTTP/1.1 over TCP with keep-alive. Requests on one connection are answered in order, connections are
/// independent. Malformed requests, smuggling attempts (both Content-Length and Transfer-Encoding, repeated or
/// differing lengths) get 400 and the connection is closed; oversized headers 431; slow heads or bodies are cut.
class HttpServer {
public:
    HttpServer(boost::asio::any_io_executor executor, Clock& clock, HttpServerOptions options, HttpHandler handler, Logger log);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    /// Asserts that `join` has been waited for, or that it never listened.
    ~HttpServer();

    /// Binds and begins to accept. `address` numeric; port 0 lets the kernel choose. Errors: conflict (port in
    /// use), permission_denied, invalid_argument, io.
    [[nodiscard]] Result<HttpEndpoint> listen(const std::string& address, std::uint16_t port);
    /// Takes no new connection and no new request; requests in progress are answered, with `Connection: close`.
    void drain();
    /// Cuts everything now.
    void stop();
    /// Returns when the acceptor and every session have ended; call `drain` or `stop` first.
    boost::asio::awaitable<void> join();
    [[nodiscard]] std::size_t connections() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace lambox::io
