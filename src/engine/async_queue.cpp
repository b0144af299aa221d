#include "lambox/engine/async_queue.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/engine/event_store.hpp"

#include <algorithm>
#include <utility>

namespace lambox::engine {
namespace {

constexpr std::size_t quoted_chars_max = 512; ///< of a payload in a log line

struct Attempt {
    model::AttemptEnd end = model::AttemptEnd::throttled;
    std::optional<model::EventResponse> response;
};

Attempt attempt_of(InvokeReply reply) {
    Attempt attempt;
    if (auto* success = std::get_if<model::Success>(&reply.outcome)) {
        attempt.end = model::AttemptEnd::success;
        attempt.response = model::EventResponse{model::EventResponse::Kind::success, reply.executed_version, std::move(success->payload)};
    } else if (auto* error = std::get_if<model::FunctionError>(&reply.outcome)) {
        attempt.end = model::AttemptEnd::function_error;
        attempt.response =
            model::EventResponse{model::EventResponse::Kind::function_error, reply.executed_version, std::move(error->payload)};
    }
    if (const auto* failed = std::get_if<model::RestoreFailed>(&reply.outcome)) { // tried again like an error of the function
        attempt.end = model::AttemptEnd::function_error;
        std::string payload = R"({"errorType":")" + std::string(exception_name(failed->why)) + R"(","errorMessage":")" +
                              std::string(exception_message(failed->why)) + "\"}";
        attempt.response = model::EventResponse{model::EventResponse::Kind::function_error, reply.executed_version, std::move(payload)};
    }
    return attempt;
}

std::string in_seconds(Milliseconds duration) { return std::to_string(duration.count() / 1000) + " s"; }

} // namespace

AsyncQueue::AsyncQueue(EngineServices& services, Invoke invoke, io::TaskGroup& tasks)
    : services_(services), invoke_(std::move(invoke)), tasks_(tasks), log_(services.log.channel("async")) {}

Result<void> AsyncQueue::enqueue(AsyncEvent event) {
    if (closed_) return make_error(Errc::shutting_down, "lambox is shutting down");
    if (events_ >= limits::async_queue_events_max || bytes_ + event.invocation.payload.size() > limits::async_queue_bytes_max) {
        return make_error(Errc::throttled, "Rate Exceeded.");
    }
    event.progress = {};
    event.progress.accepted = services_.clock.now();
    if (const auto kept = keep(event); !kept) return kept;
    accept(std::move(event));
    return {};
}

void AsyncQueue::accept(AsyncEvent event) {
    ++events_;
    bytes_ += event.invocation.payload.size();
    tasks_.spawn(deliver(std::move(event)));
}

Result<void> AsyncQueue::keep(AsyncEvent& event) {
    if (services_.events == nullptr) return {};
    KeptEvent kept;
    kept.invocation = event.invocation;
    kept.accepted = services_.clock.wall_now();
    kept.hops = event.hops;
    const auto id = services_.events->add(kept);
    if (!id) return id.error();
    event.kept = *id;
    return {};
}

Result<std::size_t> AsyncQueue::resume() {
    if (services_.events == nullptr) return std::size_t{0};
    auto stored = services_.events->load();
    if (!stored) return stored.error();
    std::size_t resumed = 0;
    for (KeptEvent& kept : *stored) {
        const auto function = services_.resolve(kept.invocation.invoked_arn.str());
        AsyncEvent event;
        event.kept = kept.id;
        if (!function) {
            log_.with("request", kept.invocation.request_id.str()).error("event dropped: " + function.error().message);
            drop_kept(event);
            continue;
        }
        event.function = function->revision;
        event.config = model::event_invoke_config(*function->state, function->revision->version, function->qualifier);
        event.invocation = std::move(kept.invocation);
        event.hops = kept.hops;
        event.progress.invoked = kept.invoked;
        // A wall clock that was set back makes nothing younger than now.
        const auto age = std::max(services_.clock.wall_now() - kept.accepted, WallTime::duration::zero());
        event.progress.accepted = services_.clock.now() - age;
        accept(std::move(event));
        ++resumed;
    }
    return resumed;
}

void AsyncQueue::note_attempt(const AsyncEvent& event) {
    if (!event.kept) return;
    if (const auto noted = services_.events->set_invoked(*event.kept, event.progress.invoked); !noted) {
        log_of(event).error("the attempt could not be noted and may be made once more after a restart: " + noted.error().message);
    }
}

void AsyncQueue::drop_kept(const AsyncEvent& event) {
    if (!event.kept) return;
    if (const auto erased = services_.events->erase(*event.kept); !erased) {
        log_.error("an event that has ended stays in the state and will run again after a restart: " + erased.error().message);
    }
}

void AsyncQueue::tell_left_behind(const AsyncEvent& event, std::string_view why) const {
    if (event.kept) {
        log_of(event).info("event kept for the next start: " + std::string(why));
        return;
    }
    log_of(event).error("event lost: " + std::string(why));
}

void AsyncQueue::close() {
    closed_ = true;
    wake_all();
}

void AsyncQueue::forget() {
    ++epoch_;
    wake_all();
    if (services_.events == nullptr) return;
    if (const auto cleared = services_.events->clear(); !cleared) log_.error(cleared.error().message);
}

void AsyncQueue::wake_all() {
    for (io::OneShot<bool>* waiting : waiting_)
        waiting->set(true);
}

boost::asio::awaitable<void> AsyncQueue::pause(Milliseconds duration) {
    io::OneShot<bool> woken;
    const auto at = waiting_.insert(waiting_.end(), &woken);
    const Instant until = services_.clock.now() + duration;
    co_await woken.wait_until(services_.clock, until);
    waiting_.erase(at);
}

boost::asio::awaitable<void> AsyncQueue::deliver(AsyncEvent event) {
    const std::size_t bytes = event.invocation.payload.size();
    const std::uint64_t epoch = epoch_;
    std::optional<model::EventResponse> last;
    for (;;) {
        const auto& reserved = event.function->config.reserved_concurrency;
        if (const auto refused = model::refusal_of_attempt(event.config, reserved, event.progress, services_.clock.now())) {
            finish(event, *refused, std::move(last));
            break;
        }
        model::Invocation invocation = event.invocation; // a copy stays: a retry has the same request id
        const bool again = event.progress.invoked + event.progress.throttled > 0;
        if (again && !invocation.invocation_id.empty()) invocation.invocation_id = services_.ids.uuid();
        auto reply = co_await invoke_(event.function, std::move(invocation));
        if (epoch != epoch_) break;
        const bool abandoned = std::holds_alternative<model::Abandoned>(reply.outcome);
        Attempt attempt = attempt_of(std::move(reply));
        const auto decision =
            model::after_attempt(event.config, services_.settings.async_retry_pause, event.progress, attempt.end, services_.clock.now());
        event.progress = decision.progress;
        if (attempt.response) last = std::move(attempt.response);
        if (const auto* done = std::get_if<model::EventDone>(&decision.step)) {
            finish(event, done->condition, std::move(last));
            break;
        }
        const Milliseconds wait = std::get<model::TryAgain>(decision.step).pause;
        if (attempt.end == model::AttemptEnd::function_error) note_attempt(event);
        if (closed_) {
            std::string_view why = "lambox stopped before its next attempt";
            if (abandoned) why = "lambox stopped before the function had answered";
            tell_left_behind(event, why);
            break;
        }
        if (attempt.end == model::AttemptEnd::function_error) {
            log_of(event).warn("event failed, attempt " + std::to_string(event.progress.invoked) + " of " +
                               std::to_string(event.config.maximum_retry_attempts + 1) + ", the next in " + in_seconds(wait) + ": " +
                               escape_for_log(last->payload.substr(0, quoted_chars_max)));
        }
        co_await pause(wait);
        if (epoch != epoch_) break;
        if (closed_) {
            tell_left_behind(event, "lambox stopped before its next attempt");
            break;
        }
        if (services_.resolve) {
            if (auto current = services_.resolve(event.invocation.invoked_arn.str())) event.function = std::move(current->revision);
        }
    }
    --events_;
    bytes_ -= bytes;
}

void AsyncQueue::finish(const AsyncEvent& event, model::EventCondition condition, std::optional<model::EventResponse> response) {
    const Logger log = log_of(event);
    switch (condition) {
    case model::EventCondition::success: log.info("event done"); break;
    case model::EventCondition::retries_exhausted:
        log.error("event failed and is given up after " + std::to_string(event.progress.invoked) +
                  " attempts: " + escape_for_log(response ? response->payload.substr(0, quoted_chars_max) : std::string()));
        break;
    case model::EventCondition::event_age_exceeded:
        log.error("event given up: it is older than " + std::to_string(event.config.maximum_event_age.count()) + " s");
        break;
    case model::EventCondition::zero_reserved_concurrency: log.error("event given up: the function's reserved concurrency is 0"); break;
    }
    // Told first, dropped then: a kill in between tells a destination twice rather than not at all.
    if (services_.destinations != nullptr) services_.destinations->deliver(outcome_of(event, condition, std::move(response)));
    drop_kept(event);
}

model::EventOutcome AsyncQueue::outcome_of(const AsyncEvent& event, model::EventCondition condition,
                                           std::optional<model::EventResponse> response) const {
    model::EventOutcome outcome;
    outcome.function_name = event.function->config.name;
    outcome.function_arn = model::qualified(event.invocation.invoked_arn);
    outcome.request_id = event.invocation.request_id;
    outcome.request_payload = event.invocation.payload;
    outcome.condition = condition;
    outcome.invoke_count = event.progress.invoked;
    outcome.at = services_.clock.wall_now();
    outcome.response = std::move(response);
    outcome.config = event.config;
    outcome.hops = event.hops;
    return outcome;
}

Logger AsyncQueue::log_of(const AsyncEvent& event) const {
    return log_.with("function", event.function->config.name).with("request", event.invocation.request_id.str());
}

} // namespace lambox::engine
