// Goal: Event invocations are tried again and reported as AWS does it. Method: the whole engine on manual time; the test plays the
// runtime and collects what destinations are told.
#include "fakes/engine_fixture.hpp"
#include "fakes/memory_event_store.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace std::chrono_literals;
using model::EventCondition;

namespace {

struct Collector final : engine::DestinationSink {
    void deliver(model::EventOutcome outcome) override { outcomes.push_back(std::move(outcome)); }
    std::vector<model::EventOutcome> outcomes;
};

Result<engine::ResolvedFunction> resolved(const std::shared_ptr<const engine::FunctionRevision>& revision) {
    return engine::ResolvedFunction{revision, revision->arn, std::make_shared<const model::FunctionState>(), {}};
}

struct QueueFixture : fakes::EngineFixture {
    QueueFixture() { services.destinations = &told; }
    ~QueueFixture() {
        services.destinations = nullptr;
        services.events = nullptr;
    }

    [[nodiscard]] engine::AsyncEvent event_for(const std::shared_ptr<const engine::FunctionRevision>& receiver) {
        engine::AsyncEvent made;
        made.function = receiver;
        made.invocation.request_id = RequestId(ids.uuid());
        made.invocation.payload = R"({"n":1})";
        made.invocation.invoked_arn = receiver->arn;
        return made;
    }
    [[nodiscard]] std::string send(const std::shared_ptr<const engine::FunctionRevision>& receiver, model::EventInvokeConfig config = {}) {
        engine::AsyncEvent event_to_send = event_for(receiver);
        event_to_send.config = std::move(config);
        const std::string id = event_to_send.invocation.request_id.str();
        REQUIRE(supervisor.enqueue(std::move(event_to_send)).has_value());
        turn();
        return id;
    }
    /// One attempt that the function fails.
    void fail_once() {
        if (!event) ask_next();
        REQUIRE(event);
        fail(R"({"errorType":"E"})", "E");
        ask_next();
    }
    /// Time passes in steps, so that idle environments and ticks have their turns.
    void wait(Seconds duration) {
        for (Seconds passed{0}; passed < duration; ++passed)
            advance(1s);
    }

    Collector told;
    std::shared_ptr<const engine::FunctionRevision> handler = function();
};

} // namespace

TEST_CASE_FIXTURE(QueueFixture, "a failing event runs three times, after one and two minutes, with one request id") {
    const auto id = send(handler);
    fail_once();
    CHECK(supervisor.queue().size() == 1);
    wait(59s);
    CHECK_FALSE(event);
    wait(2s);
    REQUIRE(event);
    CHECK(event->invocation->request_id.str() == id);
    fail_once();
    wait(119s);
    CHECK_FALSE(event);
    wait(2s);
    REQUIRE(event);
    CHECK(told.outcomes.empty());
    fail_once();
    REQUIRE(told.outcomes.size() == 1);
    CHECK(told.outcomes[0].condition == EventCondition::retries_exhausted);
    CHECK(told.outcomes[0].invoke_count == 3);
    CHECK(told.outcomes[0].request_id.str() == id);
    CHECK(told.outcomes[0].function_arn.str() == handler->arn.str() + ":$LATEST");
    CHECK(told.outcomes[0].request_payload == R"({"n":1})");
    CHECK(told.outcomes[0].response->payload == R"({"errorType":"E"})");
    CHECK(supervisor.queue().size() == 0);
    CHECK(supervisor.queue().bytes() == 0);
}

TEST_CASE_FIXTURE(QueueFixture, "an event that succeeds in its second attempt is a success that ran twice") {
    static_cast<void>(send(handler));
    fail_once();
    wait(61s);
    REQUIRE(event);
    respond("true");
    ask_next();
    REQUIRE(told.outcomes.size() == 1);
    CHECK(told.outcomes[0].condition == EventCondition::success);
    CHECK(told.outcomes[0].invoke_count == 2);
    CHECK(told.outcomes[0].response->payload == "true");
}

TEST_CASE_FIXTURE(QueueFixture, "without retries the first failure is the end") {
    model::EventInvokeConfig config;
    config.maximum_retry_attempts = 0;
    static_cast<void>(send(handler, config));
    fail_once();
    REQUIRE(told.outcomes.size() == 1);
    CHECK(told.outcomes[0].condition == EventCondition::retries_exhausted);
    CHECK(told.outcomes[0].invoke_count == 1);
}

TEST_CASE_FIXTURE(QueueFixture, "a function without concurrency never runs, and its event ends at once") {
    static_cast<void>(send(function(0)));
    REQUIRE(told.outcomes.size() == 1);
    CHECK(told.outcomes[0].condition == EventCondition::zero_reserved_concurrency);
    CHECK(told.outcomes[0].invoke_count == 0);
    CHECK_FALSE(told.outcomes[0].response);
    CHECK(spawner.processes.empty());
}

TEST_CASE_FIXTURE(QueueFixture, "a full queue refuses at once what comes, and takes more when one has ended") {
    const auto receiver = function(1);
    for (std::size_t count = 0; count < limits::async_queue_events_max; ++count)
        REQUIRE(supervisor.enqueue(event_for(receiver)).has_value());
    const auto refused = supervisor.enqueue(event_for(receiver));
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == Errc::throttled);
    CHECK(supervisor.queue().size() == limits::async_queue_events_max);
    turn();
    ask_next();
    REQUIRE(event);
    respond("true");
    ask_next();
    CHECK(supervisor.queue().size() == limits::async_queue_events_max - 1);
    CHECK(supervisor.enqueue(event_for(receiver)).has_value());
    auto large = event_for(receiver);
    large.invocation.payload.resize(limits::async_queue_bytes_max);
    CHECK(!supervisor.enqueue(std::move(large)).has_value());
}

TEST_CASE_FIXTURE(QueueFixture, "a throttled event waits for its place until it is too old") {
    const auto busy = function(1);
    const auto reply = invoke(busy);
    ask_next();
    model::EventInvokeConfig config;
    config.maximum_event_age = 60s;
    static_cast<void>(send(busy, config));
    // The handler outlives neither its three seconds nor its successors.
    for (int i = 0; i < 58; ++i)
        advance(10ms);
    CHECK(supervisor.queue().size() == 1);
    respond("1");
    ask_next();
    CHECK_FALSE(event);
    wait(2s);
    REQUIRE(event); // a second after the throttle
    respond("2");
    ask_next();
    REQUIRE(told.outcomes.size() == 1);
    CHECK(told.outcomes[0].condition == EventCondition::success);
    CHECK(told.outcomes[0].invoke_count == 1);
}

TEST_CASE_FIXTURE(QueueFixture, "an event whose retry would come too late is given up with its last answer") {
    model::EventInvokeConfig config;
    config.maximum_event_age = 60s;
    static_cast<void>(send(handler, config));
    ask_next();
    advance(1s);
    fail_once();
    REQUIRE(told.outcomes.size() == 1);
    CHECK(told.outcomes[0].condition == EventCondition::event_age_exceeded);
    CHECK(told.outcomes[0].invoke_count == 1);
    CHECK(told.outcomes[0].response->payload == R"({"errorType":"E"})");
}

TEST_CASE_FIXTURE(QueueFixture, "a drain gives up waiting at once and delivers nothing") {
    static_cast<void>(send(handler));
    fail_once();
    supervisor.drain();
    turn();
    CHECK(supervisor.queue().size() == 0);
    CHECK(told.outcomes.empty());
}

TEST_CASE_FIXTURE(QueueFixture, "a reset drops what waits and what runs, and later events find new environments") {
    static_cast<void>(send(handler));
    fail_once();
    static_cast<void>(send(handler));
    REQUIRE(event);
    bool done = false;
    boost::asio::co_spawn(io, supervisor.reset(), [&done](std::exception_ptr error) { done = !error; });
    turn();
    CHECK_FALSE(done); // its processes are being killed
    end_processes();
    advance(5ms);
    CHECK(done);
    CHECK(supervisor.environments() == 0);
    CHECK(supervisor.queue().size() == 0);
    CHECK(told.outcomes.empty());
    event.reset();
    static_cast<void>(send(handler));
    ask_next();
    REQUIRE(event);
    respond("true");
    ask_next();
    CHECK(told.outcomes.size() == 1);
}

TEST_CASE_FIXTURE(QueueFixture, "a retry runs what the name leads to by then") {
    const auto newer = function();
    services.resolve = [&newer](const std::string&) { return resolved(newer); };
    static_cast<void>(send(handler));
    fail_once();
    wait(61s);
    ask_next();
    REQUIRE(event);
    CHECK(spawner.processes.size() == 2);
    respond("true");
    ask_next();
    REQUIRE(told.outcomes.size() == 1);
    CHECK(told.outcomes[0].function_name == newer->config.name);
}

TEST_CASE_FIXTURE(QueueFixture, "a kept event is in the store until its end, with the attempts that it has had") {
    fakes::MemoryEventStore store;
    services.events = &store;
    const auto id = send(handler);
    REQUIRE(store.events.size() == 1);
    const engine::KeptEvent& kept = store.events.begin()->second;
    CHECK(kept.invocation.request_id.str() == id);
    CHECK(kept.invocation.payload == R"({"n":1})");
    CHECK(kept.accepted == clock.wall_now());
    CHECK(kept.invoked == 0);
    fail_once();
    REQUIRE(store.events.size() == 1);
    CHECK(kept.invoked == 1);
    wait(61s);
    REQUIRE(event);
    respond("true");
    ask_next();
    CHECK(store.events.empty());
    CHECK(told.outcomes.size() == 1);
}

TEST_CASE_FIXTURE(QueueFixture, "an event that cannot be kept is not accepted") {
    fakes::MemoryEventStore store;
    store.refusal = make_error(Errc::io, "database or disk is full");
    services.events = &store;
    engine::AsyncEvent refused;
    refused.function = handler;
    refused.invocation.invoked_arn = handler->arn;
    const auto sent = supervisor.enqueue(std::move(refused));
    REQUIRE(!sent.has_value());
    CHECK(sent.error().code == Errc::io);
    CHECK(supervisor.queue().size() == 0);
}

TEST_CASE_FIXTURE(QueueFixture, "what was kept goes on at the next start, with its age, its attempts and what its name leads to now") {
    fakes::MemoryEventStore store;
    services.events = &store;
    std::vector<std::string> asked;
    services.resolve = [&](const std::string& arn) -> Result<engine::ResolvedFunction> {
        asked.push_back(arn);
        if (arn == "gone") return make_error(Errc::not_found, "Function not found: gone");
        return resolved(handler);
    };
    engine::KeptEvent kept;
    kept.invocation.request_id = RequestId("7");
    kept.invocation.payload = "7";
    kept.invocation.invoked_arn = handler->arn;
    kept.accepted = clock.wall_now() - 1h;
    kept.invoked = 2;
    static_cast<void>(store.add(kept));
    kept.invocation.invoked_arn = FunctionArn("gone");
    static_cast<void>(store.add(kept));
    const auto resumed = supervisor.resume_events();
    REQUIRE(resumed.has_value());
    CHECK(*resumed == 1);
    CHECK(asked == std::vector<std::string>{handler->arn.str(), "gone"});
    CHECK(store.events.size() == 1);
    turn();
    ask_next();
    REQUIRE(event);
    CHECK(event->invocation->payload == "7");
    fail(R"({"errorType":"E"})", "E");
    ask_next();
    REQUIRE(told.outcomes.size() == 1);
    CHECK(told.outcomes[0].condition == EventCondition::retries_exhausted);
    CHECK(told.outcomes[0].invoke_count == 3);
    CHECK(store.events.empty());
}

TEST_CASE_FIXTURE(QueueFixture, "a kept event that is too old by the next start is given up") {
    fakes::MemoryEventStore store;
    services.events = &store;
    services.resolve = [&](const std::string&) { return resolved(handler); };
    engine::KeptEvent kept;
    kept.invocation.invoked_arn = handler->arn;
    kept.accepted = clock.wall_now() - 7h;
    static_cast<void>(store.add(kept));
    REQUIRE(supervisor.resume_events().has_value());
    turn();
    REQUIRE(told.outcomes.size() == 1);
    CHECK(told.outcomes[0].condition == EventCondition::event_age_exceeded);
    CHECK(store.events.empty());
}

TEST_CASE_FIXTURE(QueueFixture, "events that wait when lambox stops stay in the store, and a reset takes them out") {
    fakes::MemoryEventStore store;
    services.events = &store;
    static_cast<void>(send(handler));
    fail_once();
    SUBCASE("stop") {
        supervisor.drain();
        turn();
        CHECK(supervisor.queue().size() == 0);
        CHECK(store.events.size() == 1);
    }
    SUBCASE("reset") {
        bool done = false;
        boost::asio::co_spawn(io, supervisor.reset(), [&done](std::exception_ptr error) { done = !error; });
        turn();
        end_processes();
        wait(3s);
        CHECK(done);
        CHECK(store.events.empty());
    }
    CHECK(told.outcomes.empty());
}
