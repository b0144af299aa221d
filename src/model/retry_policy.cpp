#include "lambox/model/retry_policy.hpp"

#include <algorithm>

namespace lambox::model {
namespace {

Milliseconds backoff(std::uint32_t throttled_in_a_row) {
    Milliseconds pause = limits::async_backoff_first;
    for (std::uint32_t i = 1; i < throttled_in_a_row && pause < limits::async_backoff_max; ++i)
        pause *= 2;
    return std::min<Milliseconds>(pause, limits::async_backoff_max);
}

} // namespace

std::string_view to_string(EventCondition condition) {
    switch (condition) {
    case EventCondition::success: return "Success";
    case EventCondition::retries_exhausted: return "RetriesExhausted";
    case EventCondition::event_age_exceeded: return "EventAgeExceeded";
    case EventCondition::zero_reserved_concurrency: return "ZeroReservedConcurrency";
    }
    return "";
}

EventDecision after_attempt(const EventInvokeConfig& config, Milliseconds retry_pause, const EventProgress& progress, AttemptEnd end,
                            Instant now) {
    EventProgress next = progress;
    const Instant expires = progress.accepted + config.maximum_event_age;
    switch (end) {
    case AttemptEnd::success: ++next.invoked; return {next, EventDone{EventCondition::success}};
    case AttemptEnd::function_error: {
        ++next.invoked;
        next.throttled = 0;
        if (next.invoked > config.maximum_retry_attempts) return {next, EventDone{EventCondition::retries_exhausted}};
        const Milliseconds pause = retry_pause * next.invoked;
        // The retry would come too late; nothing that happens until then can change that.
        if (now + pause > expires) return {next, EventDone{EventCondition::event_age_exceeded}};
        return {next, TryAgain{pause}};
    }
    case AttemptEnd::throttled: break;
    }
    ++next.throttled;
    if (now >= expires) return {next, EventDone{EventCondition::event_age_exceeded}};
    const auto left = std::chrono::ceil<Milliseconds>(expires - now);
    return {next, TryAgain{std::min(backoff(next.throttled), left)}};
}

std::optional<EventCondition> refusal_of_attempt(const EventInvokeConfig& config, std::optional<std::uint32_t> reserved_concurrency,
                                                 const EventProgress& progress, Instant now) {
    if (reserved_concurrency && *reserved_concurrency == 0) return EventCondition::zero_reserved_concurrency;
    // A pause may end a moment late; what was promised a last attempt gets it.
    if (now > progress.accepted + config.maximum_event_age + limits::async_backoff_first) return EventCondition::event_age_exceeded;
    return std::nullopt;
}

} // namespace lambox::model
