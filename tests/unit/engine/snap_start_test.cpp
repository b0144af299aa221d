// Goal: a SnapStart environment is initialised once, restored, and billed for its restore alone; what goes wrong in it reaches the caller
// under AWS's names. Method: the engine on manual time with a runtime played by the test.
#include "fakes/engine_fixture.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace std::chrono_literals;
using fakes::EngineFixture;
using fakes::error_of;
using fakes::payload_of;
using fakes::report_of;

namespace {

class SnapStartFixture : public EngineFixture {
public:
    std::shared_ptr<const engine::FunctionRevision> function(Seconds timeout = 3s) {
        auto made = std::make_shared<engine::FunctionRevision>(*EngineFixture::function());
        made->config.snap_start = model::SnapStart::published_versions;
        made->config.timeout = timeout;
        made->version = "1";
        return made;
    }

    /// The runtime asks to be snapshotted; `restored` tells when it is let go.
    void ask_restore() {
        restored = false;
        endpoints.calls->spawn(take_restore(*endpoints.last));
        turn();
    }
    engine::RuntimeCallResult fail_restore(std::string_view type) {
        engine::RuntimeDelivery delivery;
        delivery.error_type = type;
        delivery.body = R"({"errorMessage":"no"})";
        auto result = endpoints.last->fail_restore(std::move(delivery));
        turn();
        return result;
    }
    bool restored = false;

private:
    boost::asio::awaitable<void> take_restore(engine::RuntimeSession& session) {
        const auto result = co_await session.restore_next();
        restored = std::holds_alternative<engine::RuntimeCallAccepted>(result);
    }
};

const model::RestoreFailed* restore_failure_of(const EngineFixture::Reply& reply) {
    return *reply ? std::get_if<model::RestoreFailed>(&(*reply)->outcome) : nullptr;
}

std::string refusal_of(const engine::RuntimeCallResult& result) {
    const auto* refused = std::get_if<engine::RuntimeCallRefused>(&result);
    return refused == nullptr ? "accepted" : refused->message;
}

} // namespace

TEST_CASE("INIT is the snapshot's, the restore the invocation's") {
    SnapStartFixture engine;
    const auto reply = engine.invoke(engine.function());
    REQUIRE(engine.spawner.processes.size() == 1);
    CHECK(engine.spawner.last().variable("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start");
    CHECK(engine.spawner.last().variable("AWS_ACCESS_KEY_ID").empty());
    CHECK(engine.spawner.last().variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") == "http://127.0.0.1:9001/2021-04-23/credentials");
    engine.advance(20s); // longer than an INIT on demand may take
    engine.ask_restore();
    CHECK(engine.restored);
    engine.advance(52'001us);
    engine.ask_next();
    REQUIRE(engine.event);
    engine.advance(147'156us);
    engine.respond("1");
    engine.ask_next();
    REQUIRE(payload_of(reply) == "1");
    const auto& report = report_of(reply);
    CHECK(!report.init);
    REQUIRE(report.restore);
    CHECK(report.restore->duration == 52'001us);
    CHECK(report.restore->billed == 53ms);
    CHECK(report.billed == 201ms);
    CHECK((*reply)->figures->start == model::StartKind::cold);
    CHECK((*reply)->figures->overhead == 0us);
    const std::string id = report.request_id;
    CHECK(engine.log.text() == "INIT_START \nINIT_REPORT Init Duration: 20000.00 ms\tPhase: init\nRESTORE_START \n"
                               "RESTORE_REPORT Restore Duration: 52.00 ms\nSTART RequestId: " +
                                   id + " Version: 1\nEND RequestId: " + id + "\nREPORT RequestId: " + id +
                                   "\tDuration: 147.16 ms\tBilled Duration: 201 ms\tMemory Size: 128 MB\tMax Memory Used: 0 MB\t"
                                   "Restore Duration: 52.00 ms\tBilled Restore Duration: 53 ms\t\n");
}

TEST_CASE("the second invocation is warm and has no restore") {
    SnapStartFixture engine;
    const auto function = engine.function();
    (void)engine.invoke(function);
    engine.ask_restore();
    engine.ask_next();
    engine.respond("1");
    engine.ask_next();
    const auto reply = engine.invoke(function);
    engine.respond("2");
    engine.ask_next();
    REQUIRE(payload_of(reply) == "2");
    CHECK(!report_of(reply).restore);
    CHECK(engine.spawner.processes.size() == 1);
}

TEST_CASE("a runtime that asks for its first event at once has no hooks, and its restore takes no time") {
    SnapStartFixture engine;
    const auto reply = engine.invoke(engine.function());
    engine.advance(200ms);
    engine.ask_next();
    engine.advance(1ms);
    engine.respond("1");
    engine.ask_next();
    REQUIRE(payload_of(reply) == "1");
    REQUIRE(report_of(reply).restore);
    CHECK(report_of(reply).restore->duration == 0us);
    CHECK(report_of(reply).billed == 1ms);
}

TEST_CASE("hooks that take more than 10 s are a SnapStartTimeoutException, and the next invocation starts anew") {
    SnapStartFixture engine;
    const auto function = engine.function();
    const auto reply = engine.invoke(function);
    engine.ask_restore();
    engine.advance(9'999ms);
    CHECK(restore_failure_of(reply) == nullptr);
    engine.advance(1ms);
    REQUIRE(restore_failure_of(reply) != nullptr);
    CHECK(restore_failure_of(reply)->why == model::RestoreFailure::timed_out);
    CHECK(!(*reply)->figures); // nothing was invoked, nothing is billed
    CHECK(engine.log.text().ends_with("RESTORE_REPORT Restore Duration: 10000.00 ms\tStatus: timeout\n"));
    CHECK(engine.spawner.last().kills == 1);
    engine.end_processes();

    const auto again = engine.invoke(function);
    CHECK(engine.spawner.processes.size() == 2);
    engine.ask_restore();
    engine.ask_next();
    engine.respond("2");
    engine.ask_next();
    CHECK(payload_of(again) == "2");
    CHECK(report_of(again).restore);
}

TEST_CASE("an error of the hooks is a SnapStartException, also under the older name of the call") {
    for (const bool older : {false, true}) {
        CAPTURE(older);
        SnapStartFixture engine;
        const auto reply = engine.invoke(engine.function());
        engine.ask_restore();
        if (older) {
            engine::RuntimeDelivery delivery;
            delivery.error_type = "Runtime.AfterRestoreError";
            CHECK(refusal_of(engine.endpoints.last->fail_init(std::move(delivery))) == "accepted");
            engine.turn();
        } else {
            CHECK(refusal_of(engine.fail_restore("Runtime.AfterRestoreError")) == "accepted");
        }
        REQUIRE(restore_failure_of(reply) != nullptr);
        CHECK(restore_failure_of(reply)->why == model::RestoreFailure::hook);
        CHECK(restore_failure_of(reply)->error_type == "Runtime.AfterRestoreError");
        CHECK(engine.log.text().ends_with("\tStatus: error\tError Type: Runtime.AfterRestoreError\n"));
        engine.end_processes();
    }
}

TEST_CASE("a runtime that ends in its hooks is a SnapStartException") {
    SnapStartFixture engine;
    const auto reply = engine.invoke(engine.function());
    engine.ask_restore();
    engine.spawner.last().exit(io::Exited{3});
    engine.turn();
    REQUIRE(restore_failure_of(reply) != nullptr);
    CHECK(restore_failure_of(reply)->why == model::RestoreFailure::hook);
    CHECK(restore_failure_of(reply)->error_type == "Runtime.ExitError");
}

TEST_CASE("INIT may take as long as the function's timeout, at least 130 s, and is not repeated") {
    SnapStartFixture engine;
    const auto reply = engine.invoke(engine.function(200s));
    engine.advance(199s);
    CHECK(!*reply);
    engine.advance(1s);
    engine.end_processes();
    REQUIRE(error_of(reply) != nullptr);
    CHECK(error_of(reply)->payload.find("Task timed out after 200.00 seconds") != std::string::npos);
    CHECK(engine.spawner.processes.size() == 1);
    CHECK(engine.log.text().starts_with("INIT_START \nINIT_REPORT Init Duration: 200000.00 ms\tPhase: init\tStatus: timeout\n"));
    CHECK(engine.log.text().find("RESTORE") == std::string::npos);
}

TEST_CASE("an error of the hooks before the snapshot is INIT's") {
    SnapStartFixture engine;
    const auto reply = engine.invoke(engine.function());
    engine::RuntimeDelivery delivery;
    delivery.error_type = "Runtime.BeforeSnapshotError";
    delivery.body = R"({"errorMessage":"not now"})";
    CHECK(refusal_of(engine.endpoints.last->fail_init(std::move(delivery))) == "accepted");
    engine.end_processes();
    REQUIRE(error_of(reply) != nullptr);
    CHECK(error_of(reply)->payload == R"({"errorMessage":"not now"})");
    CHECK(engine.spawner.processes.size() == 1);
}

TEST_CASE("a call in a wrong state is refused with the state's name") {
    SnapStartFixture engine;
    (void)engine.invoke(engine.function());
    CHECK(refusal_of(engine.fail_restore("Runtime.Early")) ==
          "State transition from Started to RuntimeRestoreErrorState failed for runtime. Error: State transition is not allowed");
    engine.ask_next();
    CHECK(refusal_of(engine.fail_restore("Runtime.Late")).starts_with("State transition from Running to RuntimeRestoreErrorState"));
    engine.ask_restore();
    CHECK(!engine.restored);
}

TEST_CASE("credentials are lent for the right token alone") {
    SnapStartFixture engine;
    (void)engine.invoke(engine.function());
    const std::string token(engine.spawner.last().variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    REQUIRE(!token.empty());
    const auto& session = *engine.endpoints.last;
    CHECK(session.serves_restore());
    CHECK(!session.credentials(""));
    CHECK(!session.credentials(token + "x"));
    REQUIRE(session.credentials(token));
    CHECK(session.credentials(token)->expiration > engine.clock.wall_now());
    CHECK(!session.credentials(token)->credentials.secret_access_key.empty());
}

TEST_CASE("lambox may stop while an environment is being restored") {
    SnapStartFixture engine;
    const auto reply = engine.invoke(engine.function());
    engine.ask_restore();
    engine.supervisor.stop();
    engine.end_processes();
    REQUIRE(*reply);
    CHECK(std::holds_alternative<model::Abandoned>((*reply)->outcome));
}

TEST_CASE("an environment that is kept ready is provisioned, and no SnapStart") {
    SnapStartFixture engine;
    engine.supervisor.keep_warm(engine.function(), 1);
    engine.turn();
    CHECK(engine.spawner.last().variable("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency");
    CHECK(!engine.endpoints.last->serves_restore());
}

TEST_CASE("after a reset the environment is made and restored again") {
    SnapStartFixture engine;
    const auto function = engine.function();
    const auto first = engine.invoke(function);
    engine.ask_restore();
    engine.ask_next();
    engine.advance(3s);
    engine.end_processes();
    REQUIRE(error_of(first) != nullptr);
    CHECK(report_of(first).restore);
    const auto second = engine.invoke(function);
    engine.ask_restore();
    engine.advance(5ms);
    engine.ask_next();
    engine.respond("2");
    engine.ask_next();
    REQUIRE(payload_of(second) == "2");
    REQUIRE(report_of(second).restore);
    CHECK(report_of(second).restore->billed == 5ms);
}
