// Goal: whichever operation of a connection fails, the session ends, nothing of it is left, and a request is handed to the
// handler at most once and never in part as if it were whole. Method: sessions on Beast's test stream, which fails at the first
// operation, then at the second, and so on until the exchange passes.
#include "../../../src/io/http_session.hpp"

#include "fakes/manual_clock.hpp"
#include "lambox/io/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace beast_test = boost::beast::test;
using namespace lambox;
using namespace lambox::io;
using namespace lambox::io::detail;

namespace {

/// Beast's stream with what a session asks for beside reading and writing.
class TestStream {
public:
    explicit TestStream(beast_test::stream stream) : stream_(std::move(stream)) {}
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return stream_.async_read_some(buffers, std::forward<Token>(token));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return stream_.async_write_some(buffers, std::forward<Token>(token));
    }
    template <class Buffers>
    std::size_t write_now(const Buffers& buffers, boost::system::error_code& error) {
        return stream_.write_some(buffers, error);
    }
    void shutdown_send() {} // what it would stop is not written
    void close() { stream_.close(); }

private:
    beast_test::stream stream_;
};

asio::awaitable<void> run_session(HttpConnections& connections, beast_test::stream stream) {
    HttpSession<TestStream> session(connections, TestStream(std::move(stream)));
    co_await session.run();
}

struct Outcome {
    std::string answered;
    std::vector<HttpRequest> handled;
};

struct Exchange {
    std::string sent;
    std::size_t read_bytes = 1'000'000;
    std::size_t write_bytes = 1'000'000;
};

/// Everything is sent at once, then the peer half-closes.
Outcome run(const Exchange& exchange, std::size_t failing_operation) {
    Outcome outcome;
    fakes::ManualClock clock;
    asio::io_context io;
    HttpServerOptions options;
    options.body_bytes_max = 16;
    auto handler = [&outcome](HttpRequest request) -> asio::awaitable<HttpResponse> {
        HttpResponse response;
        response.body = "[" + request.target + "=" + request.body + "]";
        outcome.handled.push_back(std::move(request));
        co_return response;
    };
    HttpConnections connections(clock, options, handler, Logger());
    TaskGroup tasks(io.get_executor(), Logger());
    beast_test::fail_count failing(failing_operation);
    beast_test::stream server(io, failing, exchange.sent);
    server.read_size(exchange.read_bytes);
    server.write_size(exchange.write_bytes);
    beast_test::stream client(io);
    server.connect(client);
    client.close(); // the end of the stream comes behind what was sent; answers still arrive
    tasks.spawn(run_session(connections, std::move(server)));
    io.run();
    outcome.answered = std::string(client.str());
    CHECK(tasks.size() == 0);
    CHECK(connections.size() == 0);
    connections.drain();
    CHECK(clock.pending() == 0);
    return outcome;
}

/// What is handed on as complete is complete.
void check_handled(const Outcome& outcome, const Outcome& whole) {
    REQUIRE(outcome.handled.size() <= whole.handled.size());
    for (std::size_t i = 0; i < outcome.handled.size(); ++i) {
        const auto& request = outcome.handled[i];
        const auto& expected = whole.handled[i];
        CHECK(request.target == expected.target);
        CHECK(request.headers == expected.headers);
        switch (request.body_state) {
        case BodyState::complete:
            CHECK(request.body == expected.body);
            CHECK(request.trailers == expected.trailers);
            break;
        case BodyState::too_large: CHECK(expected.body_state == BodyState::too_large); break;
        case BodyState::truncated: CHECK(expected.body.starts_with(request.body)); break;
        }
    }
}

/// Fails at the first operation, the second and so on, and returns how many it takes to pass.
std::size_t fail_everywhere(const Exchange& exchange, const std::string& expected) {
    constexpr std::size_t never = 1'000'000;
    const Outcome whole = run(exchange, never);
    CHECK(whole.answered == expected);
    for (std::size_t failing = 1; failing < 10'000; ++failing) {
        CAPTURE(failing);
        const Outcome outcome = run(exchange, failing);
        check_handled(outcome, whole);
        REQUIRE(expected.starts_with(outcome.answered));
        if (outcome.answered == expected && outcome.handled.size() == whole.handled.size()) return failing - 1;
    }
    FAIL("the exchange never passes");
    return 0;
}

std::string ok(std::string_view body, std::string_view extra = "") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(extra) + "\r\n" + std::string(body);
}

} // namespace

TEST_CASE("one request fails at its read and at its write, then passes") {
    Exchange exchange;
    exchange.sent = "GET /a HTTP/1.1\r\n\r\n";
    CHECK(fail_everywhere(exchange, ok("[/a=]")) == 2);
}

TEST_CASE("pipelined requests fail at every operation, whole and in small pieces") {
    Exchange exchange;
    exchange.sent = "GET /a HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 3\r\n\r\nxyz"
                    "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n2\r\nhi\r\n0\r\nT: v\r\n\r\n"
                    "POST /d HTTP/1.1\r\nContent-Length: 20\r\n\r\n01234567890123456789GET /e HTTP/1.1\r\nConnection: close\r\n\r\n";
    const std::string expected = ok("[/a=]") + ok("[/b=xyz]") + ok("[/c=hi]") + ok("[/d=]") + ok("[/e=]", "Connection: close\r\n");
    CHECK(fail_everywhere(exchange, expected) == 6);
    exchange.read_bytes = 7;
    CHECK(fail_everywhere(exchange, expected) > 30);
    exchange.read_bytes = 1;
    exchange.write_bytes = 3;
    CHECK(fail_everywhere(exchange, expected) > 300);
}

TEST_CASE("a request that waits for 100 Continue fails at every operation") {
    Exchange exchange;
    exchange.sent = "POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody";
    exchange.read_bytes = 61; // the head alone
    REQUIRE(exchange.sent.substr(exchange.read_bytes) == "body");
    CHECK(fail_everywhere(exchange, "HTTP/1.1 100 Continue\r\n\r\n" + ok("[/a=body]")) == 4);
    exchange.write_bytes = 5;
    CHECK(fail_everywhere(exchange, "HTTP/1.1 100 Continue\r\n\r\n" + ok("[/a=body]")) > 10);
}

TEST_CASE("a body that ends early, and a refusal, fail at every operation") {
    Exchange exchange;
    exchange.sent = "POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo";
    CHECK(run(exchange, 1'000'000).handled.at(0).body_state == BodyState::truncated);
    CHECK(fail_everywhere(exchange, ok("[/a=bo]", "Connection: close\r\n")) == 3);
    exchange.sent = "GET / HTTP/1.1\r\na : b\r\n\r\nand more of it";
    const Outcome refused = run(exchange, 1'000'000);
    CHECK(refused.handled.empty());
    CHECK(refused.answered.starts_with("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain"));
    CHECK(fail_everywhere(exchange, refused.answered) == 2);
}

TEST_CASE("an interrupted head is answered with 400, silence with nothing") {
    Exchange exchange;
    exchange.sent = "GET / HTTP/1.1\r\nHos";
    CHECK(run(exchange, 1'000'000).answered.starts_with("HTTP/1.1 400 "));
    exchange.sent = "\r";
    CHECK(run(exchange, 1'000'000).answered.starts_with("HTTP/1.1 400 "));
    exchange.sent = "";
    CHECK(run(exchange, 1'000'000).answered.empty());
}
