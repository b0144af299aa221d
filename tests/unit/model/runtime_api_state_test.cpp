// Goal: the Runtime API answers each call in each state as AWS's does, with its exact texts. Method: the full table of
// states and calls, then the sequences that a broken runtime client would send.
#include "lambox/model/runtime_api_state.hpp"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>

using namespace lambox::model;
using State = RuntimeApiState;
using Call = RuntimeApiCall;
using Step = RuntimeApiStep;

namespace {

constexpr std::array all_calls = {Call::next, Call::response, Call::error, Call::init_error, Call::restore_next, Call::restore_error};

struct Row {
    State state;
    /// By call, in the order of `all_calls`; nothing = refused.
    std::array<std::optional<State>, 6> after;
};

constexpr auto no = std::nullopt;

constexpr std::array<Row, 10> table = {{
    {State::started, {State::ready, no, no, State::init_error, State::restore_ready, no}},
    {State::ready, {State::ready, no, no, no, no, no}},
    {State::running, {State::running, State::invocation_response, State::invocation_error_response, no, no, no}},
    {State::invocation_response, {no, no, no, no, no, no}},
    {State::invocation_error_response, {no, no, no, no, no, no}},
    {State::response_sent, {State::ready, no, no, no, no, no}},
    {State::init_error, {no, no, no, no, no, no}},
    {State::restore_ready, {no, no, no, no, no, no}},
    {State::restoring, {State::ready, no, no, State::restore_error, no, State::restore_error}},
    {State::restore_error, {no, no, no, no, no, no}},
}};

// AWS names restore/next by the state after it, as it does next.
constexpr std::array<std::string_view, 6> target_names = {"Ready",     "InvocationResponse", "InvocationErrorResponse",
                                                          "InitError", "Ready",              "RuntimeRestoreErrorState"};

State accepted(State state, Call call) {
    const auto result = on_call(state, call);
    REQUIRE(std::holds_alternative<State>(result));
    return std::get<State>(result);
}

std::string refused(State state, Call call) {
    const auto result = on_call(state, call);
    REQUIRE(std::holds_alternative<Refused>(result));
    return std::get<Refused>(result).message;
}

/// A runtime that has been handed its first event.
State running() { return on_step(accepted(State::started, Call::next), Step::event_handed_out); }

State answered(Call call) { return on_step(accepted(running(), call), Step::response_complete); }

} // namespace

TEST_CASE("every call in every state is accepted or refused as in the table") {
    for (const Row& row : table) {
        for (std::size_t i = 0; i < all_calls.size(); ++i) {
            CAPTURE(to_string(row.state));
            CAPTURE(target_names[i]);
            const auto result = on_call(row.state, all_calls[i]);
            REQUIRE(std::holds_alternative<State>(result) == row.after[i].has_value());
            if (row.after[i]) {
                CHECK(std::get<State>(result) == *row.after[i]);
                continue;
            }
            CHECK(std::get<Refused>(result).message == "State transition from " + std::string{to_string(row.state)} + " to " +
                                                           std::string{target_names[i]} +
                                                           " failed for runtime. Error: State transition is not allowed");
        }
    }
}

TEST_CASE("states carry the names that error texts show") {
    CHECK(to_string(State::started) == "Started");
    CHECK(to_string(State::ready) == "Ready");
    CHECK(to_string(State::running) == "Running");
    CHECK(to_string(State::invocation_response) == "InvocationResponse");
    CHECK(to_string(State::invocation_error_response) == "InvocationErrorResponse");
    CHECK(to_string(State::response_sent) == "RuntimeResponseSentState");
    CHECK(to_string(State::init_error) == "InitError");
    CHECK(to_string(State::restore_ready) == "RestoreReady");
    CHECK(to_string(State::restoring) == "Restoring");
    CHECK(to_string(State::restore_error) == "RuntimeRestoreErrorState");
}

TEST_CASE("one invocation after the other goes round") {
    State state = running();
    state = on_step(accepted(state, Call::response), Step::response_complete);
    CHECK(state == State::response_sent);
    state = on_step(accepted(state, Call::next), Step::event_handed_out);
    state = on_step(accepted(state, Call::error), Step::response_complete);
    CHECK(state == State::response_sent);
    CHECK(accepted(state, Call::next) == State::ready);
}

TEST_CASE("a runtime that waits for its restore goes on to its first event") {
    const State restoring = on_step(accepted(State::started, Call::restore_next), Step::restored);
    CHECK(restoring == State::restoring);
    CHECK(accepted(restoring, Call::next) == State::ready);
    CHECK(refused(restoring, Call::restore_next) ==
          "State transition from Restoring to Ready failed for runtime. Error: State transition is not allowed");
}

TEST_CASE("a second next while an event is out stays where it is") {
    CHECK(accepted(running(), Call::next) == State::running);
    CHECK(accepted(State::ready, Call::next) == State::ready);
}

TEST_CASE("a second response to the same event is refused") {
    CHECK(refused(answered(Call::response), Call::response) ==
          "State transition from RuntimeResponseSentState to InvocationResponse failed for runtime. "
          "Error: State transition is not allowed");
}

TEST_CASE("an error after a response, and a response after an error, are refused") {
    CHECK(refused(answered(Call::response), Call::error) ==
          "State transition from RuntimeResponseSentState to InvocationErrorResponse failed for runtime. "
          "Error: State transition is not allowed");
    CHECK(refused(answered(Call::error), Call::response) ==
          "State transition from RuntimeResponseSentState to InvocationResponse failed for runtime. "
          "Error: State transition is not allowed");
}

TEST_CASE("an init error after the first next is refused") {
    CHECK(refused(accepted(State::started, Call::next), Call::init_error) ==
          "State transition from Ready to InitError failed for runtime. Error: State transition is not allowed");
    CHECK(refused(running(), Call::init_error) ==
          "State transition from Running to InitError failed for runtime. Error: State transition is not allowed");
}

TEST_CASE("nothing is accepted after an init error") {
    const State state = accepted(State::started, Call::init_error);
    CHECK(refused(state, Call::next) ==
          "State transition from InitError to Ready failed for runtime. Error: State transition is not allowed");
    CHECK(refused(state, Call::init_error) ==
          "State transition from InitError to InitError failed for runtime. Error: State transition is not allowed");
}

TEST_CASE("a response whose mode header was bad leaves the runtime without a way on") {
    // The platform never reports that response complete.
    const State state = accepted(running(), Call::response);
    CHECK(refused(state, Call::next) ==
          "State transition from InvocationResponse to Ready failed for runtime. Error: State transition is not allowed");
}
