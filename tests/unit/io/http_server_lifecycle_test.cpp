// Goal: the server begins, bounds, drains and stops as it promises, and cuts whoever keeps it waiting. Method: real sockets, time
// moved by hand; the fixture proves after every test that no session, timer or descriptor is left.
#include "http_fixture.hpp"

#include <sys/resource.h>
#include <unistd.h>

using namespace lambox;
using namespace lambox::test;
using io::HttpRequest;
using io::HttpResponse;
using namespace std::chrono_literals;

namespace {

/// A handler that waits for `gate`, and counts the calls that have begun and those that have ended, however they did.
struct Gated {
    explicit Gated(HttpBench& bench) {
        bench.handler = [this](HttpRequest request) { return handle(std::move(request)); };
    }
    asio::awaitable<HttpResponse> handle(HttpRequest) {
        struct Count {
            explicit Count(int& e) : ended(e) {}
            ~Count() { ++ended; }
            int& ended;
        };
        ++begun;
        const Count count(ended);
        co_await gate.wait();
        ++answered;
        HttpResponse response;
        response.body = "late";
        co_return response;
    }
    io::OneShot<bool> gate;
    int begun = 0;
    int ended = 0;
    int answered = 0;
};

// The undefined-behaviour sanitizer opens pipes to look at memory, and reports errors that are none where it cannot.
#ifdef __SANITIZE_ADDRESS__
constexpr bool needs_descriptors = true;
#else
constexpr bool needs_descriptors = false;
#endif

/// While it lives, no descriptor can be opened.
struct NoDescriptors {
    NoDescriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
        const int lowest_free = ::dup(0);
        ::close(lowest_free);
        rlimit none_left = before;
        none_left.rlim_cur = static_cast<rlim_t>(lowest_free);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none_left) == 0);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before); }
    rlimit before{};
};

const std::string get = "GET / HTTP/1.1\r\n\r\n";
const std::string late_closed = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlate";

} // namespace

TEST_CASE("listening names what is wrong with address and port") {
    HttpBench bench;
    io::HttpServer second(bench.io.get_executor(), bench.clock, {}, bench.handler, Logger());
    CHECK(second.listen("127.0.0.1", bench.port).error().code == Errc::conflict);
    CHECK(second.listen("no-address", 0).error().code == Errc::invalid_argument);
    CHECK(second.listen("192.0.2.1", 0).error().code == Errc::invalid_argument);
    const auto endpoint = second.listen("localhost", 0); // a failure does not spoil the next attempt
    REQUIRE(endpoint.has_value());
    CHECK(endpoint->address == "127.0.0.1");
    CHECK(endpoint->port != 0);
    RawClient client(bench.io, endpoint->port);
    client.send(get);
    CHECK(client.response().starts_with("HTTP/1.1 200 OK"));
    second.stop();
    asio::co_spawn(bench.io, second.join(), [](std::exception_ptr error) { CHECK_FALSE(error); });
    bench.settle();
    CHECK(second.connections() == 0);
}

TEST_CASE("a server that never listened needs no joining") {
    HttpBench bench;
    io::HttpServer unused(bench.io.get_executor(), bench.clock, {}, bench.handler, Logger());
    CHECK(unused.connections() == 0);
}

TEST_CASE("no descriptor of the server is inherited by a program that is started") {
    HttpBench bench;
    auto& client = bench.connect();
    client.send(get);
    client.response();
    for (const auto& [fd, closes_on_exec] : open_sockets()) {
        if (!bench.sockets_before.contains(fd)) CHECK(closes_on_exec);
    }
}

TEST_CASE("connections over the bound are closed at once, until there is room again") {
    io::HttpServerOptions options;
    options.connections_max = 2;
    HttpBench bench(options);
    auto& first = bench.connect();
    auto& second = bench.connect();
    for (auto* client : {&first, &second}) {
        client->send(get);
        client->response();
    }
    auto& third = bench.connect();
    CHECK(third.rest() == "");
    CHECK(bench.server->connections() == 2);
    first.close();
    turn_until(bench.io, [&] { return bench.server->connections() == 1; });
    auto& fourth = bench.connect();
    fourth.send(get);
    CHECK(fourth.response().starts_with("HTTP/1.1 200 OK"));
}

TEST_CASE("out of descriptors, the server pauses and accepts again" * doctest::skip(needs_descriptors)) {
    HttpBench bench;
    auto& client = bench.connect(); // waits in the kernel's queue
    client.send(get);
    {
        const NoDescriptors exhausted;
        bench.settle();
        CHECK(bench.clock.pending() == 1);
        bench.clock.advance(100ms); // a second failure
        bench.settle();
        CHECK(bench.clock.pending() == 1);
    }
    CHECK(bench.server->connections() == 0);
    bench.advance(99ms);
    CHECK(bench.server->connections() == 0);
    bench.advance(1ms);
    CHECK(client.response().starts_with("HTTP/1.1 200 OK"));
}

TEST_CASE("a drain during the pause after a failed accept ends it" * doctest::skip(needs_descriptors)) {
    HttpBench bench;
    bench.connect();
    {
        const NoDescriptors exhausted;
        bench.settle();
    }
    CHECK(bench.clock.pending() == 1);
    bench.server->drain();
    bench.join();
    CHECK(bench.clock.pending() == 0);
}

TEST_CASE("a drain closes idle connections at once and lets a request in progress be answered") {
    HttpBench bench;
    Gated gated(bench);
    auto& fresh = bench.connect();
    auto& busy = bench.connect();
    busy.send(get + get); // the second is not taken any more
    bench.settle();
    CHECK(gated.begun == 1);
    bench.server->drain();
    CHECK(fresh.rest() == "");
    CHECK(bench.server->connections() == 1);
    boost::system::error_code refused;
    tcp::socket late(bench.io);
    late.connect(tcp::endpoint(asio::ip::address_v4::loopback(), bench.port), refused);
    CHECK(refused == boost::asio::error::connection_refused);
    late.close();
    gated.gate.set(true);
    CHECK(busy.rest() == late_closed);
    CHECK(gated.begun == 1);
    bench.join();
    CHECK(bench.server->connections() == 0);
}

TEST_CASE("a drain lets a request that has begun to arrive finish") {
    HttpBench bench;
    auto& head = bench.connect();
    head.send("GET / HT");
    auto& body = bench.connect();
    body.send("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo");
    bench.settle();
    bench.server->drain();
    head.send("TP/1.1\r\n\r\n");
    body.send("dy");
    CHECK(head.rest().ends_with("Connection: close\r\n\r\nGET / "));
    CHECK(body.rest().ends_with("Connection: close\r\n\r\nPOST / body"));
    bench.join();
}

TEST_CASE("a stop cuts connections in every phase and ends handlers where they wait") {
    HttpBench bench;
    Gated gated(bench);
    auto& fresh = bench.connect();
    auto& head = bench.connect();
    head.send("GET / HT");
    auto& body = bench.connect();
    body.send("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo");
    auto& busy = bench.connect();
    busy.send(get);
    auto& leaving = bench.connect();
    leaving.send("BAD\r\n\r\n");
    CHECK(leaving.until("\n").starts_with("HTTP/1.1 400"));
    bench.settle();
    CHECK(gated.begun == 1);
    CHECK(bench.server->connections() == 5);
    bench.server->stop();
    bench.join();
    CHECK(bench.server->connections() == 0);
    CHECK(gated.ended == 1);
    CHECK(gated.answered == 0);
    for (auto* client : {&fresh, &head, &body, &busy}) CHECK(client->rest() == "");
}

TEST_CASE("a stop cuts a drain short, and may be repeated") {
    HttpBench bench;
    Gated gated(bench);
    auto& busy = bench.connect();
    busy.send(get);
    bench.settle();
    bench.server->drain();
    bench.settle();
    CHECK(bench.server->connections() == 1);
    bench.server->stop();
    bench.server->stop();
    bench.join();
    CHECK(gated.ended == 1);
    CHECK(busy.rest() == "");
}

TEST_CASE("a handler may stop its own server") {
    HttpBench bench;
    bench.handler = [&bench](HttpRequest) -> asio::awaitable<HttpResponse> {
        bench.server->stop();
        HttpResponse response;
        co_return response;
    };
    auto& client = bench.connect();
    client.send(get);
    CHECK(client.rest() == "");
    bench.join();
}

TEST_CASE("a client that goes away does not end its handler") {
    HttpBench bench;
    Gated gated(bench);
    auto& polite = bench.connect();
    polite.send(get);
    bench.settle();
    polite.close();
    bench.settle();
    CHECK(gated.begun == 1);
    CHECK(gated.ended == 0);
    CHECK(bench.server->connections() == 1);
    gated.gate.set(true);
    turn_until(bench.io, [&] { return bench.server->connections() == 0; });
    CHECK(gated.answered == 1);
}

TEST_CASE("a connection that sends no head, or never its end, is cut after the head's time") {
    HttpBench bench;
    auto& silent = bench.connect();
    auto& slow = bench.connect();
    slow.send("GET / HTTP/1.1\r\n");
    bench.advance(limits::http_head_timeout - 1ms);
    slow.send("a: b\r\n"); // a byte now and then buys no time
    bench.settle();
    CHECK_FALSE(silent.ended());
    CHECK_FALSE(slow.ended());
    bench.advance(1ms);
    bench.advance(50ms); // close deadlines may share a sweep
    CHECK(silent.ended());
    CHECK(slow.ended());
    CHECK(bench.requests.empty());
}

TEST_CASE("a head's time begins with its first byte on a kept connection") {
    HttpBench bench;
    auto& client = bench.connect();
    client.send(get);
    client.response();
    bench.advance(100s); // idle still
    client.send("GET / HT");
    bench.advance(29s);
    CHECK_FALSE(client.ended());
    bench.advance(2s);
    CHECK(client.ended());
}

TEST_CASE("a body that does not come is cut after the body's time, and not handed on") {
    HttpBench bench;
    auto& client = bench.connect();
    client.send("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx");
    bench.advance(60s);
    client.send("y");
    bench.advance(59s);
    CHECK_FALSE(client.ended());
    bench.advance(2s);
    CHECK(client.rest() == "");
    CHECK(bench.requests.empty());
}

TEST_CASE("an idle connection is cut after the idle time, or never") {
    HttpBench bench;
    auto& client = bench.connect();
    client.send(get);
    client.response();
    bench.advance(119s);
    CHECK_FALSE(client.ended());
    bench.advance(2s);
    CHECK(client.ended());

    io::HttpServerOptions patient_options;
    patient_options.idle_timeout = std::nullopt;
    HttpBench patient(patient_options);
    auto& frozen = patient.connect();
    frozen.send(get);
    frozen.response();
    patient.advance(24h);
    frozen.send(get);
    CHECK(frozen.response().starts_with("HTTP/1.1 200 OK"));
}

TEST_CASE("a handler may take as long as it likes") {
    HttpBench bench;
    Gated gated(bench);
    auto& client = bench.connect();
    client.send(get);
    bench.advance(24h);
    gated.gate.set(true);
    CHECK(client.response().ends_with("late"));
}

TEST_CASE("a peer that does not read its answer is cut") {
    HttpBench bench;
    bench.handler = [](HttpRequest) -> asio::awaitable<HttpResponse> {
        HttpResponse response;
        response.body.assign(64'000'000, 'x'); // more than the kernel buffers
        co_return response;
    };
    auto& client = bench.connect();
    client.send(get);
    bench.advance(119s);
    CHECK(bench.server->connections() == 1);
    bench.advance(2s);
    CHECK(bench.server->connections() == 0);
}

TEST_CASE("a refused peer that goes on sending is listened to for two seconds only") {
    HttpBench bench;
    auto& client = bench.connect();
    client.send("BAD\r\n\r\n");
    CHECK(client.until("\n").starts_with("HTTP/1.1 400"));
    client.send("more");
    bench.advance(1'999ms);
    CHECK(bench.server->connections() == 1);
    bench.advance(100ms);
    CHECK(bench.server->connections() == 0);
}

TEST_CASE("one timer serves all connections") {
    HttpBench bench;
    for (int i = 0; i < 20; ++i) {
        auto& client = bench.connect();
        client.send(get);
        client.response();
        CHECK(bench.clock.pending() == 1);
    }
}
