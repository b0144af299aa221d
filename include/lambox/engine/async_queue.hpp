#pragma once

#include "lambox/engine/invoker.hpp"
#include "lambox/io/one_shot.hpp"
#include "lambox/model/event_outcome.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

namespace lambox::engine {

/// Port: who is told how Event invocations ended, whether or not a destination is configured.
class DestinationSink {
public:
    virtual ~DestinationSink() = default;
    virtual void deliver(model::EventOutcome outcome) = 0;
};

/// An accepted Event invocation.
struct AsyncEvent {
    std::shared_ptr<const FunctionRevision> function;
    model::Invocation invocation;
    model::EventInvokeConfig config;
    std::uint32_t hops = 0; ///< destinations that led here
};

/// Event invocations: accepted at once, executed in the background, retried as `model/retry_policy` decides, and reported to
/// `EngineServices::destinations` at their end, so that no accepted event is lost without a word (behaviour §7.4).
class AsyncQueue {
public:
    using Invoke =
        std::function<boost::asio::awaitable<InvokeReply>(std::shared_ptr<const FunctionRevision> function, model::Invocation invocation)>;
    AsyncQueue(EngineServices& services, Invoke invoke, io::TaskGroup& tasks);

    /// Errors: throttled when the queue is full; shutting_down.
    [[nodiscard]] Result<void> enqueue(AsyncEvent event);
    /// Takes no more, and gives up waiting; events that wait for an attempt are logged as lost.
    void close();
    /// Drops every event there is, those being executed as soon as their attempt ends; none of them reaches a destination.
    void forget();
    [[nodiscard]] std::size_t size() const { return events_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    boost::asio::awaitable<void> deliver(AsyncEvent event);
    boost::asio::awaitable<void> pause(Milliseconds duration);
    void wake_all();
    void finish(const AsyncEvent& event, const model::EventProgress& progress, model::EventCondition condition,
                std::optional<model::EventResponse> response);
    [[nodiscard]] Logger log_of(const AsyncEvent& event) const;

    EngineServices& services_;
    Invoke invoke_;
    io::TaskGroup& tasks_;
    Logger log_;
    std::list<io::OneShot<bool>*> waiting_;
    std::size_t events_ = 0;
    std::size_t bytes_ = 0;
    std::uint64_t epoch_ = 0; ///< counts `forget`
    bool closed_ = false;
};

} // namespace lambox::engine
