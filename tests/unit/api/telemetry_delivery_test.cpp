// Goal: what a subscriber sees on the wire, and that nothing gets lost on the way uncounted, however slow it is. Method: real sockets and
// the machine's clock; no time is asserted.
#include "fakes/fake_telemetry.hpp"
#include "lambox/api/telemetry_delivery.hpp"
#include "lambox/io/http_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <deque>
#include <set>
#include <string>
#include <vector>

using namespace lambox;
using namespace std::chrono_literals;
using model::TelemetryStream;

namespace {

/// A hub that delivers to an HTTP subscriber in the same loop.
struct DeliveryFixture {
    DeliveryFixture() {
        const auto endpoint = server.listen("127.0.0.1", 0);
        REQUIRE(endpoint.has_value());
        port = endpoint->port;
        hub.begin_generation();
    }
    ~DeliveryFixture() {
        bool ended = false;
        boost::asio::co_spawn(io, hub.end(), [&](std::exception_ptr error) { ended = !error; });
        turn_until([&] { return ended; });
        server.stop();
        bool joined = false;
        boost::asio::co_spawn(io, server.join(), [&](std::exception_ptr error) { joined = !error; });
        turn_until([&] { return joined; });
    }
    template <class Condition>
    void turn_until(Condition condition) {
        const auto give_up = std::chrono::steady_clock::now() + 60s;
        while (!condition()) {
            REQUIRE(std::chrono::steady_clock::now() < give_up);
            io.restart();
            io.run_one_for(1s);
        }
    }
    void subscribe(model::TelemetrySubscription subscription) {
        subscription.buffering.timeout = 1ms;
        hub.subscribe(model::TelemetryApi::telemetry, "agent", std::move(subscription));
    }
    boost::asio::awaitable<io::HttpResponse> take(io::HttpRequest request) {
        if (stall) co_await released.wait();
        io::HttpResponse answer;
        answer.status = status;
        requests.push_back(std::move(request));
        co_return answer;
    }
    void line(const std::string& text) { hub.emit({clock.wall_now(), model::OutputLine{TelemetryStream::function, text, {}}}); }

    boost::asio::io_context io{1};
    io::SystemClock clock{io.get_executor()};
    unsigned status = 200;
    bool stall = false;
    io::OneShot<bool> released;
    std::deque<io::HttpRequest> requests; ///< which stay where they are while more arrive
    io::HttpServerOptions options{64 * 1024 * 1024};
    io::HttpServer server{io.get_executor(), clock, options, [this](io::HttpRequest request) { return take(std::move(request)); },
                          Logger()};
    std::uint16_t port = 0;
    api::TelemetryDelivery delivery{io.get_executor(), clock};
    engine::TelemetryHub hub{io.get_executor(), clock, &delivery, "stream", Logger()};
};

std::string header(const io::HttpRequest& request, const char* name) {
    const auto value = request.headers.find(name);
    return std::string(value.value_or("absent"));
}

model::TelemetrySubscription http_subscription(std::uint16_t port) {
    auto subscription = fakes::subscription_to({TelemetryStream::function}, port);
    subscription.destination.host = "sandbox.localdomain:" + std::to_string(port);
    subscription.destination.target = "/in?x=1";
    return subscription;
}

} // namespace

TEST_CASE("a delivery over HTTP has AWS's headers and a JSON array") {
    DeliveryFixture fixture;
    fixture.subscribe(http_subscription(fixture.port));
    fixture.line("one\n");
    fixture.turn_until([&] { return fixture.requests.size() == 1; });
    const auto& request = fixture.requests.front();
    CHECK(request.method == "POST");
    CHECK(request.target == "/in?x=1");
    CHECK(header(request, "Host") == "sandbox.localdomain:" + std::to_string(fixture.port));
    CHECK(header(request, "content-type") == "application/json");
    CHECK(header(request, "user-agent") == "awslambda-worker/1.0");
    CHECK(header(request, "connection") == "keep-alive");
    CHECK(header(request, "sequence-id").size() == 43);
    const auto events = nlohmann::json::parse(request.body);
    REQUIRE(events.size() == 1);
    CHECK(events[0]["type"] == "function");
    CHECK(events[0]["record"] == "one\n");
    fixture.line("two\n");
    fixture.turn_until([&] { return fixture.requests.size() == 2; });
    CHECK(header(fixture.requests[1], "sequence-id") != header(request, "sequence-id"));
    CHECK(fixture.server.connections() == 1);
}

TEST_CASE("PUT is PUT, and what is refused comes again under the same sequence id") {
    DeliveryFixture fixture;
    auto subscription = http_subscription(fixture.port);
    subscription.destination.method = "PUT";
    fixture.status = 500;
    fixture.subscribe(std::move(subscription));
    fixture.line("one\n");
    fixture.turn_until([&] { return fixture.requests.size() == 1; });
    fixture.status = 202;
    fixture.turn_until([&] { return fixture.requests.size() == 2; });
    CHECK(fixture.requests[0].method == "PUT");
    CHECK(header(fixture.requests[0], "sequence-id") == header(fixture.requests[1], "sequence-id"));
    CHECK(fixture.requests[0].body == fixture.requests[1].body);
}

TEST_CASE("a delivery over TCP is one JSON object a line") {
    DeliveryFixture fixture;
    using boost::asio::ip::tcp;
    tcp::acceptor acceptor(fixture.io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    tcp::socket peer(fixture.io);
    std::string received;
    std::array<char, 4096> chunk{};
    std::function<void()> read = [&] {
        peer.async_read_some(boost::asio::buffer(chunk), [&](boost::system::error_code error, std::size_t count) {
            if (error) return; // closed, at the end of the test, when nothing of it is there any more
            received.append(chunk.data(), count);
            read();
        });
    };
    acceptor.async_accept(peer, [&](boost::system::error_code error) {
        if (!error) read();
    });
    auto subscription = fakes::subscription_to({TelemetryStream::function}, acceptor.local_endpoint().port());
    subscription.destination.protocol = model::TelemetryDestination::Protocol::tcp;
    fixture.subscribe(std::move(subscription));
    fixture.line("one\n");
    fixture.line("two\n");
    fixture.turn_until([&] { return received.find("two") != std::string::npos && received.ends_with('\n'); });
    const auto newline = received.find('\n');
    CHECK(nlohmann::json::parse(received.substr(0, newline))["record"] == "one\n");
    CHECK(nlohmann::json::parse(received.substr(newline + 1))["record"] == "two\n");
    peer.close();
}

TEST_CASE("10,000 invocations against a subscriber that stalls: received and reported as dropped are together what was emitted") {
    DeliveryFixture fixture;
    fixture.stall = true;
    auto subscription = http_subscription(fixture.port);
    subscription.types = {TelemetryStream::platform, TelemetryStream::function};
    fixture.subscribe(std::move(subscription));
    std::uint64_t emitted = 1; // the subscription itself
    for (int i = 0; i < 10'000; ++i) {
        const std::string id = std::to_string(i);
        model::InvocationReport report;
        report.request_id = id;
        fixture.hub.emit({fixture.clock.wall_now(), model::PlatformStart{id, "$LATEST", "", ""}});
        fixture.line("line of " + id + "\n");
        fixture.hub.emit({fixture.clock.wall_now(), model::PlatformRuntimeDone{id, model::InvocationStatus::success, "", {}, 1ms, 1, ""}});
        fixture.hub.emit({fixture.clock.wall_now(), model::PlatformReport{report, std::nullopt, ""}});
        emitted += 4;
        if (i % 100 == 0) {
            fixture.io.restart();
            fixture.io.poll();
        }
    }
    fixture.released.set(true);
    fixture.stall = false;
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;
    std::set<std::string> sequences;
    std::size_t counted = 0;
    const auto count = [&] {
        for (; counted < fixture.requests.size(); ++counted) {
            CHECK(sequences.insert(header(fixture.requests[counted], "sequence-id")).second);
            for (const auto& event : nlohmann::json::parse(fixture.requests[counted].body)) {
                if (event["type"] == "platform.logsDropped")
                    dropped += event["record"]["droppedRecords"].get<std::uint64_t>();
                else
                    ++received;
            }
        }
        return received + dropped;
    };
    fixture.turn_until([&] { return count() >= emitted; });
    CHECK(count() == emitted);
    CHECK(dropped > 0);
    CHECK(received > 10'000);
}
