// Goal: an event comes back from SQLite as it went in, and ids are never given twice. Method: a real database in memory.
#include "lambox/api/stored_events.hpp"

#include "lambox/api/stored_state.hpp"

#include <doctest/doctest.h>

using namespace lambox;

namespace {

engine::KeptEvent event_named(const std::string& request) {
    engine::KeptEvent event;
    event.invocation.request_id = RequestId(request);
    event.invocation.payload = R"({"text":"a\u0000b ' \" é"})";
    event.invocation.content_type = "text/x";
    event.invocation.invoked_arn = FunctionArn("arn:aws:lambda:eu-central-1:000000000001:function:f:live");
    event.invocation.trace_header = "Root=1-0-1";
    event.invocation.client_context = "{}";
    event.invocation.invocation_id = "attempt";
    event.accepted = WallTime(Microseconds(1'700'000'000'123'456));
    event.invoked = 1;
    event.hops = 3;
    return event;
}

} // namespace

TEST_CASE("events keep all their parts and their order") {
    auto database = io::Database::in_memory();
    REQUIRE(database.has_value());
    auto state = api::StoredState::open(std::move(*database));
    REQUIRE(state.has_value());
    api::StoredEvents events((*state)->database());
    const auto first = events.add(event_named("first"));
    const auto second = events.add(event_named("second"));
    REQUIRE(first.has_value());
    REQUIRE(second.has_value());
    REQUIRE(events.set_invoked(*second, 2).has_value());
    auto loaded = events.load();
    REQUIRE(loaded.has_value());
    REQUIRE(loaded->size() == 2);
    const engine::KeptEvent& back = loaded->front();
    const engine::KeptEvent sent = event_named("first");
    CHECK(back.id == *first);
    CHECK(back.invocation.request_id == sent.invocation.request_id);
    CHECK(back.invocation.payload == sent.invocation.payload);
    CHECK(back.invocation.content_type == sent.invocation.content_type);
    CHECK(back.invocation.invoked_arn == sent.invocation.invoked_arn);
    CHECK(back.invocation.trace_header == sent.invocation.trace_header);
    CHECK(back.invocation.client_context == sent.invocation.client_context);
    CHECK(back.invocation.invocation_id == sent.invocation.invocation_id);
    CHECK(back.accepted == sent.accepted);
    CHECK(back.invoked == 1);
    CHECK(back.hops == 3);
    CHECK((*loaded)[1].invoked == 2);

    REQUIRE(events.erase(*second).has_value());
    REQUIRE(events.erase(*second).has_value()); // twice is no error
    REQUIRE(events.clear().has_value());
    const auto third = events.add(event_named("third"));
    REQUIRE(third.has_value());
    CHECK(*third > *second);
    loaded = events.load();
    REQUIRE(loaded.has_value());
    CHECK(loaded->size() == 1);
}
