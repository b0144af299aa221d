// Goal: an extension is let to do what AWS lets it do, and INIT, INVOKE and the shutdown last as long as AWS's. Method: tables of every
// state × every call and every step; completion and budgets over small sets of extensions.
#include "lambox/model/extension_state.hpp"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::model;

namespace {

constexpr std::array states{ExtensionState::started,      ExtensionState::registered, ExtensionState::ready,
                            ExtensionState::running,      ExtensionState::init_error, ExtensionState::exit_error,
                            ExtensionState::launch_error, ExtensionState::exited,     ExtensionState::shutdown_failed};

const std::map<std::string, ExtensionCall> calls{{"register", ExtensionCall::enroll},
                                                 {"next", ExtensionCall::next},
                                                 {"init/error", ExtensionCall::init_error},
                                                 {"exit/error", ExtensionCall::exit_error}};

/// All other pairs are refused.
const std::map<std::pair<std::string, std::string>, std::string> legal{
    {{"Started", "register"}, "Registered"},     {{"Registered", "next"}, "Ready"},          {{"Registered", "init/error"}, "InitError"},
    {{"Registered", "exit/error"}, "ExitError"}, {{"Ready", "exit/error"}, "ExitError"},     {{"Running", "next"}, "Ready"},
    {{"Running", "exit/error"}, "ExitError"},    {{"InitError", "init/error"}, "InitError"}, {{"ExitError", "exit/error"}, "ExitError"},
};

const std::map<std::string, std::string> wanted_state{
    {"register", "Registered"}, {"next", "Ready"}, {"init/error", "InitError"}, {"exit/error", "ExitError"}};

const std::map<std::string, ExtensionStep> steps{{"event", ExtensionStep::event_handed_out},
                                                 {"launch failed", ExtensionStep::launch_failed},
                                                 {"ended well", ExtensionStep::ended_well},
                                                 {"ended badly", ExtensionStep::ended_badly}};

/// All other pairs leave the state.
const std::map<std::pair<std::string, std::string>, std::string> stepping{
    {{"Ready", "event"}, "Running"},
    {{"Started", "launch failed"}, "LaunchError"},
    {{"Running", "ended well"}, "Exited"},
    {{"Running", "ended badly"}, "ShutdownFailed"},
};

ExtensionPresence external(ExtensionState state, ExtensionSubscription subscription = {true, true}) {
    return {ExtensionKind::external, state, subscription};
}
ExtensionPresence internal(ExtensionState state) { return {ExtensionKind::internal, state, {true, false}}; }

using Extensions = std::vector<ExtensionPresence>;

} // namespace

TEST_CASE("every state answers every call as the table says, and a refusal names both states") {
    for (const ExtensionState state : states) {
        for (const auto& [word, call] : calls) {
            const std::string from(to_string(state));
            CAPTURE(from);
            CAPTURE(word);
            const auto result = on_call(state, call, "someone");
            if (const auto row = legal.find({from, word}); row != legal.end()) {
                REQUIRE(std::holds_alternative<ExtensionState>(result));
                CHECK(to_string(std::get<ExtensionState>(result)) == row->second);
            } else {
                REQUIRE(std::holds_alternative<ExtensionCallRefused>(result));
                CHECK(std::get<ExtensionCallRefused>(result).message == "State transition from " + from + " to " + wanted_state.at(word) +
                                                                            " failed for extension someone. Error: State transition is "
                                                                            "not allowed");
            }
        }
    }
}

TEST_CASE("every state takes every step as the table says") {
    for (const ExtensionState state : states) {
        for (const auto& [word, step] : steps) {
            const std::string from(to_string(state));
            CAPTURE(from);
            CAPTURE(word);
            const auto row = stepping.find({from, word});
            CHECK(to_string(on_step(state, step)) == (row == stepping.end() ? from : row->second));
        }
    }
}

TEST_CASE("the runtime is started once no external extension is still to register") {
    CHECK(all_registered(Extensions{}));
    CHECK_FALSE(all_registered(Extensions{external(ExtensionState::registered), external(ExtensionState::started)}));
    CHECK_FALSE(all_registered(Extensions{external(ExtensionState::launch_error)}));
    CHECK(all_registered(Extensions{external(ExtensionState::registered), external(ExtensionState::ready)}));
}

TEST_CASE("INIT is over when the runtime and every extension wait, subscribed to INVOKE or not") {
    CHECK(init_complete(RuntimePresence::asked_for_next, Extensions{}));
    CHECK_FALSE(init_complete(RuntimePresence::away, Extensions{}));
    CHECK_FALSE(init_complete(RuntimePresence::away, Extensions{external(ExtensionState::ready)}));
    for (const ExtensionState state : states) {
        CAPTURE(to_string(state));
        const bool waits = state == ExtensionState::ready;
        CHECK(init_complete(RuntimePresence::asked_for_next, Extensions{external(ExtensionState::ready), external(state, {})}) == waits);
        CHECK(init_complete(RuntimePresence::asked_for_next, Extensions{internal(state)}) == waits);
    }
}

TEST_CASE("INVOKE is over when the runtime and those who subscribed to INVOKE wait") {
    CHECK(invoke_complete(RuntimePresence::asked_for_next, Extensions{}));
    CHECK_FALSE(invoke_complete(RuntimePresence::away, Extensions{external(ExtensionState::ready)}));
    for (const ExtensionState state : states) {
        CAPTURE(to_string(state));
        CHECK(invoke_complete(RuntimePresence::asked_for_next, Extensions{external(state)}) == (state == ExtensionState::ready));
        CHECK(invoke_complete(RuntimePresence::asked_for_next, Extensions{external(state, {false, true})}));
    }
}

TEST_CASE("the budget of a shutdown depends on the kinds of extensions there are") {
    const auto words = [](const ShutdownBudget& budget) {
        return std::to_string(budget.runtime.count()) + " of " + std::to_string(budget.whole.count());
    };
    CHECK(words(shutdown_budget(Extensions{})) == "0 of 0");
    CHECK(words(shutdown_budget(Extensions{internal(ExtensionState::ready)})) == "150 of 500");
    CHECK(words(shutdown_budget(Extensions{external(ExtensionState::ready)})) == "600 of 2000");
    CHECK(words(shutdown_budget(Extensions{internal(ExtensionState::ready), external(ExtensionState::started)})) == "600 of 2000");
}
