#include "lambox/io/http_client.hpp"

#include "http_format.hpp"
#include "http_parse.hpp"
#include "read_buffer.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fcntl.h>

#include <array>
#include <utility>
#include <vector>

namespace lambox::io {
namespace {

using boost::asio::ip::tcp;
constexpr auto as_values = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr std::size_t read_bytes = 64 * 1024;

bool gone(const boost::system::error_code& error) {
    return error == boost::asio::error::eof || error == boost::asio::error::connection_reset || error == boost::asio::error::broken_pipe;
}

} // namespace

struct HttpClient::Impl {
    Impl(const boost::asio::any_io_executor& executor, Clock& the_clock, std::string the_host, std::uint16_t the_port)
        : clock(the_clock), host(std::move(the_host)), port(the_port), resolver(executor), socket(executor) {}

    [[nodiscard]] std::string authority() const;
    [[nodiscard]] bool still_open();
    boost::asio::awaitable<Result<void>> connect();
    boost::asio::awaitable<Result<HttpResponse>> exchange(const HttpRequest& request);
    boost::asio::awaitable<Result<HttpResponse>> read_response(const HttpRequest& request, boost::system::error_code write_error);
    [[nodiscard]] Error failure(const boost::system::error_code& error) const;
    [[nodiscard]] Error failure(const detail::HttpRejection& rejection) const;
    void close();

    Clock& clock;
    std::string host;
    std::uint16_t port;
    tcp::resolver resolver;
    tcp::socket socket;
    detail::ReadBuffer buffer;
    enum class State { free, busy, overdue } state = State::free;
};

HttpClient::HttpClient(boost::asio::any_io_executor executor, Clock& clock, std::string host, std::uint16_t port)
    : impl_(std::make_unique<Impl>(executor, clock, std::move(host), port)) {}

HttpClient::~HttpClient() { LAMBOX_ASSERT(impl_->state == Impl::State::free); }

std::string HttpClient::Impl::authority() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Error HttpClient::Impl::failure(const boost::system::error_code& error) const {
    if (state == State::overdue) return make_error(Errc::timed_out, authority() + " did not answer in time");
    if (error == boost::asio::error::connection_refused) return make_error(Errc::closed, "nobody listens on " + authority());
    if (gone(error)) return make_error(Errc::closed, authority() + " closed the connection before its answer was complete");
    return make_error(Errc::io, authority() + ": " + error.message());
}

Error HttpClient::Impl::failure(const detail::HttpRejection& rejection) const {
    const bool too_large = rejection.status == 413 || rejection.status == 431;
    return make_error(too_large ? Errc::too_large : Errc::malformed, "the answer of " + authority() + ": " + rejection.text);
}

void HttpClient::Impl::close() {
    boost::system::error_code ignored;
    socket.close(ignored);
    resolver.cancel();
}

/// A kept connection that the server has closed meanwhile, or on which it said something unasked, is not used again.
bool HttpClient::Impl::still_open() {
    char byte;
    boost::system::error_code error;
    socket.non_blocking(true, error);
    if (!error) socket.receive(boost::asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    return error == boost::asio::error::would_block && buffer.empty();
}

boost::asio::awaitable<Result<void>> HttpClient::Impl::connect() {
    std::vector<tcp::endpoint> endpoints;
    boost::system::error_code not_numeric;
    const auto address = boost::asio::ip::make_address(host, not_numeric);
    if (!not_numeric) {
        endpoints.emplace_back(address, port);
    } else {
        const auto [error, found] = co_await resolver.async_resolve(host, std::to_string(port), as_values);
        if (state == State::overdue) co_return failure(error);
        if (error) co_return make_error(Errc::not_found, "host " + host + ": " + error.message());
        for (const auto& entry : found) endpoints.push_back(entry.endpoint());
    }
    const auto [error, endpoint] = co_await boost::asio::async_connect(socket, endpoints, as_values);
    if (error || state == State::overdue) co_return failure(error);
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    buffer.consume(buffer.bytes().size());
    co_return Result<void>();
}

boost::asio::awaitable<Result<HttpResponse>> HttpClient::Impl::exchange(const HttpRequest& request) {
    if (socket.is_open() && !still_open()) close();
    if (!socket.is_open()) {
        const auto connected = co_await connect();
        if (!connected) co_return connected.error();
    }
    const std::string head = detail::format_request_head(request, authority());
    const std::array<boost::asio::const_buffer, 2> parts{boost::asio::buffer(head), boost::asio::buffer(request.body)};
    const auto [error, count] = co_await boost::asio::async_write(socket, parts, as_values);
    // A server may refuse a large body before it has all of it, and close; its answer is here then all the same.
    if (error && (!gone(error) || state == State::overdue)) co_return failure(error);
    co_return co_await read_response(request, error);
}

boost::asio::awaitable<Result<HttpResponse>> HttpClient::Impl::read_response(const HttpRequest& request,
                                                                              boost::system::error_code write_error) {
    using detail::HttpParseStep;
    using Expect = detail::HttpResponseParser::Expect;
    const detail::HttpParseBounds bounds{limits::http_header_bytes_max, limits::http_discard_bytes_max, limits::http_discard_bytes_max};
    detail::HttpResponseParser parser(bounds, request.method == "HEAD" ? Expect::no_body : Expect::body);
    HttpParseStep step = HttpParseStep::need_more;
    while (step == HttpParseStep::need_more || step == HttpParseStep::head_done) {
        const auto room = buffer.room(read_bytes);
        const auto [error, count] = co_await socket.async_read_some(boost::asio::buffer(room.data(), room.size()), as_values);
        if (state == State::overdue) co_return failure(error);
        if (error == boost::asio::error::eof && parser.begun()) {
            step = parser.end_of_stream();
            if (step == HttpParseStep::failed) co_return failure(error);
        } else if (error) {
            co_return failure(write_error ? write_error : error);
        } else {
            buffer.commit(count);
        }
        while (!buffer.empty() && (step == HttpParseStep::need_more || step == HttpParseStep::head_done)) {
            const auto progress = parser.feed(buffer.bytes());
            buffer.consume(progress.consumed);
            step = progress.step;
            if (step == HttpParseStep::need_more) break;
        }
    }
    if (step == HttpParseStep::failed) co_return failure(parser.rejection());
    if (!parser.keeps_connection() || write_error || detail::asks_to_close(request.headers)) close();
    co_return parser.take();
}

boost::asio::awaitable<Result<HttpResponse>> HttpClient::request(HttpRequest request, Instant deadline) {
    auto& impl = *impl_;
    LAMBOX_ASSERT(impl.state == Impl::State::free);
    if (!detail::is_writable(request)) {
        co_return make_error(Errc::invalid_argument, "the method or the target cannot stand in a request line");
    }
    // However this ends, by cancellation too, a connection in the middle of an exchange must not be used again.
    struct Exchange {
        explicit Exchange(Impl& i) : impl(i) { impl.state = Impl::State::busy; }
        Exchange(const Exchange&) = delete;
        Exchange& operator=(const Exchange&) = delete;
        ~Exchange() {
            if (!whole) impl.close();
            impl.state = Impl::State::free;
        }
        Impl& impl;
        bool whole = false;
    };
    Exchange running(impl);
    // Closing the socket ends whatever is pending on it; there is no race to lose.
    const auto timer = impl.clock.call_at(deadline, [&impl] {
        impl.state = Impl::State::overdue;
        impl.close();
    });
    auto response = co_await impl.exchange(request);
    running.whole = response.has_value() && impl.state == Impl::State::busy;
    co_return response;
}

} // namespace lambox::io
