#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/units.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/http_message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace lambox::io {

/// One keep-alive HTTP/1.1 connection to a host, a numeric address at best: names go through the system's resolver, which a
/// deadline does not interrupt. One request at a time; it must have ended when the client is destroyed.
class HttpClient {
public:
    HttpClient(boost::asio::any_io_executor executor, Clock& clock, std::string host, std::uint16_t port);
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    ~HttpClient();

    /// Sends one request, connecting first where needed, and reads the whole answer. Host is added unless given, Content-Length
    /// always; trailers are not sent. Nothing is sent twice: that the server closed a kept connection is noticed before.
    /// Errors: invalid_argument, not_found (no such host), closed (nobody listens, or the peer went away), timed_out, malformed,
    /// too_large (headers over `limits::http_header_bytes_max`, body over `limits::http_discard_bytes_max`), io.
    boost::asio::awaitable<Result<HttpResponse>> request(HttpRequest request, Instant deadline);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace lambox::io
