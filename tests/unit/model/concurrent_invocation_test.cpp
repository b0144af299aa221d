// Goal: of several invocations in one environment each is settled exactly once, whoever comes first. Method: a table of every state ×
// every event; then every sequence of events through the ledger, counted.
#include "lambox/model/concurrent_invocation.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace lambox;
using namespace lambox::model;
using namespace lambox::model::concurrent;

namespace {

const Instant begin{std::chrono::seconds(1000)};
const Instant deadline = begin + std::chrono::seconds(3);
const Instant now = begin + std::chrono::milliseconds(1500);

const std::map<std::string, State> states{{"Running", Running{begin, deadline}}, {"TimedOut", TimedOut{}}, {"Settled", Settled{}}};

const std::map<std::string, Event> events{{"Response", ResponseReceived{}},
                                          {"FunctionError", FunctionErrorReceived{}},
                                          {"Deadline", DeadlinePassed{}},
                                          {"Failed", EnvironmentFailed{}},
                                          {"Stop", StopRequested{}}};

struct Words {
    std::string operator()(const Settle& a) const {
        const std::string ms = ":" + std::to_string(a.duration.count() / 1000);
        switch (a.kind) {
        case SettleKind::response: return " response" + ms;
        case SettleKind::function_error: return " error" + ms;
        case SettleKind::timed_out: return " timeout" + ms;
        case SettleKind::crashed: return " crash" + ms;
        case SettleKind::stopped: return " stopped" + ms;
        }
        return " ?";
    }
    std::string operator()(const RefuseUnknown&) const { return " 400"; }
    std::string operator()(const RefuseLate&) const { return " 410"; }
};

std::string describe(const Transition& result) {
    std::string text(state_name(result.state));
    return result.action ? text + std::visit(Words{}, *result.action) : text;
}

/// Every pair.
const std::map<std::pair<std::string, std::string>, std::string> expected{
    {{"Running", "Response"}, "Settled response:1500"},
    {{"Running", "FunctionError"}, "Settled error:1500"},
    {{"Running", "Deadline"}, "TimedOut timeout:3000"},
    {{"Running", "Failed"}, "Settled crash:1500"},
    {{"Running", "Stop"}, "Settled stopped:1500"},
    {{"TimedOut", "Response"}, "Settled 410"},
    {{"TimedOut", "FunctionError"}, "Settled 410"},
    {{"TimedOut", "Deadline"}, "TimedOut"},
    {{"TimedOut", "Failed"}, "TimedOut"},
    {{"TimedOut", "Stop"}, "TimedOut"},
    {{"Settled", "Response"}, "Settled 400"},
    {{"Settled", "FunctionError"}, "Settled 400"},
    {{"Settled", "Deadline"}, "Settled"},
    {{"Settled", "Failed"}, "Settled"},
    {{"Settled", "Stop"}, "Settled"},
};

} // namespace

TEST_CASE("every state of a concurrent invocation answers every event as the table says") {
    CHECK(expected.size() == states.size() * events.size());
    for (const auto& [state_word, state] : states) {
        for (const auto& [event_word, event] : events) {
            CAPTURE(state_word);
            CAPTURE(event_word);
            CHECK(describe(transition(state, event, now)) == expected.at({state_word, event_word}));
        }
    }
}

TEST_CASE("of two concurrent invocations each is settled exactly once by any three events for either") {
    // All sequences of three events, each for the one or the other: an event settles its invocation the first time, and never another.
    const std::vector<std::string> ids{"a", "b"};
    std::vector<std::pair<std::string, Event>> steps;
    for (const auto& id : ids) {
        for (const auto& [word, event] : events)
            steps.emplace_back(id, event);
    }
    for (const auto& first : steps) {
        for (const auto& second : steps) {
            for (const auto& third : steps) {
                ConcurrentLedger ledger(10);
                for (const auto& id : ids)
                    ledger.begin(id, Running{begin, deadline});
                std::map<std::string, int> settled;
                std::map<std::string, int> fed;
                for (const auto& [id, event] : {first, second, third}) {
                    const auto action = ledger.feed(id, event, now);
                    settled[id] += action && std::holds_alternative<Settle>(*action) ? 1 : 0;
                    ++fed[id];
                }
                std::size_t running = 0;
                for (const auto& id : ids) {
                    CHECK(settled[id] == (fed[id] > 0 ? 1 : 0));
                    running += fed[id] > 0 ? 0 : 1;
                }
                CHECK(ledger.running() == running);
            }
        }
    }
}

TEST_CASE("a late answer is told apart once, and only of the latest timeouts") {
    ConcurrentLedger ledger(2);
    for (const std::string id : {"a", "b", "c"}) {
        ledger.begin(id, Running{begin, deadline});
        REQUIRE(ledger.feed(id, DeadlinePassed{}, deadline));
    }
    CHECK(ledger.running() == 0);
    CHECK(std::holds_alternative<RefuseUnknown>(*ledger.feed("a", ResponseReceived{}, now))); // forgotten: there were two after it
    CHECK(std::holds_alternative<RefuseLate>(*ledger.feed("b", ResponseReceived{}, now)));
    CHECK(std::holds_alternative<RefuseUnknown>(*ledger.feed("b", ResponseReceived{}, now)));
    CHECK(std::holds_alternative<RefuseLate>(*ledger.feed("c", FunctionErrorReceived{}, now)));
    CHECK(std::holds_alternative<RefuseUnknown>(*ledger.feed("never", ResponseReceived{}, now)));
}

TEST_CASE("a retry under the id of a timed-out invocation is answered, not refused") {
    ConcurrentLedger ledger(2);
    ledger.begin("a", Running{begin, deadline});
    REQUIRE(ledger.feed("a", DeadlinePassed{}, deadline));
    ledger.begin("a", Running{deadline, deadline + std::chrono::seconds(3)});
    CHECK(ledger.running_ids() == std::vector<std::string>{"a"});
    const auto action = ledger.feed("a", ResponseReceived{}, deadline + std::chrono::seconds(1));
    REQUIRE(action);
    CHECK(std::get<Settle>(*action).kind == SettleKind::response);
    CHECK(std::holds_alternative<RefuseUnknown>(*ledger.feed("a", ResponseReceived{}, now)));
}
