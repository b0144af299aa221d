// Goal: an event is retried when, as often and as long as AWS does it. Method: tables of attempts and what follows them.
#include "lambox/model/retry_policy.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::model;
using namespace std::chrono_literals;

namespace {

const Instant start{std::chrono::hours{1000}};

/// "retry 60000", "done Success".
std::string words(const EventStep& step) {
    if (const auto* again = std::get_if<TryAgain>(&step)) return "retry " + std::to_string(again->pause.count());
    return "done " + std::string(to_string(std::get<EventDone>(step).condition));
}

} // namespace

TEST_CASE("what follows an attempt") {
    struct Row {
        const char* what;
        std::uint32_t retries;
        Seconds age;
        EventProgress before;
        AttemptEnd end;
        Milliseconds after_start;
        const char* step;
    };
    using enum AttemptEnd;
    const std::vector<Row> table{
        {"success", 2, 21600s, {start, 0, 0}, success, 10ms, "done Success"},
        {"success after failures", 2, 21600s, {start, 2, 0}, success, 10ms, "done Success"},
        {"the first failure waits a minute", 2, 21600s, {start, 0, 0}, function_error, 10ms, "retry 60000"},
        {"the second waits two", 2, 21600s, {start, 1, 0}, function_error, 10ms, "retry 120000"},
        {"the third is the last", 2, 21600s, {start, 2, 0}, function_error, 10ms, "done RetriesExhausted"},
        {"no retries wanted", 0, 21600s, {start, 0, 0}, function_error, 10ms, "done RetriesExhausted"},
        {"one retry wanted", 1, 21600s, {start, 1, 0}, function_error, 10ms, "done RetriesExhausted"},
        {"a retry that would come too late", 2, 60s, {start, 0, 0}, function_error, 10ms, "done EventAgeExceeded"},
        {"a retry that comes just in time", 2, 60s, {start, 0, 0}, function_error, 0ms, "retry 60000"},
        {"a throttle waits a second", 2, 21600s, {start, 0, 0}, throttled, 0ms, "retry 1000"},
        {"then two", 2, 21600s, {start, 0, 1}, throttled, 1s, "retry 2000"},
        {"then four", 2, 21600s, {start, 0, 2}, throttled, 3s, "retry 4000"},
        {"at most five minutes", 2, 21600s, {start, 0, 9}, throttled, 600s, "retry 300000"},
        {"for as long as it takes", 2, 21600s, {start, 0, 4'000'000'000U}, throttled, 600s, "retry 300000"},
        {"the last pause is cut", 2, 60s, {start, 0, 5}, throttled, 50s, "retry 10000"},
        {"no throttle outlives the age", 2, 60s, {start, 0, 5}, throttled, 60s, "done EventAgeExceeded"},
        {"nor with attempts behind it", 2, 60s, {start, 1, 5}, throttled, 61s, "done EventAgeExceeded"},
    };
    for (const auto& row : table) {
        CAPTURE(row.what);
        EventInvokeConfig config;
        config.maximum_retry_attempts = row.retries;
        config.maximum_event_age = row.age;
        CHECK(words(after_attempt(config, 60s, row.before, row.end, start + row.after_start).step) == row.step);
    }
}

TEST_CASE("attempts that ran and throttles are counted apart") {
    const EventInvokeConfig config;
    EventProgress progress{start, 0, 0};
    progress = after_attempt(config, 60s, progress, AttemptEnd::throttled, start).progress;
    progress = after_attempt(config, 60s, progress, AttemptEnd::throttled, start).progress;
    CHECK(progress.invoked == 0);
    CHECK(progress.throttled == 2);
    progress = after_attempt(config, 60s, progress, AttemptEnd::function_error, start).progress;
    CHECK(progress.invoked == 1);
    CHECK(progress.throttled == 0);
}

TEST_CASE("an attempt is refused without concurrency and after its time") {
    EventInvokeConfig config;
    config.maximum_event_age = 60s;
    const EventProgress progress{start, 0, 0};
    CHECK_FALSE(refusal_of_attempt(config, std::nullopt, progress, start));
    CHECK_FALSE(refusal_of_attempt(config, 1, progress, start + 60s));
    CHECK(refusal_of_attempt(config, 0, progress, start) == EventCondition::zero_reserved_concurrency);
    CHECK(refusal_of_attempt(config, 1, progress, start + 62s) == EventCondition::event_age_exceeded);
}
