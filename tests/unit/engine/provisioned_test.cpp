// Goal: environments are kept ready ahead of invocations, and those of a changed function end when they are idle. Method: the engine on
// manual time with a runtime played by the test.
#include "fakes/engine_fixture.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace std::chrono_literals;
using fakes::EngineFixture;
using fakes::payload_of;
using fakes::report_of;

namespace {

std::shared_ptr<const engine::FunctionRevision> shared_use(const std::shared_ptr<const engine::FunctionRevision>& function,
                                                           const std::shared_ptr<engine::FunctionUse>& use) {
    auto copy = std::make_shared<engine::FunctionRevision>(*function);
    copy->use = use;
    return copy;
}

/// One environment of the function has had an invocation and is idle.
void warm_up(EngineFixture& engine, const std::shared_ptr<const engine::FunctionRevision>& function) {
    const auto reply = engine.invoke(function);
    engine.ask_next();
    engine.respond("1");
    engine.ask_next();
    REQUIRE(payload_of(reply) == "1");
}

} // namespace

TEST_CASE("a provisioned environment is initialised without an invocation, and the first one is warm") {
    EngineFixture engine;
    const auto function = engine.function();
    engine.supervisor.keep_warm(function, 1);
    engine.turn();
    REQUIRE(engine.spawner.processes.size() == 1);
    CHECK(engine.spawner.last().variable("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency");
    CHECK(engine.supervisor.warm_status(*function).ready == 0);
    engine.advance(20s); // longer than an INIT on demand may take
    engine.ask_next();
    CHECK(engine.supervisor.warm_status(*function).ready == 1);
    CHECK(engine.log.text() == "INIT_START \nINIT_REPORT Init Duration: 20000.00 ms\tPhase: init\n");
    const auto reply = engine.invoke(function);
    engine.respond("1");
    engine.ask_next();
    REQUIRE(payload_of(reply) == "1");
    CHECK(!report_of(reply).init);
    CHECK((*reply)->figures->start == model::StartKind::warm);
    CHECK(engine.spawner.processes.size() == 1);
}

TEST_CASE("provisioned environments do not expire, those over the new number do") {
    EngineFixture engine;
    const auto function = engine.function();
    engine.supervisor.keep_warm(function, 2);
    engine.turn();
    CHECK(engine.spawner.processes.size() == 2);
    engine.ask_next(); // the youngest
    engine.advance(3600s);
    CHECK(engine.supervisor.warm_status(*function).ready == 1);
    engine.supervisor.keep_warm(function, 0);
    engine.turn();
    engine.end_processes();
    engine.advance(1s);
    CHECK(engine.supervisor.warm_status(*function).requested == 0);
}

TEST_CASE("one that cannot be initialised is told, and not tried again by itself") {
    EngineFixture engine;
    const auto function = engine.function();
    engine.supervisor.keep_warm(function, 1);
    engine.turn();
    engine.spawner.last().exit(io::Exited{3});
    engine.turn();
    auto status = engine.supervisor.warm_status(*function);
    CHECK((status.failed && status.ready == 0 && status.requested == 1));
    engine.advance(60s);
    CHECK(engine.spawner.processes.size() == 1);
    engine.supervisor.keep_warm(function, 1); // asked anew
    engine.turn();
    CHECK(engine.spawner.processes.size() == 2);
    CHECK(!engine.supervisor.warm_status(*function).failed);
}

TEST_CASE("a retired function's idle environments end now, and its pool with them") {
    EngineFixture engine;
    const auto function = engine.function();
    warm_up(engine, function);
    engine.supervisor.retire(function);
    CHECK(engine.spawner.last().kills == 1);
    engine.end_processes();
    engine.advance(200ms);
    CHECK(engine.supervisor.environments() == 0);
    CHECK(function.use_count() == 1); // no pool holds it
}

TEST_CASE("an invocation that runs when its function is retired ends in peace, its environment after it") {
    EngineFixture engine;
    const auto function = engine.function();
    const auto reply = engine.invoke(function);
    engine.ask_next();
    engine.supervisor.retire(function);
    CHECK(engine.spawner.last().kills == 0);
    engine.respond("2");
    engine.ask_next();
    CHECK(payload_of(reply) == "2");
    CHECK(engine.spawner.last().kills == 1);
    engine.end_processes();
    engine.advance(200ms);
    CHECK(engine.supervisor.environments() == 0);
}

TEST_CASE("whoever still holds a retired revision may invoke it once more") {
    EngineFixture engine;
    const auto function = engine.function();
    warm_up(engine, function);
    engine.supervisor.retire(function);
    engine.end_processes();
    const auto reply = engine.invoke(function);
    engine.ask_next();
    engine.respond("3");
    engine.ask_next();
    CHECK(payload_of(reply) == "3");
    engine.end_processes();
}

TEST_CASE("versions share the reservation of their function") {
    EngineFixture engine;
    const auto use = std::make_shared<engine::FunctionUse>();
    use->reserved_concurrency = 1;
    const auto latest = shared_use(engine.function(), use);
    const auto published = shared_use(latest, use);
    const auto first = engine.invoke(latest);
    engine.ask_next();
    const auto second = engine.invoke(published);
    REQUIRE(second->has_value());
    CHECK(std::get<model::Throttled>((*second)->outcome).reason == model::ThrottleReason::reserved_concurrency);
    engine.respond("1");
    engine.ask_next();
    CHECK(payload_of(first) == "1");
    use->reserved_concurrency.reset(); // takes effect at once
    const auto third = engine.invoke(published);
    CHECK(!third->has_value());
    CHECK(use->occupied == 1);
    engine.ask_next();
    engine.respond("2");
    engine.ask_next();
    CHECK(payload_of(third) == "2");
    CHECK(use->occupied == 0);
}
