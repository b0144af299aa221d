// Goal: the client sends one well-formed request, reads every form of answer, keeps its connection, and says what went wrong
// otherwise. Method: our own server, and scripted peers that answer with raw bytes; time moved by hand.
#include "http_fixture.hpp"
#include "lambox/io/http_client.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>

using namespace lambox;
using namespace lambox::test;
using io::HttpClient;
using io::HttpRequest;
using io::HttpResponse;
using namespace std::chrono_literals;

namespace {

using Answer = std::optional<Result<HttpResponse>>;

HttpRequest request_of(std::string method, std::string target, std::string body = "") {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    return request;
}

void start(asio::io_context& io, HttpClient& client, HttpRequest request, Instant deadline, Answer& answer) {
    auto ended = [&answer](std::exception_ptr error, Result<HttpResponse> result) {
        CHECK_FALSE(error);
        answer.emplace(std::move(result));
    };
    asio::co_spawn(io, client.request(std::move(request), deadline), ended);
}

Result<HttpResponse> ask(asio::io_context& io, HttpClient& client, HttpRequest request, Instant deadline) {
    Answer answer;
    start(io, client, std::move(request), deadline, answer);
    turn_until(io, [&answer] { return answer.has_value(); });
    return std::move(*answer);
}

/// A listening port, and the connections that come to it; each request head is answered with the next script.
struct Script {
    explicit Script(std::vector<std::string> texts) : answers(std::move(texts)) { accept(); }
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    ~Script() {
        acceptor.close();
        peers.clear();
        settle(io);
        CHECK(clock.pending() == 0);
    }
    [[nodiscard]] std::uint16_t port() const { return acceptor.local_endpoint().port(); }
    Result<HttpResponse> ask(HttpRequest request) { return ::ask(io, client, std::move(request), clock.now() + 10s); }
    Result<HttpResponse> ask() { return ask(request_of("GET", "/")); }

    void accept() {
        acceptor.async_accept([this](boost::system::error_code error, tcp::socket socket) {
            if (error) return;
            peers.push_back(std::make_unique<tcp::socket>(std::move(socket)));
            serve(*peers.back());
            accept();
        });
    }
    void serve(tcp::socket& peer) {
        asio::async_read_until(peer, asio::dynamic_buffer(received), "\r\n\r\n",
                               [this, &peer](boost::system::error_code error, std::size_t count) {
                                   if (error) return;
                                   heads.push_back(received.substr(0, count));
                                   received.clear();
                                   if (answers.empty()) return; // silence
                                   const std::string text = answers.front();
                                   answers.erase(answers.begin());
                                   const bool closes = text.ends_with("<close>");
                                   asio::write(peer, asio::buffer(text.substr(0, closes ? text.size() - 7 : text.size())));
                                   if (closes)
                                       peer.close();
                                   else
                                       serve(peer);
                               });
    }

    asio::io_context io;
    fakes::ManualClock clock;
    std::vector<std::string> answers;
    std::vector<std::string> heads;
    std::string received;
    tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::vector<std::unique_ptr<tcp::socket>> peers;
    HttpClient client{io.get_executor(), clock, "127.0.0.1", port()};
};

const std::string hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

} // namespace

TEST_CASE("requests share one kept connection") {
    HttpBench bench;
    HttpClient client(bench.io.get_executor(), bench.clock, "127.0.0.1", bench.port);
    const std::string body(3'000'000, 'b');
    for (int i = 0; i < 3; ++i) {
        const auto answer = ask(bench.io, client, request_of("POST", "/p?q=" + std::to_string(i), body), bench.clock.now() + 10s);
        REQUIRE(answer.has_value());
        CHECK(answer->status == 200);
        CHECK(answer->body == "POST /p?q=" + std::to_string(i) + " " + body);
        CHECK(bench.server->connections() == 1);
    }
    CHECK(*bench.requests.at(0).headers.find("Host") == "127.0.0.1:" + std::to_string(bench.port));
    CHECK(bench.clock.pending() == 1); // the server's, none of the client's
}

TEST_CASE("a name is resolved") {
    HttpBench bench;
    HttpClient client(bench.io.get_executor(), bench.clock, "localhost", bench.port);
    const auto answer = ask(bench.io, client, request_of("GET", "/"), bench.clock.now() + 10s);
    REQUIRE(answer.has_value());
    CHECK(answer->body == "GET / ");
    CHECK(*bench.requests.at(0).headers.find("Host") == "localhost:" + std::to_string(bench.port));
}

TEST_CASE("a request's own headers are sent, framing apart, and what cannot be written is refused") {
    Script script({hi, hi});
    auto request = request_of("POST", "/");
    request.headers.add("Host", "example.com");
    request.headers.add("Content-Length", "77");
    request.headers.add("X-Amz-Log-Type", "Tail");
    request.headers.add("X-Split", "a\r\nb: c");
    REQUIRE(script.ask(std::move(request)).has_value());
    CHECK(script.heads.at(0) == "POST / HTTP/1.1\r\nHost: example.com\r\nX-Amz-Log-Type: Tail\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(script.ask().has_value());
    CHECK(script.heads.at(1) == "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(script.port()) + "\r\n\r\n");
    for (auto& bad :
         {request_of("GET", "/a b"), request_of("GET", "/\r\n"), request_of("GET", ""), request_of("G T", "/"), request_of("", "/")}) {
        CHECK(script.ask(bad).error().code == Errc::invalid_argument);
    }
    CHECK(script.peers.size() == 1);
}

TEST_CASE("answers come with a length, in chunks, up to the end, without a body, and behind interim ones") {
    Script script({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n4\r\nther\r\n0\r\nT: x\r\n\r\n",
                   "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 1\r\n\r\n!", "HTTP/1.1 204 No Content\r\n\r\n",
                   "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nto the end<close>", hi});
    CHECK(script.ask()->body == "hither");
    const auto accepted = script.ask();
    CHECK(accepted->status == 202);
    CHECK(accepted->body == "!");
    CHECK(script.ask()->status == 204);
    CHECK(script.ask(request_of("HEAD", "/"))->headers.size() == 1);
    CHECK(script.peers.size() == 1);
    CHECK(script.ask()->body == "to the end");
    CHECK(script.ask()->body == "hi");
    CHECK(script.peers.size() == 2);
}

TEST_CASE("a connection that the server has closed, or spoken on unasked, is replaced") {
    Script script({hi + "<close>", hi + "more than asked for", hi});
    for (int i = 0; i < 3; ++i) {
        const auto answer = script.ask();
        REQUIRE(answer.has_value());
        CHECK(answer->body == "hi");
        settle(script.io);
    }
    CHECK(script.peers.size() == 3);
    script.answers = {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", hi};
    CHECK(script.ask().has_value());
    CHECK(script.ask().has_value());
    CHECK(script.peers.size() == 4);
}

TEST_CASE("nobody listening, a broken answer and a foreign protocol are told apart") {
    Script script({"<close>", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc<close>", "HTTP/1.1 200 OK\r\nContent-<close>",
                   "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                   "HTTP/1.1 200 OK\r\nContent-Length: 134217729\r\n\r\n", hi});
    for (const Errc expected : {Errc::closed, Errc::closed, Errc::closed, Errc::malformed, Errc::malformed, Errc::too_large}) {
        const auto answer = script.ask();
        REQUIRE(answer.has_error());
        CHECK(answer.error().code == expected);
        CHECK_FALSE(answer.error().message.empty());
    }
    CHECK(script.ask().has_value()); // none of them spoils the next request
    script.acceptor.close();
    script.peers.clear();
    settle(script.io);
    CHECK(script.ask().error().code == Errc::closed);
    HttpClient nameless(script.io.get_executor(), script.clock, "no such host.invalid", 1);
    CHECK(ask(script.io, nameless, request_of("GET", "/"), script.clock.now() + 10s).error().code == Errc::not_found);
}

TEST_CASE("a deadline ends a request, and the next one uses a new connection") {
    Script script({});
    Answer answer;
    const Instant deadline = script.clock.now() + 3s;
    start(script.io, script.client, request_of("GET", "/"), deadline, answer);
    turn_until(script.io, [&] { return script.heads.size() == 1; });
    script.clock.advance(2'999ms);
    settle(script.io);
    CHECK_FALSE(answer.has_value());
    script.clock.advance(1ms);
    turn_until(script.io, [&] { return answer.has_value(); });
    CHECK(answer->error().code == Errc::timed_out);
    script.answers = {hi};
    CHECK(script.ask().has_value());
    CHECK(script.peers.size() == 2);
}

TEST_CASE("a deadline ends a write that nobody reads") {
    asio::io_context io;
    fakes::ManualClock clock;
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    HttpClient client(io.get_executor(), clock, "127.0.0.1", acceptor.local_endpoint().port());
    Answer answer;
    start(io, client, request_of("POST", "/", std::string(64'000'000, 'x')), clock.now() + 1s, answer);
    settle(io);
    clock.advance(1s);
    turn_until(io, [&] { return answer.has_value(); });
    CHECK(answer->error().code == Errc::timed_out);
}

TEST_CASE("a cancelled request ends, and the client can be used again") {
    Script script({});
    asio::cancellation_signal cancel;
    std::optional<std::exception_ptr> ended;
    auto completion = [&ended](std::exception_ptr error, Result<HttpResponse>) { ended = error; };
    asio::co_spawn(script.io, script.client.request(request_of("GET", "/"), script.clock.now() + 3s),
                   asio::bind_cancellation_slot(cancel.slot(), completion));
    turn_until(script.io, [&] { return script.heads.size() == 1; });
    cancel.emit(asio::cancellation_type::terminal);
    turn_until(script.io, [&] { return ended.has_value(); });
    CHECK(script.clock.pending() == 0);
    script.answers = {hi};
    CHECK(script.ask().has_value());
    CHECK(script.peers.size() == 2);
}

TEST_CASE("the answer to a request that was refused before it was read is read") {
    HttpBench bench;
    HttpClient client(bench.io.get_executor(), bench.clock, "127.0.0.1", bench.port);
    auto request = request_of("POST", "/", std::string(20'000'000, 'x'));
    request.headers.add("Expect", "something");
    const auto answer = ask(bench.io, client, std::move(request), bench.clock.now() + 10s);
    REQUIRE(answer.has_value());
    CHECK(answer->status == 417);
}
