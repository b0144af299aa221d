#include "lambox/io/tcp_stream.hpp"

#include "lambox/base/assert.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace lambox::io {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// `closed` for whatever means that the other side, or our owner, has gone.
Error failure(const char* what, const boost::system::error_code& error) {
    const bool gone = error == asio::error::connection_refused || error == asio::error::connection_reset ||
                      error == asio::error::connection_aborted || error == asio::error::broken_pipe || error == asio::error::eof ||
                      error == asio::error::operation_aborted || error == asio::error::bad_descriptor ||
                      error == asio::error::not_connected;
    return make_error(gone ? Errc::closed : Errc::io, std::string(what) + ": " + error.message());
}

boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

} // namespace

TcpStream::TcpStream(const asio::any_io_executor& executor) : socket_(executor) {}

asio::awaitable<Result<void>> TcpStream::connect_loopback(std::uint16_t port) {
    // After a failed attempt the state of a socket is unspecified (connect(2)), so each gets a new one. Made here and
    // not by Asio, whose sockets a spawned process would inherit.
    close();
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (fd < 0) co_return failure("socket", last_error());
    boost::system::error_code error;
    socket_.assign(tcp::v4(), fd, error);
    if (error) {
        ::close(fd);
        co_return failure("socket", error);
    }
    const tcp::endpoint peer(asio::ip::address_v4::loopback(), port);
    const auto [connect_error] = co_await socket_.async_connect(peer, as_result);
    if (!connect_error) socket_.set_option(tcp::no_delay(true), error);
    if (connect_error || error) {
        close();
        co_return failure("connect", connect_error ? connect_error : error);
    }
    co_return Result<void>();
}

asio::awaitable<Result<std::size_t>> TcpStream::read_some(std::span<char> into) {
    LAMBOX_ASSERT(!into.empty());
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), as_result);
    if (error) co_return failure("read", error);
    co_return count;
}

asio::awaitable<Result<void>> TcpStream::write_all(std::string_view bytes) {
    const auto [error, count] = co_await asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), as_result);
    if (error) co_return failure("write", error);
    co_return Result<void>();
}

void TcpStream::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

Result<PortReservation> PortReservation::make() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) return failure("socket", last_error());
    PortReservation made(fd, 0);
    // Both sides must set SO_REUSEADDR for the second bind to succeed.
    const int on = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return failure("setsockopt", last_error());
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) return failure("bind", last_error());
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return failure("getsockname", last_error());
    made.port_ = ::ntohs(address.sin_port);
    return made;
}

PortReservation::PortReservation(PortReservation&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), port_(std::exchange(other.port_, 0)) {}

PortReservation& PortReservation::operator=(PortReservation&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(port_, other.port_);
    return *this;
}

PortReservation::~PortReservation() {
    if (fd_ >= 0) ::close(fd_);
}

} // namespace lambox::io
