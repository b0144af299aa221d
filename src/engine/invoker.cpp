#include "lambox/engine/invoker.hpp"

#include "lambox/engine/platform_log.hpp"
#include "lambox/model/billing.hpp"
#include "lambox/model/function_error.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lambox::engine {

using model::environment::FinishKind;

struct Invoker::Pending {
    std::shared_ptr<const model::Invocation> invocation;
    WaitFor wait_for;
    Instant arrived;
    InvokeReply reply;
    io::OneShot<InvokeReply> done;

    /// The caller's part is known; sent now if that is all it waits for. What else there is comes with `report`.
    void answer(model::Outcome outcome) {
        reply.outcome = std::move(outcome);
        if (wait_for == WaitFor::answer) done.set(std::move(reply));
    }
    /// All is said, and the environment is free: the last thing to be done.
    void report() {
        if (wait_for == WaitFor::report) done.set_and_resume(std::move(reply));
    }
    void refuse(model::Outcome outcome) {
        reply.outcome = std::move(outcome);
        done.set(std::move(reply));
    }
};

Invoker::Invoker(EngineServices& services, io::TaskGroup& tasks)
    : services_(services), tasks_(tasks), log_(services.log.channel("invoker")) {}

boost::asio::awaitable<InvokeReply> Invoker::invoke(EnvironmentPool& pool, model::Invocation invocation, WaitFor wait_for) {
    const auto pending = std::make_shared<Pending>();
    pending->invocation = std::make_shared<const model::Invocation>(std::move(invocation));
    pending->wait_for = wait_for;
    pending->arrived = services_.clock.now();
    pending->reply.executed_version = pool.function().version;
    tasks_.spawn(run(pool, pending));
    InvokeReply reply = co_await pending->done.wait();
    services_.log_sink.flush(); // who has an answer finds in the log what was written before it
    co_return reply;
}

boost::asio::awaitable<void> Invoker::run(EnvironmentPool& pool, std::shared_ptr<Pending> pending) {
    const EnvironmentPool::User user(pool);
    const auto acquired = co_await pool.acquire();
    if (const auto* reason = std::get_if<model::ThrottleReason>(&acquired)) {
        pending->refuse(model::Throttled{*reason});
        co_return;
    }
    const auto* slot = std::get_if<EnvironmentPool::Slot*>(&acquired);
    if (slot == nullptr) {
        pending->refuse(model::Abandoned{});
        co_return;
    }
    EnvironmentPool::Slot& taken = **slot;
    co_await run_in(pool, taken, pending);
    pool.release(taken);
    pending->report();
}

boost::asio::awaitable<void> Invoker::run_in(EnvironmentPool& pool, EnvironmentPool::Slot& slot, std::shared_ptr<Pending> pending) {
    ColdStart start;
    auto kind = model::StartKind::warm;
    if (!slot.environment) {
        kind = model::StartKind::cold;
        start = co_await cold_start(services_, pool, slot);
    } else if (!std::holds_alternative<model::environment::Idle>(slot.environment->state())) {
        // It died between being handed on and now: as if it had died while idle.
        co_await pool.end_generation(slot);
        kind = model::StartKind::cold;
        start = co_await cold_start(services_, pool, slot);
    }
    switch (start.end) {
    case ColdStart::End::ready: break;
    case ColdStart::End::closed: pending->refuse(model::Abandoned{}); co_return;
    case ColdStart::End::restore_failed:
        slot.workspace->tail.clear(); // the function has not run: nothing to bill, nothing to report
        pending->refuse(model::RestoreFailed{start.restore_failure, start.error_type});
        co_return;
    case ColdStart::End::failed:
    case ColdStart::End::timed_out: settle_failed_start(pool, slot, *pending, start); co_return;
    }
    co_await run_assigned(pool, slot, pending, start, kind);
}

boost::asio::awaitable<void> Invoker::run_assigned(EnvironmentPool& pool, EnvironmentPool::Slot& slot, std::shared_ptr<Pending> pending,
                                                   ColdStart start, model::StartKind kind) {
    Environment& environment = *slot.environment;
    const model::Invocation& invocation = *pending->invocation;
    const PlatformLog log{services_, pool.function(), *slot.workspace};
    log_start(log, invocation);
    Microseconds before{0}; // a repeated INIT that runs on the invocation's own time
    if (start.counted_from) before = std::chrono::duration_cast<Microseconds>(services_.clock.now() - *start.counted_from);
    const Instant handed_over = environment.assign(pending->invocation, pool.function().config.timeout - before);

    if (kind == model::StartKind::cold) {
        // So that a process which dies in its first invocation has left a figure; after its `next`, which is waiting in the loop, has the
        // event.
        co_await boost::asio::post(services_.executor, boost::asio::use_awaitable);
        (void)environment.sample_memory();
    }
    auto answer = co_await environment.answer();
    const auto answered_after = std::chrono::duration_cast<Microseconds>(answer.at - pending->arrived);
    const auto starting = start.init.value_or(Microseconds{0}) + start.snapshot + start.restore.value_or(model::RestoreTime{}).duration;
    const auto working = std::chrono::duration_cast<Microseconds>(answer.at - handed_over) + before + starting;
    pending->reply.emulator = environment.emulator();
    const bool abandoned = std::holds_alternative<model::Abandoned>(answer.outcome);
    pending->answer(std::move(answer.outcome));
    pool.mark_answered(slot);

    const auto finish = co_await environment.finish();
    environment.drain_output(); // what was printed before `next` belongs to this invocation
    model::InvocationFigures figures;
    figures.start = kind;
    figures.end_to_end = answered_after;
    figures.overhead = answered_after - working;
    figures.report = bill(pool, invocation, finish.duration + before, start);
    figures.report.max_memory_used = environment.sample_memory();
    figures.report.error_type = finish.error_type;
    switch (finish.kind) {
    case FinishKind::clean:
    case FinishKind::should_exit:
    case FinishKind::crashed:
        figures.report.status = finish.error_type.empty() ? model::InvocationStatus::success : model::InvocationStatus::error;
        break;
    case FinishKind::timed_out: figures.report.status = model::InvocationStatus::timeout; break;
    case FinishKind::stopped: figures.report.status = model::InvocationStatus::failure; break;
    }
    auto fate = RuntimeFate::lived;
    if (finish.kind == FinishKind::crashed) fate = RuntimeFate::died;
    log_report(log, invocation, figures.report, finish.log_text, fate, finish.extensions);
    if (log_.enabled(LogLevel::debug)) {
        log_.with("request", invocation.request_id.str())
            .with("environment", slot.workspace->id.str())
            .debug("invocation " + std::string(to_string(figures.report.status)) + " after " + format_ms_2(figures.report.duration) +
                   " ms, overhead " + format_ms_2(figures.overhead) + " ms");
    }
    if (pending->wait_for == WaitFor::report) pending->reply.log_tail = slot.workspace->tail.text();
    slot.workspace->tail.clear();
    if (!abandoned) pending->reply.figures = std::move(figures);
}

void Invoker::settle_failed_start(EnvironmentPool& pool, EnvironmentPool::Slot& slot, Pending& pending, const ColdStart& start) {
    const model::Invocation& invocation = *pending.invocation;
    const std::string& id = invocation.request_id.str();
    const auto& config = pool.function().config;
    const auto& era = services_.settings.era;
    const Instant now = services_.clock.now();
    const bool timed_out = start.end == ColdStart::End::timed_out;

    Microseconds duration = config.timeout;
    std::string payload = model::timeout_payload(id, config.timeout, services_.clock.wall_now(), era);
    std::string lines = model::timeout_log_lines(id, config.timeout, services_.clock.wall_now(), era);
    if (!timed_out) {
        duration = std::chrono::duration_cast<Microseconds>(now - start.counted_from.value_or(now));
        payload = start.error_payload;
        lines.clear();
        if (payload.empty()) {
            payload = model::platform_error_payload(id, start.error_type, start.error_message);
            lines = model::crash_log_lines(id, start.error_type, start.error_message, era);
        }
    }
    model::InvocationFigures figures;
    figures.start = model::StartKind::cold;
    figures.end_to_end = std::chrono::duration_cast<Microseconds>(now - pending.arrived);
    figures.overhead = figures.end_to_end - duration;
    figures.report = bill(pool, invocation, duration, ColdStart{});
    figures.report.status = timed_out ? model::InvocationStatus::timeout : model::InvocationStatus::error;
    if (!timed_out) figures.report.error_type = start.error_type;
    pending.answer(model::FunctionError{std::move(payload), start.error_type, model::ErrorOrigin::platform});
    if (slot.environment) {
        figures.report.max_memory_used = slot.environment->sample_memory();
        pending.reply.emulator = slot.environment->emulator();
    }
    const PlatformLog log{services_, pool.function(), *slot.workspace};
    log_start(log, invocation);
    log_report(log, invocation, figures.report, lines, timed_out ? RuntimeFate::lived : RuntimeFate::died, std::nullopt);
    pending.reply.log_tail = slot.workspace->tail.text();
    slot.workspace->tail.clear();
    pending.reply.figures = std::move(figures);
}

model::InvocationReport Invoker::bill(const EnvironmentPool& pool, const model::Invocation& invocation, Microseconds duration,
                                      const ColdStart& start) const {
    const auto& config = pool.function().config;
    const auto& era = services_.settings.era;
    model::InvocationReport report;
    report.request_id = invocation.request_id.str();
    report.duration = duration;
    report.init = start.init;
    report.memory_size = config.memory;
    model::MeasuredTimes times{duration, start.init.value_or(Microseconds{0})};
    auto charge = model::init_charge(config.runtime->billing, era);
    report.restore = start.restore;
    if (start.restore) { // in INIT's place, and always billed (behaviour §5.2)
        times.init = start.restore->billed;
        charge = model::InitCharge::billed;
    }
    report.billed = model::billed_duration(times, charge, era);
    return report;
}

} // namespace lambox::engine
