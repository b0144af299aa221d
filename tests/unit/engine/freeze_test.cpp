// Goal: environments stand still between invocations and never during one. Method: the engine on manual time with a group that writes
// down what is asked of it.
#include "fakes/engine_fixture.hpp"
#include "fakes/fake_resource_group.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace std::chrono_literals;

namespace {

struct FreezeFixture : fakes::EngineFixture {
    FreezeFixture() {
        services.containments.freezes = true;
        services.containments.make_group = [groups = groups](const io::GroupSpec&) {
            return std::make_unique<fakes::FakeResourceGroup>(groups);
        };
    }

    /// One whole invocation; the environment is idle afterwards.
    void invoke_once(const std::shared_ptr<const engine::FunctionRevision>& function) {
        event.reset();
        const auto reply = invoke(function);
        if (!event) ask_next();
        respond("1");
        ask_next();
        REQUIRE(reply->has_value());
    }

    std::shared_ptr<fakes::FakeGroupState> groups = std::make_shared<fakes::FakeGroupState>();
    fakes::FakeGroupState& group = *groups;
    std::shared_ptr<const engine::FunctionRevision> handler = function();
};

} // namespace

TEST_CASE_FIXTURE(FreezeFixture, "an idle environment is frozen after a moment and thawed before its next event") {
    invoke_once(handler);
    CHECK(group.calls.empty());
    advance(100ms);
    advance(100ms);
    CHECK(group.calls == "F");
    advance(1s);
    CHECK(group.calls == "F");
    const auto reply = invoke(handler);
    CHECK(group.calls == "FT");
    REQUIRE(event);
    respond("2");
    ask_next();
    REQUIRE(reply->has_value());
    advance(200ms);
    CHECK(group.calls == "FTF");
}

TEST_CASE_FIXTURE(FreezeFixture, "invocations that follow each other closely are not frozen in between") {
    for (int i = 0; i < 10; ++i) {
        invoke_once(handler);
        advance(40ms);
    }
    CHECK(group.calls.empty());
}

TEST_CASE_FIXTURE(FreezeFixture, "a working environment is not frozen, however long it works") {
    const auto reply = invoke(handler);
    ask_next();
    advance(2s);
    CHECK(group.calls.empty());
    respond("1");
    advance(500ms); // answered, not yet asking for the next event
    CHECK(group.calls.empty());
    ask_next();
    CHECK(reply->has_value());
}

TEST_CASE_FIXTURE(FreezeFixture, "a frozen environment that dies is killed whole, and its next generation has a new group") {
    invoke_once(handler);
    advance(200ms);
    CHECK(group.calls == "F");
    spawner.last().exit(io::Signaled{9});
    turn();
    const auto reply = invoke(handler);
    CHECK(spawner.processes.size() == 2);
    CHECK(group.calls == "FKT");
    CHECK(group.living == limits::ready_parts_max); // one of those that were ready is the new one
    ask_next();
    respond("1");
    ask_next();
    CHECK(reply->has_value());
}

TEST_CASE_FIXTURE(FreezeFixture, "a frozen environment that expires is killed, and its group goes") {
    invoke_once(handler);
    advance(200ms);
    advance(601s);
    end_processes();
    CHECK(spawner.last().kills == 1);
    CHECK(group.living == 0);
}

TEST_CASE_FIXTURE(FreezeFixture, "an environment that cannot be frozen goes on without") {
    group.freezing_fails = true;
    invoke_once(handler);
    advance(1s);
    invoke_once(handler);
    CHECK(group.calls.empty());
    CHECK(spawner.processes.size() == 1);
}
