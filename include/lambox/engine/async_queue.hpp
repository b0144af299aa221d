#pragma once

#include "lambox/engine/invoker.hpp"
#include "lambox/io/one_shot.hpp"
#include "lambox/model/event_outcome.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>

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
    /// Of an event that is kept over the program's end: its id in the store.
    std::optional<std::int64_t> kept;
    model::EventProgress progress; ///< set by the queue
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
    /// Takes in what the store has kept; to be called once, when functions can be resolved. An event whose function has gone is dropped
    /// with a word in the log. Returns how many there are. Errors: those of the store.
    [[nodiscard]] Result<std::size_t> resume();
    /// Takes no more, and gives up waiting; events that wait for an attempt are logged as lost, or stay in the store.
    void close();
    /// Drops every event there is, those being executed as soon as their attempt ends; none of them reaches a destination.
    void forget();
    [[nodiscard]] std::size_t size() const { return events_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    void accept(AsyncEvent event);
    boost::asio::awaitable<void> deliver(AsyncEvent event);
    [[nodiscard]] Result<void> keep(AsyncEvent& event);
    void note_attempt(const AsyncEvent& event);
    void drop_kept(const AsyncEvent& event);
    void tell_left_behind(const AsyncEvent& event, std::string_view why) const;
    boost::asio::awaitable<void> pause(Milliseconds duration);
    void wake_all();
    void finish(const AsyncEvent& event, model::EventCondition condition, std::optional<model::EventResponse> response);
    [[nodiscard]] model::EventOutcome outcome_of(const AsyncEvent& event, model::EventCondition condition,
                                                 std::optional<model::EventResponse> response) const;
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
