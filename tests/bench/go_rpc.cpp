// The floor of go1.x: one blocking net/rpc connection to the binary, a call at a time, nothing in between.
//   bench_go_rpc COUNT WARMUP PROGRAM
#include "lambox/wire/go_rpc.hpp"
#include "bench/child.hpp"
#include "bench/sockets.hpp"
#include "bench/summary.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <thread>

namespace lambox::bench {
namespace {

constexpr std::chrono::milliseconds poll_pause{1};
constexpr std::chrono::seconds patience{10};
constexpr std::size_t read_bytes = 64 * 1024;

/// A port that was free a moment ago; the binary binds it itself.
std::uint16_t free_port() { return listen_on_loopback(Blocking::yes).port; }

Descriptor connect_when_it_listens(std::uint16_t port) {
    const auto until = Clock::now() + patience;
    for (;;) {
        try {
            Descriptor socket = connect_to("127.0.0.1", port);
            if (::fcntl(socket.get(), F_SETFL, 0) != 0) fail("fcntl");
            return socket;
        } catch (const std::system_error& error) {
            if (error.code().value() != ECONNREFUSED || Clock::now() > until) throw;
        }
        std::this_thread::sleep_for(poll_pause);
    }
}

class Connection {
public:
    explicit Connection(Descriptor socket) : socket_(std::move(socket)) {}

    void invoke(std::string_view payload) {
        wire::GoInvokeRequest request;
        request.payload = payload;
        request.request_id = "00000000-0000-4000-8000-000000000000";
        request.deadline_seconds = std::time(nullptr) + 60;
        out_.clear();
        codec_.encode_invoke(request, out_);
        for (std::size_t sent = 0; sent < out_.size();) {
            const auto count = ::send(socket_.get(), out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
            if (count < 0) fail("send");
            sent += static_cast<std::size_t>(count);
        }
        const wire::GoReply reply = receive();
        const auto* answer = std::get_if<wire::GoInvokeReply>(&reply.body);
        if (answer == nullptr || answer->error) throw std::runtime_error("the handler failed");
    }

private:
    wire::GoReply receive() {
        for (;;) {
            if (auto reply = codec_.next_reply()) return std::move(*reply);
            const auto count = ::recv(socket_.get(), in_.data(), in_.size(), 0);
            if (count <= 0) throw std::runtime_error("the handler closed the connection");
            if (!codec_.feed({in_.data(), static_cast<std::size_t>(count)})) throw std::runtime_error("the handler's reply is malformed");
        }
    }

    Descriptor socket_;
    wire::GoRpcCodec codec_;
    std::string out_;
    std::array<char, read_bytes> in_;
};

void run(std::size_t count, std::size_t warmup, const std::string& program) {
    const std::uint16_t port = free_port();
    const std::vector<std::string> environment{"PATH=/usr/bin:/bin", "_LAMBDA_SERVER_PORT=" + std::to_string(port),
                                               "AWS_LAMBDA_FUNCTION_NAME=go1x", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128"};
    const Child handler({program}, environment, -1);
    Connection connection(connect_when_it_listens(port));
    std::string payload = R"({"event":")";
    payload.append(100 - payload.size() - 2, 'x').append(R"("})");
    for (std::size_t left = warmup; left > 0; --left)
        connection.invoke(payload);
    Measured measured;
    const auto first = Clock::now();
    for (std::size_t left = count; left > 0; --left) {
        const auto begin = Clock::now();
        connection.invoke(payload);
        measured.times.push_back(Clock::now() - begin);
    }
    measured.whole = Clock::now() - first;
    std::fputs(to_json(std::move(measured)).c_str(), stdout);
}

} // namespace
} // namespace lambox::bench

int main(int count, char** values) {
    if (count != 4) {
        std::fputs("bench_go_rpc: usage: COUNT WARMUP PROGRAM\n", stderr);
        return 2;
    }
    try {
        lambox::bench::run(std::stoul(values[1]), std::stoul(values[2]), values[3]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_go_rpc: %s\n", error.what());
        return 1;
    }
    return 0;
}
