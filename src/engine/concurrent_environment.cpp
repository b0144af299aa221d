#include "lambox/engine/concurrent_environment.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/engine/platform_log.hpp"
#include "lambox/model/function_error.hpp"

#include <algorithm>
#include <utility>

namespace lambox::engine {

using namespace model::concurrent;
using model::environment::InitEnd;
namespace error_type = model::error_type;

ConcurrentEnvironment::ConcurrentEnvironment(EngineServices& services, std::shared_ptr<const FunctionRevision> function,
                                             Workspace& workspace, ConcurrentEnvironmentOwner& owner)
    : services_(services), function_(std::move(function)), workspace_(workspace), owner_(owner),
      concurrency_(function_->config.managed_instances.value().concurrency), ledger_(limits::late_answers_max),
      environment_(services, function_, workspace, *this,
                   [this](RuntimeLinkListener& listener, ExtensionSet& extensions) { return make_link(listener, extensions); }) {
    workspace_.initialization = "lambda-managed-instances";
    workspace_.telemetry.offer_newest_alone();
    workspace_.telemetry.begin_generation();
}

ConcurrentEnvironment::~ConcurrentEnvironment() = default;

std::unique_ptr<RuntimeLink> ConcurrentEnvironment::make_link(RuntimeLinkListener& listener, ExtensionSet& extensions) {
    extensions.withhold_invocations();
    auto session =
        std::make_unique<ConcurrentSession>(services_.endpoints, listener, extensions, workspace_.telemetry, *this, concurrency_);
    session_ = session.get();
    return session;
}

boost::asio::awaitable<Environment::InitResult> ConcurrentEnvironment::start() {
    const PlatformLog log{services_, *function_, workspace_};
    log_init_start(log, model::InitPhase::init);
    const Instant deadline =
        services_.clock.now() + std::max<Seconds>(function_->config.timeout, limits::managed_instances_init_timeout_min);
    auto result = co_await environment_.start(deadline);
    if (result.end == InitEnd::ready && phase_ == Phase::ended) { // between INIT and now
        result.end = environment_.fatal_type().empty() ? InitEnd::stopped : InitEnd::exited;
        result.error_type = environment_.fatal_type();
        result.error_message = environment_.fatal_message();
    }
    if (result.end == InitEnd::stopped) co_return result;
    model::InitReport report{result.duration, model::InitPhase::init, model::InvocationStatus::success, result.error_type};
    if (result.end == InitEnd::timed_out)
        report.status = model::InvocationStatus::timeout;
    else if (result.end != InitEnd::ready)
        report.status = model::InvocationStatus::error;
    log_init_report(log, report, InitReportText::written);
    if (result.end == InitEnd::ready) phase_ = Phase::serving;
    co_return result;
}

bool ConcurrentEnvironment::serving() const { return phase_ == Phase::serving; }

std::uint32_t ConcurrentEnvironment::idle_room() const {
    if (!serving() || in_flight() >= concurrency_) return 0;
    return std::min(session_->idle_workers(), concurrency_ - in_flight());
}

std::uint32_t ConcurrentEnvironment::returning_room() const {
    if (!serving() || in_flight() >= concurrency_) return 0;
    return concurrency_ - in_flight() - idle_room();
}

std::shared_ptr<ConcurrentRun> ConcurrentEnvironment::assign(std::shared_ptr<const model::Invocation> invocation) {
    LAMBOX_ASSERT(has_room());
    log_start(PlatformLog{services_, *function_, workspace_}, *invocation);
    const auto run = std::make_shared<ConcurrentRun>();
    const std::string id = invocation->request_id.str();
    const Seconds timeout = function_->config.timeout;
    run->invocation = std::move(invocation);
    run->handed_over = services_.clock.now();
    run->deadline = services_.clock.call_at(run->handed_over + timeout, [this, id] { (void)feed(id, DeadlinePassed{}, nullptr); });
    ledger_.begin(id, Running{run->handed_over, run->handed_over + timeout});
    runs_[id] = run;
    session_->hand_over(HandedInvocation{run->invocation, services_.clock.wall_now() + timeout});
    return run;
}

void ConcurrentEnvironment::stop() {
    end_all(StopRequested{});
    environment_.stop();
}

void ConcurrentEnvironment::on_retired(Environment&) {
    phase_ = Phase::ended;
    end_all(EnvironmentFailed{}); // all of them have been told already when it was stopped
    owner_.on_ended(*this);
}

void ConcurrentEnvironment::on_worker_waiting() {
    if (has_room()) owner_.on_room(*this);
}

std::optional<RuntimeRefusal> ConcurrentEnvironment::on_answer(ConcurrentAnswer answer) {
    const std::string id(answer.request_id);
    const auto found = runs_.find(id);
    // An attempt that has ended answers for the one that runs now under the same request id.
    if (found != runs_.end() && !answer.invocation_id.empty() && answer.invocation_id != found->second->invocation->invocation_id)
        return RuntimeRefusal::invoke_timeout;
    if (std::holds_alternative<RuntimeError>(answer.content)) return feed(id, FunctionErrorReceived{}, &answer);
    return feed(id, ResponseReceived{}, &answer);
}

std::optional<RuntimeRefusal> ConcurrentEnvironment::feed(const std::string& id, const Event& event, ConcurrentAnswer* answer) {
    const auto action = ledger_.feed(id, event, services_.clock.now());
    if (!action) return std::nullopt;
    struct Perform {
        ConcurrentEnvironment& self;
        const std::string& id;
        ConcurrentAnswer* answer;
        std::optional<RuntimeRefusal> operator()(const Settle& settled) const {
            self.settle(id, settled, answer);
            return std::nullopt;
        }
        std::optional<RuntimeRefusal> operator()(const RefuseUnknown&) const { return RuntimeRefusal::invalid_request_id; }
        std::optional<RuntimeRefusal> operator()(const RefuseLate&) const { return RuntimeRefusal::invoke_timeout; }
    };
    return std::visit(Perform{*this, id, answer}, *action);
}

void ConcurrentEnvironment::end_all(const Event& event) {
    for (const std::string& id : ledger_.running_ids())
        (void)feed(id, event, nullptr);
}

model::Outcome ConcurrentEnvironment::outcome_of(const std::string& id, SettleKind kind, ConcurrentAnswer* answer) const {
    switch (kind) {
    case SettleKind::response: return model::Success{std::get<std::string>(std::move(answer->content))};
    case SettleKind::function_error: {
        auto& error = std::get<RuntimeError>(answer->content);
        return model::FunctionError{std::move(error.payload), error.error_type};
    }
    case SettleKind::timed_out:
        return model::FunctionError{
            model::timeout_payload(id, function_->config.timeout, services_.clock.wall_now(), services_.settings.era),
            std::string(error_type::sandbox_timedout), model::ErrorOrigin::platform};
    case SettleKind::crashed: {
        const std::string& type = environment_.fatal_type();
        return model::FunctionError{model::platform_error_payload(id, type, environment_.fatal_message()), type,
                                    model::ErrorOrigin::platform};
    }
    case SettleKind::stopped: break;
    }
    return model::Abandoned{};
}

namespace {

model::InvocationStatus status_of(SettleKind kind) {
    switch (kind) {
    case SettleKind::response: return model::InvocationStatus::success;
    case SettleKind::function_error:
    case SettleKind::crashed: return model::InvocationStatus::error;
    case SettleKind::timed_out: return model::InvocationStatus::timeout;
    case SettleKind::stopped: return model::InvocationStatus::failure;
    }
    return model::InvocationStatus::failure;
}

} // namespace

void ConcurrentEnvironment::settle(const std::string& id, const Settle& settled, ConcurrentAnswer* answer) {
    const auto node = runs_.extract(id);
    LAMBOX_ASSERT(!node.empty());
    const std::shared_ptr<ConcurrentRun> run = node.mapped();
    const auto deadline = std::move(run->deadline); // to the end of this: its callback may be who calls, and who owns `id`
    environment_.drain_output(); // what was printed before the answer belongs before the report
    ConcurrentRun::End end;
    end.outcome = outcome_of(id, settled.kind, answer);
    end.at = services_.clock.now();
    end.emulator = environment_.emulator();
    end.report.request_id = id;
    end.report.duration = settled.duration;
    end.report.memory_size = function_->config.memory;
    end.report.max_memory_used = Mebibytes::covering(workspace_.peak_memory_bytes);
    end.report.status = status_of(settled.kind);
    const auto* error = std::get_if<model::FunctionError>(&end.outcome);
    if (error != nullptr && settled.kind != SettleKind::timed_out) end.report.error_type = error->error_type;
    report(*run, end.report, answer);
    end.log_tail = workspace_.tail.text();
    run->ended.set(std::move(end));
    owner_.on_run_ended(*this);
}

/// Spans: from the hand-over to the first byte of the answer, and from there to its end.
void ConcurrentEnvironment::report(const ConcurrentRun& run, const model::InvocationReport& report, const ConcurrentAnswer* answer) const {
    const PlatformLog log{services_, *function_, workspace_};
    model::PlatformConcurrentReport told{report.request_id,           report.status, report.error_type, report.duration, {},
                                         run.invocation->trace_header};
    if (answer != nullptr) {
        const Instant now = services_.clock.now();
        const Instant began = std::max(answer->began.value_or(now), run.handed_over);
        const auto wall = [&](Instant at) { return services_.clock.wall_now() - std::chrono::duration_cast<Microseconds>(now - at); };
        told.spans.push_back({"responseLatency", wall(run.handed_over), std::chrono::duration_cast<Microseconds>(began - run.handed_over)});
        told.spans.push_back({"responseDuration", wall(began), std::chrono::duration_cast<Microseconds>(now - began)});
    }
    log_concurrent_report(log, std::move(told));
}

} // namespace lambox::engine
