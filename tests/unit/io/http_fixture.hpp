#pragma once

#include "fakes/manual_clock.hpp"
#include "lambox/io/http_server.hpp"
#include "lambox/io/one_shot.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lambox::test {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Descriptors of this process that are sockets, with whether they close on exec.
inline std::map<int, bool> open_sockets() {
    std::map<int, bool> sockets;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (!std::filesystem::read_symlink(entry.path(), gone).string().starts_with("socket:")) continue;
        const int fd = std::stoi(entry.path().filename().string());
        sockets[fd] = (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
    }
    return sockets;
}

/// Turns `io` until `condition` holds; what never comes fails the test after a while.
template <class Condition>
void turn_until(asio::io_context& io, Condition condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    io.restart();
    while (!condition()) {
        REQUIRE(std::chrono::steady_clock::now() < give_up);
        io.run_one_until(give_up);
        if (io.stopped()) io.restart();
    }
}

/// Lets everything run that can run now.
inline void settle(asio::io_context& io) {
    io.restart();
    while (io.poll() > 0) {}
}

/// A client that sends bytes as they are and collects what comes.
class RawClient {
public:
    RawClient(asio::io_context& io, std::uint16_t port) : io_(io), socket_(io) {
        socket_.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
        ::fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
    }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient() {
        reset();
        turn_until(io_, [this] { return pending_ == 0; });
    }

    void send(std::string bytes) {
        auto kept = std::make_shared<std::string>(std::move(bytes));
        ++pending_;
        asio::async_write(socket_, asio::buffer(*kept), [this, kept](boost::system::error_code, std::size_t) { --pending_; });
    }
    void end_sending() { socket_.shutdown(tcp::socket::shutdown_send); }
    void close() { socket_.close(); }
    /// Closes with RST.
    void reset() {
        boost::system::error_code ignored;
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
        socket_.close(ignored);
    }

    /// Waits until all that was sent is in the kernel's hands.
    void flush() {
        turn_until(io_, [this] { return pending_ == (reading_ ? 1U : 0U); });
    }
    /// What came up to and with `end`; it is taken.
    std::string until(std::string_view end) {
        read();
        turn_until(io_, [&] { return received_.find(end) != std::string::npos || ended_; });
        CAPTURE(received_);
        REQUIRE(received_.find(end) != std::string::npos);
        return take(received_.find(end) + end.size());
    }
    /// The next `count` bytes.
    std::string bytes(std::size_t count) {
        read();
        turn_until(io_, [&] { return received_.size() >= count || ended_; });
        REQUIRE(received_.size() >= count);
        return take(count);
    }
    /// A whole response with Content-Length.
    std::string response() {
        std::string head = until("\r\n\r\n");
        const auto at = head.find("Content-Length: ");
        if (at == std::string::npos) return head;
        return head + bytes(std::stoul(head.substr(at + 16)));
    }
    /// Everything up to the end of the stream or a reset.
    std::string rest() {
        read();
        turn_until(io_, [this] { return ended_; });
        return take(received_.size());
    }
    [[nodiscard]] bool ended() {
        read();
        settle(io_);
        return ended_;
    }
    [[nodiscard]] const std::string& received() {
        read();
        settle(io_);
        return received_;
    }

private:
    void read() {
        if (reading_ || ended_) return;
        reading_ = true;
        ++pending_;
        socket_.async_read_some(asio::buffer(piece_), [this](boost::system::error_code error, std::size_t count) {
            --pending_;
            reading_ = false;
            received_.append(piece_.data(), count);
            if (error) ended_ = true;
            else read();
        });
    }
    std::string take(std::size_t count) {
        std::string taken = received_.substr(0, count);
        received_.erase(0, count);
        return taken;
    }

    asio::io_context& io_;
    tcp::socket socket_;
    std::array<char, 65'536> piece_{};
    std::string received_;
    std::size_t pending_ = 0;
    bool reading_ = false;
    bool ended_ = false;
};

/// A server on a port of the kernel's choice, on manual time. At its end nothing is left of it.
class HttpBench {
public:
    explicit HttpBench(io::HttpServerOptions options = {}) {
        handler = [](io::HttpRequest request) -> asio::awaitable<io::HttpResponse> {
            io::HttpResponse response;
            response.body = request.method + " " + request.target + " " + request.body;
            co_return response;
        };
        auto dispatch = [this](io::HttpRequest request) {
            requests.push_back(request);
            return handler(std::move(request));
        };
        server.emplace(io.get_executor(), clock, options, dispatch, Logger());
        const auto endpoint = server->listen("127.0.0.1", 0);
        REQUIRE(endpoint.has_value());
        port = endpoint->port;
    }
    HttpBench(const HttpBench&) = delete;
    HttpBench& operator=(const HttpBench&) = delete;
    ~HttpBench() {
        clients.clear();
        server->stop();
        join();
        CHECK(server->connections() == 0);
        server.reset();
        CHECK(clock.pending() == 0);
        CHECK(open_sockets() == sockets_before);
    }

    RawClient& connect() { return *clients.emplace_back(std::make_unique<RawClient>(io, port)); }
    /// Lets the server run as far as it can.
    void settle() { test::settle(io); }
    void advance(std::chrono::milliseconds time) {
        settle();
        clock.advance(time);
        settle();
    }
    void join() {
        bool joined = false;
        auto ended = [&joined](std::exception_ptr error) {
            CHECK_FALSE(error);
            joined = true;
        };
        asio::co_spawn(io, server->join(), ended);
        turn_until(io, [&joined] { return joined; });
    }

    std::map<int, bool> sockets_before = open_sockets();
    asio::io_context io;
    fakes::ManualClock clock;
    io::HttpHandler handler;
    std::vector<io::HttpRequest> requests;
    std::optional<io::HttpServer> server;
    std::uint16_t port = 0;
    std::vector<std::unique_ptr<RawClient>> clients;
};

} // namespace lambox::test
