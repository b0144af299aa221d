#pragma once

#include "emulator/containment.hpp"
#include "emulator/exit_code.hpp"
#include "emulator/options.hpp"
#include "lambox/api/runtime_api.hpp"
#include "lambox/api/stored_events.hpp"
#include "lambox/api/stored_state.hpp"
#include "lambox/api/telemetry_delivery.hpp"
#include "lambox/base/log.hpp"
#include "lambox/engine/code_store.hpp"
#include "lambox/engine/language_finder.hpp"
#include "lambox/engine/log_store.hpp"
#include "lambox/engine/supervisor.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/event_loop.hpp"
#include "lambox/io/posix_process.hpp"
#include "lambox/io/scratch_folder.hpp"
#include "lambox/io/thread_pool.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lambox::emulator {

enum class FunctionLog { shown, shown_with_environment, shown_on_stdout, hidden };
/// Of functions' own logs.
enum class KeptLogs { none, in_memory };

struct AppSettings {
    model::Era era;
    std::string region;
    std::string account;
    engine::Emulators emulators;
    LanguageOptions languages = {};
    Seconds keep_alive{600};
    LogLevel log_level = LogLevel::info;
    FunctionLog function_log = FunctionLog::shown;
    ContainmentOptions containment;
    std::optional<std::filesystem::path> state_dir; ///< where definitions and packages outlive the program; absent = nowhere
    KeptLogs kept_logs = KeptLogs::none;
    Milliseconds async_retry_pause{limits::async_retry_pause};
    Seconds drain{limits::drain_deadline}; ///< from the end of the work, or a signal, until what still runs is killed
    api::RuntimeApiAddress runtime_api;
    model::PlatformLines platform_lines = model::PlatformLines::lambda;
    model::Overflow overflow = model::Overflow::throttle;
    Switch telemetry = Switch::on;
};

/// The composition root: the only place that names the bodies of the ports. One a program.
class App {
public:
    /// Takes in what the state folder holds. Errors: io, conflict (the folder is in use), malformed, unsupported.
    [[nodiscard]] static Result<std::unique_ptr<App>> create(AppSettings settings);
    App(const App&) = delete;
    App& operator=(const App&) = delete;
    ~App();

    /// Makes a function runnable. Errors: as `CodeStore::prepare`; conflict.
    [[nodiscard]] Result<void> add(const model::FunctionConfig& config);

    /// Runs `work` to its end, then drains and ends everything. SIGINT or SIGTERM asks for a drain: `stopping()` becomes true and
    /// `wait_for_stop` returns; a second one, or the drain deadline, kills what still runs.
    [[nodiscard]] ExitCode run(std::function<boost::asio::awaitable<ExitCode>(App&)> work);

    [[nodiscard]] bool stopping() const { return stopping_; }
    /// Returns at the first signal. One waiter.
    boost::asio::awaitable<void> wait_for_stop();
    /// `callback` is called when everything must end at once.
    void on_terminate(std::function<void()> callback) { terminate_ = std::move(callback); }

    [[nodiscard]] boost::asio::any_io_executor executor() { return context_.get_executor(); }
    [[nodiscard]] io::Clock& clock() { return clock_; }
    [[nodiscard]] io::ThreadPool& pool() { return pool_; }
    [[nodiscard]] IdSource& ids() { return ids_; }
    [[nodiscard]] const Logger& log() const { return log_; }
    [[nodiscard]] engine::FunctionRegistry& registry() { return registry_; }
    /// In the order they were added.
    [[nodiscard]] const std::vector<std::shared_ptr<const engine::FunctionRevision>>& functions() const { return functions_; }
    [[nodiscard]] engine::CodeStore& code_store() { return code_store_; }
    [[nodiscard]] engine::Supervisor& supervisor() { return supervisor_; }
    [[nodiscard]] engine::LogStore& log_store() { return log_store_; }
    /// What functions have logged is written before what comes next.
    void flush_function_log() { log_sink_->flush(); }
    /// What an ARN leads to now; one without a region leads home. Errors: invalid_argument, not_found.
    [[nodiscard]] Result<engine::ResolvedFunction> resolve(const std::string& arn);
    /// Null while there is none; what is set must be taken back before it is destroyed.
    void set_destinations(engine::DestinationSink* sink) { services_.destinations = sink; }
    [[nodiscard]] const engine::EngineSettings& settings() const { return services_.settings; }
    [[nodiscard]] const ContainmentFinder& containment() const { return *containment_; }

private:
    App(AppSettings settings, io::ScratchFolder scratch, std::unique_ptr<engine::LogSink> log_sink,
        std::unique_ptr<api::StoredState> state);
    [[nodiscard]] Result<void> load_state();
    boost::asio::awaitable<void> run_and_end(std::function<boost::asio::awaitable<ExitCode>(App&)> work);
    void flush_gathered();
    /// Who is likely to be heard of next.
    [[nodiscard]] io::BusyPoll* awaited();
    void on_signal();
    void terminate(const std::string& why);

    Logger log_;
    /// One thread runs it and begins all input and output; others only post.
    boost::asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    io::BusyPoll next_request_;
    io::BusyPoll runtime_;
    io::SystemClock clock_{context_.get_executor()};
    RandomIds ids_;
    io::ScratchFolder scratch_;
    Seconds drain_;
    io::PosixSpawner spawner_;
    std::unique_ptr<ContainmentFinder> containment_;
    api::RuntimeApiEndpoints endpoints_;
    api::TelemetryDelivery telemetry_{context_.get_executor(), clock_};
    std::unique_ptr<engine::LogSink> log_sink_;
    Instant flushed_at_{};
    engine::LogStore log_store_{clock_};
    engine::TeeLogSink both_sinks_{*log_sink_, log_store_};
    engine::LanguageFinder languages_;
    engine::EngineServices services_;
    std::unique_ptr<api::StoredState> state_;
    api::StoredEvents events_{state_->database()};
    engine::CodeStore code_store_;
    engine::FunctionRegistry registry_;
    std::vector<std::shared_ptr<const engine::FunctionRevision>> functions_;
    engine::Supervisor supervisor_;
    /// Ended first, as its jobs use what stands above.
    io::ThreadPool pool_{context_.get_executor()};
    io::OneShot<bool> stop_;
    std::unique_ptr<io::Timer> drain_deadline_;
    std::function<void()> terminate_;
    ExitCode exit_code_ = ExitCode::ok;
    bool stopping_ = false;
};

/// Where qemu-user was found: the given path, else the first of qemu-*-static and qemu-* in PATH.
[[nodiscard]] engine::Emulators find_emulators(const std::string& x86_64, const std::string& arm64);

} // namespace lambox::emulator
