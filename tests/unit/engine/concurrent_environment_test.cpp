// Goal: an environment of Managed Instances begins, ends, logs and meets its extensions as behaviour §1.11 says. Method: as in
// concurrent_test.cpp.
#include "fakes/concurrent_fixture.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace lambox::fakes;
using namespace std::chrono_literals;

namespace {

boost::asio::awaitable<void> wait_for_event(engine::ExtensionSet& extensions, std::string identifier) {
    (void)co_await extensions.next(std::move(identifier));
}

} // namespace

TEST_CASE_FIXTURE(ConcurrentFixture, "INIT ends with the first worker; its time limit is 130 s, or the function's timeout") {
    const auto f = managed(4);
    const auto reply = invoke(f);
    advance(129s);
    CHECK_FALSE(*reply);
    next("a");
    CHECK(got.contains("a"));
    advance(1s);
    answer_of("a", "true");
    turn();
    CHECK(payload_of(reply) == "true");
    CHECK(report_of(reply).duration == 1'000'000us);
    CHECK_FALSE(report_of(reply).init);
    CHECK(report_of(reply).billed.count() == 0);

    const auto slow = invoke(managed(4));
    advance(130s);
    turn();
    REQUIRE(error_of(slow) != nullptr);
    CHECK(error_of(slow)->error_type == "Sandbox.Timedout");
    CHECK(error_of(slow)->payload.find("Task timed out after 130.00 seconds") != std::string::npos);
}

TEST_CASE_FIXTURE(ConcurrentFixture, "a worker whose connection goes is not given an event, and the others go on") {
    const auto f = managed(2);
    warm_up(f, 1);
    io::TaskGroup dying(io.get_executor(), Logger());
    next_in("dying", *endpoints.last, dying);
    dying.cancel(io::CancelKind::terminal);
    turn();
    const auto reply = invoke(f);
    CHECK(answer_of("w0", "fine") == "accepted");
    turn();
    CHECK(payload_of(reply) == "fine");
    CHECK_FALSE(got.contains("dying"));
    CHECK(dying.size() == 0);
}

TEST_CASE_FIXTURE(ConcurrentFixture, "more idle workers than invocations there may be are an error of the runtime") {
    const auto f = managed(2);
    warm_up(f, 2);
    next("third");
    CHECK(got["third"] == "internal");
}

TEST_CASE_FIXTURE(ConcurrentFixture, "a failed INIT is told to all who waited for that environment, and is not repeated") {
    const auto f = managed(3);
    const std::vector<Reply> replies{invoke(f), invoke(f), invoke(f)};
    REQUIRE(spawner.processes.size() == 1);
    SUBCASE("it exits") { spawner.last().exit(io::Exited{1}); }
    SUBCASE("it says so") {
        engine::RuntimeDelivery delivery;
        delivery.error_type = "Runtime.Bad";
        delivery.body = R"({"errorMessage":"no","errorType":"Bad"})";
        (void)endpoints.last->fail_init(std::move(delivery));
        end_processes();
    }
    turn();
    CHECK(spawner.processes.size() == 1);
    for (const auto& reply : replies) {
        REQUIRE(error_of(reply) != nullptr);
        CHECK(report_of(reply).status == model::InvocationStatus::error);
    }
    CHECK(events("platform.initReport") == 1);
    CHECK(events("platform.start") == 0);
    // The next invocation begins anew.
    const auto again = invoke(f);
    CHECK(spawner.processes.size() == 2);
    next("a");
    answer_of("a", "ok");
    turn();
    CHECK(payload_of(again) == "ok");
}

TEST_CASE_FIXTURE(ConcurrentFixture, "a program that cannot be started is told to the caller") {
    spawner.refusal = make_error(Errc::not_found, "no such file or directory");
    const auto reply = invoke(managed(3));
    turn();
    REQUIRE(error_of(reply) != nullptr);
    CHECK(error_of(reply)->error_type == "Runtime.InvalidEntrypoint");
}

TEST_CASE_FIXTURE(ConcurrentFixture, "the log is JSON, with a report of the duration alone and no runtimeDone") {
    const auto f = managed(2);
    const auto reply = invoke(f);
    next("a");
    spawner.last().print("hello\n");
    advance(1'500us);
    answer_of("a", "1");
    turn();
    REQUIRE(payload_of(reply) == "1");
    const std::string text = log.text();
    const std::string id = report_of(reply).request_id;
    const std::string record = R"({"requestId":")" + id + R"(","status":"success","metrics":{"durationMs":1.5}})";
    CHECK(text.find(R"("type":"platform.report","record":)" + record + "}") != std::string::npos);
    CHECK(text.find("platform.start") < text.find("hello"));
    CHECK(text.find("hello") < text.find("platform.report"));
    CHECK(text.find("runtimeDone") == std::string::npos);
    CHECK(text.find("REPORT") == std::string::npos);
    CHECK(text.find("billedDurationMs") == std::string::npos);
}

TEST_CASE_FIXTURE(ConcurrentFixture, "stopping abandons what is in flight and what waits") {
    const auto f = managed(1);
    const auto in_flight = invoke(f);
    next("a");
    const auto waiting = invoke(f);
    supervisor.stop();
    end_processes();
    REQUIRE(*in_flight);
    REQUIRE(*waiting);
    CHECK(std::holds_alternative<model::Abandoned>((*in_flight)->outcome));
    CHECK(std::holds_alternative<model::Abandoned>((*waiting)->outcome));
}

TEST_CASE_FIXTURE(ConcurrentFixture, "environments end when they have been idle for long, or when their function is no more") {
    const auto f = managed(2);
    warm_up(f, 2);
    SUBCASE("idle") {
        advance(601s);
        end_processes();
        CHECK(supervisor.environments() == 0);
    }
    SUBCASE("retired while one is in flight") {
        const auto reply = invoke(f);
        supervisor.retire(f);
        turn();
        CHECK(supervisor.environments() == 1);
        answer_of("w1", "1");
        end_processes();
        turn();
        CHECK(payload_of(reply) == "1");
        CHECK(supervisor.environments() == 0);
    }
    SUBCASE("its process dies while nothing is in flight") {
        spawner.last().exit(io::Signaled{9});
        turn();
        CHECK(supervisor.environments() == 0);
    }
}

TEST_CASE_FIXTURE(ConcurrentFixture, "extensions may ask for SHUTDOWN alone, and one that crashes ends the environment") {
    auto made = std::make_shared<engine::FunctionRevision>(*managed(2));
    made->code.layers = made->code.task.parent_path() / "layers";
    std::filesystem::create_directories(made->code.layers / "extensions");
    std::filesystem::create_symlink(made->code.task / "bootstrap", made->code.layers / "extensions" / "one");
    const std::shared_ptr<const engine::FunctionRevision> f = made;
    const auto reply = invoke(f);
    REQUIRE(spawner.processes.size() == 1);
    CHECK(spawner.last().spec.open_files_max == 4'096);
    auto& set = endpoints.last->extensions();
    const auto refused = set.enroll("one", {"INVOKE", "SHUTDOWN"});
    REQUIRE(std::holds_alternative<engine::ExtensionRefusal>(refused));
    CHECK(std::get<engine::ExtensionRefusal>(refused).error_type == "Extension.InvalidEventType");
    CHECK(std::get<engine::ExtensionRefusal>(refused).message == "INVOKE: ErrorInvalidEventType");
    const auto internal = set.enroll("inside", {"INVOKE"});
    REQUIRE(std::holds_alternative<engine::ExtensionRefusal>(internal));
    CHECK(std::get<engine::ExtensionRefusal>(internal).message == "No events allowed for internal extensions");
    const auto enrolled = set.enroll("one", {"SHUTDOWN"});
    REQUIRE(std::holds_alternative<std::string>(enrolled));
    turn();
    REQUIRE(spawner.processes.size() == 2);
    next("a");
    CHECK_FALSE(got.contains("a")); // INIT waits for the extension
    endpoints.calls->spawn(wait_for_event(set, std::get<std::string>(enrolled)));
    turn();
    REQUIRE(got.contains("a"));
    spawner.processes.front().exit(io::Exited{3});
    turn();
    REQUIRE(error_of(reply) != nullptr);
    CHECK(error_of(reply)->error_type == "Extension.Crash");
    CHECK(spawner.last().terminates == 1);
    spawner.last().exit(io::Signaled{15});
    turn();
    CHECK(supervisor.environments() == 0);
}
