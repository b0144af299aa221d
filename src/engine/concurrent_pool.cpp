#include "lambox/engine/concurrent_pool.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/model/function_error.hpp"
#include "lambox/model/runtime_environment.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace lambox::engine {

class ConcurrentPool::Occupation {
public:
    Occupation(ConcurrentPool& pool, std::string request_id) : pool_(pool), request_id_(std::move(request_id)) {
        pool_.request_ids_.insert(request_id_);
        ++pool_.use_->occupied;
        ++pool_.account_.occupied;
    }
    Occupation(const Occupation&) = delete;
    Occupation& operator=(const Occupation&) = delete;
    ~Occupation() {
        --pool_.use_->occupied;
        --pool_.account_.occupied;
        pool_.request_ids_.erase(request_id_);
    }

private:
    ConcurrentPool& pool_;
    std::string request_id_;
};

/// Held by whatever works with the pool across suspensions; a pool without users and slots may be destroyed.
class ConcurrentPool::User {
public:
    explicit User(ConcurrentPool& pool) : pool_(pool) { ++pool_.users_; }
    User(const User&) = delete;
    User& operator=(const User&) = delete;
    ~User() { --pool_.users_; }

private:
    ConcurrentPool& pool_;
};

ConcurrentPool::ConcurrentPool(EngineServices& services, std::shared_ptr<const FunctionRevision> function, AccountUse& account,
                               io::TaskGroup& tasks)
    : services_(services), function_(std::move(function)), account_(account), tasks_(tasks), use_(function_->use) {
    if (use_) return;
    use_ = std::make_shared<FunctionUse>();
    use_->reserved_concurrency = function_->config.reserved_concurrency;
}

ConcurrentPool::~ConcurrentPool() { LAMBOX_ASSERT(users_ == 0 && slots_.empty()); }

std::optional<model::ThrottleReason> ConcurrentPool::refusal() const {
    if (use_->reserved_concurrency && use_->occupied >= *use_->reserved_concurrency) return model::ThrottleReason::reserved_concurrency;
    if (account_.occupied >= limits::account_concurrency) return model::ThrottleReason::account_concurrency;
    return std::nullopt;
}

boost::asio::awaitable<InvokeReply> ConcurrentPool::execute(model::Invocation invocation) {
    const User user(*this);
    const Instant arrived = services_.clock.now();
    InvokeReply refused;
    refused.executed_version = function_->version;
    if (const auto reason = refusal()) {
        refused.outcome = model::Throttled{*reason};
        co_return refused;
    }
    const auto shared = std::make_shared<const model::Invocation>(std::move(invocation));
    const std::string id = shared->request_id.str();
    if (request_ids_.contains(id)) {
        // Callers may choose ids, and answers are matched by nothing else.
        const FailedStart duplicate{"Client.DuplicatedInvokeId", "invoke ID already exists", {}};
        co_return reply_of(duplicate, id, arrived);
    }
    const Occupation occupation(*this, id);
    const auto start = with_room() == nullptr ? model::StartKind::cold : model::StartKind::warm;
    const auto grant = co_await acquire(shared);
    if (const auto* failure = std::get_if<FailedStart>(&grant)) co_return reply_of(*failure, id, arrived);
    const auto* run = std::get_if<std::shared_ptr<ConcurrentRun>>(&grant);
    if (run == nullptr) {
        refused.outcome = model::Abandoned{};
        co_return refused;
    }
    auto end = co_await (*run)->ended.wait();
    co_return reply_of(std::move(end), arrived, start);
}

boost::asio::awaitable<ConcurrentPool::Grant> ConcurrentPool::acquire(std::shared_ptr<const model::Invocation> invocation) {
    if (closed_) co_return PoolClosed{};
    if (ConcurrentEnvironment* const environment = with_room()) co_return environment->assign(std::move(invocation));
    const auto waiter = std::make_shared<Waiter>();
    waiter->invocation = std::move(invocation);
    waiter->patient_until = services_.clock.now() + limits::worker_wait;
    waiters_.push_back(waiter);
    start_where_needed(*waiter, model::ConcurrentPatience::left);
    for (;;) {
        const Instant until = waiter->patient_until;
        auto granted = co_await waiter->grant.wait_until(services_.clock, until);
        if (granted) co_return *std::move(granted);                  // whoever granted it has taken it off the list
        if (services_.clock.now() < waiter->patient_until) continue; // an environment became ready meanwhile
        start_where_needed(*waiter, model::ConcurrentPatience::spent);
        waiter->patient_until = services_.clock.now() + limits::worker_wait;
    }
}

ConcurrentEnvironment* ConcurrentPool::with_room() {
    if (!waiters_.empty()) return nullptr; // they come first
    const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                   [](const Slot& one) { return one.use == SlotUse::serving && one.environment->has_room(); });
    return slot == slots_.end() ? nullptr : slot->environment.get();
}

model::ConcurrentRoom ConcurrentPool::room() const {
    model::ConcurrentRoom room;
    for (const Slot& slot : slots_) {
        switch (slot.use) {
        case SlotUse::starting: room.starting += slot.environment->concurrency(); break;
        case SlotUse::serving:
            room.idle += slot.environment->idle_room();
            room.returning += slot.environment->returning_room();
            break;
        case SlotUse::retiring: break;
        }
    }
    return room;
}

void ConcurrentPool::start_where_needed(const Waiter& waiter, model::ConcurrentPatience patience) {
    const auto at = std::find_if(waiters_.begin(), waiters_.end(), [&](const auto& one) { return one.get() == &waiter; });
    const auto ahead = static_cast<std::uint32_t>(std::distance(waiters_.begin(), at));
    switch (model::place_concurrently(room(), ahead, patience)) {
    case model::ConcurrentPlacement::assign:
    case model::ConcurrentPlacement::wait: return;
    case model::ConcurrentPlacement::start: start_environment(); return;
    }
}

void ConcurrentPool::give_room() {
    for (Slot& slot : slots_) {
        while (slot.use == SlotUse::serving && !waiters_.empty() && slot.environment->has_room()) {
            const auto waiter = waiters_.front();
            waiters_.pop_front();
            waiter->grant.set(slot.environment->assign(waiter->invocation));
        }
    }
}

void ConcurrentPool::start_environment() {
    Slot& slot = slots_.emplace_back();
    const std::string hex = services_.ids.hex(32);
    const std::string name = function_->config.name + "#" + std::to_string(++use_->made);
    slot.workspace =
        std::make_unique<Workspace>(EnvironmentId(name), model::log_stream_name(services_.clock.wall_now(), function_->version, hex),
                                    services_.settings.scratch / ("tmp-" + hex), services_, model::LogTailCut::records);
    slot.environment = std::make_unique<ConcurrentEnvironment>(services_, function_, *slot.workspace, *this);
    tasks_.spawn(bring_up(std::prev(slots_.end())));
}

boost::asio::awaitable<void> ConcurrentPool::bring_up(SlotIterator slot) {
    const User user(*this);
    const auto result = co_await slot->environment->start();
    if (result.end != model::environment::InitEnd::ready) {
        if (slot->use != SlotUse::retiring) begin_retiring(slot);
        fail_waiters(result);
        co_return;
    }
    slot->use = SlotUse::serving;
    slot->idle_since = services_.clock.now();
    for (const auto& waiter : waiters_)
        waiter->patient_until = services_.clock.now() + limits::worker_wait; // its other workers may need a moment
    give_room();
}

void ConcurrentPool::fail_waiters(const Environment::InitResult& result) {
    if (closed_) return;
    const auto left = room();
    const std::size_t covered = left.starting + left.returning + left.idle;
    FailedStart failure{result.error_type, result.error_message, result.error_payload};
    if (result.end == model::environment::InitEnd::timed_out) {
        const auto limit = std::max<Seconds>(function_->config.timeout, limits::managed_instances_init_timeout_min);
        failure.error_message = model::timeout_message(limit);
    }
    while (waiters_.size() > covered) {
        const auto waiter = waiters_.front();
        waiters_.pop_front();
        waiter->grant.set(failure);
    }
}

void ConcurrentPool::on_room(ConcurrentEnvironment&) { give_room(); }

void ConcurrentPool::on_run_ended(ConcurrentEnvironment& environment) {
    const auto slot = find(environment);
    if (slot->use != SlotUse::serving || environment.in_flight() > 0) return;
    slot->idle_since = services_.clock.now();
    if (retired_ && waiters_.empty()) begin_retiring(slot);
}

void ConcurrentPool::on_ended(ConcurrentEnvironment& environment) {
    const auto slot = find(environment);
    if (slot->use == SlotUse::serving) begin_retiring(slot); // in INIT, `bring_up` sees to it
}

void ConcurrentPool::begin_retiring(SlotIterator slot) {
    slot->use = SlotUse::retiring;
    slot->workspace->telemetry.flush();
    slot->environment->stop();
    tasks_.spawn(reap(slot));
}

boost::asio::awaitable<void> ConcurrentPool::reap(SlotIterator slot) {
    const User user(*this);
    // Whoever begins this may stand in a transition of the environment that goes here.
    co_await boost::asio::post(tasks_.executor(), boost::asio::use_awaitable);
    co_await slot->environment->gone();
    co_await slot->workspace->telemetry.end();
    slots_.erase(slot);
    for (const auto& waiter : std::exchange(reaped_waiters_, {}))
        waiter->set(true);
}

void ConcurrentPool::expire_idle(Instant before) {
    for (auto slot = slots_.begin(); slot != slots_.end();) {
        const auto one = slot++;
        const bool idle = one->use == SlotUse::serving && one->environment->in_flight() == 0 && one->idle_since <= before;
        if (idle && waiters_.empty()) begin_retiring(one);
    }
}

boost::asio::awaitable<void> ConcurrentPool::retire_idle() {
    const User user(*this);
    expire_idle(services_.clock.now());
    const auto retiring = [this] {
        return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.use == SlotUse::retiring; });
    };
    while (retiring()) {
        const auto waiter = std::make_shared<io::OneShot<bool>>();
        reaped_waiters_.push_back(waiter);
        co_await waiter->wait();
    }
}

void ConcurrentPool::retire() {
    retired_ = true;
    expire_idle(services_.clock.now());
}

void ConcurrentPool::close() {
    closed_ = true;
    for (const auto& waiter : std::exchange(waiters_, {}))
        waiter->grant.set(PoolClosed{});
    for (auto slot = slots_.begin(); slot != slots_.end();) {
        const auto one = slot++;
        switch (one->use) {
        case SlotUse::starting: one->environment->stop(); break; // `bring_up` sees to the rest
        case SlotUse::serving: begin_retiring(one); break;
        case SlotUse::retiring: break;
        }
    }
}

void ConcurrentPool::enforce_memory() {
    for (Slot& slot : slots_) {
        if (slot.use != SlotUse::retiring) slot.environment->enforce_memory();
    }
}

std::vector<EnvironmentPool::SlotView> ConcurrentPool::view() const {
    std::vector<EnvironmentPool::SlotView> views;
    for (const Slot& slot : slots_) {
        const Workspace& workspace = *slot.workspace;
        auto use = EnvironmentPool::SlotUse::occupied;
        if (slot.use == SlotUse::retiring)
            use = EnvironmentPool::SlotUse::retiring;
        else if (slot.use == SlotUse::serving && slot.environment->in_flight() == 0)
            use = EnvironmentPool::SlotUse::idle;
        views.push_back({workspace.id.str(), workspace.log_stream, use, false, Mebibytes::covering(workspace.peak_memory_bytes)});
    }
    return views;
}

ConcurrentPool::SlotIterator ConcurrentPool::find(const ConcurrentEnvironment& environment) {
    const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& one) { return one.environment.get() == &environment; });
    LAMBOX_ASSERT(slot != slots_.end());
    return slot;
}

InvokeReply ConcurrentPool::reply_of(ConcurrentRun::End end, Instant arrived, model::StartKind start) const {
    InvokeReply reply;
    reply.executed_version = function_->version;
    reply.emulator = std::move(end.emulator);
    reply.log_tail = std::move(end.log_tail);
    if (!std::holds_alternative<model::Abandoned>(end.outcome)) {
        model::InvocationFigures& figures = reply.figures.emplace();
        figures.start = start;
        figures.end_to_end = std::chrono::duration_cast<Microseconds>(end.at - arrived);
        figures.overhead = figures.end_to_end - end.report.duration;
        figures.report = std::move(end.report);
    }
    reply.outcome = std::move(end.outcome);
    return reply;
}

InvokeReply ConcurrentPool::reply_of(const FailedStart& failure, const std::string& request_id, Instant arrived) const {
    InvokeReply reply;
    reply.executed_version = function_->version;
    std::string payload = failure.error_payload;
    if (payload.empty()) payload = model::platform_error_payload(request_id, failure.error_type, failure.error_message);
    reply.outcome = model::FunctionError{std::move(payload), failure.error_type, model::ErrorOrigin::platform};
    model::InvocationFigures& figures = reply.figures.emplace();
    figures.start = model::StartKind::cold;
    figures.end_to_end = std::chrono::duration_cast<Microseconds>(services_.clock.now() - arrived);
    figures.overhead = figures.end_to_end;
    figures.report.request_id = request_id;
    figures.report.memory_size = function_->config.memory;
    figures.report.status = model::InvocationStatus::error;
    figures.report.error_type = failure.error_type;
    return reply;
}

} // namespace lambox::engine
