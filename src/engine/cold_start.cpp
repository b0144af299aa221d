#include "lambox/engine/cold_start.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/engine/platform_log.hpp"
#include "lambox/engine/snap_start.hpp"
#include "lambox/model/function_error.hpp"

namespace lambox::engine {
namespace {

using model::environment::InitEnd;

void log_init_report(EngineServices& services, EnvironmentPool& pool, EnvironmentPool::Slot& slot, const Environment::InitResult& result,
                     model::InitPhase phase) {
    const PlatformLog log{services, pool.function(), *slot.workspace};
    const auto text = result.end == InitEnd::ready ? InitReportText::none : InitReportText::written;
    log_init_report(log, init_report(result, phase), text);
}

ColdStart failed(const Environment::InitResult& result, std::optional<Instant> counted_from) {
    ColdStart start;
    start.end = result.end == InitEnd::timed_out ? ColdStart::End::timed_out : ColdStart::End::failed;
    start.counted_from = counted_from;
    start.error_type = result.error_type;
    start.error_message = result.error_message;
    start.error_payload = result.error_payload;
    return start;
}

ColdStart closed() {
    ColdStart start;
    start.end = ColdStart::End::closed;
    return start;
}

} // namespace

model::InitReport init_report(const Environment::InitResult& result, model::InitPhase phase) {
    model::InitReport report;
    report.duration = result.duration;
    report.phase = phase;
    report.status = model::InvocationStatus::error;
    report.error_type = result.error_type;
    if (result.end == InitEnd::timed_out) {
        report.status = model::InvocationStatus::timeout;
        report.error_type.clear();
    }
    if (result.end == InitEnd::ready) report.status = model::InvocationStatus::success;
    return report;
}

boost::asio::awaitable<ColdStart> cold_start(EngineServices& services, EnvironmentPool& pool, EnvironmentPool::Slot& slot) {
    if (slot.workspace->snap_start()) co_return co_await snap_start(services, pool, slot);
    const Seconds timeout = pool.function().config.timeout;
    const bool after_reset = slot.used;
    const PlatformLog log{services, pool.function(), *slot.workspace};
    if (!after_reset) {
        Environment& environment = pool.begin_generation(slot);
        slot.workspace->init_phase = model::InitPhase::init;
        log_init_start(log, model::InitPhase::init);
        slot.workspace->tail.clear(); // INIT_START is in the log, but not in LogResult (behaviour §4.11)
        const Instant deadline = services.clock.now() + limits::init_timeout;
        const auto result = co_await environment.start(deadline);
        if (result.end == InitEnd::stopped || pool.closed()) co_return closed();
        log_init_report(services, pool, slot, result, model::InitPhase::init);
        if (result.end == InitEnd::ready) {
            ColdStart start;
            start.init = result.duration;
            co_return start;
        }
        co_await pool.end_generation(slot);
    }

    // The repeated INIT. After a reset its time is nobody's (captured 2026); after a failed first INIT it is the invocation's.
    const Instant begun = services.clock.now();
    const Instant deadline = begun + timeout;
    std::optional<Instant> counted_from;
    if (!after_reset) counted_from = begun;
    for (;;) {
        if (pool.closed()) co_return closed();
        Environment& environment = pool.begin_generation(slot);
        slot.workspace->init_phase = model::InitPhase::invoke;
        log_init_start(log, model::InitPhase::invoke);
        const auto result = co_await environment.start(deadline);
        if (result.end == InitEnd::ready) {
            log_init_report(services, pool, slot, result, model::InitPhase::invoke);
            ColdStart start;
            start.counted_from = counted_from;
            co_return start;
        }
        if (result.end == InitEnd::stopped || pool.closed()) co_return closed();
        if (!result.exit || !model::retried_in_init(*result.exit)) {
            log_init_report(services, pool, slot, result, model::InitPhase::invoke);
            co_return failed(result, begun);
        }
        co_await pool.end_generation(slot);
        const Instant again = services.clock.now() + limits::init_retry_pause;
        if (again >= deadline) {
            co_await io::sleep_until(services.clock, deadline);
            Environment::InitResult timed_out;
            timed_out.end = InitEnd::timed_out;
            timed_out.error_type = model::error_type::sandbox_timedout;
            co_return failed(timed_out, begun);
        }
        co_await io::sleep_until(services.clock, again);
    }
}

} // namespace lambox::engine
