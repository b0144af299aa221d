#include "lambox/engine/async_queue.hpp"

#include "lambox/base/limits.hpp"

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
    return attempt;
}

std::string in_seconds(Milliseconds duration) { return std::to_string(duration.count() / 1000) + " s"; }

} // namespace

AsyncQueue::AsyncQueue(EngineServices& services, Invoke invoke, io::TaskGroup& tasks)
    : services_(services), invoke_(std::move(invoke)), tasks_(tasks), log_(services.log.channel("async")) {}

Result<void> AsyncQueue::enqueue(AsyncEvent event) {
    if (closed_) return make_error(Errc::shutting_down, "lambox is shutting down");
    const std::size_t bytes = event.invocation.payload.size();
    if (events_ >= limits::async_queue_events_max || bytes_ + bytes > limits::async_queue_bytes_max) {
        return make_error(Errc::throttled, "Rate Exceeded.");
    }
    ++events_;
    bytes_ += bytes;
    tasks_.spawn(deliver(std::move(event)));
    return {};
}

void AsyncQueue::close() {
    closed_ = true;
    wake_all();
}

void AsyncQueue::forget() {
    ++epoch_;
    wake_all();
}

void AsyncQueue::wake_all() {
    for (io::OneShot<bool>* waiting : waiting_) waiting->set(true);
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
    model::EventProgress progress;
    progress.accepted = services_.clock.now();
    std::optional<model::EventResponse> last;
    for (;;) {
        const auto& reserved = event.function->config.reserved_concurrency;
        if (const auto refused = model::refusal_of_attempt(event.config, reserved, progress, services_.clock.now())) {
            finish(event, progress, *refused, std::move(last));
            break;
        }
        model::Invocation invocation = event.invocation; // a copy stays: a retry has the same request id
        const bool again = progress.invoked + progress.throttled > 0;
        if (again && !invocation.invocation_id.empty()) invocation.invocation_id = services_.ids.uuid();
        auto reply = co_await invoke_(event.function, std::move(invocation));
        if (epoch != epoch_) break;
        const bool abandoned = std::holds_alternative<model::Abandoned>(reply.outcome);
        Attempt attempt = attempt_of(std::move(reply));
        const auto decision = model::after_attempt(event.config, services_.settings.async_retry_pause, progress, attempt.end,
                                                   services_.clock.now());
        progress = decision.progress;
        if (attempt.response) last = std::move(attempt.response);
        if (const auto* done = std::get_if<model::EventDone>(&decision.step)) {
            finish(event, progress, done->condition, std::move(last));
            break;
        }
        const Milliseconds wait = std::get<model::TryAgain>(decision.step).pause;
        if (closed_) {
            log_of(event).error(abandoned ? "event lost: lambox stopped before the function had answered"
                                          : "event lost: lambox stopped before its next attempt");
            break;
        }
        if (attempt.end == model::AttemptEnd::function_error) {
            log_of(event).warn("event failed, attempt " + std::to_string(progress.invoked) + " of " +
                               std::to_string(event.config.maximum_retry_attempts + 1) + ", the next in " + in_seconds(wait) + ": " +
                               escape_for_log(last->payload.substr(0, quoted_chars_max)));
        }
        co_await pause(wait);
        if (epoch != epoch_) break;
        if (closed_) {
            log_of(event).error("event lost: lambox stopped before its next attempt");
            break;
        }
        if (services_.current_revision) {
            if (auto current = services_.current_revision(event.invocation.invoked_arn)) event.function = std::move(current);
        }
    }
    --events_;
    bytes_ -= bytes;
}

void AsyncQueue::finish(const AsyncEvent& event, const model::EventProgress& progress, model::EventCondition condition,
                        std::optional<model::EventResponse> response) {
    const Logger log = log_of(event);
    switch (condition) {
    case model::EventCondition::success: log.info("event done"); break;
    case model::EventCondition::retries_exhausted:
        log.error("event failed and is given up after " + std::to_string(progress.invoked) +
                  " attempts: " + escape_for_log(response ? response->payload.substr(0, quoted_chars_max) : std::string()));
        break;
    case model::EventCondition::event_age_exceeded:
        log.error("event given up: it is older than " + std::to_string(event.config.maximum_event_age.count()) + " s");
        break;
    case model::EventCondition::zero_reserved_concurrency: log.error("event given up: the function's reserved concurrency is 0"); break;
    }
    if (services_.destinations == nullptr) return;
    model::EventOutcome outcome;
    outcome.function_name = event.function->config.name;
    outcome.function_arn = model::qualified(event.invocation.invoked_arn);
    outcome.request_id = event.invocation.request_id;
    outcome.request_payload = event.invocation.payload;
    outcome.condition = condition;
    outcome.invoke_count = progress.invoked;
    outcome.at = services_.clock.wall_now();
    outcome.response = std::move(response);
    outcome.config = event.config;
    outcome.hops = event.hops;
    services_.destinations->deliver(std::move(outcome));
}

Logger AsyncQueue::log_of(const AsyncEvent& event) const {
    return log_.with("function", event.function->config.name).with("request", event.invocation.request_id.str());
}

} // namespace lambox::engine
