#pragma once

#include "lambox/base/limits.hpp"
#include "lambox/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lambox::model {

/// What a function's owner decided about its Event invocations (behaviour §7.4).
struct EventInvokeConfig {
    std::uint32_t maximum_retry_attempts = limits::async_retries_max;
    Seconds maximum_event_age{limits::async_event_age_max};
    std::string on_success;         ///< ARN; empty = none
    std::string on_failure;         ///< ARN; empty = none
    std::string dead_letter_target; ///< ARN of the function's DeadLetterConfig; empty = none
};

/// Why an event came to its end, as destination records name it.
enum class EventCondition { success, retries_exhausted, event_age_exceeded, zero_reserved_concurrency };
[[nodiscard]] std::string_view to_string(EventCondition condition);

/// What one attempt came to.
enum class AttemptEnd {
    success,
    function_error, ///< timeouts and crashes too
    throttled,      ///< no concurrency, or a failure of the platform
};

/// How far an event has come; a new one is the default with its time.
struct EventProgress {
    Instant accepted{};
    std::uint32_t invoked = 0;   ///< attempts that reached the function
    std::uint32_t throttled = 0; ///< attempts in a row that did not
};

struct TryAgain {
    Milliseconds pause;
};
struct EventDone {
    EventCondition condition;
};
using EventStep = std::variant<TryAgain, EventDone>;

struct EventDecision {
    EventProgress progress;
    EventStep step;
};

/// After an attempt: what comes next. `retry_pause` is before the first retry after a function error; the second waits twice as long.
/// After a throttle the pause grows from 1 s to 5 min, and the last one is cut so that an attempt is made when the event's time is up.
[[nodiscard]] EventDecision after_attempt(const EventInvokeConfig& config, Milliseconds retry_pause, const EventProgress& progress,
                                          AttemptEnd end, Instant now);

/// Before an attempt: why it must not be made, if so.
[[nodiscard]] std::optional<EventCondition> refusal_of_attempt(const EventInvokeConfig& config,
                                                               std::optional<std::uint32_t> reserved_concurrency,
                                                               const EventProgress& progress, Instant now);

} // namespace lambox::model
