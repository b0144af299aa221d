#include "http_session.hpp"

#include "lambox/base/limits.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <exception>

namespace lambox::io::detail {
namespace {

namespace http = boost::beast::http;
constexpr auto as_values = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr std::size_t first_read_bytes = 8'192;

bool body_forbidden(unsigned status) { return status == 204 || status == 304 || status < 200; }

} // namespace

boost::asio::awaitable<void> HttpSession::run() {
    boost::system::error_code ignored;
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    for (;;) {
        const bool more = co_await wait_for_bytes();
        if (!more) break;
        const Next next = co_await serve_one();
        if (next == Next::end) break;
    }
    deadline_.reset();
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
}

void HttpSession::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

boost::asio::awaitable<bool> HttpSession::wait_for_bytes() {
    if (buffer_.size() > 0) co_return true; // a pipelined request is here already
    idle_ = true;
    deadline_.reset();
    if (context_.options.idle_timeout) deadline_ = context_.clock.now() + *context_.options.idle_timeout;
    if (context_.draining) co_return false;
    const auto [error, count] = co_await socket_.async_read_some(buffer_.prepare(first_read_bytes), as_values);
    buffer_.commit(count);
    co_return !error;
}

boost::asio::awaitable<HttpSession::Next> HttpSession::serve_one() {
    idle_ = false;
    deadline_ = context_.clock.now() + context_.options.head_timeout;
    RequestParser parser;
    const ParseBounds bounds{context_.options.header_bytes_max, context_.options.body_bytes_max};
    configure(parser, bounds);
    const auto [head_error, head_bytes] = co_await http::async_read_header(socket_, buffer_, parser, as_values);
    if (head_error) {
        if (const auto bad = describe(head_error)) co_await refuse(*bad);
        co_return Next::end;
    }
    if (const auto bad = check_headers(parser)) {
        co_await refuse(*bad);
        co_return Next::end;
    }
    const auto state = co_await read_body(parser);
    if (!state) co_return Next::end;
    deadline_.reset();

    const bool head_only = parser.get().method() == http::verb::head;
    bool keep_alive = parser.get().version() >= 11 && parser.keep_alive() && *state != BodyState::truncated;
    const auto response = co_await answer(take_request(parser, *state));
    keep_alive = keep_alive && !context_.draining;
    deadline_ = context_.clock.now() + context_.options.body_timeout; // a peer that does not read is cut as well
    const bool written = co_await write(response, head_only, keep_alive);
    deadline_.reset();
    if (written && keep_alive) co_return Next::request;
    co_return Next::end;
}

boost::asio::awaitable<std::optional<BodyState>> HttpSession::read_body(RequestParser& parser) {
    if (parser.is_done()) co_return BodyState::complete;
    deadline_ = context_.clock.now() + context_.options.body_timeout;
    if (boost::beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        const auto [error, count] = co_await boost::asio::async_write(socket_, boost::asio::buffer(go_on), as_values);
        if (error) co_return std::nullopt;
    }
    const auto [error, count] = co_await http::async_read(socket_, buffer_, parser, as_values);
    if (!error) co_return BodyState::complete;
    if (const auto bad = describe(error)) {
        co_await refuse(*bad);
        co_return std::nullopt;
    }
    if (!socket_.is_open()) co_return std::nullopt; // stopped, or overdue
    co_return BodyState::truncated;
}

boost::asio::awaitable<HttpResponse> HttpSession::answer(HttpRequest request) {
    try {
        co_return co_await context_.handler(std::move(request));
    } catch (const boost::system::system_error& error) {
        if (error.code() == boost::asio::error::operation_aborted) throw; // the server stops
        context_.log.error(std::string("a request failed: ") + error.what());
    } catch (const std::exception& error) {
        context_.log.error(std::string("a request failed: ") + error.what());
    }
    HttpResponse response;
    response.status = 500;
    co_return response;
}

boost::asio::awaitable<bool> HttpSession::write(const HttpResponse& response, bool head_only, bool keep_alive) {
    head_ = "HTTP/1.1 " + std::to_string(response.status) + " ";
    head_.append(http_reason(response.status)).append("\r\n");
    for (const auto& [name, value] : response.headers.all()) {
        // Values come from functions and callers; a line break in one must not become a header of its own.
        if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) continue;
        head_.append(name).append(": ").append(value).append("\r\n");
    }
    if (!body_forbidden(response.status)) head_.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
    if (!keep_alive) head_ += "Connection: close\r\n";
    head_ += "\r\n";
    std::array<boost::asio::const_buffer, 2> parts{boost::asio::buffer(head_), boost::asio::buffer(response.body)};
    if (head_only || body_forbidden(response.status)) parts[1] = boost::asio::const_buffer();
    const auto [error, count] = co_await boost::asio::async_write(socket_, parts, as_values);
    co_return !error;
}

boost::asio::awaitable<void> HttpSession::refuse(const BadRequest& bad) {
    HttpResponse response;
    response.status = bad.status;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = bad.text;
    deadline_ = context_.clock.now() + context_.options.head_timeout;
    co_await write(response, false, false);
    // What the peer still sends is taken in for a moment: closing on unread bytes resets the connection, and the answer with it.
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    std::size_t discarded = 0;
    buffer_.clear();
    while (discarded < limits::http_header_bytes_max) {
        const auto [error, count] = co_await socket_.async_read_some(buffer_.prepare(first_read_bytes), as_values);
        if (error) break;
        discarded += count;
    }
}

} // namespace lambox::io::detail
