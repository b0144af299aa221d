#include "lambox/io/http_server.hpp"

#include "http_session.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/io/one_shot.hpp"
#include "lambox/io/task_group.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <fcntl.h>

namespace lambox::io {
namespace {

using boost::asio::ip::tcp;
constexpr auto as_values = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause{100};

Error listen_error(const std::string& address, std::uint16_t port, boost::system::error_code error) {
    const std::string where = address + ":" + std::to_string(port);
    if (error == boost::asio::error::address_in_use) {
        return make_error(Errc::conflict, "port " + std::to_string(port) + " on " + address +
                                              " is in use; choose another with --port, or --port 0 for any free one");
    }
    if (error == boost::asio::error::access_denied) {
        return make_error(Errc::permission_denied, "listening on " + where + " is not permitted");
    }
    if (error == boost::system::errc::address_not_available) {
        return make_error(Errc::invalid_argument, "'" + address + "' is no address of this machine");
    }
    return make_error(Errc::io, "cannot listen on " + where + ": " + error.message());
}

/// Asio does not do it itself.
void close_on_exec(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

/// A socket as a session sees it.
class SocketStream {
public:
    explicit SocketStream(tcp::socket socket) : socket_(std::move(socket)) {
        boost::system::error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        socket_.non_blocking(true, ignored);
        close_on_exec(socket_.native_handle());
    }
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return socket_.async_read_some(buffers, std::forward<Token>(token));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return socket_.async_write_some(buffers, std::forward<Token>(token));
    }
    template <class Buffers>
    std::size_t write_now(const Buffers& buffers, boost::system::error_code& error) {
        return socket_.write_some(buffers, error);
    }
    void shutdown_send() {
        boost::system::error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
    }
    void close() {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

private:
    tcp::socket socket_;
};

} // namespace

boost::asio::awaitable<HttpResponse> ready_answer(HttpResponse response) { co_return response; }

struct HttpServer::Impl {
    Impl(const boost::asio::any_io_executor& executor, Clock& the_clock, HttpServerOptions options, HttpHandler handler, Logger the_log)
        : clock(the_clock), log(the_log), connections(the_clock, options, std::move(handler), the_log), tasks(executor, the_log),
          acceptor(executor) {}

    [[nodiscard]] boost::system::error_code open(const tcp::endpoint& endpoint);
    boost::asio::awaitable<void> accept_loop();
    boost::asio::awaitable<void> serve(tcp::socket socket);

    Clock& clock;
    Logger log;
    detail::HttpConnections connections;
    TaskGroup tasks;
    tcp::acceptor acceptor;
    OneShot<bool> closing; ///< ends the pause after a failed accept
};

HttpServer::HttpServer(boost::asio::any_io_executor executor, Clock& clock, HttpServerOptions options, HttpHandler handler, Logger log)
    : impl_(std::make_unique<Impl>(executor, clock, options, std::move(handler), std::move(log))) {}

HttpServer::~HttpServer() = default; // the task group asserts that it is empty

boost::system::error_code HttpServer::Impl::open(const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) close_on_exec(acceptor.native_handle());
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    return error;
}

Result<HttpEndpoint> HttpServer::listen(const std::string& address, std::uint16_t port) {
    LAMBOX_ASSERT(!impl_->acceptor.is_open() && !impl_->connections.draining());
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
    if (error) return make_error(Errc::invalid_argument, "'" + address + "' is not a numeric address, such as 127.0.0.1, 0.0.0.0 or ::1");
    error = impl_->open(tcp::endpoint(parsed, port));
    tcp::endpoint bound;
    if (!error) bound = impl_->acceptor.local_endpoint(error);
    if (error) {
        boost::system::error_code ignored;
        impl_->acceptor.close(ignored); // another address or port may be tried
        return listen_error(address, port, error);
    }
    impl_->tasks.spawn(impl_->accept_loop());
    HttpEndpoint endpoint;
    endpoint.address = parsed.to_string();
    endpoint.port = bound.port();
    return endpoint;
}

boost::asio::awaitable<void> HttpServer::Impl::accept_loop() {
    while (acceptor.is_open()) {
        auto [error, socket] = co_await acceptor.async_accept(as_values);
        if (!acceptor.is_open() || error == boost::asio::error::operation_aborted) break;
        if (error) {
            // Out of descriptors, or a peer gone again: neither may end the loop, nor make it spin.
            log.warn("a connection could not be accepted: " + error.message());
            co_await closing.wait_until(clock, clock.now() + accept_pause);
            continue;
        }
        if (connections.size() >= connections.options().connections_max) {
            log.warn("a connection over the limit of " + std::to_string(connections.options().connections_max) + " was closed");
            continue;
        }
        tasks.spawn(serve(std::move(socket)));
    }
}

boost::asio::awaitable<void> HttpServer::Impl::serve(tcp::socket socket) {
    detail::HttpSession<SocketStream> session(connections, SocketStream(std::move(socket)));
    co_await session.run();
}

void HttpServer::drain() {
    boost::system::error_code ignored;
    impl_->acceptor.close(ignored);
    impl_->connections.drain();
    impl_->closing.set(true);
}

void HttpServer::stop() {
    drain();
    impl_->connections.cut_all();
    impl_->tasks.cancel(CancelKind::terminal);
}

boost::asio::awaitable<void> HttpServer::join() { co_await impl_->tasks.join(); }

std::size_t HttpServer::connections() const { return impl_->connections.size(); }

} // namespace lambox::io
