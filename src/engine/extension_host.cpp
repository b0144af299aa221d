#include "lambox/engine/extension_host.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/engine/environment.hpp"
#include "lambox/engine/platform_log.hpp"

#include <algorithm>
#include <utility>

namespace lambox::engine {

/// The process of one external extension, and its unfinished line of output.
class ExtensionHost::External final : public io::ProcessListener {
public:
    External(ExtensionHost& host, std::string name) : host_(host), name_(std::move(name)), lines_(limits::output_line_bytes_max) {}

    [[nodiscard]] Result<void> start(const io::SpawnSpec& spec) {
        auto process = host_.services_.spawner.spawn(spec, *this);
        if (!process) return process.error();
        process_ = std::move(*process);
        return {};
    }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool running() const { return process_ && !ended_; }
    [[nodiscard]] io::Process& process() { return *process_; }

    void on_output(std::string_view bytes) override {
        lines_.feed(bytes, [this](std::string_view line) { write(line); });
    }
    void on_exit(io::ExitStatus status) override {
        ended_ = true;
        std::string rest = lines_.take_rest();
        if (!rest.empty()) write(rest + "\n");
        host_.on_exit(*this, status);
    }

private:
    void write(std::string_view text) {
        const PlatformLog log{host_.services_, host_.function_, host_.workspace_};
        log_output(log, model::TelemetryStream::extension, text, {});
    }

    ExtensionHost& host_;
    std::string name_;
    io::LineSplitter lines_;
    std::unique_ptr<io::Process> process_;
    bool ended_ = false;
};

ExtensionHost::ExtensionHost(EngineServices& services, const FunctionRevision& function, Workspace& workspace, ExtensionSet& set,
                             ExtensionHostListener& listener)
    : services_(services), function_(function), workspace_(workspace), set_(set), listener_(listener) {}

ExtensionHost::~ExtensionHost() = default;

ExtensionHost::Found ExtensionHost::find() {
    auto found = find_extensions(function_);
    if (found.extensions == ExtensionFiles::Switch::off) set_.disable();
    if (found.files.empty()) return Found::none;
    switch (function_.config.runtime->protocol) {
    case model::RuntimeProtocol::runtime_api: break;
    case model::RuntimeProtocol::go_rpc:
        // It has no Runtime API that they could register at; on AWS, too, go1.x has no extensions.
        services_.log.channel("extensions")
            .with("function", function_.config.name)
            .warn("go1.x does not support extensions, so those of its layers are not started; provided.al2023 does");
        return Found::none;
    }
    files_ = std::move(found.files);
    return Found::some;
}

std::optional<std::string> ExtensionHost::launch(const model::EnvironmentVariables& variables) {
    const auto environment = model::extension_environment(variables);
    for (const ExtensionFile& file : files_) {
        if (auto failure = start(file, environment)) return failure;
    }
    return std::nullopt;
}

std::optional<std::string> ExtensionHost::start(const ExtensionFile& file, const model::EnvironmentVariables& variables) {
    set_.expect(file.name);
    if (externals_.size() == limits::extensions_max) {
        set_.launch_failed(file.name, "TooManyExtensions");
        return "ErrTooManyExtensions";
    }
    const auto failed = [&](const std::string& message, const std::string& advice, Errc code) {
        set_.launch_failed(file.name, code == Errc::permission_denied ? "PermissionDenied" : "UnknownError");
        services_.log.channel("extensions")
            .with("function", function_.config.name)
            .warn("the extension " + file.name + " cannot be started: " + message + (advice.empty() ? "" : " (" + advice + ")"));
        return message;
    };
    const auto planned = plan_extension(file, function_, services_.settings.emulators);
    if (const auto* failure = std::get_if<LaunchFailure>(&planned)) {
        const bool denied = failure->message.ends_with("permission denied");
        return failed(failure->message, failure->advice, denied ? Errc::permission_denied : Errc::malformed);
    }
    const auto& plan = std::get<LaunchPlan>(planned);
    Containment& containment = workspace_.containment;
    io::SpawnSpec spec;
    if (!plan.emulator_path.empty()) spec.arguments.push_back(plan.emulator_path);
    spec.arguments.push_back(containment.sandboxed() ? plan.program_inside : plan.program);
    spec.environment = variables;
    spec.working_directory = "/";
    spec.open_files_max = function_.config.open_files_max();
    // Of the runtime's variables only this one is unlike every other environment's.
    for (const auto& [name, value] : variables) {
        if (name == "AWS_LAMBDA_RUNTIME_API") spec.mark = name + "=" + value;
    }
    containment.admit(spec);
    External& external = externals_.emplace_back(*this, file.name);
    const auto started = external.start(spec);
    if (started) return std::nullopt;
    const Error error = started.error();
    externals_.pop_back();
    return failed("fork/exec /opt/extensions/" + file.name + ": " + error.message, {}, error.code);
}

bool ExtensionHost::running() const {
    return std::any_of(externals_.begin(), externals_.end(), [](const External& external) { return external.running(); });
}

void ExtensionHost::shut_down(model::ShutdownReason reason, io::Process* runtime) {
    const auto presence = set_.presence();
    const auto budget = model::shutdown_budget(presence);
    const Instant now = services_.clock.now();
    deadline_ = now + budget.whole;
    event_ = ExtensionShutdown{reason, services_.clock.wall_now() + budget.whole};
    phase_ = Phase::runtime_ending;
    runtime_ = runtime;
    if (runtime_ == nullptr) {
        end_extensions();
        return;
    }
    runtime_->terminate();
    timer_ = services_.clock.call_at(now + budget.runtime, [this] { runtime_->kill(); });
}

void ExtensionHost::runtime_ended() {
    runtime_ = nullptr;
    if (phase_ == Phase::runtime_ending) end_extensions();
}

void ExtensionHost::end_extensions() {
    phase_ = Phase::extensions_ending;
    timer_.reset();
    if (!running()) return;
    set_.shut_down(*event_);
    const auto views = set_.view();
    for (External& external : externals_) {
        const auto view = std::find_if(views.begin(), views.end(), [&](const auto& one) { return one.name == external.name(); });
        if (view->subscription.shutdown || !external.running()) continue;
        external.process().drain_output();
        external.process().kill();
    }
    timer_ = services_.clock.call_at(deadline_, [this] {
        for (External& external : externals_) {
            if (!external.running()) continue;
            external.process().drain_output();
            external.process().kill();
        }
    });
}

void ExtensionHost::on_exit(External& external, io::ExitStatus status) {
    if (phase_ == Phase::running) {
        listener_.on_extension_ended(status);
        return;
    }
    const bool well = status == io::ExitStatus(io::Exited{0});
    set_.ended(external.name(), well ? model::ExtensionStep::ended_well : model::ExtensionStep::ended_badly);
    if (!running()) timer_.reset();
    listener_.on_extension_gone();
}

void ExtensionHost::report_init() {
    for (const auto& view : set_.view()) {
        model::ExtensionReport report{view.name, std::string(model::to_string(view.state)), {}, view.error_type};
        if (view.subscription.invoke) report.events.emplace_back("INVOKE");
        if (view.subscription.shutdown) report.events.emplace_back("SHUTDOWN");
        log_extension(PlatformLog{services_, function_, workspace_}, report);
    }
}

void ExtensionHost::drain_output() {
    for (External& external : externals_) {
        if (external.running()) external.process().drain_output();
    }
}

std::uint64_t ExtensionHost::peak_memory_bytes() {
    std::uint64_t sum = 0;
    for (External& external : externals_)
        sum += external.process().peak_memory_bytes();
    return sum;
}

std::uint64_t ExtensionHost::resident_memory_bytes() {
    std::uint64_t sum = 0;
    for (External& external : externals_)
        sum += external.process().resident_memory_bytes();
    return sum;
}

} // namespace lambox::engine
