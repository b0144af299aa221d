#include "lambox/io/http_client.hpp"

#include "lambox/base/limits.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>

namespace lambox::io {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
constexpr auto as_values = boost::asio::as_tuple(boost::asio::use_awaitable);

} // namespace

struct HttpClient::Impl {
    Impl(boost::asio::any_io_executor executor, Clock& the_clock, std::string the_host, std::uint16_t the_port)
        : clock(the_clock), host(std::move(the_host)), port(the_port), socket(executor) {}

    boost::asio::awaitable<Result<void>> connect();
    [[nodiscard]] std::string head_of(const HttpRequest& request) const;
    boost::asio::awaitable<Result<HttpResponse>> exchange(const HttpRequest& request);
    [[nodiscard]] Error failure(boost::system::error_code error) const;

    Clock& clock;
    std::string host;
    std::uint16_t port;
    tcp::socket socket;
    boost::beast::flat_buffer buffer;
    bool overdue = false;
};

HttpClient::HttpClient(boost::asio::any_io_executor executor, Clock& clock, std::string host, std::uint16_t port)
    : impl_(std::make_unique<Impl>(std::move(executor), clock, std::move(host), port)) {}

HttpClient::~HttpClient() = default;

Error HttpClient::Impl::failure(boost::system::error_code error) const {
    const std::string where = host + ":" + std::to_string(port);
    if (overdue) return make_error(Errc::timed_out, where + " did not answer in time");
    if (error == boost::asio::error::connection_refused) return make_error(Errc::closed, "nobody listens on " + where);
    if (error == http::error::end_of_stream || error == http::error::partial_message || error == boost::asio::error::connection_reset ||
        error == boost::asio::error::broken_pipe) {
        return make_error(Errc::closed, where + " closed the connection");
    }
    if (error == http::error::body_limit) return make_error(Errc::too_large, "the answer of " + where + " is too large");
    if (error.category() == http::make_error_code(http::error::bad_method).category()) {
        return make_error(Errc::malformed, where + " does not speak HTTP: " + error.message());
    }
    return make_error(Errc::io, where + ": " + error.message());
}

boost::asio::awaitable<Result<void>> HttpClient::Impl::connect() {
    tcp::resolver resolver(socket.get_executor());
    const auto [resolve_error, endpoints] = co_await resolver.async_resolve(host, std::to_string(port), as_values);
    if (resolve_error) co_return make_error(Errc::not_found, "host " + host + ": " + resolve_error.message());
    const auto [error, endpoint] = co_await boost::asio::async_connect(socket, endpoints, as_values);
    if (error) co_return failure(error);
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    buffer.clear();
    co_return Result<void>();
}

std::string HttpClient::Impl::head_of(const HttpRequest& request) const {
    const std::string authority = host.find(':') == std::string::npos ? host : "[" + host + "]";
    std::string head = request.method + " " + request.target + " HTTP/1.1\r\nHost: " + authority + ":" + std::to_string(port) + "\r\n";
    for (const auto& [name, value] : request.headers.all()) head.append(name).append(": ").append(value).append("\r\n");
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
    return head;
}

boost::asio::awaitable<Result<HttpResponse>> HttpClient::Impl::exchange(const HttpRequest& request) {
    if (!socket.is_open()) {
        const auto connected = co_await connect();
        if (!connected) co_return connected.error();
    }
    const std::string head = head_of(request);
    const std::array<boost::asio::const_buffer, 2> parts{boost::asio::buffer(head), boost::asio::buffer(request.body)};
    const auto [write_error, written] = co_await boost::asio::async_write(socket, parts, as_values);
    if (write_error) co_return failure(write_error);

    http::response_parser<http::string_body> parser;
    parser.body_limit(limits::http_discard_bytes_max);
    parser.header_limit(limits::http_header_bytes_max);
    if (request.method == "HEAD") parser.skip(true);
    const auto [read_error, read] = co_await http::async_read(socket, buffer, parser, as_values);
    if (read_error) co_return failure(read_error);
    HttpResponse response;
    response.status = parser.get().result_int();
    for (const auto& field : parser.get()) response.headers.add(std::string(field.name_string()), std::string(field.value()));
    const bool keep = parser.keep_alive();
    response.body = std::move(parser.get().body());
    if (!keep) socket.close();
    co_return response;
}

boost::asio::awaitable<Result<HttpResponse>> HttpClient::request(HttpRequest request, Instant deadline) {
    impl_->overdue = false;
    // Closing the socket ends whatever is pending on it; there is no race to lose.
    const auto timer = impl_->clock.call_at(deadline, [impl = impl_.get()] {
        impl->overdue = true;
        boost::system::error_code ignored;
        impl->socket.close(ignored);
    });
    auto response = co_await impl_->exchange(request);
    if (!response) {
        boost::system::error_code ignored;
        impl_->socket.close(ignored);
    }
    co_return response;
}

} // namespace lambox::io
