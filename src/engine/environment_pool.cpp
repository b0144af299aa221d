#include "lambox/engine/environment_pool.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/engine/platform_log.hpp"
#include "lambox/engine/ready_parts.hpp"
#include "lambox/model/runtime_environment.hpp"

#include <algorithm>
#include <iterator>

namespace lambox::engine {
namespace {

bool counts_as_occupied(EnvironmentPool::SlotUse use) {
    switch (use) {
    case EnvironmentPool::SlotUse::occupied:
    case EnvironmentPool::SlotUse::answered: return true;
    case EnvironmentPool::SlotUse::idle:
    case EnvironmentPool::SlotUse::resetting:
    case EnvironmentPool::SlotUse::reset:
    case EnvironmentPool::SlotUse::retiring: return false;
    }
    return false;
}

} // namespace

EnvironmentPool::EnvironmentPool(EngineServices& services, std::shared_ptr<const FunctionRevision> function, AccountUse& account,
                                 io::TaskGroup& tasks)
    : services_(services), function_(std::move(function)), account_(account), tasks_(tasks), use_(function_->use) {
    if (use_) return;
    use_ = std::make_shared<FunctionUse>();
    use_->reserved_concurrency = function_->config.reserved_concurrency;
}

EnvironmentPool::~EnvironmentPool() { LAMBOX_ASSERT(occupied_ == 0); }

std::size_t EnvironmentPool::count(SlotUse use) const { return uses_[static_cast<std::size_t>(use)]; }

std::vector<EnvironmentPool::SlotView> EnvironmentPool::view() const {
    std::vector<SlotView> views;
    for (const Slot& slot : slots_) {
        const Workspace& workspace = *slot.workspace;
        views.push_back(
            SlotView{workspace.id.str(), workspace.log_stream, slot.use, slot.frozen, Mebibytes::covering(workspace.peak_memory_bytes)});
    }
    return views;
}

model::PlacementDecision EnvironmentPool::decide(Patience patience) const {
    model::PlacementCounts counts;
    counts.idle = static_cast<std::uint32_t>(count(SlotUse::idle));
    counts.occupied = use_->occupied;
    counts.account_occupied = account_.occupied;
    // A handler may work on long after its answer; who has waited for it in vain looks for another place.
    const std::size_t answered = count(SlotUse::answered);
    if (patience == Patience::left && answered > waiters_.size()) {
        counts.answered_unclaimed = static_cast<std::uint32_t>(answered - waiters_.size());
    }
    model::PlacementLimits bounds;
    bounds.reserved_concurrency = use_->reserved_concurrency;
    bounds.account_concurrency = limits::account_concurrency;
    bounds.overflow = services_.settings.overflow;
    return model::place(counts, bounds);
}

boost::asio::awaitable<EnvironmentPool::Acquired> EnvironmentPool::acquire() {
    const Instant give_up_at = services_.clock.now() + limits::answered_wait;
    while (!closed_) {
        const auto patience = services_.clock.now() < give_up_at ? Patience::left : Patience::spent;
        const auto decision = decide(patience);
        switch (decision) {
        case model::PlacementDecision::reuse: co_return &take_idle();
        case model::PlacementDecision::throttle_reserved: co_return model::ThrottleReason::reserved_concurrency;
        case model::PlacementDecision::throttle_account: co_return model::ThrottleReason::account_concurrency;
        case model::PlacementDecision::start: {
            Slot& slot = take_new();
            if (slot.environment) {
                co_await slot.environment->gone();
                slot.environment.reset();
            }
            co_return &slot;
        }
        case model::PlacementDecision::queue: {
            // Bounded by the connections and the queue of events that waiters come from.
            const auto waiter = std::make_shared<io::OneShot<Slot*>>();
            waiters_.push_back(waiter);
            if (Slot* const slot = co_await waiter->wait()) co_return slot;
            break;
        }
        case model::PlacementDecision::wait: {
            const auto waiter = std::make_shared<io::OneShot<Slot*>>();
            waiters_.push_back(waiter);
            const auto slot_or_none = co_await waiter->wait_until(services_.clock, give_up_at);
            waiters_.remove(waiter);
            if (slot_or_none && *slot_or_none) co_return *slot_or_none;
            break;
        }
        }
    }
    co_return PoolClosed{};
}

EnvironmentPool::Slot& EnvironmentPool::take_idle() {
    const auto slot = std::find_if(slots_.begin(), slots_.end(), [](const Slot& one) { return one.use == SlotUse::idle; });
    LAMBOX_ASSERT(slot != slots_.end());
    slots_.splice(slots_.begin(), slots_, slot); // the most recently used stay warm, the others may expire
    set_use(*slot, SlotUse::occupied);
    thaw(*slot);
    return *slot;
}

EnvironmentPool::Slot& EnvironmentPool::take_new() {
    // An environment that was reset keeps its /tmp and log stream for its next generation (behaviour §4.6).
    for (const SlotUse use : {SlotUse::reset, SlotUse::resetting}) {
        const auto slot = std::find_if(slots_.begin(), slots_.end(), [use](const Slot& one) { return one.use == use; });
        if (slot == slots_.end()) continue;
        slots_.splice(slots_.begin(), slots_, slot);
        set_use(*slot, SlotUse::occupied);
        thaw(*slot); // its next process is born into the group
        return *slot;
    }
    return make_slot();
}

EnvironmentPool::Slot& EnvironmentPool::make_slot() {
    Slot& slot = slots_.emplace_front();
    const std::string hex = services_.ids.hex(32);
    const std::string name = function_->config.name + "#" + std::to_string(++use_->made);
    const auto tail_cut = function_->config.logging.json() ? model::LogTailCut::records : model::LogTailCut::bytes;
    auto folder = services_.ready != nullptr ? services_.ready->take_folder(hex) : services_.settings.scratch / ("tmp-" + hex);
    slot.workspace =
        std::make_unique<Workspace>(EnvironmentId(name), model::log_stream_name(services_.clock.wall_now(), function_->version, hex),
                                    std::move(folder), services_, tail_cut);
    if (function_->config.snap_start == model::SnapStart::published_versions) slot.workspace->initialization = "snap-start";
    recount(slot.use, 1);
    count_occupied(1);
    return slot;
}

void EnvironmentPool::count_occupied(std::int32_t change) {
    occupied_ += static_cast<std::uint32_t>(change);
    use_->occupied += static_cast<std::uint32_t>(change);
    account_.occupied += static_cast<std::uint32_t>(change);
}

void EnvironmentPool::recount(SlotUse use, std::int32_t change) {
    uses_[static_cast<std::size_t>(use)] += static_cast<std::size_t>(change);
}

void EnvironmentPool::set_use(Slot& slot, SlotUse use) {
    const bool before = counts_as_occupied(slot.use);
    const bool after = counts_as_occupied(use);
    recount(slot.use, -1);
    recount(use, 1);
    slot.use = use;
    if (before == after) return;
    count_occupied(after ? 1 : -1);
}

Environment& EnvironmentPool::begin_generation(Slot& slot) {
    LAMBOX_ASSERT(!slot.environment && slot.use == SlotUse::occupied);
    slot.environment = std::make_unique<Environment>(services_, function_, *slot.workspace, *this);
    slot.used = true;
    slot.workspace->telemetry.begin_generation();
    return *slot.environment;
}

boost::asio::awaitable<void> EnvironmentPool::end_generation(Slot& slot) {
    co_await slot.environment->gone();
    slot.environment.reset();
}

void EnvironmentPool::mark_answered(Slot& slot) {
    if (slot.use == SlotUse::occupied) set_use(slot, SlotUse::answered);
}

void EnvironmentPool::release(Slot& slot) {
    const bool alive = !closed_ && slot.environment && std::holds_alternative<model::environment::Idle>(slot.environment->state());
    if (alive && !waiters_.empty()) {
        set_use(slot, SlotUse::occupied); // handed on directly; nobody can take it in between
        const auto waiter = waiters_.front();
        waiters_.pop_front();
        waiter->set(&slot);
        return;
    }
    if (alive) {
        set_use(slot, SlotUse::idle);
        slot.idle_since = services_.clock.now();
        if (retired_) begin_retiring(slot);
        return;
    }
    set_use(slot, slot.environment ? SlotUse::resetting : SlotUse::reset);
    slot.idle_since = services_.clock.now();
    if (closed_ || retired_) begin_retiring(slot);
    // Who waits for an environment about to be free waits in vain for this one, and decides again.
    if (!waiters_.empty()) {
        const auto waiter = waiters_.front();
        waiters_.pop_front();
        waiter->set(nullptr);
    }
}

void EnvironmentPool::on_retired(Environment& environment) {
    const auto slot = find(environment);
    LAMBOX_ASSERT(slot != slots_.end());
    // While it is somebody's, that somebody's release sees to it. An idle one has died by itself.
    if (slot->use != SlotUse::idle) return;
    set_use(*slot, SlotUse::resetting);
    thaw(*slot); // its extensions have something to do before they end
}

void EnvironmentPool::begin_retiring(Slot& slot) {
    const auto at = std::find_if(slots_.begin(), slots_.end(), [&slot](const Slot& one) { return &one == &slot; });
    set_use(*at, SlotUse::retiring);
    TelemetryHub& telemetry = at->workspace->telemetry;
    if (!at->environment && !telemetry.sending()) {
        recount(at->use, -1);
        slots_.erase(at);
        return;
    }
    telemetry.flush();
    if (at->environment) at->environment->stop();
    thaw(*at); // cgroup v1 lets nobody die who is frozen
    tasks_.spawn(reap(at));
}

boost::asio::awaitable<void> EnvironmentPool::reap(std::list<Slot>::iterator slot) {
    const User user(*this);
    if (slot->environment) co_await slot->environment->gone();
    co_await slot->workspace->telemetry.end();
    recount(slot->use, -1);
    slots_.erase(slot);
    for (const auto& waiter : std::exchange(reaped_waiters_, {}))
        waiter->set(true);
}

void EnvironmentPool::expire_idle(Instant before) {
    for (auto slot = slots_.begin(); slot != slots_.end();) {
        Slot& one = *slot++; // retiring may erase it
        const bool unused = one.use == SlotUse::idle || one.use == SlotUse::reset || one.use == SlotUse::resetting;
        if (unused && !one.provisioned && one.idle_since <= before) begin_retiring(one);
    }
}

boost::asio::awaitable<void> EnvironmentPool::retire_idle() {
    const User user(*this);
    expire_idle(services_.clock.now());
    while (count(SlotUse::retiring) > 0) {
        const auto waiter = std::make_shared<io::OneShot<bool>>();
        reaped_waiters_.push_back(waiter);
        co_await waiter->wait();
    }
}

void EnvironmentPool::freeze_idle() {
    for (auto& slot : slots_) {
        if (slot.use != SlotUse::idle || slot.frozen || slot.freeze_failed || !slot.workspace->containment.freezes()) continue;
        io::ResourceGroup& group = *slot.workspace->containment.group();
        const auto used = group.cpu_usage();
        if (!slot.idle_cpu) {
            slot.idle_cpu = used ? *used : Microseconds{0};
            continue;
        }
        const Logger log = services_.log.channel("freeze").with("environment", slot.workspace->id.str());
        if (used && *used - *slot.idle_cpu > limits::idle_cpu_max) {
            log.warn("work was still running when frozen; AWS would have suspended it too: " + format_ms_2(*used - *slot.idle_cpu) +
                     " ms of CPU after the response");
        }
        if (const auto frozen = group.freeze(); !frozen) {
            log.warn("cannot be frozen, and goes on running between invocations: " + frozen.error().message);
            slot.freeze_failed = true;
            continue;
        }
        slot.frozen = true;
    }
}

void EnvironmentPool::thaw(Slot& slot) {
    slot.idle_cpu.reset();
    if (!slot.frozen) return;
    slot.frozen = false;
    if (const auto thawed = slot.workspace->containment.group()->thaw(); !thawed) {
        services_.log.channel("freeze").error("cannot be thawed, so it is replaced: " + thawed.error().message);
        if (slot.environment) slot.environment->stop();
    }
}

void EnvironmentPool::keep_warm(std::uint32_t count) {
    warm_target_ = count;
    warm_failed_ = false;
    std::uint32_t kept = 0;
    for (auto slot = slots_.begin(); slot != slots_.end();) {
        Slot& one = *slot++;
        if (!one.provisioned || one.use == SlotUse::retiring) continue;
        if (++kept <= count) continue;
        one.provisioned = false;
        if (!counts_as_occupied(one.use)) begin_retiring(one);
    }
    for (; kept < count && !closed_ && !retired_; ++kept) {
        Slot& slot = make_slot();
        slot.provisioned = true;
        slot.workspace->initialization = "provisioned-concurrency";
        tasks_.spawn(warm_up(slot));
    }
}

boost::asio::awaitable<void> EnvironmentPool::warm_up(Slot& slot) {
    const PlatformLog log{services_, *function_, *slot.workspace};
    if (closed_ || retired_) { // between the call and now
        release(slot);
        co_return;
    }
    Environment& environment = begin_generation(slot);
    log_init_start(log, model::InitPhase::init);
    slot.workspace->tail.clear();
    // Longer than on demand: nobody waits for it (behaviour §4.2).
    const Instant deadline = services_.clock.now() + std::max<Seconds>(function_->config.timeout, limits::provisioned_init_timeout_min);
    const auto result = co_await environment.start(deadline);
    const bool ready = result.end == model::environment::InitEnd::ready;
    model::InitReport report; // written for every environment of this kind (behaviour §4.10)
    report.duration = result.duration;
    report.phase = model::InitPhase::init;
    report.status = ready ? model::InvocationStatus::success : model::InvocationStatus::error;
    report.error_type = result.error_type;
    if (result.end != model::environment::InitEnd::stopped) {
        log_init_report(log, report, InitReportText::written);
        slot.workspace->tail.clear();
    }
    if (!ready && !closed_) {
        warm_failed_ = true;
        slot.provisioned = false;
        services_.log.channel("provisioned")
            .with("environment", slot.workspace->id.str())
            .error("an environment could not be initialised ahead: " + result.error_type);
    }
    release(slot);
}

EnvironmentPool::WarmStatus EnvironmentPool::warm_status() const {
    WarmStatus status{warm_target_, 0, warm_failed_};
    for (const auto& slot : slots_) {
        if (!slot.provisioned || !slot.environment) continue;
        const bool starting = std::holds_alternative<model::environment::Starting>(slot.environment->state()) ||
                              std::holds_alternative<model::environment::Initializing>(slot.environment->state());
        if (!starting) ++status.ready;
    }
    return status;
}

void EnvironmentPool::retire() {
    retired_ = true;
    warm_target_ = 0;
    for (auto& slot : slots_)
        slot.provisioned = false;
    expire_idle(services_.clock.now());
}

void EnvironmentPool::close() {
    closed_ = true;
    for (const auto& waiter : std::exchange(waiters_, {}))
        waiter->set(nullptr);
    for (auto slot = slots_.begin(); slot != slots_.end();) {
        Slot& one = *slot++;
        if (counts_as_occupied(one.use)) {
            if (one.environment) one.environment->stop(); // whoever uses it gets its end and releases it
        } else if (one.use != SlotUse::retiring) {
            begin_retiring(one);
        }
    }
}

void EnvironmentPool::enforce_memory() {
    for (auto& slot : slots_) {
        if (slot.environment && counts_as_occupied(slot.use)) slot.environment->enforce_memory();
    }
}

std::list<EnvironmentPool::Slot>::iterator EnvironmentPool::find(const Environment& environment) {
    return std::find_if(slots_.begin(), slots_.end(), [&environment](const Slot& slot) { return slot.environment.get() == &environment; });
}

} // namespace lambox::engine
