#include "lambox/engine/environment.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/engine/code_store.hpp"
#include "lambox/engine/go_rpc_session.hpp"
#include "lambox/engine/managed_launch.hpp"
#include "lambox/engine/platform_log.hpp"
#include "lambox/model/function_error.hpp"
#include "lambox/model/runtime_environment.hpp"

#include <csignal>
#include <system_error>
#include <utility>

namespace lambox::engine {

using namespace model::environment;
namespace error_type = model::error_type;

namespace {

ExtensionFunction extension_function(const FunctionRevision& function, const EngineSettings& settings) {
    const auto arn = wire::parse_function_reference(function.arn.str());
    const std::string account = arn && arn->account ? *arn->account : settings.account;
    return ExtensionFunction{account, function.config.name, function.version, function.config.handler};
}

std::unique_ptr<RuntimeLink> make_link(EngineServices& services, model::RuntimeProtocol protocol, RuntimeLinkListener& listener,
                                       ExtensionSet& extensions, TelemetryHub& telemetry, Logger log) {
    switch (protocol) {
    case model::RuntimeProtocol::runtime_api: return std::make_unique<RuntimeSession>(services.endpoints, listener, extensions, telemetry);
    case model::RuntimeProtocol::go_rpc: return std::make_unique<GoRpcSession>(services.executor, services.clock, listener, std::move(log));
    }
    return nullptr;
}

} // namespace

model::RuntimeExit to_runtime_exit(const io::ExitStatus& status) {
    if (const auto* exited = std::get_if<io::Exited>(&status)) return model::ExitedWith{exited->code};
    const auto& signaled = std::get<io::Signaled>(status);
    return model::KilledBy{signaled.number, signaled.core_dumped};
}

Workspace::Workspace(EnvironmentId environment_id, std::string stream, std::filesystem::path folder, const EngineServices& services,
                     model::LogTailCut tail_cut)
    : id(std::move(environment_id)), log_stream(std::move(stream)), temporary(std::move(folder)), tail(limits::log_tail_bytes, tail_cut),
      lines(limits::output_line_bytes_max), containment(services.containments, services.ready),
      telemetry(services.executor, services.clock, services.telemetry, log_stream, services.log.channel("telemetry")) {}

Workspace::~Workspace() {
    std::error_code ignored; // a handler may have left what cannot be removed; that must not stop the way out
    std::filesystem::remove_all(temporary, ignored);
}

Environment::Environment(EngineServices& services, std::shared_ptr<const FunctionRevision> function, Workspace& workspace,
                         EnvironmentOwner& owner, const MakeLink& make_link_of_caller)
    : services_(services), function_(std::move(function)), workspace_(workspace), owner_(owner),
      extensions_(services.ids, *this, extension_function(*function_, services.settings)),
      extension_host_(services, *function_, workspace, extensions_, *this) {
    if (make_link_of_caller) {
        link_ = make_link_of_caller(*this, extensions_);
        return;
    }
    Logger log = services_.log.channel("environment").with("environment", workspace_.id.str());
    link_ = make_link(services_, function_->config.runtime->protocol, *this, extensions_, workspace_.telemetry, std::move(log));
    if (workspace_.snap_start()) link_->serve_restore(services_.ids.uuid(), services_.clock);
}

Environment::~Environment() = default;

boost::asio::awaitable<Environment::InitResult> Environment::start(Instant init_deadline) {
    const Instant called = services_.clock.now();
    const auto launch = plan(); // making its group and its sandbox is not the function's time
    started_ = services_.clock.now();
    const Spawned event{init_deadline + (started_ - called)};
    if (!launch || !open_link(*launch)) {
        feed(SpawnFailed{});
    } else if (extension_host_.find() == ExtensionHost::Found::some) {
        feed(event);
        waiting_runtime_ = *launch;
        start_extensions();
    } else if (spawn(*launch)) {
        feed(event);
        link_->process_started();
    } else {
        feed(SpawnFailed{});
    }
    co_return co_await init_result_.wait();
}

Result<void> Environment::fail_launch(LaunchFailure failure) {
    launch_failure_ = std::move(failure);
    return make_error(Errc::not_found, launch_failure_.message);
}

Instant Environment::assign(std::shared_ptr<const model::Invocation> invocation, Microseconds budget) {
    LAMBOX_ASSERT(std::holds_alternative<Idle>(state_));
    invocation_ = std::move(invocation);
    answer_ = std::make_unique<io::OneShot<AnswerResult>>();
    finish_ = std::make_unique<io::OneShot<FinishResult>>();
    error_ = {};
    runtime_presence_ = model::RuntimePresence::away;
    wall_deadline_ = services_.clock.wall_now() + budget;
    const Instant now = services_.clock.now();
    handed_over_ = now;
    response_began_.reset();
    responded_.reset();
    produced_bytes_ = 0;
    runtime_done_at_.reset();
    feed(InvocationAssigned{now + budget}, now);
    return now;
}

boost::asio::awaitable<Environment::AnswerResult> Environment::answer() { return answer_->wait(); }

boost::asio::awaitable<Environment::FinishResult> Environment::finish() { return finish_->wait(); }

void Environment::stop() { feed(StopRequested{}); }

boost::asio::awaitable<void> Environment::gone() {
    co_await dead_.wait();
    co_await link_->join();
}

std::string Environment::exit_error_type() const {
    const bool told_apart = out_of_memory_ && services_.settings.era.sandbox_error_payloads();
    return std::string(told_apart ? error_type::runtime_out_of_memory : error_type::runtime_exit);
}

void Environment::drain_output() {
    if (process_) process_->drain_output();
    extension_host_.drain_output();
}

void Environment::on_output(std::string_view bytes) {
    workspace_.lines.feed(bytes, [this](std::string_view line) { log_line(line); });
}

void Environment::on_exit(io::ExitStatus status) {
    exit_ = status;
    // A child that was killed for memory leaves its parent alive; only who dies of it itself has run out of it.
    const auto* signaled = std::get_if<io::Signaled>(&status);
    if (signaled != nullptr && signaled->number == SIGKILL && workspace_.containment.out_of_memory()) note_out_of_memory();
    if (!running()) workspace_.containment.kill();
    note_fatal(exit_error_type(), model::exit_message(to_runtime_exit(status)));
    std::string rest = workspace_.lines.take_rest();
    if (!rest.empty()) log_line(rest + "\n"); // nothing will ever end that line
    extension_host_.runtime_ended();
    feed(ProcessExited{});
}

void Environment::on_asked_for_next() {
    if (std::holds_alternative<Initializing>(state_)) tell_init_runtime_done(model::InvocationStatus::success, {});
    if (std::holds_alternative<Restoring>(state_)) tell_restore_runtime_done(model::InvocationStatus::success, {});
    if (std::holds_alternative<Answered>(state_)) {
        tell_runtime_done(answered_status(), error_.error_type,
                          std::chrono::duration_cast<Microseconds>(services_.clock.now() - handed_over_));
    }
    runtime_presence_ = model::RuntimePresence::asked_for_next;
    extensions_.close_registration();
    look_who_is_back();
}

void Environment::on_response(std::string payload) {
    note_response(payload.size());
    response_ = std::move(payload);
    feed(ResponseReceived{});
}

void Environment::on_function_error(RuntimeError error) {
    note_response(error.payload.size());
    error_ = std::move(error);
    feed(FunctionErrorReceived{});
}

void Environment::on_should_exit(RuntimeError error) {
    note_response(error.payload.size());
    error_ = std::move(error);
    feed(ShouldExitReceived{});
}

void Environment::on_init_error(RuntimeError error) {
    error_ = std::move(error);
    feed(InitErrorReported{});
}

void Environment::feed(const Event& event) { feed(event, services_.clock.now()); }

void Environment::feed(const Event& event, Instant now) {
    const auto result = model::transition(state_, event, now);
    state_ = result.state;
    for (const auto& action : result.actions) {
        std::visit([this](const auto& one) { perform(one); }, action);
    }
    if (std::holds_alternative<Dead>(state_)) {
        workspace_.telemetry.end_generation();
        dead_.set(true);
    }
    finish_stopping();
}

void Environment::perform(const ArmDeadline& action) {
    deadline_ = services_.clock.call_at(action.at, [this] { feed(DeadlinePassed{}); });
}

void Environment::perform(const DisarmDeadline&) { deadline_.reset(); }

void Environment::perform(const FinishInit& action) {
    if (action.end == InitEnd::ready)
        workspace_.containment.end_init();
    else
        (void)sample_memory();
    InitResult result;
    result.end = action.end;
    result.duration = std::chrono::duration_cast<Microseconds>(services_.clock.now() - started_);
    switch (action.end) {
    case InitEnd::ready:
    case InitEnd::stopped: break;
    case InitEnd::spawn_failed:
        result.error_type = error_type::runtime_invalid_entrypoint;
        result.error_message = launch_failure_.message;
        if (!launch_failure_.advice.empty()) {
            services_.log.channel("environment")
                .with("function", function_->config.name)
                .warn(launch_failure_.message + " (" + launch_failure_.advice + ")");
        }
        break;
    case InitEnd::error_reported:
        result.error_type = error_.error_type;
        result.error_payload = error_.payload;
        break;
    case InitEnd::exited:
        result.exit = to_runtime_exit(*exit_);
        result.error_type = fatal_type_;
        result.error_message = fatal_message_;
        break;
    case InitEnd::extension_failed:
        result.error_type = fatal_type_;
        result.error_message = fatal_message_;
        break;
    case InitEnd::timed_out: result.error_type = error_type::sandbox_timedout; break;
    }
    if (action.end == InitEnd::timed_out)
        tell_init_runtime_done(model::InvocationStatus::timeout, result.error_type);
    else if (!result.error_type.empty())
        tell_init_runtime_done(model::InvocationStatus::error, result.error_type);
    extensions_.init_ended();
    extension_host_.report_init();
    if (action.end == InitEnd::ready) workspace_.telemetry.end_init();
    init_result_.set(std::move(result));
}

void Environment::perform(const HandOver&) {
    HandedInvocation handed{invocation_, wall_deadline_};
    extensions_.hand_over(handed);
    link_->hand_over(std::move(handed));
}

model::Outcome Environment::outcome_of(AnswerKind kind) {
    const std::string& id = invocation_->request_id.str();
    switch (kind) {
    case AnswerKind::response: return model::Success{std::move(response_)};
    case AnswerKind::function_error: return model::FunctionError{std::move(error_.payload), error_.error_type};
    case AnswerKind::timed_out:
        return model::FunctionError{
            model::timeout_payload(id, function_->config.timeout, services_.clock.wall_now(), services_.settings.era),
            std::string(error_type::sandbox_timedout), model::ErrorOrigin::platform};
    case AnswerKind::crashed:
        return model::FunctionError{model::platform_error_payload(id, fatal_type_, fatal_message_), fatal_type_,
                                    model::ErrorOrigin::platform};
    case AnswerKind::stopped: return model::Abandoned{};
    }
    return model::Abandoned{};
}

void Environment::perform(const Answer& action) {
    AnswerResult result{outcome_of(action.kind), services_.clock.now()};
    answer_->set(std::move(result));
}

void Environment::perform(const Finish& action) {
    FinishResult result{action.kind, action.duration, {}, {}, {}};
    const std::string& id = invocation_->request_id.str();
    const auto& era = services_.settings.era;
    const PlatformLog log{services_, *function_, workspace_};
    switch (action.kind) {
    case FinishKind::clean:
    case FinishKind::should_exit:
        result.error_type = error_.error_type;
        tell_runtime_done(answered_status(), result.error_type, action.duration);
        break;
    case FinishKind::timed_out:
        tell_runtime_done(model::InvocationStatus::timeout, {}, action.duration);
        log_fault(log, id, model::timeout_message(function_->config.timeout));
        result.log_text = model::timeout_log_lines(id, function_->config.timeout, services_.clock.wall_now(), era);
        break;
    case FinishKind::crashed:
        result.error_type = fatal_type_;
        tell_runtime_done(model::InvocationStatus::error, fatal_type_, action.duration);
        log_fault(log, id, fatal_message_ + "\n" + fatal_type_);
        result.log_text = model::crash_log_lines(id, fatal_type_, fatal_message_, era);
        break;
    case FinishKind::stopped: break;
    }
    result.extensions = extension_span(handed_over_ + action.duration);
    finish_->set(std::move(result));
}

void Environment::perform(const ShutDown& action) {
    if (runtime_running()) {
        sample_memory(); // the kernel's figures go with the process
        process_->drain_output();
    }
    if (!extensions_.empty()) {
        extension_host_.shut_down(action.reason, runtime_running() ? process_.get() : nullptr);
    } else if (runtime_running()) {
        workspace_.containment.kill();
        process_->kill();
    }
}

void Environment::perform(const Retire&) {
    link_->retire();
    if (extensions_.empty()) link_->close();
    owner_.on_retired(*this);
}

} // namespace lambox::engine
