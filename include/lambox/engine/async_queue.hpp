#pragma once

#include "lambox/engine/invoker.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>

namespace lambox::engine {

/// Event invocations: accepted at once, executed in the background, their outcome logged, so that no accepted event is lost
/// without a word (behaviour §7.4). A throttled event goes back to the queue with a growing pause, up to six hours. A function's
/// own error is final here: retries after function errors are not made, and the log says so.
class AsyncQueue {
public:
    AsyncQueue(EngineServices& services, Invoker& invoker, io::TaskGroup& tasks);

    /// Errors: throttled when the queue is full; shutting_down.
    [[nodiscard]] Result<void> enqueue(EnvironmentPool& pool, model::Invocation invocation);
    /// Takes no more, and gives up waiting for places; events that never ran are logged as lost.
    void close();
    [[nodiscard]] std::size_t size() const { return events_; }

private:
    boost::asio::awaitable<void> deliver(EnvironmentPool& pool, model::Invocation invocation);
    void log_outcome(const EnvironmentPool& pool, const model::Invocation& invocation, const model::Outcome& outcome) const;

    EngineServices& services_;
    Invoker& invoker_;
    io::TaskGroup& tasks_;
    Logger log_;
    std::size_t events_ = 0;
    std::size_t bytes_ = 0;
    bool closed_ = false;
};

} // namespace lambox::engine
