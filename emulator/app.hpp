#pragma once

#include "emulator/containment.hpp"
#include "emulator/exit_code.hpp"
#include "lambox/api/runtime_api.hpp"
#include "lambox/api/telemetry_delivery.hpp"
#include "lambox/base/log.hpp"
#include "lambox/engine/code_store.hpp"
#include "lambox/engine/log_store.hpp"
#include "lambox/engine/state_store.hpp"
#include "lambox/engine/supervisor.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/posix_process.hpp"
#include "lambox/io/scratch_folder.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lambox::emulator {

enum class FunctionLog { shown, shown_with_environment, hidden };
/// Of functions' own logs.
enum class KeptLogs { none, in_memory };

struct AppSettings {
    model::Era era;
    std::string region;
    std::string account;
    engine::Emulators emulators;
    Seconds keep_alive{600};
    LogLevel log_level = LogLevel::info;
    FunctionLog function_log = FunctionLog::shown;
    ContainmentOptions containment;
    std::optional<std::filesystem::path> state_dir; ///< where definitions and packages outlive the program; absent = nowhere
    KeptLogs kept_logs = KeptLogs::none;
    Milliseconds async_retry_pause{limits::async_retry_pause};
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
    [[nodiscard]] IdSource& ids() { return ids_; }
    [[nodiscard]] const Logger& log() const { return log_; }
    [[nodiscard]] engine::FunctionRegistry& registry() { return registry_; }
    /// In the order they were added.
    [[nodiscard]] const std::vector<std::shared_ptr<const engine::FunctionRevision>>& functions() const { return functions_; }
    [[nodiscard]] engine::CodeStore& code_store() { return code_store_; }
    [[nodiscard]] engine::Supervisor& supervisor() { return supervisor_; }
    [[nodiscard]] engine::LogStore& log_store() { return log_store_; }
    /// Null while there is none; what is set must be taken back before it is destroyed.
    void set_destinations(engine::DestinationSink* sink) { services_.destinations = sink; }
    [[nodiscard]] const engine::EngineSettings& settings() const { return services_.settings; }
    [[nodiscard]] const ContainmentFinder& containment() const { return *containment_; }

private:
    App(AppSettings settings, io::ScratchFolder scratch, std::unique_ptr<engine::LogSink> log_sink,
        std::unique_ptr<engine::StateStore> state);
    [[nodiscard]] Result<void> load_state();
    /// What the name leads to now; null when to nothing.
    [[nodiscard]] std::shared_ptr<const engine::FunctionRevision> revision_of(const FunctionArn& arn) const;
    boost::asio::awaitable<void> run_and_end(std::function<boost::asio::awaitable<ExitCode>(App&)> work);
    void on_signal();
    void terminate(const std::string& why);

    Logger log_;
    boost::asio::io_context context_{1};
    io::SystemClock clock_{context_.get_executor()};
    RandomIds ids_;
    io::ScratchFolder scratch_;
    io::PosixSpawner spawner_;
    std::unique_ptr<ContainmentFinder> containment_;
    api::RuntimeApiEndpoints endpoints_;
    api::TelemetryDelivery telemetry_{context_.get_executor(), clock_};
    std::unique_ptr<engine::LogSink> log_sink_;
    engine::LogStore log_store_{clock_};
    engine::TeeLogSink both_sinks_{*log_sink_, log_store_};
    engine::EngineServices services_;
    std::unique_ptr<engine::StateStore> state_;
    engine::CodeStore code_store_;
    engine::FunctionRegistry registry_;
    std::vector<std::shared_ptr<const engine::FunctionRevision>> functions_;
    engine::Supervisor supervisor_;
    io::OneShot<bool> stop_;
    std::unique_ptr<io::Timer> drain_deadline_;
    std::function<void()> terminate_;
    ExitCode exit_code_ = ExitCode::ok;
    bool stopping_ = false;
};

/// Where qemu-user was found: the given path, else the first of qemu-*-static and qemu-* in PATH.
[[nodiscard]] engine::Emulators find_emulators(const std::string& x86_64, const std::string& arm64);

} // namespace lambox::emulator
