// Goal: what functions print is found again, in order, apart by account and region, and never more than the bounds. Method: the store on
// a manual clock.
#include "fakes/manual_clock.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/engine/log_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace lambox;
using namespace lambox::engine;
using namespace std::chrono_literals;

namespace {

constexpr const char* arn = "arn:aws:lambda:eu-west-1:111122223333:function:f";
const LogGroupKey group_of_f{"111122223333", "eu-west-1", "/aws/lambda/f"};

LogOrigin origin(std::string_view stream, std::string_view function_arn = arn, std::string_view name = "f") {
    return LogOrigin{name, "f#1", function_arn, {}, stream};
}

std::string all_messages(const LogStore& store, const LogGroupKey& key) {
    const auto events = store.events(key, [](const LogEvent&) { return true; });
    std::string text;
    if (events) {
        for (const auto* event : *events)
            text += event->message;
    }
    return text;
}

} // namespace

TEST_CASE("each line is an event of its stream, with the time of its arrival") {
    fakes::ManualClock clock;
    LogStore store(clock);
    store.write(origin("s1"), "one\ntwo\n");
    clock.advance(5ms);
    store.write(origin("s2"), "three\n");
    store.write(origin("s1"), "piece of a long line");
    const auto events = store.events(group_of_f, [](const LogEvent& event) { return event.stream == "s1"; });
    REQUIRE(events.has_value());
    REQUIRE(events->size() == 3);
    CHECK((*events)[0]->message == "one\n");
    CHECK((*events)[2]->message == "piece of a long line");
    CHECK((*events)[2]->position.timestamp == (*events)[0]->position.timestamp + 5);
    CHECK(all_messages(store, group_of_f) == "one\ntwo\nthree\npiece of a long line");
    const auto streams = store.streams(group_of_f);
    REQUIRE(streams.has_value());
    CHECK(streams->size() == 2);
    CHECK(streams->front().name == "s1");
    CHECK(*streams->front().last_event == *streams->front().first_event + 5);
}

TEST_CASE("events put later with an earlier time come first") {
    fakes::ManualClock clock;
    LogStore store(clock);
    const LogGroupKey key{"1", "r", "g"};
    REQUIRE(store.create_group(key, {}).has_value());
    REQUIRE(store.create_stream(key, "s").has_value());
    const std::vector<LogMessage> late{{20, "b"}, {30, "c"}};
    const std::vector<LogMessage> early{{10, "a"}, {20, "B"}};
    REQUIRE(store.put(key, "s", late).has_value());
    REQUIRE(store.put(key, "s", early).has_value());
    CHECK(all_messages(store, key) == "abBc");
}

TEST_CASE("accounts and regions are apart, and a group can be made anew after it was deleted") {
    fakes::ManualClock clock;
    LogStore store(clock);
    store.write(origin("s"), "one\n");
    CHECK(store.groups("111122223333", "eu-west-1").size() == 1);
    CHECK(store.groups("111122223333", "us-east-1").empty());
    CHECK(store.groups("000000000000", "eu-west-1").empty());
    REQUIRE(store.delete_group(group_of_f).has_value());
    CHECK(store.bytes() == 0);
    CHECK_FALSE(store.delete_group(group_of_f).has_value());
    store.write(origin("s"), "two\n");
    CHECK(all_messages(store, group_of_f) == "two\n");
}

TEST_CASE("a full group loses its oldest events and keeps its newest") {
    fakes::ManualClock clock;
    LogStore store(clock);
    const std::string line(100'000, 'x');
    const std::size_t lines = limits::log_group_bytes_max / line.size() + 10;
    for (std::size_t i = 0; i < lines; ++i)
        store.write(origin("s"), line + std::to_string(i) + "\n");
    CHECK(store.bytes() <= limits::log_group_bytes_max);
    CHECK(store.group(group_of_f)->stored_bytes < store.bytes()); // AWS's count leaves out what keeping costs
    const auto events = store.events(group_of_f, [](const LogEvent&) { return true; });
    CHECK(events->back()->message.ends_with("x" + std::to_string(lines - 1) + "\n"));
    CHECK_FALSE(events->front()->message.ends_with("x0\n"));
}

TEST_CASE("short lines are bounded by the memory that they take, not by their length") {
    fakes::ManualClock clock;
    LogStore store(clock);
    for (std::size_t i = 0; i < 2 * limits::log_group_bytes_max / sizeof(engine::LogEvent); ++i)
        store.write(origin("s"), "x\n");
    CHECK(store.bytes() <= limits::log_group_bytes_max);
    CHECK(store.bytes() > limits::log_group_bytes_max - 1'000);
    CHECK(store.group(group_of_f)->stored_bytes < store.bytes() / 2);
    REQUIRE(store.delete_group(group_of_f).has_value());
    CHECK(store.bytes() == 0);
}

TEST_CASE("a group with too many streams loses its oldest, with their events") {
    fakes::ManualClock clock;
    LogStore store(clock);
    for (std::size_t i = 0; i <= limits::log_streams_per_group_max; ++i) {
        store.write(origin("s" + std::to_string(i)), "x\n");
        clock.advance(1ms);
    }
    const auto streams = store.streams(group_of_f);
    REQUIRE(streams.has_value());
    CHECK(streams->size() < limits::log_streams_per_group_max);
    CHECK(streams->size() > limits::log_streams_per_group_max / 10 * 8);
    const auto has = [&streams](const std::string& name) {
        return std::any_of(streams->begin(), streams->end(), [&name](const auto& stream) { return stream.name == name; });
    };
    CHECK(!has("s0"));
    CHECK(has("s" + std::to_string(limits::log_streams_per_group_max)));
    CHECK(has("s" + std::to_string(limits::log_streams_per_group_max / 2)));
    CHECK(store.events(group_of_f, [](const LogEvent&) { return true; })->size() == streams->size());
}

TEST_CASE("deleting a stream takes its events along and leaves the others") {
    fakes::ManualClock clock;
    LogStore store(clock);
    store.write(origin("s1"), "one\n");
    store.write(origin("s2"), "two\n");
    const std::size_t bytes = store.bytes();
    REQUIRE(store.delete_stream(group_of_f, "s1").has_value());
    CHECK(all_messages(store, group_of_f) == "two\n");
    CHECK(store.bytes() == bytes / 2);
    CHECK_FALSE(store.delete_stream(group_of_f, "s1").has_value());
}
