// Goal: what a subscriber gets of an environment's events, and what becomes of them when it is slow, refuses, or ends with a reset. Method:
// a hub on manual time whose subscribers do what the test says; its end proves that no sender is left.
#include "fakes/fake_telemetry.hpp"
#include "fakes/manual_clock.hpp"
#include "lambox/base/limits.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace lambox;
using namespace std::chrono_literals;
using fakes::FakeTelemetry;
using fakes::subscription_to;
using model::TelemetryApi;
using model::TelemetryStream;
using Subscribed = engine::TelemetryHub::Subscribed;

namespace {

struct HubFixture {
    HubFixture() { hub.begin_generation(); }
    ~HubFixture() {
        bool ended = false;
        boost::asio::co_spawn(io, hub.end(), [&ended](std::exception_ptr error) { ended = !error; });
        turn();
        CHECK(ended);
        CHECK_FALSE(hub.sending());
        CHECK(clock.pending() == 0);
    }
    void turn() {
        io.restart();
        io.poll();
    }
    void advance(std::chrono::nanoseconds duration) {
        clock.advance(duration);
        turn();
    }
    void line(const std::string& text, TelemetryStream stream = TelemetryStream::function) {
        hub.emit({clock.wall_now(), model::OutputLine{stream, text, model::OutputLine::Shape::text}});
        turn();
    }
    Subscribed subscribe(const std::string& name, std::vector<TelemetryStream> types, std::uint16_t port = 4243) {
        const auto result = hub.subscribe(TelemetryApi::telemetry, name, subscription_to(std::move(types), port));
        turn();
        return result;
    }
    /// The texts of lines, and the types of everything else.
    [[nodiscard]] std::string taken() const {
        std::string all;
        for (const auto& item : channels.items()) {
            const std::string middle = R"("record":")";
            const auto at = item.find(middle);
            const auto type = item.find(R"("type":")") + 8;
            const std::string word = at == std::string::npos ? item.substr(type, item.find('"', type) - type)
                                                             : item.substr(at + middle.size(), item.size() - at - middle.size() - 2);
            all += (all.empty() ? "" : " ") + word;
        }
        return all;
    }

    boost::asio::io_context io{1};
    fakes::ManualClock clock;
    FakeTelemetry channels;
    engine::TelemetryHub hub{io.get_executor(), clock, &channels, "stream", Logger()};
};

const std::vector<TelemetryStream> functions{TelemetryStream::function};

std::uint64_t number_after(const std::string& text, const std::string& name) {
    const auto at = text.find(name);
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size()));
}

} // namespace

TEST_CASE("what came before a subscription is delivered with what comes after it, of the wanted types alone") {
    HubFixture fixture;
    fixture.line("early");
    fixture.line("other", TelemetryStream::extension);
    CHECK(fixture.subscribe("agent", functions) == Subscribed::anew);
    fixture.line("late");
    fixture.advance(999ms);
    CHECK(fixture.taken().empty());
    fixture.advance(1ms);
    CHECK(fixture.taken() == "early late");
    CHECK(fixture.subscribe("second", {TelemetryStream::platform, TelemetryStream::extension}) == Subscribed::anew);
    fixture.advance(1s);
    CHECK(fixture.taken() == "early late other platform.telemetrySubscription platform.telemetrySubscription");
}

TEST_CASE("after INIT nobody can subscribe, and without a subscriber nothing is kept") {
    HubFixture fixture;
    CHECK(fixture.hub.open());
    fixture.line("early");
    CHECK(fixture.hub.listening());
    fixture.hub.end_init();
    CHECK_FALSE(fixture.hub.open());
    CHECK_FALSE(fixture.hub.listening());
    fixture.line("late");
    fixture.hub.end_generation();
    fixture.hub.begin_generation();
    fixture.subscribe("agent", functions);
    fixture.advance(1s);
    CHECK(fixture.taken().empty());
}

TEST_CASE("without channels there is no telemetry") {
    boost::asio::io_context io{1};
    fakes::ManualClock clock;
    engine::TelemetryHub hub(io.get_executor(), clock, nullptr, "stream", Logger());
    hub.begin_generation();
    CHECK_FALSE(hub.supported());
    CHECK_FALSE(hub.listening());
    hub.emit({clock.wall_now(), model::PlatformEnd{"1"}});
    CHECK_FALSE(hub.sending());
}

TEST_CASE("a batch that is refused is sent again with growing pauses, under the same name, and in order") {
    HubFixture fixture;
    fixture.subscribe("agent", functions);
    fixture.channels.mood = FakeTelemetry::Mood::refuses;
    fixture.line("one");
    fixture.advance(1s);
    CHECK(fixture.channels.attempts == 1);
    fixture.line("two");
    fixture.advance(100ms);
    CHECK(fixture.channels.attempts == 2);
    fixture.advance(199ms);
    CHECK(fixture.channels.attempts == 2);
    fixture.channels.mood = FakeTelemetry::Mood::takes;
    fixture.advance(1ms);
    CHECK(fixture.taken() == "one");
    CHECK(fixture.channels.deliveries.front().batch == "stream/agent/1");
    fixture.advance(1s);
    CHECK(fixture.taken() == "one two");
    CHECK(fixture.channels.deliveries.back().batch == "stream/agent/2");
}

TEST_CASE("a batch that nobody takes is given up in the end and reported as dropped") {
    HubFixture fixture;
    fixture.subscribe("agent", functions);
    fixture.channels.mood = FakeTelemetry::Mood::refuses;
    fixture.line("one");
    fixture.line("two");
    for (int i = 0; i < 50 && fixture.channels.attempts < static_cast<int>(limits::telemetry_attempts_max); ++i)
        fixture.advance(1s);
    fixture.channels.mood = FakeTelemetry::Mood::takes;
    fixture.line("three");
    fixture.advance(1s);
    CHECK(fixture.taken() == "three platform.logsDropped");
    CHECK(number_after(fixture.channels.items().back(), R"("droppedRecords":)") == 2);
}

TEST_CASE("a subscriber that stalls loses only its own events, and memory stays bounded") {
    HubFixture fixture;
    fixture.subscribe("slow", functions);
    fixture.channels.mood = FakeTelemetry::Mood::stalls;
    const std::string text(200, 'x');
    constexpr std::uint64_t count = 40'000;
    for (std::uint64_t i = 0; i < count; ++i)
        fixture.hub.emit({{}, model::OutputLine{TelemetryStream::function, text, {}}});
    fixture.advance(1s);
    CHECK(fixture.channels.attempts == 1);
    for (std::uint64_t i = 0; i < count; ++i)
        fixture.hub.emit({{}, model::OutputLine{TelemetryStream::function, text, {}}});
    fixture.turn();
    fixture.channels.release();
    fixture.advance(1s);
    for (int i = 0; i < 40; ++i)
        fixture.advance(1s);
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;
    for (const auto& item : fixture.channels.items()) {
        const auto reported = number_after(item, R"("droppedRecords":)");
        dropped += reported;
        if (reported == 0) ++received;
    }
    CHECK(dropped > 0);
    CHECK(received <= 2 * limits::telemetry_queue_items_max + 10'000);
    CHECK(received + dropped == 2 * count);
}

TEST_CASE("a reset keeps the subscription: what is left waits for the next generation, at its new port if it names one") {
    HubFixture fixture;
    fixture.subscribe("agent", functions, 1'111);
    fixture.hub.end_init();
    fixture.line("before");
    fixture.advance(1s);
    CHECK(fixture.taken() == "before");
    fixture.hub.end_generation();
    fixture.line("report");
    fixture.advance(10s);
    CHECK(fixture.taken() == "before");
    CHECK(fixture.hub.listening());

    fixture.hub.begin_generation();
    fixture.advance(10s);
    CHECK(fixture.taken() == "before"); // nobody listens yet
    CHECK(fixture.subscribe("agent", functions, 2'222) == Subscribed::already);
    CHECK(fixture.taken() == "before report");
    CHECK(fixture.channels.deliveries.back().port == 2'222);
    // Again in the same generation: AWS keeps to the first.
    CHECK(fixture.subscribe("agent", functions, 3'333) == Subscribed::already);
    fixture.line("after");
    fixture.advance(1s);
    CHECK(fixture.channels.deliveries.back().port == 2'222);

    fixture.hub.end_init();
    fixture.hub.end_generation();
    fixture.line("second report");
    fixture.hub.begin_generation();
    fixture.hub.end_init(); // it did not subscribe again, and need not
    fixture.advance(1s);
    CHECK(fixture.taken() == "before report after second report");
}

TEST_CASE("a delivery that ends with its generation is made again in the next") {
    HubFixture fixture;
    fixture.subscribe("agent", functions);
    fixture.hub.end_init();
    fixture.channels.mood = FakeTelemetry::Mood::refuses;
    fixture.line("late");
    fixture.hub.end_generation();
    fixture.advance(1s);
    fixture.hub.begin_generation();
    fixture.hub.end_init();
    fixture.advance(1s);
    CHECK(fixture.channels.attempts > 0);
    fixture.hub.end_generation(); // between two attempts
    fixture.advance(60s);
    fixture.channels.mood = FakeTelemetry::Mood::takes;
    fixture.hub.begin_generation();
    fixture.hub.end_init();
    fixture.advance(1s);
    CHECK(fixture.taken() == "late");
}

TEST_CASE("there are at most so many subscribers, over all generations") {
    HubFixture fixture;
    for (std::size_t i = 0; i < limits::telemetry_subscribers_max; ++i) {
        CHECK(fixture.subscribe("agent" + std::to_string(i), functions) == Subscribed::anew);
        fixture.hub.end_generation();
        fixture.hub.begin_generation();
    }
    CHECK(fixture.subscribe("another", functions) == Subscribed::too_many);
    CHECK(fixture.subscribe("agent0", functions) == Subscribed::already);
}

TEST_CASE("a flush waits for no batch to fill") {
    HubFixture fixture;
    fixture.subscribe("agent", functions);
    fixture.line("one");
    fixture.hub.flush();
    fixture.turn();
    CHECK(fixture.taken() == "one");
    fixture.line("two");
    CHECK(fixture.taken() == "one two");
}

TEST_CASE("the backlog's bound is on what subscribers are sent, in which a character may be six") {
    HubFixture fixture;
    const std::string text(1'000, '\x01');
    for (int i = 0; i < 400; ++i)
        fixture.line(text);
    fixture.subscribe("agent", functions);
    for (int i = 0; i < 10; ++i)
        fixture.advance(1s);
    std::size_t received = 0;
    std::uint64_t dropped = 0;
    for (const auto& item : fixture.channels.items()) {
        if (item.find(R"(\u0001)") != std::string::npos) received += item.size();
        dropped += number_after(item, R"("droppedRecords":)");
    }
    CHECK(received > limits::telemetry_backlog_bytes_max / 2);
    CHECK(received <= limits::telemetry_backlog_bytes_max);
    CHECK(dropped > 0);
}

TEST_CASE("the backlog is bounded, and what it had no room for is reported to whoever wanted it") {
    HubFixture fixture;
    const std::string text(10'000, 'x');
    for (int i = 0; i < 200; ++i)
        fixture.line(text);
    fixture.line("small", TelemetryStream::extension);
    fixture.subscribe("agent", functions);
    fixture.subscribe("other", {TelemetryStream::extension});
    fixture.advance(1s);
    for (int i = 0; i < 10; ++i)
        fixture.advance(1s);
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;
    for (const auto& item : fixture.channels.items()) {
        received += item.find(text) != std::string::npos ? 1 : 0;
        dropped += number_after(item, R"("droppedRecords":)");
    }
    CHECK(received * text.size() <= limits::telemetry_backlog_bytes_max);
    CHECK(received > 90);
    CHECK(received + dropped == 200);
}
