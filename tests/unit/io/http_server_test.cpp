// Goal: the server answers what HTTP/1.1 clients of Lambda send, in order, keeps or closes the connection as it should, and
// refuses the rest with an answer the peer can still read. Method: raw bytes over real sockets on a port of the kernel's choice.
#include "http_fixture.hpp"

using namespace lambox;
using namespace lambox::test;
using io::BodyState;
using io::HttpRequest;
using io::HttpResponse;

namespace {

std::string ok(std::string_view body, std::string_view extra = "") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(extra) + "\r\n" + std::string(body);
}

std::string post(std::string_view fields, std::string_view body) {
    return "POST /p HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

} // namespace

TEST_CASE("requests on one connection are answered one after the other") {
    HttpBench bench;
    auto& client = bench.connect();
    for (const char* target : {"/a", "/b"}) {
        client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n");
        CHECK(client.response() == ok("GET " + std::string(target) + " "));
    }
    client.send(post("Content-Length: 4\r\n", "body"));
    CHECK(client.response() == ok("POST /p body"));
    CHECK(bench.server->connections() == 1);
    CHECK_FALSE(client.ended());
    client.end_sending();
    CHECK(client.rest() == "");
    bench.settle();
    CHECK(bench.server->connections() == 0);
}

TEST_CASE("pipelined requests are answered in order, though the first takes longer") {
    HttpBench bench;
    io::OneShot<bool> gate;
    auto plain = bench.handler;
    bench.handler = [&](HttpRequest request) -> asio::awaitable<HttpResponse> {
        if (request.target == "/slow") co_await gate.wait();
        co_return co_await plain(std::move(request));
    };
    auto& client = bench.connect();
    client.send("GET /slow HTTP/1.1\r\n\r\n" + post("Content-Length: 1\r\n", "2") + "GET /3 HTTP/1.1\r\n\r\n");
    bench.settle();
    CHECK(bench.requests.size() == 1);
    CHECK(client.received().empty());
    gate.set(true);
    CHECK(client.response() == ok("GET /slow "));
    CHECK(client.response() == ok("POST /p 2"));
    CHECK(client.response() == ok("GET /3 "));
}

TEST_CASE("connections do not wait for each other") {
    HttpBench bench;
    io::OneShot<bool> gate;
    auto plain = bench.handler;
    bench.handler = [&](HttpRequest request) -> asio::awaitable<HttpResponse> {
        if (request.target == "/slow") co_await gate.wait();
        co_return co_await plain(std::move(request));
    };
    auto& slow = bench.connect();
    slow.send("GET /slow HTTP/1.1\r\n\r\n");
    auto& quick = bench.connect();
    quick.send("GET /quick HTTP/1.1\r\n\r\n");
    CHECK(quick.response() == ok("GET /quick "));
    CHECK(bench.server->connections() == 2);
    gate.set(true);
    CHECK(slow.response() == ok("GET /slow "));
}

TEST_CASE("HTTP/1.0 is answered and closed, or kept when asked for") {
    HttpBench bench;
    auto& closed = bench.connect();
    closed.send("GET / HTTP/1.0\r\n\r\n");
    CHECK(closed.rest() == ok("GET / ", "Connection: close\r\n"));
    auto& kept = bench.connect();
    kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(kept.response() == ok("GET / ", "Connection: keep-alive\r\n"));
    kept.send("GET /2 HTTP/1.0\r\n\r\n");
    CHECK(kept.rest() == ok("GET /2 ", "Connection: close\r\n"));
}

TEST_CASE("a connection is closed when either side says so") {
    HttpBench bench;
    auto& by_client = bench.connect();
    by_client.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    CHECK(by_client.rest() == ok("GET / ", "Connection: close\r\n"));
    bench.handler = [](HttpRequest) -> asio::awaitable<HttpResponse> {
        HttpResponse response;
        response.headers.add("Connection", "close");
        co_return response;
    };
    auto& by_handler = bench.connect();
    by_handler.send("GET / HTTP/1.1\r\n\r\n");
    CHECK(by_handler.rest() == ok("", "Connection: close\r\n"));
}

TEST_CASE("a client that waits for 100 Continue gets it before it sends the body") {
    HttpBench bench;
    auto& client = bench.connect();
    client.send(post("Expect: 100-continue\r\nContent-Length: 4\r\n", ""));
    CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(bench.requests.empty());
    client.send("body");
    CHECK(client.response() == ok("POST /p body"));
    client.send(post("Expect: 100-continue\r\nContent-Length: 4\r\n", "body")); // did not wait
    CHECK(client.response() == ok("POST /p body"));
    client.send("GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n"); // has no body
    CHECK(client.response() == ok("GET / "));
    client.send(post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", ""));
    CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("1\r\nx\r\n0\r\n\r\n");
    CHECK(client.response() == ok("POST /p x"));
}

TEST_CASE("a client that asks before sending too much is answered at once and closed") {
    io::HttpServerOptions options;
    options.body_bytes_max = 100;
    HttpBench bench(options);
    auto& client = bench.connect();
    client.send(post("Expect: 100-continue\r\nContent-Length: 101\r\n", ""));
    CHECK(client.rest() == ok("POST /p ", "Connection: close\r\n"));
    REQUIRE(bench.requests.size() == 1);
    CHECK(bench.requests[0].body_state == BodyState::too_large);
}

TEST_CASE("chunked bodies are joined, and their announced trailers handed on") {
    HttpBench bench;
    auto& client = bench.connect();
    const std::string fields =
        "Transfer-Encoding: chunked\r\nTrailer: Lambda-Runtime-Function-Error-Type\r\nTrailer: Lambda-Runtime-Function-Error-Body\r\n";
    client.send(post(fields, "4\r\nbody\r\n0\r\n\r\n"));
    CHECK(client.response() == ok("POST /p body"));
    client.send(post(fields, "2\r\nbo\r\n"));
    bench.settle();
    CHECK(bench.requests.size() == 1);
    client.send("2\r\ndy\r\n0\r\nLambda-Runtime-Function-Error-Type: Oops\r\nOther: x\r\n\r\n");
    CHECK(client.response() == ok("POST /p body"));
    REQUIRE(bench.requests.size() == 2);
    CHECK(bench.requests[0].trailers.size() == 0);
    REQUIRE(bench.requests[1].trailers.size() == 1);
    CHECK(*bench.requests[1].trailers.find("lambda-runtime-function-error-type") == "Oops");
}

TEST_CASE("bodies over the bound are dropped, and the connection is kept") {
    io::HttpServerOptions options;
    options.body_bytes_max = 1'000;
    HttpBench bench(options);
    auto& client = bench.connect();
    const std::string big(300'000, 'x');
    client.send(post("Content-Length: 300000\r\n", big));
    CHECK(client.response() == ok("POST /p "));
    client.send(post("Transfer-Encoding: chunked\r\n", "493e0\r\n" + big + "\r\n0\r\n\r\n"));
    CHECK(client.response() == ok("POST /p "));
    client.send(post("Content-Length: 1000\r\n", big.substr(0, 1'000)));
    CHECK(client.response() == ok("POST /p " + big.substr(0, 1'000)));
    REQUIRE(bench.requests.size() == 3);
    CHECK(bench.requests[0].body_state == BodyState::too_large);
    CHECK(bench.requests[1].body_state == BodyState::too_large);
    CHECK(bench.requests[1].body.empty());
    CHECK(bench.requests[2].body_state == BodyState::complete);
}

TEST_CASE("a body that is not even worth dropping is answered and the connection closed") {
    HttpBench bench;
    auto& client = bench.connect();
    client.send(post("Content-Length: " + std::to_string(limits::http_discard_bytes_max + 1) + "\r\n", std::string(4'000'000, 'x')));
    CHECK(client.response() == ok("POST /p ", "Connection: close\r\n"));
    CHECK(client.rest() == "");
    REQUIRE(bench.requests.size() == 1);
    CHECK(bench.requests[0].body_state == BodyState::too_large);
}

TEST_CASE("a body cut by a half-close is handed on as truncated and answered") {
    HttpBench bench;
    for (const auto& request : {post("Content-Length: 10\r\n", "half"), post("Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n")}) {
        auto& client = bench.connect();
        client.send(request);
        client.flush();
        client.end_sending();
        CHECK(client.rest() == ok("POST /p half", "Connection: close\r\n"));
        CHECK(bench.requests.back().body_state == BodyState::truncated);
        CHECK(bench.requests.back().body == "half");
    }
}

TEST_CASE("a body cut by a reset is handed on as truncated") {
    HttpBench bench;
    auto& client = bench.connect();
    client.send(post("Content-Length: 10\r\n", "half"));
    client.flush();
    bench.settle();
    CHECK(bench.requests.empty());
    client.reset();
    turn_until(bench.io, [&] { return bench.server->connections() == 0; });
    REQUIRE(bench.requests.size() == 1);
    CHECK(bench.requests[0].body_state == BodyState::truncated);
}

TEST_CASE("a header of 900 KB passes, a head of more than 1 MiB is answered with 431") {
    HttpBench bench;
    auto& client = bench.connect();
    client.send("POST /x HTTP/1.1\r\nLambda-Runtime-Function-XRay-Error-Cause: " + std::string(900'000, 'c') +
                "\r\nContent-Length: 2\r\n\r\nhi");
    CHECK(client.response() == ok("POST /x hi"));
    CHECK(bench.requests.at(0).headers.find("lambda-runtime-function-xray-error-cause")->size() == 900'000);
    client.send("GET /" + std::string(900'000, 't') + " HTTP/1.1\r\n\r\n");
    CHECK(client.response().size() > 900'000);
    client.send("GET / HTTP/1.1\r\na: " + std::string(3'000'000, 'x') + "\r\n\r\n");
    CHECK(client.rest().starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain"));
    CHECK(bench.requests.size() == 2);
}

TEST_CASE("malformed requests get 400 in plain text and the connection is closed") {
    HttpBench bench;
    const std::vector<std::string> requests{
        post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"),
        post("Transfer-Encoding: chunked\r\n", "zz\r\n\r\n"),
        post("a : b\r\n", ""),
        post("a: b\r\n c\r\n", ""),
        "GET / HTTP/1.1\nHost: h\n\n",
        "\x16\x03\x01\x02\x00 a TLS client\r\n\r\n",
    };
    for (const auto& request : requests) {
        CAPTURE(request);
        auto& client = bench.connect();
        client.send(request + std::string(100'000, 'x')); // more of it must not cost the peer its answer
        const auto answer = client.rest();
        CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"));
        CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
        CHECK(answer.ends_with("\n"));
    }
    CHECK(bench.requests.empty());
    auto& unsupported = bench.connect();
    unsupported.send(post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"));
    CHECK(unsupported.rest().starts_with("HTTP/1.1 501 Not Implemented\r\n"));
}

TEST_CASE("a request that was good is answered before the bad one behind it is refused") {
    HttpBench bench;
    auto& client = bench.connect();
    client.send("GET /good HTTP/1.1\r\n\r\nBAD\r\n\r\n");
    CHECK(client.response() == ok("GET /good "));
    CHECK(client.rest().starts_with("HTTP/1.1 400 "));
}

TEST_CASE("HEAD, 204 and 304 have no body") {
    HttpBench bench;
    bench.handler = [](HttpRequest request) -> asio::awaitable<HttpResponse> {
        HttpResponse response;
        if (request.target == "/204") response.status = 204;
        if (request.target == "/304") response.status = 304;
        response.body = "body";
        co_return response;
    };
    auto& client = bench.connect();
    client.send("HEAD / HTTP/1.1\r\n\r\n");
    CHECK(client.until("\r\n\r\n") == "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    client.send("GET /204 HTTP/1.1\r\n\r\n");
    CHECK(client.until("\r\n\r\n") == "HTTP/1.1 204 No Content\r\n\r\n");
    client.send("GET /304 HTTP/1.1\r\n\r\n");
    CHECK(client.until("\r\n\r\n") == "HTTP/1.1 304 Not Modified\r\n\r\n");
    client.send("GET / HTTP/1.1\r\n\r\n");
    CHECK(client.response() == ok("body"));
}

TEST_CASE("a handler's exception becomes 500 and the connection goes on") {
    HttpBench bench;
    bench.handler = [](HttpRequest request) -> asio::awaitable<HttpResponse> {
        if (request.target == "/standard") throw std::runtime_error("a secret");
        if (request.target == "/other") throw 1;
        if (request.target == "/aborted") throw boost::system::system_error(boost::asio::error::operation_aborted);
        HttpResponse response;
        response.status = request.target == "/status" ? 7 : 200;
        co_return response;
    };
    auto& client = bench.connect();
    for (const char* target : {"/standard", "/other", "/aborted", "/status"}) {
        client.send("GET " + std::string(target) + " HTTP/1.1\r\n\r\n");
        const auto answer = client.response();
        CHECK(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
        CHECK(answer.find("secret") == std::string::npos);
    }
    client.send("GET /fine HTTP/1.1\r\n\r\n");
    CHECK(client.response() == ok(""));
}

TEST_CASE("a handler's headers are sent, apart from framing and from what would break the head") {
    HttpBench bench;
    bench.handler = [](HttpRequest) -> asio::awaitable<HttpResponse> {
        HttpResponse response;
        response.headers.add("X-Amz-Function-Error", "Unhandled");
        response.headers.add("Content-Length", "999");
        response.headers.add("transfer-encoding", "chunked");
        response.headers.add("X-Split", "a\r\nInjected: b");
        response.headers.add("X-Nul", std::string("a\0b", 3));
        response.headers.add("Bad Name", "x");
        response.headers.add("", "x");
        response.headers.add("X-Last", "");
        co_return response;
    };
    auto& client = bench.connect();
    client.send("GET / HTTP/1.1\r\n\r\n");
    CHECK(client.response() == "HTTP/1.1 200 OK\r\nX-Amz-Function-Error: Unhandled\r\nX-Last: \r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("large bodies go both ways whole, to a slow reader as well") {
    HttpBench bench;
    std::string body(6'291'456, '\0');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2'654'435'761U >> 24U);
    bench.handler = [](HttpRequest request) -> asio::awaitable<HttpResponse> {
        HttpResponse response;
        response.body = std::move(request.body);
        co_return response;
    };
    auto& client = bench.connect();
    client.send(post("Content-Length: " + std::to_string(body.size()) + "\r\n", body));
    turn_until(bench.io, [&] { return bench.requests.size() == 1; }); // and nobody reads the answer yet
    bench.settle();
    const auto answer = client.response();
    CHECK(answer.substr(answer.find("\r\n\r\n") + 4) == body);
}
