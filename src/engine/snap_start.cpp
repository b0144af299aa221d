#include "lambox/engine/snap_start.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/engine/platform_log.hpp"
#include "lambox/model/function_error.hpp"

#include <algorithm>

namespace lambox::engine {
namespace {

using model::environment::InitEnd;
using model::environment::RestoreEnd;

ColdStart closed() {
    ColdStart start;
    start.end = ColdStart::End::closed;
    return start;
}

ColdStart without_snapshot(const Environment::InitResult& result, Seconds limit) {
    ColdStart start;
    start.end = ColdStart::End::failed;
    start.error_type = result.error_type;
    start.error_message = result.error_message;
    start.error_payload = result.error_payload;
    if (result.end == InitEnd::timed_out) start.error_message = model::timeout_message(limit);
    return start;
}

ColdStart not_restored(const Environment::RestoreResult& result) {
    ColdStart start;
    start.end = ColdStart::End::restore_failed;
    start.restore_failure = result.end == RestoreEnd::timed_out ? model::RestoreFailure::timed_out : model::RestoreFailure::hook;
    start.error_type = result.error_type;
    return start;
}

model::RestoreReport report_of(const Environment::RestoreResult& result) {
    model::RestoreReport report;
    report.duration = result.duration;
    report.error_type = result.error_type;
    switch (result.end) {
    case RestoreEnd::ready:
    case RestoreEnd::stopped: break;
    case RestoreEnd::timed_out: report.status = model::InvocationStatus::timeout; break;
    case RestoreEnd::error_reported:
    case RestoreEnd::exited:
    case RestoreEnd::extension_failed: report.status = model::InvocationStatus::error; break;
    }
    return report;
}

} // namespace

boost::asio::awaitable<ColdStart> snap_start(EngineServices& services, EnvironmentPool& pool, EnvironmentPool::Slot& slot) {
    const PlatformLog log{services, pool.function(), *slot.workspace};
    Environment& environment = pool.begin_generation(slot);
    slot.workspace->init_phase = model::InitPhase::init;
    log_init_start(log, model::InitPhase::init);
    slot.workspace->tail.clear();
    const Seconds limit = std::max<Seconds>(pool.function().config.timeout, limits::provisioned_init_timeout_min);
    const Instant init_deadline = services.clock.now() + limit;
    const auto init = co_await environment.start(init_deadline);
    if (init.end == InitEnd::stopped || pool.closed()) co_return closed();
    environment.drain_output();
    log_init_report(log, init_report(init, model::InitPhase::init), InitReportText::written); // always, behaviour §4.10
    if (init.end != InitEnd::ready) co_return without_snapshot(init, limit);

    log_restore_start(log);
    slot.workspace->tail.clear(); // on AWS all that was long before the invocation
    const Instant restore_deadline = services.clock.now() + limits::restore_timeout;
    const auto restored = co_await environment.restore(restore_deadline);
    if (restored.end == RestoreEnd::stopped || pool.closed()) co_return closed();
    log_restore_report(log, report_of(restored));
    if (restored.end != RestoreEnd::ready) co_return not_restored(restored);
    ColdStart start;
    start.restore = model::restore_time(restored.duration);
    start.snapshot = init.duration;
    co_return start;
}

} // namespace lambox::engine
