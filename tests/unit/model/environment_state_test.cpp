// Goal: the life of an environment has no unforeseen corner. Method: a table of every state × every event, with the state that
// follows and the actions in order; events that only the driver's mistake could cause are left out and listed as such.
#include "lambox/model/environment_state.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace lambox;
using namespace lambox::model;
using namespace lambox::model::environment;

namespace {

const Instant begin{std::chrono::seconds(1000)};
const Instant deadline = begin + std::chrono::seconds(3);
const Instant now = begin + std::chrono::milliseconds(1500);

const std::map<std::string, State> states{
    {"Starting", Starting{}},          {"Initializing", Initializing{begin}}, {"Idle", Idle{begin}}, {"Busy", Busy{begin, deadline}},
    {"Snapshotted", Snapshotted{}},    {"Restoring", Restoring{begin, deadline}},
    {"Answered", Answered{begin, deadline}}, {"Stopping", Stopping{}},              {"Dead", Dead{}},
};

const std::map<std::string, Event> events{
    {"Spawned", Spawned{deadline}},
    {"SpawnFailed", SpawnFailed{}},
    {"AllBack", AllBack{}},
    {"ReadyForSnapshot", AllReadyForSnapshot{}},
    {"Restore", RestoreRequested{deadline}},
    {"RestoreError", RestoreErrorReported{}},
    {"InitError", InitErrorReported{}},
    {"Assigned", InvocationAssigned{deadline}},
    {"Response", ResponseReceived{}},
    {"FunctionError", FunctionErrorReceived{}},
    {"ShouldExit", ShouldExitReceived{}},
    {"Deadline", DeadlinePassed{}},
    {"Exited", ProcessExited{}},
    {"ExtensionFailed", ExtensionFailed{}},
    {"Stop", StopRequested{}},
    {"AllExited", AllExited{}},
};

struct Words {
    std::string operator()(const ArmDeadline& a) const { return a.at == deadline ? "arm" : "arm?"; }
    std::string operator()(const DisarmDeadline&) const { return "disarm"; }
    std::string operator()(const FinishInit& a) const {
        switch (a.end) {
        case InitEnd::ready: return "init:ready";
        case InitEnd::spawn_failed: return "init:spawn_failed";
        case InitEnd::error_reported: return "init:error";
        case InitEnd::exited: return "init:exited";
        case InitEnd::extension_failed: return "init:extension";
        case InitEnd::timed_out: return "init:timeout";
        case InitEnd::stopped: return "init:stopped";
        }
        return "?";
    }
    std::string operator()(const Release&) const { return "release"; }
    std::string operator()(const FinishRestore& a) const {
        const std::string ms = std::to_string(a.duration.count() / 1000);
        switch (a.end) {
        case RestoreEnd::ready: return "restore:ready:" + ms;
        case RestoreEnd::error_reported: return "restore:error:" + ms;
        case RestoreEnd::exited: return "restore:exited:" + ms;
        case RestoreEnd::extension_failed: return "restore:extension:" + ms;
        case RestoreEnd::timed_out: return "restore:timeout:" + ms;
        case RestoreEnd::stopped: return "restore:stopped:" + ms;
        }
        return "?";
    }
    std::string operator()(const HandOver&) const { return "hand_over"; }
    std::string operator()(const Answer& a) const {
        switch (a.kind) {
        case AnswerKind::response: return "answer:response";
        case AnswerKind::function_error: return "answer:error";
        case AnswerKind::timed_out: return "answer:timeout";
        case AnswerKind::crashed: return "answer:crash";
        case AnswerKind::stopped: return "answer:stopped";
        }
        return "?";
    }
    std::string operator()(const Finish& a) const {
        const std::string ms = std::to_string(a.duration.count() / 1000);
        switch (a.kind) {
        case FinishKind::clean: return "finish:clean:" + ms;
        case FinishKind::timed_out: return "finish:timeout:" + ms;
        case FinishKind::crashed: return "finish:crash:" + ms;
        case FinishKind::should_exit: return "finish:should_exit:" + ms;
        case FinishKind::stopped: return "finish:stopped:" + ms;
        }
        return "?";
    }
    std::string operator()(const ShutDown& a) const { return "end:" + std::string(to_string(a.reason)); }
    std::string operator()(const Retire&) const { return "retire"; }
};

std::string describe(const EnvironmentTransition& result) {
    std::string text(state_name(result.state));
    for (const auto& action : result.actions) text += " " + std::visit(Words{}, action);
    return text;
}

/// What follows, for every pair that changes or does something. All other pairs leave the state, without actions.
const std::map<std::pair<std::string, std::string>, std::string> expected{
    {{"Starting", "Spawned"}, "Initializing arm"},
    {{"Starting", "SpawnFailed"}, "Dead retire init:spawn_failed"},
    {{"Starting", "Stop"}, "Dead retire init:stopped"},
    {{"Initializing", "AllBack"}, "Idle disarm init:ready"},
    {{"Initializing", "SpawnFailed"}, "Stopping disarm end:failure retire init:spawn_failed"},
    {{"Initializing", "InitError"}, "Stopping disarm end:failure retire init:error"},
    {{"Initializing", "Deadline"}, "Stopping disarm end:timeout retire init:timeout"},
    {{"Initializing", "Exited"}, "Stopping disarm end:failure retire init:exited"},
    {{"Initializing", "ExtensionFailed"}, "Stopping disarm end:failure retire init:extension"},
    {{"Initializing", "Stop"}, "Stopping disarm end:spindown retire init:stopped"},
    {{"Initializing", "ReadyForSnapshot"}, "Snapshotted disarm init:ready"},
    {{"Snapshotted", "Restore"}, "Restoring arm release"},
    {{"Snapshotted", "Exited"}, "Stopping end:failure retire"},
    {{"Snapshotted", "ExtensionFailed"}, "Stopping end:failure retire"},
    {{"Snapshotted", "Stop"}, "Stopping end:spindown retire"},
    {{"Restoring", "AllBack"}, "Idle disarm restore:ready:1500"},
    {{"Restoring", "RestoreError"}, "Stopping disarm end:failure retire restore:error:1500"},
    {{"Restoring", "Deadline"}, "Stopping disarm end:timeout retire restore:timeout:3000"},
    {{"Restoring", "Exited"}, "Stopping disarm end:failure retire restore:exited:1500"},
    {{"Restoring", "ExtensionFailed"}, "Stopping disarm end:failure retire restore:extension:1500"},
    {{"Restoring", "Stop"}, "Stopping disarm end:spindown retire restore:stopped:1500"},
    {{"Idle", "Assigned"}, "Busy arm hand_over"},
    {{"Idle", "Exited"}, "Stopping end:failure retire"},
    {{"Idle", "ExtensionFailed"}, "Stopping end:failure retire"},
    {{"Idle", "Stop"}, "Stopping end:spindown retire"},
    {{"Busy", "Response"}, "Answered answer:response"},
    {{"Busy", "FunctionError"}, "Answered answer:error"},
    {{"Busy", "ShouldExit"}, "Stopping disarm end:failure retire answer:error finish:should_exit:1500"},
    {{"Busy", "Deadline"}, "Stopping disarm end:timeout retire answer:timeout finish:timeout:3000"},
    {{"Busy", "Exited"}, "Stopping disarm end:failure retire answer:crash finish:crash:1500"},
    {{"Busy", "ExtensionFailed"}, "Stopping disarm end:failure retire answer:crash finish:crash:1500"},
    {{"Busy", "Stop"}, "Stopping disarm end:spindown retire answer:stopped finish:stopped:1500"},
    {{"Answered", "AllBack"}, "Idle disarm finish:clean:1500"},
    {{"Answered", "Deadline"}, "Stopping disarm end:timeout retire finish:timeout:3000"},
    {{"Answered", "Exited"}, "Stopping disarm end:failure retire finish:crash:1500"},
    {{"Answered", "ExtensionFailed"}, "Stopping disarm end:failure retire finish:crash:1500"},
    {{"Answered", "Stop"}, "Stopping disarm end:spindown retire finish:stopped:1500"},
    {{"Stopping", "AllExited"}, "Dead"},
};

/// Only a mistake of the driver can cause these; they end the program.
bool asserts(const std::string& state, const std::string& event) {
    if (event == "Spawned") return state != "Starting";
    if (event == "SpawnFailed") return state != "Starting" && state != "Initializing";
    if (event == "Restore") return state != "Snapshotted";
    return event == "Assigned" && state != "Idle";
}

} // namespace

TEST_CASE("every state answers every event as the table says") {
    for (const auto& [state_word, state] : states) {
        for (const auto& [event_word, event] : events) {
            if (asserts(state_word, event_word)) continue;
            CAPTURE(state_word);
            CAPTURE(event_word);
            const auto row = expected.find({state_word, event_word});
            const std::string wanted = row == expected.end() ? state_word : row->second;
            CHECK(describe(transition(state, event, now)) == wanted);
        }
    }
}

TEST_CASE("an invocation is answered and finished exactly once on every path through Busy") {
    // All sequences of three events after the hand-over: the caller never gets two answers, and billing never two ends.
    for (const auto& [first_word, first] : events) {
        for (const auto& [second_word, second] : events) {
            for (const auto& [third_word, third] : events) {
                State state = Busy{begin, deadline};
                std::string state_word = "Busy";
                int answers = 0;
                int finishes = 0;
                for (const auto& [word, event] :
                     {std::pair(first_word, first), std::pair(second_word, second), std::pair(third_word, third)}) {
                    if (asserts(std::string(state_name(state)), word) || word == "Assigned") continue;
                    const auto result = transition(state, event, now);
                    state = result.state;
                    for (const auto& action : result.actions) {
                        answers += std::holds_alternative<Answer>(action) ? 1 : 0;
                        finishes += std::holds_alternative<Finish>(action) ? 1 : 0;
                    }
                }
                CAPTURE(first_word + " " + second_word + " " + third_word);
                CHECK(answers <= 1);
                CHECK(finishes <= 1);
                CHECK(finishes <= answers);
                const bool over =
                    std::holds_alternative<Stopping>(state) || std::holds_alternative<Dead>(state) || std::holds_alternative<Idle>(state);
                if (over) CHECK(finishes == 1);
            }
        }
    }
}

TEST_CASE("the timeout's duration is exact however late the timer fires") {
    for (const auto late : {std::chrono::milliseconds(0), std::chrono::milliseconds(7), std::chrono::milliseconds(900)}) {
        const auto result = transition(Busy{begin, deadline}, DeadlinePassed{}, deadline + late);
        const auto& finish = std::get<Finish>(result.actions.back());
        CHECK(finish.duration == Microseconds(3'000'000));
    }
}
