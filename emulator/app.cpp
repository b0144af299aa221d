#include "emulator/app.hpp"

#include "lambox/base/limits.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>

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
    auto scratch = io::ScratchFolder::make("lambox");
    if (!scratch) return scratch.error();
    auto log_sink = make_log_sink(settings.function_log);
    const Freezing freezing = settings.freezing;
    std::unique_ptr<App> app(new App(std::move(settings), std::move(*scratch), std::move(log_sink)));
    if (freezing == Freezing::where_possible) app->find_freezer();
    return app;
}

App::App(AppSettings settings, io::ScratchFolder scratch, std::unique_ptr<engine::LogSink> log_sink)
    : log_(Logger::to_stderr(settings.log_level)), scratch_(std::move(scratch)), spawner_(context_.get_executor(), log_.channel("process")),
      endpoints_(context_.get_executor(), clock_, log_),
      log_sink_(std::move(log_sink)), services_{context_.get_executor(),
                                                clock_,
                                                spawner_,
                                                endpoints_,
                                                ids_,
                                                sink_for(settings.kept_logs, *log_sink_, both_sinks_),
                                                log_,
                                                engine::EngineSettings{settings.era, settings.region, settings.account, settings.emulators,
                                                                       settings.keep_alive, scratch_.path(), settings.async_retry_pause}},
      code_store_(made_below(scratch_.path(), "code")), registry_(settings.region, settings.account), supervisor_(services_) {}

App::~App() = default;

void App::find_freezer() {
    io::ResourceSettings settings;
    // Joining a group of cgroup v1 takes the kernel about 10 ms, which every cold start would wait for and count as init.
    settings.mounts.cgroup1.clear();
    groups_.emplace(io::ResourceGroups::probe(std::move(settings), log_.channel("groups")));
    const auto& can = groups_->capabilities();
    if (can.freezer.by == io::Mechanism::none) {
        not_frozen_because_ = can.freezer.reason;
        return;
    }
    not_frozen_because_.clear();
    frozen_by_ = can.freezer.by == io::Mechanism::process ? "SIGSTOP" : io::name_of(can.freezer.by);
    services_.make_group = [this]() -> std::unique_ptr<io::ResourceGroup> {
        auto group = groups_->make(io::GroupSpec{});
        if (group) return std::move(*group);
        log_.channel("groups").warn("an environment will not be frozen: " + group.error().message);
        return nullptr;
    };
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
    context_.run();
    spawner_.collect_strays();
    if (failure) std::rethrow_exception(failure);
    return exit_code_;
}

boost::asio::awaitable<void> App::run_and_end(std::function<boost::asio::awaitable<ExitCode>(App&)> work) {
    exit_code_ = co_await work(*this);
    supervisor_.drain();
    if (!drain_deadline_) {
        drain_deadline_ = clock_.call_at(clock_.now() + limits::drain_deadline, [this] { terminate("the drain deadline has passed"); });
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
    drain_deadline_ = clock_.call_at(clock_.now() + limits::drain_deadline, [this] { terminate("the drain deadline has passed"); });
    stop_.set(true);
}

void App::terminate(const std::string& why) {
    log_.channel("app").warn("ending everything at once: " + why);
    supervisor_.stop();
    if (terminate_) terminate_();
}

} // namespace lambox::emulator
