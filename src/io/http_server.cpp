#include "lambox/io/http_server.hpp"

#include "http_session.hpp"

#include "lambox/io/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>

#include <cerrno>
#include <list>

namespace lambox::io {
namespace {

using boost::asio::ip::tcp;
constexpr auto as_values = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::seconds sweep_interval{1};

Error listen_error(const std::string& address, std::uint16_t port, boost::system::error_code error) {
    const std::string where = address + ":" + std::to_string(port);
    if (error == boost::asio::error::address_in_use) {
        return make_error(Errc::conflict, "port " + std::to_string(port) + " on " + address + " is in use; choose another with --port, or --port 0 for any free one");
    }
    if (error == boost::asio::error::access_denied) return make_error(Errc::permission_denied, "listening on " + where + " is not permitted");
    return make_error(Errc::io, "cannot listen on " + where + ": " + error.message());
}

} // namespace

struct HttpServer::Impl {
    Impl(boost::asio::any_io_executor executor, Clock& the_clock, HttpServerOptions the_options, HttpHandler the_handler, Logger the_log)
        : clock(the_clock), options(the_options), handler(std::move(the_handler)), log(std::move(the_log)), tasks(executor, log), acceptor(executor) {}

    boost::asio::awaitable<void> accept_loop();
    boost::asio::awaitable<void> serve(tcp::socket socket);
    void sweep();
    void arm_sweep();

    Clock& clock;
    HttpServerOptions options;
    HttpHandler handler;
    Logger log;
    TaskGroup tasks;
    tcp::acceptor acceptor;
    detail::SessionContext context{clock, options, handler, log};
    std::list<detail::HttpSession*> sessions;
    std::unique_ptr<Timer> sweep_timer;
};

HttpServer::HttpServer(boost::asio::any_io_executor executor, Clock& clock, HttpServerOptions options, HttpHandler handler, Logger log)
    : impl_(std::make_unique<Impl>(std::move(executor), clock, options, std::move(handler), std::move(log))) {}

HttpServer::~HttpServer() = default; // the task group asserts that it is empty

Result<HttpEndpoint> HttpServer::listen(const std::string& address, std::uint16_t port) {
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
    if (error) return make_error(Errc::invalid_argument, "'" + address + "' is not a numeric address, such as 127.0.0.1, 0.0.0.0 or ::1");
    const tcp::endpoint endpoint(parsed, port);
    auto& acceptor = impl_->acceptor;
    acceptor.open(endpoint.protocol(), error);
    if (!error) ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC); // Asio does not
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
    if (error) return listen_error(address, port, error);
    const HttpEndpoint bound{parsed.to_string(), acceptor.local_endpoint().port()};
    impl_->tasks.spawn(impl_->accept_loop());
    impl_->arm_sweep();
    return bound;
}

boost::asio::awaitable<void> HttpServer::Impl::accept_loop() {
    while (acceptor.is_open()) {
        auto [error, socket] = co_await acceptor.async_accept(as_values);
        if (!acceptor.is_open() || error == boost::asio::error::operation_aborted) break;
        if (error) {
            // Out of descriptors, or a peer gone again: neither may stop or spin the loop.
            log.warn("a connection could not be accepted: " + error.message());
            co_await sleep_until(clock, clock.now() + accept_pause);
            continue;
        }
        if (sessions.size() >= options.connections_max) {
            log.warn("a connection over the limit of " + std::to_string(options.connections_max) + " was closed");
            continue;
        }
        ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
        tasks.spawn(serve(std::move(socket)));
    }
}

boost::asio::awaitable<void> HttpServer::Impl::serve(tcp::socket socket) {
    detail::HttpSession session(std::move(socket), context);
    const auto place = sessions.insert(sessions.end(), &session);
    // The list must not keep a session that ended by an exception.
    struct Removal {
        std::list<detail::HttpSession*>& list;
        std::list<detail::HttpSession*>::iterator at;
        ~Removal() { list.erase(at); }
    } removal{sessions, place};
    co_await session.run();
}

void HttpServer::Impl::arm_sweep() {
    sweep_timer = clock.call_at(clock.now() + sweep_interval, [this] { sweep(); });
}

void HttpServer::Impl::sweep() {
    const Instant now = clock.now();
    for (auto* session : sessions) {
        const auto deadline = session->deadline();
        if (deadline && *deadline <= now) session->close();
    }
    arm_sweep();
}

void HttpServer::drain() {
    boost::system::error_code ignored;
    impl_->context.draining = true;
    impl_->acceptor.close(ignored);
    for (auto* session : impl_->sessions) {
        if (session->idle()) session->close();
    }
}

void HttpServer::stop() {
    drain();
    for (auto* session : impl_->sessions) session->close();
    impl_->tasks.cancel(CancelKind::terminal);
}

boost::asio::awaitable<void> HttpServer::join() {
    co_await impl_->tasks.join();
    impl_->sweep_timer.reset();
}

std::size_t HttpServer::connections() const { return impl_->sessions.size(); }

} // namespace lambox::io
