// Goal: what callers, logs and bills say of every way an environment can live and die. Method: the whole engine on a manual clock, with
// fake processes and a runtime played by the test; durations are exact because time moves only when told.
#include "fakes/engine_fixture.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace std::chrono_literals;
using fakes::EngineFixture;
using fakes::error_of;
using fakes::payload_of;
using fakes::report_of;

namespace {

/// A warm environment: one invocation has gone through.
void warm_up(EngineFixture& engine, const std::shared_ptr<const engine::FunctionRevision>& function) {
    const auto reply = engine.invoke(function);
    engine.ask_next();
    engine.respond("1");
    engine.ask_next();
    REQUIRE(payload_of(reply) == "1");
}

} // namespace

TEST_CASE("a cold start is init, then duration, billed with one rounding up") {
    EngineFixture engine;
    const auto function = engine.function();
    const auto reply = engine.invoke(function, R"({"a":1})");
    engine.spawner.last().peak_bytes = 5 * 1024 * 1024 + 1;
    engine.advance(80'004us);
    engine.ask_next();
    REQUIRE(engine.event);
    CHECK(engine.event->invocation->payload == R"({"a":1})");
    CHECK(engine.event->deadline == engine.clock.wall_now() + 3s);
    engine.advance(2'030us);
    engine.respond("true");
    CHECK(payload_of(reply) == "nothing yet"); // it waits for the report
    engine.advance(500us);
    engine.ask_next();
    REQUIRE(payload_of(reply) == "true");
    const auto& report = report_of(reply);
    CHECK(report.duration == 2'530us);
    CHECK(*report.init == 80'004us);
    CHECK(report.billed == 83ms);
    CHECK(report.max_memory_used == Mebibytes{6});
    CHECK((*reply)->figures->start == model::StartKind::cold);
    const std::string id = report.request_id;
    CHECK(engine.log.text() ==
          "INIT_START \nSTART RequestId: " + id + " Version: $LATEST\nEND RequestId: " + id + "\nREPORT RequestId: " + id +
              "\tDuration: 2.53 ms\tBilled Duration: 83 ms\tMemory Size: 128 MB\tMax Memory Used: 6 MB\tInit Duration: 80.00 ms\t\n");
    CHECK("INIT_START \n" + (*reply)->log_tail == engine.log.text());
}

TEST_CASE("a caller that waits for the answer alone has it before the runtime asks for the next event") {
    EngineFixture engine;
    const auto reply = engine.invoke(engine.function(), "{}", engine::WaitFor::answer);
    engine.ask_next();
    engine.respond("7");
    CHECK(payload_of(reply) == "7");
    CHECK_FALSE((*reply)->figures);
    engine.ask_next();
    CHECK(engine.log.text().find("REPORT") != std::string::npos);
}

TEST_CASE("a warm invocation has no init and reuses the process") {
    EngineFixture engine;
    const auto function = engine.function();
    warm_up(engine, function);
    const auto reply = engine.invoke(function);
    REQUIRE(engine.event); // the waiting next got it
    engine.advance(1'000us);
    engine.respond("2");
    engine.ask_next();
    CHECK(payload_of(reply) == "2");
    CHECK_FALSE(report_of(reply).init);
    CHECK(report_of(reply).billed == 1ms);
    CHECK(engine.spawner.processes.size() == 1);
}

TEST_CASE("a timeout is cut to the exact timeout, answered, billed with init, and the next invocation starts a new generation") {
    EngineFixture engine;
    const auto function = engine.function();
    const auto reply = engine.invoke(function);
    engine.advance(428'869us);
    engine.ask_next();
    engine.advance(3'007ms); // the timer fires late
    REQUIRE(error_of(reply));
    const std::string id = report_of(reply).request_id;
    CHECK(error_of(reply)->payload ==
          R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: )" + id + R"( Error: Task timed out after 3.00 seconds"})");
    CHECK(report_of(reply).duration == 3s);
    CHECK(report_of(reply).billed == 3429ms);
    CHECK(report_of(reply).status == model::InvocationStatus::timeout);
    CHECK(engine.spawner.last().kills == 1);
    engine.end_processes();

    const auto second = engine.invoke(function);
    CHECK(engine.spawner.processes.size() == 2);
    CHECK(engine.spawner.processes.front().variable("AWS_LAMBDA_LOG_STREAM_NAME") ==
          engine.spawner.last().variable("AWS_LAMBDA_LOG_STREAM_NAME"));
    CHECK(engine.spawner.processes.front().variable("TMPDIR") == engine.spawner.last().variable("TMPDIR"));
    engine.advance(281ms);
    engine.ask_next();
    engine.advance(2ms);
    engine.respond("3");
    engine.ask_next();
    CHECK(payload_of(second) == "3");
    CHECK(report_of(second).duration == 2ms); // the repeated init is nobody's
    CHECK(report_of(second).billed == 2ms);
    CHECK_FALSE(report_of(second).init);
}

TEST_CASE("an exit before the answer is the caller's error, with the output that came before it in the tail") {
    EngineFixture engine;
    const auto reply = engine.invoke(engine.function());
    engine.ask_next();
    engine.spawner.last().print("last words\nunfinished");
    engine.spawner.last().exit(io::Exited{3});
    engine.turn();
    REQUIRE(error_of(reply));
    CHECK(error_of(reply)->payload.find("Runtime exited with error: exit status 3") != std::string::npos);
    CHECK((*reply)->log_tail.find("last words\nunfinished\nEND RequestId") != std::string::npos);
    CHECK(report_of(reply).error_type == "Runtime.ExitError");
}

TEST_CASE("an exit after the answer leaves the caller its answer and the report the error") {
    EngineFixture engine;
    const auto reply = engine.invoke(engine.function());
    engine.ask_next();
    engine.respond("\"fine\"");
    engine.advance(10ms);
    engine.spawner.last().exit(io::Signaled{11});
    engine.turn();
    CHECK(payload_of(reply) == "\"fine\"");
    CHECK(report_of(reply).status == model::InvocationStatus::error);
    CHECK(report_of(reply).duration == 10ms);
}

TEST_CASE("a first init that fails is repeated on the invocation's time") {
    EngineFixture engine;
    const auto reply = engine.invoke(engine.function());
    engine.advance(100ms);
    engine.spawner.last().exit(io::Exited{1});
    engine.turn();
    REQUIRE(engine.spawner.processes.size() == 2);
    engine.advance(200ms);
    engine.ask_next();
    REQUIRE(engine.event);
    CHECK(engine.event->deadline == engine.clock.wall_now() + 2'800ms);
    engine.advance(5ms);
    engine.respond("1");
    engine.ask_next();
    CHECK(payload_of(reply) == "1");
    CHECK(report_of(reply).duration == 205ms);
    CHECK(report_of(reply).billed == 205ms);
    CHECK_FALSE(report_of(reply).init);
    CHECK(engine.log.text().find("INIT_REPORT Init Duration: 100.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError\n") !=
          std::string::npos);
}

TEST_CASE("an init that fails twice is the caller's error") {
    EngineFixture engine;
    const auto reply = engine.invoke(engine.function());
    for (int attempt = 0; attempt < 2; ++attempt) {
        engine.advance(50ms);
        engine.spawner.last().exit(io::Exited{2});
        engine.turn();
    }
    REQUIRE(error_of(reply));
    CHECK(error_of(reply)->error_type == "Runtime.ExitError");
    CHECK(report_of(reply).duration == 50ms);
    CHECK(engine.log.text().find("Phase: invoke\tStatus: error") != std::string::npos);
    CHECK(engine.spawner.processes.size() == 2);
}

TEST_CASE("an init over ten seconds is abandoned, and its repetition ends with the function's timeout") {
    EngineFixture engine;
    const auto reply = engine.invoke(engine.function());
    engine.advance(10s);
    engine.end_processes();
    REQUIRE(engine.spawner.processes.size() == 2);
    CHECK(engine.log.text().find("INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout\n") != std::string::npos);
    engine.advance(3s);
    REQUIRE(error_of(reply));
    CHECK(error_of(reply)->error_type == "Sandbox.Timedout");
    CHECK(report_of(reply).duration == 3s);
    CHECK(report_of(reply).billed == 3000ms);
}

TEST_CASE("a fault in init is retried until the timeout and then is one") {
    EngineFixture engine;
    const auto reply = engine.invoke(engine.function());
    for (int i = 0; i < 100 && !*reply; ++i) {
        engine.advance(50ms);
        if (!engine.spawner.last().exited) engine.spawner.last().exit(io::Signaled{11});
        engine.turn();
    }
    REQUIRE(error_of(reply));
    CHECK(error_of(reply)->error_type == "Sandbox.Timedout");
    CHECK(report_of(reply).duration == 3s);
    CHECK(engine.spawner.processes.size() > 5);
    CHECK((*reply)->log_tail.find("REPORT RequestId") != std::string::npos);
}

TEST_CASE("a spawn that fails is an invalid entrypoint") {
    EngineFixture engine;
    engine.spawner.refusal = make_error(Errc::malformed, "exec format error");
    const auto reply = engine.invoke(engine.function());
    REQUIRE(error_of(reply));
    CHECK(error_of(reply)->payload.find(R"("errorType":"Runtime.InvalidEntrypoint")") != std::string::npos);
    CHECK(error_of(reply)->payload.find("fork/exec /var/task/bootstrap: exec format error") != std::string::npos);
}

TEST_CASE("reserved concurrency throttles, and a place that is about to be free is waited for") {
    EngineFixture engine;
    const auto function = engine.function(1);
    const auto first = engine.invoke(function, "{}", engine::WaitFor::answer);
    engine.ask_next();
    const auto refused = engine.invoke(function);
    REQUIRE(*refused);
    CHECK(std::get<model::Throttled>((*refused)->outcome).reason == model::ThrottleReason::reserved_concurrency);
    engine.respond("1");
    REQUIRE(*first);
    const auto waiting = engine.invoke(function);
    CHECK_FALSE(*waiting);
    engine.advance(5ms);
    engine.ask_next(); // frees the environment, which takes the waiting call at once
    REQUIRE(engine.event);
    engine.respond("2");
    engine.ask_next();
    CHECK(payload_of(waiting) == "2");
    CHECK(engine.spawner.processes.size() == 1);
}

TEST_CASE("nobody waits long for a handler that works on after its answer") {
    EngineFixture engine;
    const auto function = engine.function();
    const auto first = engine.invoke(function, "{}", engine::WaitFor::answer);
    engine.ask_next();
    engine.respond("1");
    REQUIRE(*first);
    const auto second = engine.invoke(function);
    CHECK(engine.spawner.processes.size() == 1);
    engine.advance(25ms);
    CHECK(engine.spawner.processes.size() == 2);
    CHECK_FALSE(*second);
}

TEST_CASE("idle environments end after the keep-alive, and an idle one that dies is replaced without an init charge") {
    EngineFixture engine;
    const auto function = engine.function();
    warm_up(engine, function);
    engine.spawner.last().exit(io::Signaled{9});
    engine.turn();
    const auto reply = engine.invoke(function);
    CHECK(engine.spawner.processes.size() == 2);
    engine.advance(100ms);
    engine.ask_next();
    engine.respond("1");
    engine.ask_next();
    CHECK(payload_of(reply) == "1");
    CHECK_FALSE(report_of(reply).init);
    CHECK(report_of(reply).billed == 1ms);
    CHECK(engine.supervisor.environments() == 1);
    engine.advance(601s);
    engine.end_processes();
    CHECK(engine.supervisor.environments() == 0);
}

TEST_CASE("go1.x in 2022 pays no init, provided does") {
    EngineFixture engine(model::Era(std::chrono::year(2022) / 11 / 19));
    const auto reply = engine.invoke(engine.function());
    engine.advance(50ms);
    engine.ask_next();
    engine.advance(1ms);
    engine.respond("1");
    engine.ask_next();
    CHECK(report_of(reply).billed == 51ms);
    auto managed = std::make_shared<engine::FunctionRevision>(*engine.function());
    static const model::Runtime managed_runtime = [] {
        model::Runtime row = *model::find_runtime("provided.al2023");
        row.billing = model::BillingClass::managed;
        return row;
    }();
    managed->config.runtime = &managed_runtime;
    const auto free = engine.invoke(managed);
    engine.advance(50ms);
    engine.ask_next();
    engine.advance(1ms);
    engine.respond("1");
    engine.ask_next();
    CHECK(report_of(free).billed == 1ms);
    CHECK(*report_of(free).init == 50ms);
}

TEST_CASE("stopping abandons what runs, in every phase, and leaves nothing") {
    SUBCASE("in init") {
        EngineFixture engine;
        const auto reply = engine.invoke(engine.function());
        engine.supervisor.stop();
        engine.end_processes();
        REQUIRE(*reply);
        CHECK(std::holds_alternative<model::Abandoned>((*reply)->outcome));
    }
    SUBCASE("busy") {
        EngineFixture engine;
        const auto reply = engine.invoke(engine.function());
        engine.ask_next();
        engine.supervisor.stop();
        engine.end_processes();
        REQUIRE(*reply);
        CHECK(std::holds_alternative<model::Abandoned>((*reply)->outcome));
    }
    SUBCASE("between two inits") {
        EngineFixture engine;
        const auto reply = engine.invoke(engine.function());
        engine.spawner.last().exit(io::Exited{1});
        engine.supervisor.stop();
        engine.turn();
        engine.end_processes();
        REQUIRE(*reply);
        CHECK_FALSE(std::holds_alternative<model::Success>((*reply)->outcome));
    }
}

TEST_CASE("a drain refuses what comes and finishes what runs") {
    EngineFixture engine;
    const auto function = engine.function();
    const auto running = engine.invoke(function);
    engine.ask_next();
    engine.supervisor.drain();
    const auto late = engine.invoke(function);
    CHECK_FALSE(*late);
    engine.respond("1");
    engine.ask_next();
    CHECK(payload_of(running) == "1");
}

TEST_CASE("an event is executed in the background, and a throttled one is tried again with the same request id") {
    EngineFixture engine;
    const auto function = engine.function(1);
    const auto busy = engine.invoke(function);
    engine.ask_next();
    model::Invocation invocation;
    invocation.request_id = RequestId("00000000-0000-4000-8000-00000000abcd");
    invocation.payload = "\"event\"";
    engine::AsyncEvent accepted;
    accepted.function = function;
    accepted.invocation = std::move(invocation);
    REQUIRE(engine.supervisor.enqueue(std::move(accepted)).has_value());
    engine.turn();
    engine.respond("1");
    engine.ask_next();
    for (int i = 0; i < 12 && !engine.event; ++i) engine.advance(100ms);
    REQUIRE(engine.event);
    CHECK(engine.event->invocation->payload == "\"event\"");
    CHECK(engine.event->invocation->request_id.str() == "00000000-0000-4000-8000-00000000abcd");
    engine.respond("1");
    engine.ask_next();
}

TEST_CASE("a runtime that holds more than its memory is killed and reported as out of memory, at exactly its size") {
    EngineFixture engine;
    const auto function = engine.function();
    const auto reply = engine.invoke(function);
    engine.ask_next();
    engine.spawner.last().peak_bytes = engine.spawner.last().resident_bytes = Mebibytes{128}.bytes();
    engine.advance(200ms);
    CHECK(engine.spawner.last().kills == 0); // all of it, and no more
    engine.spawner.last().peak_bytes = engine.spawner.last().resident_bytes = Mebibytes{300}.bytes();
    engine.advance(200ms);
    CHECK(engine.spawner.last().kills == 1);
    engine.end_processes();
    REQUIRE(error_of(reply));
    CHECK(error_of(reply)->error_type == "Runtime.OutOfMemory");
    CHECK(error_of(reply)->payload.find("Runtime exited with error: signal: killed") != std::string::npos);
    CHECK(report_of(reply).max_memory_used == Mebibytes{128});
    CHECK(report_of(reply).error_type == "Runtime.OutOfMemory");
    const auto next = engine.invoke(function);
    engine.ask_next();
    engine.respond("1");
    engine.ask_next();
    CHECK(payload_of(next) == "1");
}

TEST_CASE("before 2025 an out-of-memory kill is an exit like any other") {
    EngineFixture engine(model::Era(std::chrono::year(2022) / 11 / 19));
    const auto reply = engine.invoke(engine.function());
    engine.ask_next();
    engine.spawner.last().resident_bytes = Mebibytes{129}.bytes();
    engine.advance(200ms);
    engine.end_processes();
    REQUIRE(error_of(reply));
    CHECK(error_of(reply)->error_type == "Runtime.ExitError");
}
