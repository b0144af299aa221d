// Goal: an environment of Managed Instances serves several invocations at once, and each of them is answered once, whatever happens to the
// others (behaviour §1.11). Method: the whole engine on a manual clock, with fake processes and workers played by the test.
#include "fakes/concurrent_fixture.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace lambox::fakes;
using namespace std::chrono_literals;

TEST_CASE_FIXTURE(ConcurrentFixture, "several invocations are in flight in one process, and each gets its own answer") {
    const auto f = managed(3);
    const auto first = invoke(f);
    const auto second = invoke(f);
    const auto third = invoke(f);
    REQUIRE(spawner.processes.size() == 1);
    CHECK(spawner.last().variable("AWS_LAMBDA_MAX_CONCURRENCY") == "3");
    CHECK(spawner.last().variable("AWS_LAMBDA_INITIALIZATION_TYPE") == "lambda-managed-instances");
    CHECK(spawner.last().spec.open_files_max == 4'096);
    for (const std::string worker : {"a", "b", "c"})
        next(worker);
    REQUIRE(got.size() == 3);
    turn();
    CHECK(answer_of("c", "3") == "accepted");
    CHECK(answer_of("a", "1") == "accepted");
    CHECK(fail(got["b"], "2") == "accepted");
    turn();
    CHECK(payload_of(first) == "1");
    CHECK(payload_of(second) == "error 2");
    CHECK(payload_of(third) == "3");
    CHECK(spawner.processes.size() == 1);
}

TEST_CASE_FIXTURE(ConcurrentFixture, "who finds all workers at work gets another environment at once") {
    const auto f = managed(2);
    warm_up(f, 2);
    const auto one = invoke(f);
    const auto two = invoke(f);
    CHECK(spawner.processes.size() == 1);
    const auto three = invoke(f);
    REQUIRE(spawner.processes.size() == 2);
    next("x");
    CHECK(got.contains("x"));
    answer_of("x", "3");
    turn();
    CHECK(payload_of(three) == "3");
    CHECK_FALSE(*one);
    CHECK_FALSE(*two);
}

TEST_CASE_FIXTURE(ConcurrentFixture, "below the maximum an invocation waits a moment for a worker, then has another environment started") {
    const auto f = managed(4);
    warm_up(f, 1); // of four workers one has ever asked
    const auto busy = invoke(f);
    const auto waiting = invoke(f);
    advance(999ms);
    CHECK(spawner.processes.size() == 1);
    SUBCASE("the worker comes back in time") {
        answer_of("w0", "1");
        next("w0");
        answer_of("w0", "2");
        turn();
        CHECK(payload_of(busy) == "1");
        CHECK(payload_of(waiting) == "2");
        CHECK(spawner.processes.size() == 1);
    }
    SUBCASE("it does not") {
        advance(1ms);
        REQUIRE(spawner.processes.size() == 2);
        next("x");
        answer_of("x", "2");
        turn();
        CHECK(payload_of(waiting) == "2");
    }
}

TEST_CASE_FIXTURE(ConcurrentFixture, "a timeout fails one invocation alone, and its late answer is told apart once") {
    const auto f = managed(2);
    warm_up(f, 2);
    const auto slow = invoke(f);
    advance(1s);
    const auto other = invoke(f);
    const std::string slow_id = got["w1"];
    advance(2s);
    REQUIRE(error_of(slow) != nullptr);
    CHECK(error_of(slow)->error_type == "Sandbox.Timedout");
    CHECK(report_of(slow).duration == 3'000'000us);
    CHECK(report_of(slow).status == model::InvocationStatus::timeout);
    CHECK(spawner.last().kills == 0); // the code goes on
    CHECK_FALSE(*other);
    CHECK(answer(slow_id, "too late") == "late");
    CHECK(answer(slow_id, "too late") == "unknown");
    CHECK(answer_of("w0", "ok") == "accepted");
    turn();
    CHECK(payload_of(other) == "ok");
    next("w1");
    const auto again = invoke(f);
    CHECK(answer_of("w1", "again") == "accepted");
    turn();
    CHECK(payload_of(again) == "again");
    CHECK(spawner.processes.size() == 1);
}

TEST_CASE_FIXTURE(ConcurrentFixture, "an id that does not run, or has been answered, is refused, and nothing else changes") {
    const auto f = managed(2);
    const auto reply = invoke(f);
    next("a");
    CHECK(answer("no-such-id", "x") == "unknown");
    CHECK(answer(got["a"], "1", "of-another-attempt") == "late");
    CHECK_FALSE(*reply);
    CHECK(answer_of("a", "1") == "accepted");
    CHECK(answer_of("a", "2") == "unknown");
    CHECK(fail(got["a"], "3") == "unknown");
    turn();
    CHECK(payload_of(reply) == "1");
}

TEST_CASE_FIXTURE(ConcurrentFixture, "the main process's end is that of all invocations in flight, each once") {
    const auto f = managed(3);
    warm_up(f, 3);
    const std::vector<Reply> replies{invoke(f), invoke(f), invoke(f)};
    const auto waiting = invoke(f); // for the environment that is started for it
    REQUIRE(spawner.processes.size() == 2);
    spawner.processes.front().exit(io::Exited{7});
    turn();
    for (const auto& reply : replies) {
        REQUIRE(error_of(reply) != nullptr);
        CHECK(error_of(reply)->error_type == "Runtime.ExitError");
        CHECK(error_of(reply)->payload.find("RequestId: " + report_of(reply).request_id) != std::string::npos);
        CHECK(error_of(reply)->payload.find("Runtime exited with error: exit status 7") != std::string::npos);
    }
    CHECK_FALSE(*waiting);
    CHECK(events("platform.report") == 4);
    next("x");
    answer_of("x", "4");
    turn();
    CHECK(payload_of(waiting) == "4");
}

TEST_CASE_FIXTURE(ConcurrentFixture, "reserved concurrency counts invocations, not environments") {
    const auto f = managed(4, 2U);
    warm_up(f, 4);
    const auto one = invoke(f);
    const auto two = invoke(f);
    const auto three = invoke(f);
    REQUIRE(*three);
    CHECK(std::holds_alternative<model::Throttled>((*three)->outcome));
    answer_of("w1", "1");
    next("w1");
    const auto four = invoke(f);
    CHECK_FALSE(*four);
    CHECK(payload_of(one) == "1");
    CHECK(spawner.processes.size() == 1);
    CHECK_FALSE(*two);
}

TEST_CASE_FIXTURE(ConcurrentFixture, "an id that callers have chosen twice is refused while the first of them runs") {
    const auto f = managed(2);
    const auto invoke_as = [&](const std::string& id) {
        auto reply = std::make_shared<std::optional<engine::InvokeReply>>();
        model::Invocation invocation;
        invocation.request_id = RequestId(id);
        invocation.invoked_arn = f->arn;
        auto done = [reply](std::exception_ptr error, Result<engine::InvokeReply> result) {
            if (!error && result) *reply = std::move(*result);
        };
        boost::asio::co_spawn(io, supervisor.invoke(f, std::move(invocation), engine::WaitFor::answer), done);
        turn();
        return reply;
    };
    const auto first = invoke_as("x");
    next("a");
    const auto second = invoke_as("x");
    REQUIRE(error_of(second) != nullptr);
    CHECK(error_of(second)->error_type == "Client.DuplicatedInvokeId");
    CHECK(answer("x", "1") == "accepted");
    turn();
    CHECK(payload_of(first) == "1");
    const auto third = invoke_as("x");
    next("a");
    CHECK(answer("x", "3") == "accepted");
    turn();
    CHECK(payload_of(third) == "3");
}
