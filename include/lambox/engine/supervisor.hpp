#pragma once

#include "lambox/engine/async_queue.hpp"
#include "lambox/engine/environment_pool.hpp"
#include "lambox/engine/function_registry.hpp"
#include "lambox/engine/invoker.hpp"
#include "lambox/engine/ready_parts.hpp"
#include "lambox/io/task_group.hpp"

#include <boost/asio/awaitable.hpp>

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lambox::engine {

class ConcurrentPool;

/// Owns the pools, the queue and every task of the engine. Life: construct, invoke, `drain`, perhaps `stop`, `join`, destroy.
class Supervisor {
public:
    Supervisor(EngineServices& services);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// Errors: shutting_down.
    boost::asio::awaitable<Result<InvokeReply>> invoke(std::shared_ptr<const FunctionRevision> function, model::Invocation invocation,
                                                       WaitFor wait_for);
    /// Accepts an Event invocation. Errors: throttled, shutting_down.
    [[nodiscard]] Result<void> enqueue(AsyncEvent event);
    /// Executes what the store has kept of Event invocations; see `AsyncQueue::resume`.
    [[nodiscard]] Result<std::size_t> resume_events() { return queue_.resume(); }
    /// Ends the function's idle environments and returns when they have gone: the next invocation is a cold start.
    boost::asio::awaitable<void> retire_idle(std::shared_ptr<const FunctionRevision> function);

    /// The revision is not to be found by name any more: its environments end as they become idle.
    void retire(const std::shared_ptr<const FunctionRevision>& function);
    /// Provisioned concurrency; see `EnvironmentPool::keep_warm`. Nothing happens once draining has begun.
    void keep_warm(const std::shared_ptr<const FunctionRevision>& function, std::uint32_t count);
    [[nodiscard]] EnvironmentPool::WarmStatus warm_status(const FunctionRevision& function) const;
    /// Ends every environment, busy ones too, and drops every queued event; invocations in progress end as Abandoned, new ones find new
    /// environments. Returns when the processes have gone, or after `limits::reset_deadline`.
    boost::asio::awaitable<void> reset();

    /// Takes no new work; what runs goes on.
    void drain();
    /// Kills every environment; invocations in progress end as Abandoned.
    void stop();
    /// After `drain` or `stop`: returns when all invocations and queued events have ended and every process is gone.
    boost::asio::awaitable<void> join();

    [[nodiscard]] std::size_t environments() const;
    /// Environments that somebody uses: invocations, their reports included, and environments warmed up ahead.
    [[nodiscard]] std::uint32_t in_progress() const { return account_.occupied; }
    struct PoolView {
        std::shared_ptr<const FunctionRevision> function;
        std::vector<EnvironmentPool::SlotView> environments;
    };
    [[nodiscard]] std::vector<PoolView> view() const;
    [[nodiscard]] const AsyncQueue& queue() const { return queue_; }
    [[nodiscard]] const EngineServices& services() const { return services_; }

private:
    [[nodiscard]] ConcurrentPool& concurrent_pool_of(const std::shared_ptr<const FunctionRevision>& function);
    /// An invocation of a function on Managed Instances; one that its caller has left goes on.
    boost::asio::awaitable<InvokeReply> invoke_concurrently(std::shared_ptr<const FunctionRevision> function, model::Invocation invocation);
    [[nodiscard]] EnvironmentPool& pool_of(const std::shared_ptr<const FunctionRevision>& function);
    boost::asio::awaitable<InvokeReply> invoke_event(std::shared_ptr<const FunctionRevision> function, model::Invocation invocation);
    void sweep_closed_pools();
    void arm_tick();
    /// There is something to look after: the next tick comes soon.
    void watch();
    void on_tick();

    EngineServices& services_;
    Logger log_;
    io::TaskGroup invocations_;
    io::TaskGroup reapers_;
    ReadyParts ready_;
    AccountUse account_;
    Invoker invoker_;
    AsyncQueue queue_;
    std::map<const FunctionRevision*, std::unique_ptr<EnvironmentPool>> pools_; ///< each keeps its revision alive
    std::map<const FunctionRevision*, std::unique_ptr<ConcurrentPool>> concurrent_pools_; ///< of functions on Managed Instances
    std::list<std::unique_ptr<ConcurrentPool>> closed_concurrent_pools_;
    std::list<std::unique_ptr<EnvironmentPool>> closed_pools_; ///< of before a reset, until nobody uses them
    std::unique_ptr<io::Timer> tick_;
    enum class Pace { resting, watching };
    Pace pace_ = Pace::resting;
    bool draining_ = false;
};

} // namespace lambox::engine
