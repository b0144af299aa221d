#include "emulator/app.hpp"

#include "emulator/languages.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/engine/launchers.hpp"
#include "lambox/io/database.hpp"
#include "lambox/wire/arn.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <sstream>
#include <system_error>

namespace lambox::emulator {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<engine::LogSink> make_log_sink(FunctionLog log) {
    switch (log) {
    case FunctionLog::shown: return std::make_unique<engine::DescriptorLogSink>(STDERR_FILENO, engine::LogPrefix::none);
    case FunctionLog::shown_with_environment:
        return std::make_unique<engine::DescriptorLogSink>(STDERR_FILENO, engine::LogPrefix::environment);
    case FunctionLog::shown_on_stdout: return std::make_unique<engine::DescriptorLogSink>(STDOUT_FILENO, engine::LogPrefix::none);
    case FunctionLog::hidden: break;
    }
    return std::make_unique<engine::NullLogSink>();
}

engine::LogSink& sink_for(KeptLogs kept, engine::LogSink& shown, engine::LogSink& both) {
    switch (kept) {
    case KeptLogs::none: break;
    case KeptLogs::in_memory: return both;
    }
    return shown;
}

fs::path made_below(const fs::path& parent, const char* name) {
    std::error_code ignored; // a failure shows, with its name, when the first package or environment needs the folder
    fs::create_directories(parent / name, ignored);
    return parent / name;
}

fs::path code_folder(const AppSettings& settings, const io::ScratchFolder& scratch) {
    return made_below(settings.state_dir ? *settings.state_dir : scratch.path(), "code");
}

Result<std::unique_ptr<api::StoredState>> open_state(const std::optional<fs::path>& folder) {
    if (folder) {
        std::error_code error;
        fs::create_directories(*folder, error);
        if (error) return make_error(Errc::io, folder->string() + ": " + error.message());
    }
    auto database = folder ? io::Database::open(*folder / "state.sqlite") : io::Database::in_memory();
    if (!database) return database.error();
    return api::StoredState::open(std::move(*database));
}

/// An environment holds about ten descriptors and a connection one, while shells allow 1,024 to begin with. Functions get AWS's limit.
void allow_many_descriptors() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files)); // it stays as it was then, and accepting waits when it is reached
}

std::string find_in_path(std::initializer_list<const char*> names) {
    const char* path = std::getenv("PATH");
    for (const char* name : names) {
        std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
        for (std::string folder; std::getline(folders, folder, ':');) {
            const fs::path candidate = fs::path(folder) / name;
            if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate.string();
        }
    }
    return {};
}

} // namespace

engine::Emulators find_emulators(const std::string& x86_64, const std::string& arm64) {
    engine::Emulators emulators;
    emulators.x86_64 = x86_64.empty() ? find_in_path({"qemu-x86_64-static", "qemu-x86_64"}) : x86_64;
    emulators.arm64 = arm64.empty() ? find_in_path({"qemu-aarch64-static", "qemu-aarch64"}) : arm64;
    return emulators;
}

Result<std::unique_ptr<App>> App::create(AppSettings settings) {
    allow_many_descriptors();
    auto scratch = io::ScratchFolder::make("lambox");
    if (!scratch) return scratch.error();
    auto log_sink = make_log_sink(settings.function_log);
    auto state = open_state(settings.state_dir);
    if (!state) return state.error();
    const ContainmentOptions wishes = settings.containment;
    std::unique_ptr<App> app(new App(std::move(settings), std::move(*scratch), std::move(log_sink), std::move(*state)));
    auto containment = ContainmentFinder::find(wishes, made_below(app->scratch_.path(), "sandbox"), app->log_);
    if (!containment) return containment.error();
    app->containment_ = std::move(*containment);
    app->services_.containments = app->containment_->chosen();
    if (const auto written = engine::write_launchers(app->languages_.folders().launchers); !written) return written.error();
    app->services_.languages = &app->languages_;
    if (const auto loaded = app->load_state(); !loaded) return loaded.error();
    return app;
}

App::App(AppSettings settings, io::ScratchFolder scratch, std::unique_ptr<engine::LogSink> log_sink,
         std::unique_ptr<api::StoredState> state)
    : log_(Logger::to_stderr(settings.log_level)), scratch_(std::move(scratch)), drain_(settings.drain),
      spawner_(context_.get_executor(), log_.channel("process")), endpoints_(context_.get_executor(), clock_, log_, settings.runtime_api),
      log_sink_(std::move(log_sink)), languages_(language_folders(settings.languages, scratch_.path() / "runtime"), ask_version),
      services_{context_.get_executor(),
                clock_,
                spawner_,
                endpoints_,
                ids_,
                sink_for(settings.kept_logs, *log_sink_, both_sinks_),
                log_,
                engine::EngineSettings{settings.era, settings.region, settings.account, settings.emulators, settings.keep_alive,
                                       scratch_.path(), settings.async_retry_pause, settings.platform_lines, settings.overflow}},
      state_(std::move(state)),
      code_store_(code_folder(settings, scratch_), settings.state_dir ? engine::CodeLifetime::durable : engine::CodeLifetime::temporary),
      registry_(engine::Place{settings.account, settings.region}, engine::RegistryServices{code_store_, *state_, ids_, clock_}),
      supervisor_(services_) {
    engine::RegistryEvents events;
    events.retired = [this](const auto& revision) { supervisor_.retire(revision); };
    events.provisioned = [this](const auto& revision, std::uint32_t count) { supervisor_.keep_warm(revision, count); };
    registry_.on_events(std::move(events));
    services_.resolve = [this](const std::string& arn) { return resolve(arn); };
    if (settings.state_dir) services_.events = &events_;
    if (settings.telemetry == Switch::on) services_.telemetry = &telemetry_;
}

Result<engine::ResolvedFunction> App::resolve(const std::string& arn) {
    const auto reference = wire::parse_function_reference(arn);
    if (!reference) return reference.error();
    const engine::Place& home = registry_.home();
    return registry_.resolve(engine::Place{home.account, reference->region.value_or(home.region)}, *reference, {}, 0);
}

App::~App() { code_store_.release_all(); }

Result<void> App::load_state() {
    const auto complaints = registry_.load();
    if (!complaints) return complaints.error();
    for (const auto& complaint : *complaints)
        log_.channel("state").warn(complaint);
    return {};
}

Result<void> App::add(const model::FunctionConfig& config) {
    auto code = code_store_.prepare(config);
    if (!code) return make_error(code.error().code, config.name + ": " + code.error().message);
    auto added = registry_.add(config, std::move(*code));
    if (!added) return added.error();
    functions_.push_back(std::move(*added));
    return {};
}

boost::asio::awaitable<void> App::wait_for_stop() { co_await stop_.wait(); }

ExitCode App::run(std::function<boost::asio::awaitable<ExitCode>(App&)> work) {
    std::signal(SIGPIPE, SIG_IGN);
    boost::asio::signal_set signals(context_, SIGINT, SIGTERM);
    std::function<void()> wait_for_signal = [&] {
        signals.async_wait([&](boost::system::error_code error, int) {
            if (error) return;
            on_signal();
            wait_for_signal();
        });
    };
    wait_for_signal();
    std::exception_ptr failure;
    auto ended = [&](std::exception_ptr error) {
        failure = error;
        boost::system::error_code ignored;
        signals.cancel(ignored);
    };
    boost::asio::co_spawn(context_, run_and_end(std::move(work)), ended);
    io::EventLoopHooks hooks;
    hooks.before_wait = [this] { flush_gathered(); };
    if (io::several_processors()) hooks.busy_poll = [this] { return awaited(); };
    io::run_event_loop(context_, clock_, hooks);
    log_sink_->flush();
    spawner_.collect_strays();
    if (failure) std::rethrow_exception(failure);
    return exit_code_;
}

void App::flush_gathered() {
    // START can wait for the END of a short invocation; of a longer one it is written now, or with the next tick.
    const Instant now = clock_.now();
    if (supervisor_.in_progress() > 0 && now - flushed_at_ < limits::log_batch_pause) return;
    flushed_at_ = now;
    log_sink_->flush();
}

io::BusyPoll* App::awaited() {
    // With several at a time the loop hardly sleeps, and processors are worth more to the runtimes.
    switch (supervisor_.in_progress()) {
    case 0: return &next_request_;
    case 1: return &runtime_;
    default: return nullptr;
    }
}

boost::asio::awaitable<void> App::run_and_end(std::function<boost::asio::awaitable<ExitCode>(App&)> work) {
    exit_code_ = co_await work(*this);
    supervisor_.drain();
    if (!drain_deadline_) {
        drain_deadline_ = clock_.call_at(clock_.now() + drain_, [this] { terminate("the drain deadline has passed"); });
    }
    co_await supervisor_.join();
    drain_deadline_.reset();
}

void App::on_signal() {
    if (stopping_) {
        terminate("a second signal");
        return;
    }
    stopping_ = true;
    log_.channel("app").info("stopping: running invocations are finished first; a second Ctrl-C ends them at once");
    supervisor_.drain();
    drain_deadline_ = clock_.call_at(clock_.now() + drain_, [this] { terminate("the drain deadline has passed"); });
    stop_.set(true);
}

void App::terminate(const std::string& why) {
    log_.channel("app").warn("ending everything at once: " + why);
    supervisor_.stop();
    if (terminate_) terminate_();
}

} // namespace lambox::emulator
