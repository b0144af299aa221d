#pragma once

#include "lambox/base/ids.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/base/log.hpp"
#include "lambox/engine/containment.hpp"
#include "lambox/engine/extension_host.hpp"
#include "lambox/engine/extension_set.hpp"
#include "lambox/engine/function_registry.hpp"
#include "lambox/engine/launch_plan.hpp"
#include "lambox/engine/log_sink.hpp"
#include "lambox/engine/runtime_link.hpp"
#include "lambox/engine/runtime_session.hpp"
#include "lambox/engine/telemetry_hub.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/line_splitter.hpp"
#include "lambox/io/one_shot.hpp"
#include "lambox/io/process.hpp"
#include "lambox/model/environment_state.hpp"
#include "lambox/model/function_error.hpp"
#include "lambox/model/invocation.hpp"
#include "lambox/model/placement.hpp"
#include "lambox/model/runtime_environment.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lambox::engine {

class DestinationSink;
class EventStore;
class LanguageFinder;
class ReadyParts;

struct EngineSettings {
    model::Era era;
    std::string region;
    std::string account;
    Emulators emulators;
    Seconds keep_alive;
    std::filesystem::path scratch;                             ///< where environments' own folders are made
    Milliseconds async_retry_pause{limits::async_retry_pause}; ///< before the first retry of an Event invocation that failed
    model::PlatformLines platform_lines = model::PlatformLines::lambda;
    model::Overflow overflow = model::Overflow::throttle;
};

/// What every environment needs; one object a program, outliving them all.
struct EngineServices {
    boost::asio::any_io_executor executor;
    io::Clock& clock;
    io::ProcessSpawner& spawner;
    RuntimeEndpointFactory& endpoints;
    IdSource& ids;
    LogSink& log_sink;
    Logger log;
    EngineSettings settings;
    Containments containments;
    /// Told how Event invocations ended; may be null.
    DestinationSink* destinations = nullptr;
    /// Where Event invocations outlive the program; may be null.
    EventStore* events = nullptr;
    /// What a name leads to now, for retries of Event invocations. Errors: not_found. May be empty: then retries run what the first
    /// attempt ran.
    std::function<Result<ResolvedFunction>(const std::string& arn)> resolve;
    /// For managed runtimes. Null: their functions have to bring a bootstrap.
    LanguageFinder* languages = nullptr;
    /// What cold starts find made; the supervisor's. Null: nothing.
    ReadyParts* ready = nullptr;
    /// The ways to subscribers of telemetry; null = there is none.
    TelemetryChannels* telemetry = nullptr;
};

/// What outlives a reset: the execution environment as AWS counts it, over all generations of its processes
/// (behaviour §4.6). The scratch folder goes with the object.
struct Workspace {
    Workspace(EnvironmentId environment_id, std::string stream, std::filesystem::path folder, const EngineServices& services,
              model::LogTailCut tail_cut);
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    ~Workspace();

    EnvironmentId id;
    std::string log_stream;
    std::string initialization = "on-demand"; ///< AWS_LAMBDA_INITIALIZATION_TYPE
    [[nodiscard]] bool snap_start() const { return initialization == "snap-start"; }
    model::InitPhase init_phase = model::InitPhase::init; ///< of the generation that is there or comes next
    std::filesystem::path temporary;
    model::LogTail tail;
    io::LineSplitter lines;
    std::uint64_t peak_memory_bytes = 0;
    Containment containment;
    TelemetryHub telemetry; ///< ended before the workspace is destroyed
};

/// Writes whole lines to a function's log and to the tail of the invocation in progress.
void write_function_log(EngineServices& services, const FunctionRevision& function, Workspace& workspace, std::string_view text,
                        LogSource source = LogSource::function);
/// Views into its arguments.
[[nodiscard]] LogOrigin log_origin(const FunctionRevision& function, const Workspace& workspace, LogSource source);

/// An exit status in the model's words.
[[nodiscard]] model::RuntimeExit to_runtime_exit(const io::ExitStatus& status);

class Environment;

class EnvironmentOwner {
public:
    virtual ~EnvironmentOwner() = default;
    /// The environment takes no further invocation. It still has to be waited for with `gone`.
    virtual void on_retired(Environment& environment) = 0;
};

/// One generation: the runtime's process tree, a link to it, its extensions, and the state machine of `model/environment_state`. Drives,
/// decides nothing.
class Environment final : public io::ProcessListener,
                          public RuntimeLinkListener,
                          public ExtensionSetListener,
                          public ExtensionHostListener {
public:
    /// How INIT ended; the error is the one that a caller would be given.
    struct InitResult {
        model::environment::InitEnd end = model::environment::InitEnd::ready;
        Microseconds duration{0};
        std::string error_type;
        std::string error_message;              ///< of a platform-made error
        std::string error_payload;              ///< of a runtime's own init error; empty otherwise
        std::optional<model::RuntimeExit> exit; ///< when the process ended by itself
    };
    /// How a restore ended, and why not well.
    struct RestoreResult {
        model::environment::RestoreEnd end = model::environment::RestoreEnd::ready;
        Microseconds duration{0};
        std::string error_type;
    };
    struct AnswerResult {
        model::Outcome outcome;
        Instant at;
    };
    struct FinishResult {
        model::environment::FinishKind kind;
        Microseconds duration{0};
        std::string error_type; ///< of what ended it, or of the answer; empty on success
        std::string log_text;   ///< extra lines that older eras print before END
        std::optional<model::TelemetrySpan> extensions; ///< from the runtime's end to that of the last extension
    };

    /// How another protocol than the runtime's own is spoken; called once, at the end of the construction.
    using MakeLink = std::function<std::unique_ptr<RuntimeLink>(RuntimeLinkListener&, ExtensionSet&)>;

    /// `make_link` may be empty.
    Environment(EngineServices& services, std::shared_ptr<const FunctionRevision> function, Workspace& workspace, EnvironmentOwner& owner,
                const MakeLink& make_link = {});
    ~Environment() override;
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

    /// Spawns, and returns when INIT has ended one way or another. Once.
    boost::asio::awaitable<InitResult> start(Instant init_deadline);
    /// SnapStart, after INIT: lets the runtime go on, and returns when it has asked for its first event or failed to. Takes no time for one
    /// that has asked already. Once.
    boost::asio::awaitable<RestoreResult> restore(Instant deadline);
    /// Gives an idle environment its next event, with `budget` to its deadline. Returns the instant from which Duration counts.
    Instant assign(std::shared_ptr<const model::Invocation> invocation, Microseconds budget);
    /// After `assign`: the caller's answer; it may come long before the end.
    boost::asio::awaitable<AnswerResult> answer();
    /// After `assign`: the end of the invocation.
    boost::asio::awaitable<FinishResult> finish();
    /// Ends it, whatever it does; an invocation in progress is abandoned. Without extensions it is killed, with them it has the time of
    /// behaviour §2.5.
    void stop();
    /// Returns when all processes have been reaped and the link has ended. Once.
    boost::asio::awaitable<void> gone();

    [[nodiscard]] const model::environment::State& state() const { return state_; }
    [[nodiscard]] const std::string& emulator() const { return emulator_; }
    /// The first fatal error (behaviour §1.9) and its message; empty while there is none.
    [[nodiscard]] const std::string& fatal_type() const { return fatal_type_; }
    [[nodiscard]] const std::string& fatal_message() const { return fatal_message_; }
    /// Reads the tree's memory now; the high-water mark stays in the workspace.
    Mebibytes sample_memory();
    /// Samples, and sees to it that the memory size holds (behaviour §4.7). Where the kernel does not do it, kills the tree when it
    /// holds more now. Not under emulation, where the emulator's own memory counts as well.
    void enforce_memory();
    /// Takes in what the process has printed so far.
    void drain_output();

    // ProcessListener, RuntimeLinkListener, ExtensionSetListener, ExtensionHostListener
    void on_output(std::string_view bytes) override;
    void on_exit(io::ExitStatus status) override;
    void on_asked_for_next() override;
    void on_response(std::string payload) override;
    void on_function_error(RuntimeError error) override;
    void on_should_exit(RuntimeError error) override;
    void on_init_error(RuntimeError error) override;
    void on_ready_for_snapshot() override;
    void on_restore_error(RuntimeError error) override;
    void on_extension_moved() override;
    void on_extension_error(ExtensionError error) override;
    void on_extension_ended(io::ExitStatus status) override;
    void on_extension_gone() override;

private:
    void feed(const model::environment::Event& event);
    void feed(const model::environment::Event& event, Instant now);
    void perform(const model::environment::ArmDeadline& action);
    void perform(const model::environment::DisarmDeadline& action);
    void perform(const model::environment::FinishInit& action);
    void perform(const model::environment::Release& action);
    void perform(const model::environment::FinishRestore& action);
    void perform(const model::environment::HandOver& action);
    void perform(const model::environment::Answer& action);
    void perform(const model::environment::Finish& action);
    void perform(const model::environment::ShutDown& action);
    void perform(const model::environment::Retire& action);
    [[nodiscard]] Result<LaunchPlan> plan();
    [[nodiscard]] std::variant<LaunchPlan, LaunchFailure> find_launch();
    [[nodiscard]] model::EnvironmentRoots roots_for(const LaunchPlan& launch) const;
    [[nodiscard]] Result<void> open_link(const LaunchPlan& launch);
    [[nodiscard]] Result<void> spawn(const LaunchPlan& launch);
    void start_extensions();
    void start_runtime();
    /// Whether INIT or the invocation is over, now that somebody waits for the next event.
    void look_who_is_back();
    void feed_all_back();
    void finish_stopping();
    void note_fatal(std::string_view type, std::string message);
    [[nodiscard]] bool running() const;
    [[nodiscard]] bool runtime_running() const { return process_ && !exit_; }
    [[nodiscard]] Result<void> fail_launch(LaunchFailure failure);
    void tell_over_memory();
    void note_out_of_memory();
    void log_line(std::string_view line);
    void note_response(std::size_t bytes);
    void tell_init_runtime_done(model::InvocationStatus status, std::string_view error_type);
    void tell_restore_runtime_done(model::InvocationStatus status, std::string_view error_type);
    void add_span(model::PlatformRuntimeDone& done, std::string_view name, Instant from, Instant to) const;
    void tell_runtime_done(model::InvocationStatus status, const std::string& error_type, Microseconds duration);
    [[nodiscard]] std::optional<model::TelemetrySpan> extension_span(Instant end) const;
    [[nodiscard]] model::InvocationStatus answered_status() const;
    [[nodiscard]] std::string exit_error_type() const;
    [[nodiscard]] model::Outcome outcome_of(model::environment::AnswerKind kind);

    EngineServices& services_;
    std::shared_ptr<const FunctionRevision> function_;
    Workspace& workspace_;
    EnvironmentOwner& owner_;
    model::environment::State state_;
    ExtensionSet extensions_;
    ExtensionHost extension_host_;
    std::unique_ptr<RuntimeLink> link_;
    std::unique_ptr<io::Process> process_;
    std::unique_ptr<io::Timer> deadline_;
    std::string emulator_;
    Instant started_{};
    io::SpawnSpec runtime_spec_; ///< made with the link, because extensions share most of it and come first
    std::optional<LaunchPlan> waiting_runtime_; ///< to be started when all extensions have registered
    model::RuntimePresence runtime_presence_ = model::RuntimePresence::away;
    enum class Awaited { event, snapshot };
    Awaited awaited_ = Awaited::event; ///< what a runtime that is not away waits for

    // What the state machine does not carry: the content of the last event.
    std::string response_;
    RuntimeError error_;
    std::optional<io::ExitStatus> exit_;
    bool out_of_memory_ = false;
    bool told_over_memory_ = false;
    LaunchFailure launch_failure_;
    // The first fatal error counts (behaviour §1.9); of an extension that reported one, the message is that of its exit.
    std::string fatal_type_;
    std::string fatal_message_;
    std::shared_ptr<const model::Invocation> invocation_;
    WallTime wall_deadline_{};

    // Of the invocation in progress, for its telemetry.
    Instant handed_over_{};
    std::optional<Instant> response_began_;
    std::optional<Instant> responded_;
    std::uint64_t produced_bytes_ = 0;
    std::optional<Instant> runtime_done_at_; ///< once it has been told
    bool init_runtime_done_told_ = false;
    bool restore_runtime_done_told_ = false;

    io::OneShot<InitResult> init_result_;
    io::OneShot<RestoreResult> restore_result_;
    std::unique_ptr<io::OneShot<AnswerResult>> answer_;
    std::unique_ptr<io::OneShot<FinishResult>> finish_;
    io::OneShot<bool> dead_;
};

} // namespace lambox::engine
