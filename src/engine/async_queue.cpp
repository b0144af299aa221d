#include "lambox/engine/async_queue.hpp"

#include "lambox/base/limits.hpp"

#include <algorithm>

namespace lambox::engine {

AsyncQueue::AsyncQueue(EngineServices& services, Invoker& invoker, io::TaskGroup& tasks)
    : services_(services), invoker_(invoker), tasks_(tasks), log_(services.log.channel("async")) {}

Result<void> AsyncQueue::enqueue(EnvironmentPool& pool, model::Invocation invocation) {
    if (closed_) return make_error(Errc::shutting_down, "lambox is shutting down");
    const std::size_t bytes = invocation.payload.size();
    if (events_ >= limits::async_queue_events_max || bytes_ + bytes > limits::async_queue_bytes_max) {
        return make_error(Errc::throttled, "Rate Exceeded.");
    }
    ++events_;
    bytes_ += bytes;
    tasks_.spawn(deliver(pool, std::move(invocation)));
    return {};
}

void AsyncQueue::close() { closed_ = true; }

boost::asio::awaitable<void> AsyncQueue::deliver(EnvironmentPool& pool, model::Invocation invocation) {
    const std::size_t bytes = invocation.payload.size();
    const Instant expires = services_.clock.now() + limits::async_event_age_max;
    Milliseconds pause = limits::async_backoff_first;
    for (;;) {
        // A copy stays: a throttled event is tried again with the same request id.
        model::Invocation attempt = invocation;
        const auto reply = co_await invoker_.invoke(pool, std::move(attempt), WaitFor::report);
        const bool throttled = std::holds_alternative<model::Throttled>(reply.outcome);
        if (!throttled || closed_ || services_.clock.now() + pause > expires) {
            log_outcome(pool, invocation, reply.outcome);
            break;
        }
        // In short steps, so that a shutdown is not held up by a long pause.
        const Instant again = services_.clock.now() + pause;
        while (!closed_ && services_.clock.now() < again) {
            const Instant step = std::min<Instant>(again, services_.clock.now() + limits::supervisor_tick);
            co_await io::sleep_until(services_.clock, step);
        }
        pause = std::min<Milliseconds>(pause * 2, limits::async_backoff_max);
    }
    --events_;
    bytes_ -= bytes;
}

void AsyncQueue::log_outcome(const EnvironmentPool& pool, const model::Invocation& invocation, const model::Outcome& outcome) const {
    const Logger log = log_.with("function", pool.function().config.name).with("request", invocation.request_id.str());
    struct Words {
        const Logger& log;
        void operator()(const model::Success&) const { log.info("event done"); }
        void operator()(const model::FunctionError& error) const {
            log.error("event failed and is dropped, no retry is made: " + escape_for_log(error.payload.substr(0, 512)));
        }
        void operator()(const model::Throttled&) const { log.error("event dropped: no concurrency became free for it"); }
        void operator()(const model::Abandoned&) const { log.error("event lost: lambox stopped before the function had answered"); }
    };
    std::visit(Words{log}, outcome);
}

} // namespace lambox::engine
