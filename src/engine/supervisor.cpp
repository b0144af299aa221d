#include "lambox/engine/supervisor.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/engine/concurrent_pool.hpp"

#include <utility>

namespace lambox::engine {

Supervisor::Supervisor(EngineServices& services)
    : services_(services), log_(services.log.channel("engine")), invocations_(services.executor, log_),
      reapers_(services.executor, log_), ready_(services, reapers_), invoker_(services, invocations_), queue_(
          services,
          [this](std::shared_ptr<const FunctionRevision> function, model::Invocation invocation) {
              return invoke_event(std::move(function), std::move(invocation));
          },
          invocations_) {
    services.ready = &ready_;
    arm_tick();
}

Supervisor::~Supervisor() = default;

EnvironmentPool& Supervisor::pool_of(const std::shared_ptr<const FunctionRevision>& function) {
    auto& pool = pools_[function.get()];
    if (!pool) pool = std::make_unique<EnvironmentPool>(services_, function, account_, reapers_);
    return *pool;
}

ConcurrentPool& Supervisor::concurrent_pool_of(const std::shared_ptr<const FunctionRevision>& function) {
    auto& pool = concurrent_pools_[function.get()];
    if (!pool) pool = std::make_unique<ConcurrentPool>(services_, function, account_, reapers_);
    return *pool;
}

namespace {

boost::asio::awaitable<void> execute(ConcurrentPool& pool, model::Invocation invocation,
                                     std::shared_ptr<io::OneShot<InvokeReply>> done) {
    auto reply = co_await pool.execute(std::move(invocation));
    done->set(std::move(reply));
}

} // namespace

boost::asio::awaitable<InvokeReply> Supervisor::invoke_concurrently(std::shared_ptr<const FunctionRevision> function,
                                                                    model::Invocation invocation) {
    const auto done = std::make_shared<io::OneShot<InvokeReply>>();
    invocations_.spawn(execute(concurrent_pool_of(function), std::move(invocation), done));
    InvokeReply reply = co_await done->wait();
    services_.log_sink.flush(); // as Invoker::invoke
    co_return reply;
}

boost::asio::awaitable<Result<InvokeReply>> Supervisor::invoke(std::shared_ptr<const FunctionRevision> function,
                                                               model::Invocation invocation, WaitFor wait_for) {
    if (draining_) co_return make_error(Errc::shutting_down, "lambox is shutting down");
    watch();
    if (function->config.managed_instances) co_return co_await invoke_concurrently(std::move(function), std::move(invocation));
    co_return co_await invoker_.invoke(pool_of(function), std::move(invocation), wait_for);
}

Result<void> Supervisor::enqueue(AsyncEvent event) {
    if (draining_) return make_error(Errc::shutting_down, "lambox is shutting down");
    return queue_.enqueue(std::move(event));
}

boost::asio::awaitable<InvokeReply> Supervisor::invoke_event(std::shared_ptr<const FunctionRevision> function,
                                                             model::Invocation invocation) {
    watch();
    if (function->config.managed_instances) co_return co_await invoke_concurrently(std::move(function), std::move(invocation));
    co_return co_await invoker_.invoke(pool_of(function), std::move(invocation), WaitFor::report);
}

boost::asio::awaitable<void> Supervisor::reset() {
    queue_.forget();
    for (auto& [revision, pool] : pools_) {
        pool->close();
        closed_pools_.push_back(std::move(pool));
    }
    pools_.clear();
    for (auto& [revision, pool] : concurrent_pools_) {
        pool->close();
        closed_concurrent_pools_.push_back(std::move(pool));
    }
    concurrent_pools_.clear();
    ready_.clear();
    const Instant give_up = services_.clock.now() + limits::reset_deadline;
    sweep_closed_pools();
    while (!(closed_pools_.empty() && closed_concurrent_pools_.empty()) && services_.clock.now() < give_up) {
        const Instant again = services_.clock.now() + limits::reset_poll;
        co_await io::sleep_until(services_.clock, again);
        sweep_closed_pools();
    }
}

void Supervisor::sweep_closed_pools() {
    closed_pools_.remove_if([](const auto& pool) { return !pool->in_use(); });
    closed_concurrent_pools_.remove_if([](const auto& pool) { return !pool->in_use(); });
}

boost::asio::awaitable<void> Supervisor::retire_idle(std::shared_ptr<const FunctionRevision> function) {
    if (function->config.managed_instances) co_await concurrent_pool_of(function).retire_idle();
    else co_await pool_of(function).retire_idle();
}

void Supervisor::retire(const std::shared_ptr<const FunctionRevision>& function) {
    const auto pool = pools_.find(function.get());
    if (pool != pools_.end()) pool->second->retire();
    const auto concurrent = concurrent_pools_.find(function.get());
    if (concurrent != concurrent_pools_.end()) concurrent->second->retire();
}

void Supervisor::keep_warm(const std::shared_ptr<const FunctionRevision>& function, std::uint32_t count) {
    if (draining_ || function->config.managed_instances) return; // those have no environments ahead of time
    watch();
    pool_of(function).keep_warm(count);
}

EnvironmentPool::WarmStatus Supervisor::warm_status(const FunctionRevision& function) const {
    const auto pool = pools_.find(&function);
    return pool == pools_.end() ? EnvironmentPool::WarmStatus{} : pool->second->warm_status();
}

void Supervisor::drain() {
    draining_ = true;
    queue_.close();
    ready_.close();
}

void Supervisor::stop() {
    drain();
    for (auto& [revision, pool] : pools_) pool->close();
    for (auto& [revision, pool] : concurrent_pools_) pool->close();
}

boost::asio::awaitable<void> Supervisor::join() {
    co_await invocations_.join();
    stop(); // idle environments
    co_await reapers_.join();
    tick_.reset();
}

std::size_t Supervisor::environments() const {
    std::size_t sum = 0;
    for (const auto& [revision, pool] : pools_) sum += pool->size();
    for (const auto& pool : closed_pools_) sum += pool->size();
    for (const auto& [revision, pool] : concurrent_pools_) sum += pool->size();
    for (const auto& pool : closed_concurrent_pools_) sum += pool->size();
    return sum;
}

std::vector<Supervisor::PoolView> Supervisor::view() const {
    std::vector<PoolView> views;
    for (const auto& [revision, pool] : pools_) {
        auto environments = pool->view();
        if (!environments.empty()) views.push_back(PoolView{pool->shared_function(), std::move(environments)});
    }
    for (const auto& [revision, pool] : concurrent_pools_) {
        auto environments = pool->view();
        if (!environments.empty()) views.push_back(PoolView{pool->shared_function(), std::move(environments)});
    }
    return views;
}

void Supervisor::arm_tick() {
    pace_ = environments() > 0 ? Pace::watching : Pace::resting;
    const Milliseconds pause = pace_ == Pace::watching ? limits::supervisor_tick : limits::supervisor_idle_tick;
    tick_ = services_.clock.call_at(services_.clock.now() + pause, [this] { on_tick(); });
}

void Supervisor::watch() {
    if (pace_ == Pace::watching) return;
    pace_ = Pace::watching;
    tick_ = services_.clock.call_at(services_.clock.now() + limits::supervisor_tick, [this] { on_tick(); });
}

void Supervisor::on_tick() {
    services_.spawner.reap_orphans();
    sweep_closed_pools();
    const Instant idle_before = services_.clock.now() - services_.settings.keep_alive;
    for (auto& [revision, pool] : pools_) {
        pool->enforce_memory();
        pool->freeze_idle();
        pool->expire_idle(idle_before);
    }
    for (auto& [revision, pool] : concurrent_pools_) {
        pool->enforce_memory();
        pool->expire_idle(idle_before);
    }
    ready_.expire(services_.clock.now());
    std::erase_if(pools_, [](const auto& one) { return one.second->abandoned(); });
    std::erase_if(concurrent_pools_, [](const auto& one) { return !one.second->in_use(); });
    arm_tick();
}

} // namespace lambox::engine
