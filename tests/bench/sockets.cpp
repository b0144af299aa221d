#include "bench/sockets.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace lambox::bench {
namespace {

constexpr int backlog = 1'024;

} // namespace

void fail(const std::string& what) { throw std::system_error(errno, std::system_category(), what); }

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this == &other) return *this;
    close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
}

Descriptor::~Descriptor() { close(); }

void Descriptor::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Listener listen_on_loopback(Blocking blocking) {
    const int mode = blocking == Blocking::no ? SOCK_NONBLOCK : 0;
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | mode, 0));
    if (!socket.open()) fail("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), bytes) != 0) fail("bind");
    if (::listen(socket.get(), backlog) != 0) fail("listen");
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &bytes) != 0) fail("getsockname");
    return {std::move(socket), ntohs(address.sin_port)};
}

void prepare_accepted(int fd) {
    const int on = 1;
    if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail("setsockopt");
}

Descriptor connect_to(const std::string& host, std::uint16_t port) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.open()) fail("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
        errno = EINVAL;
        fail("not an IPv4 address: " + host);
    }
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect to " + host);
    prepare_accepted(socket.get());
    if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
    return socket;
}

} // namespace lambox::bench
