#pragma once

#include "lambox/base/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace lambox::io {

/// A client connection to a port of this machine, with TCP_NODELAY and close-on-exec.
class TcpStream {
public:
    explicit TcpStream(const boost::asio::any_io_executor& executor);
    /// Errors: closed (nobody listens), io. A failed connect may be tried again on the same object.
    boost::asio::awaitable<Result<void>> connect_loopback(std::uint16_t port);
    /// At least one byte, or `closed` at the end of the stream.
    boost::asio::awaitable<Result<std::size_t>> read_some(std::span<char> into);
    boost::asio::awaitable<Result<void>> write_all(std::string_view bytes);
    /// Ends what is pending with `closed`.
    void close();

private:
    boost::asio::ip::tcp::socket socket_;
};

/// A loopback port held for somebody else to listen on: bound but not listening, so the kernel gives it to nobody,
/// while a server that sets SO_REUSEADDR (Go's does) can still bind it.
class PortReservation {
public:
    [[nodiscard]] static Result<PortReservation> make();
    PortReservation(PortReservation&& other) noexcept;
    PortReservation& operator=(PortReservation&& other) noexcept;
    ~PortReservation();
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    PortReservation(int fd, std::uint16_t port) : fd_(fd), port_(port) {}
    int fd_ = -1;
    std::uint16_t port_ = 0;
};

} // namespace lambox::io
