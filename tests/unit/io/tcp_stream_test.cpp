// Goal: the client connects, carries bytes whole, and says "closed" whenever the other side or its owner has gone; a
// reserved port is given to nobody and can still be listened on. Method: real sockets on ports the kernel chose.
#include "lambox/io/tcp_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace lambox;
using io::PortReservation;
using io::TcpStream;

namespace {

/// Descriptors of this process that are sockets, with whether they close on exec.
std::map<int, bool> open_sockets() {
    std::map<int, bool> sockets;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (!std::filesystem::read_symlink(entry.path(), gone).string().starts_with("socket:")) continue;
        const int fd = std::stoi(entry.path().filename().string());
        sockets[fd] = (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
    }
    return sockets;
}

/// A loop, and a server whose connections the test holds. At its end no socket is left.
struct Bench {
    ~Bench() {
        stream.reset();
        peer.reset();
        acceptor.reset();
        CHECK(open_sockets() == before);
    }
    std::uint16_t listen() {
        acceptor.emplace(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        return acceptor->local_endpoint().port();
    }
    void accept() { peer.emplace(acceptor->accept()); }
    void connect() {
        const std::uint16_t port = listen();
        REQUIRE(run(stream->connect_loopback(port)).has_value());
        accept();
    }
    template <class T>
    T run(asio::awaitable<T> task) {
        std::optional<T> result;
        asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
            CHECK_FALSE(error);
            result.emplace(std::move(value));
        });
        io.restart();
        io.run();
        REQUIRE(result.has_value());
        return std::move(*result);
    }
    template <class T>
    void start(asio::awaitable<T> task, std::optional<T>& result) {
        asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
            CHECK_FALSE(error);
            result.emplace(std::move(value));
        });
        io.restart();
        io.poll();
    }

    std::map<int, bool> before = open_sockets();
    asio::io_context io;
    std::optional<tcp::acceptor> acceptor;
    std::optional<tcp::socket> peer;
    std::optional<TcpStream> stream{io.get_executor()};
};

/// A socket of another program: bound to `port` (0: the kernel's choice) if that works.
struct Other {
    Other(std::uint16_t port, bool reuse) : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const int on = reuse ? 1 : 0;
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        address.sin_port = ::htons(port);
        bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    Other(const Other&) = delete;
    Other& operator=(const Other&) = delete;
    ~Other() { ::close(fd); }
    [[nodiscard]] std::uint16_t port() const {
        sockaddr_in address{};
        socklen_t length = sizeof address;
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
        return ::ntohs(address.sin_port);
    }
    int fd;
    bool bound;
};

} // namespace

TEST_CASE("bytes go both ways and the end of the stream is told") {
    Bench bench;
    bench.connect();
    REQUIRE(bench.run(bench.stream->write_all("hello")).has_value());
    std::array<char, 5> got;
    asio::read(*bench.peer, asio::buffer(got));
    CHECK(std::string(got.data(), got.size()) == "hello");
    asio::write(*bench.peer, asio::buffer("world", 5));
    bench.peer->shutdown(tcp::socket::shutdown_send);
    std::string read;
    std::array<char, 2> piece;
    while (true) {
        const auto count = bench.run(bench.stream->read_some(piece));
        if (!count) {
            CHECK(count.error().code == Errc::closed);
            break;
        }
        CHECK(*count >= 1);
        read.append(piece.data(), *count);
    }
    CHECK(read == "world");
}

TEST_CASE("a write of many megabytes arrives whole") {
    Bench bench;
    bench.connect();
    const std::string sent(8 * 1024 * 1024, 'z');
    std::optional<Result<void>> written;
    bench.start(bench.stream->write_all(sent), written);
    CHECK_FALSE(written.has_value());
    std::string got(sent.size(), '\0');
    asio::async_read(*bench.peer, asio::buffer(got), [](boost::system::error_code error, std::size_t) { CHECK_FALSE(error); });
    bench.io.restart();
    bench.io.run();
    REQUIRE(written.has_value());
    CHECK(written->has_value());
    CHECK(got == sent);
}

TEST_CASE("a connection has no delay and closes on exec") {
    Bench bench;
    bench.listen();
    const auto before = open_sockets();
    REQUIRE(bench.run(bench.stream->connect_loopback(bench.acceptor->local_endpoint().port())).has_value());
    std::map<int, bool> added;
    for (const auto& [fd, closes_on_exec] : open_sockets()) {
        if (!before.contains(fd)) added[fd] = closes_on_exec;
    }
    REQUIRE(added.size() == 1);
    CHECK(added.begin()->second);
    int no_delay = 0;
    socklen_t length = sizeof no_delay;
    CHECK(::getsockopt(added.begin()->first, IPPROTO_TCP, TCP_NODELAY, &no_delay, &length) == 0);
    CHECK(no_delay == 1);
}

TEST_CASE("where nobody listens the connection is refused, and may be tried again until somebody does") {
    Bench bench;
    const auto reserved = PortReservation::make();
    REQUIRE(reserved.has_value());
    for (int attempt = 0; attempt < 3; ++attempt) {
        const auto refused = bench.run(bench.stream->connect_loopback(reserved->port()));
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == Errc::closed);
    }
    Other server(reserved->port(), true);
    REQUIRE(server.bound);
    REQUIRE(::listen(server.fd, 1) == 0);
    CHECK(bench.run(bench.stream->connect_loopback(reserved->port())).has_value());
}

TEST_CASE("an unconnected stream reads and writes nothing") {
    Bench bench;
    std::array<char, 1> byte;
    CHECK(bench.run(bench.stream->read_some(byte)).error().code == Errc::closed);
    CHECK(bench.run(bench.stream->write_all("x")).error().code == Errc::closed);
}

TEST_CASE("closing ends a pending read") {
    Bench bench;
    bench.connect();
    std::array<char, 1> byte;
    std::optional<Result<std::size_t>> read;
    bench.start(bench.stream->read_some(byte), read);
    CHECK_FALSE(read.has_value());
    bench.stream->close();
    bench.io.restart();
    bench.io.run();
    REQUIRE(read.has_value());
    CHECK(read->error().code == Errc::closed);
    bench.stream->close();
}

TEST_CASE("closing ends a pending write") {
    Bench bench;
    bench.connect();
    const std::string much(32 * 1024 * 1024, 'z');
    std::optional<Result<void>> written;
    bench.start(bench.stream->write_all(much), written);
    CHECK_FALSE(written.has_value());
    bench.stream->close();
    bench.io.restart();
    bench.io.run();
    REQUIRE(written.has_value());
    CHECK(written->error().code == Errc::closed);
}

TEST_CASE("a peer that resets the connection is closed, for reading and for writing") {
    Bench bench;
    bench.connect();
    bench.peer->set_option(asio::socket_base::linger(true, 0));
    bench.peer->close();
    std::array<char, 1> byte;
    CHECK(bench.run(bench.stream->read_some(byte)).error().code == Errc::closed);
    CHECK(bench.run(bench.stream->write_all("x")).error().code == Errc::closed);
}

TEST_CASE("a stream connects again after its connection has ended") {
    Bench bench;
    bench.connect();
    bench.peer.reset();
    const std::uint16_t port = bench.acceptor->local_endpoint().port();
    CHECK(bench.run(bench.stream->connect_loopback(port)).has_value());
    bench.accept();
    CHECK(bench.run(bench.stream->write_all("x")).has_value());
}

TEST_CASE("a reserved port can be listened on by a server that reuses addresses, and by no other") {
    const auto reserved = PortReservation::make();
    REQUIRE(reserved.has_value());
    CHECK(reserved->port() != 0);
    {
        const Other careless(reserved->port(), false);
        CHECK_FALSE(careless.bound);
    }
    const Other server(reserved->port(), true);
    CHECK(server.bound);
    CHECK(::listen(server.fd, 1) == 0);
}

TEST_CASE("the kernel gives a reserved port to nobody who leaves the choice to it") {
    const auto reserved = PortReservation::make();
    REQUIRE(reserved.has_value());
    for (int batch = 0; batch < 10; ++batch) {
        std::vector<std::unique_ptr<Other>> held;
        for (int i = 0; i < 200; ++i) {
            held.push_back(std::make_unique<Other>(0, i % 2 == 0));
            REQUIRE(held.back()->bound);
            REQUIRE(held.back()->port() != reserved->port());
        }
    }
}

TEST_CASE("reservations differ") {
    std::map<std::uint16_t, PortReservation> held;
    for (int i = 0; i < 200; ++i) {
        auto reserved = PortReservation::make();
        REQUIRE(reserved.has_value());
        const std::uint16_t port = reserved->port();
        CHECK(held.emplace(port, std::move(*reserved)).second);
    }
}

TEST_CASE("a connection to a reserved port never meets itself") {
    Bench bench;
    const auto reserved = PortReservation::make();
    REQUIRE(reserved.has_value());
    for (int attempt = 0; attempt < 1'000; ++attempt) REQUIRE(bench.run(bench.stream->connect_loopback(reserved->port())).has_error());
}

TEST_CASE("a moved reservation holds its port, and its end frees it") {
    const auto before = open_sockets();
    {
        auto first = PortReservation::make();
        auto second = PortReservation::make();
        REQUIRE(first.has_value());
        REQUIRE(second.has_value());
        const std::uint16_t port = first->port();
        PortReservation moved = std::move(*first);
        CHECK(moved.port() == port);
        CHECK_FALSE(Other(port, false).bound);
        const std::uint16_t other = second->port();
        moved = std::move(*second);
        CHECK(moved.port() == other);
        for (const auto& [fd, closes_on_exec] : open_sockets()) {
            if (!before.contains(fd)) CHECK(closes_on_exec);
        }
    }
    CHECK(open_sockets() == before);
}
