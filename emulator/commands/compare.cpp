#include "emulator/commands/commands.hpp"
#include "emulator/commands/common.hpp"
#include "lambox/lab/comparison.hpp"
#include "lambox/lab/html_report.hpp"
#include "lambox/lab/json_report.hpp"
#include "lambox/lab/table.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <thread>

namespace lambox::emulator {
namespace {

/// "Linux 6.1.0, x86_64, 2 CPUs, AMD EPYC 7B13".
std::string machine_description() {
    utsname names{};
    std::string text = "unknown machine";
    if (::uname(&names) == 0) text = std::string(names.sysname) + " " + names.release + ", " + names.machine;
    text += ", " + std::to_string(std::thread::hardware_concurrency()) + " CPUs";
    std::ifstream cpuinfo("/proc/cpuinfo");
    for (std::string line; std::getline(cpuinfo, line);) {
        if (!line.starts_with("model name")) continue;
        const auto colon = line.find(": ");
        if (colon != std::string::npos) text += ", " + line.substr(colon + 2);
        break;
    }
    return text;
}

/// A bar on a terminal, nothing elsewhere; redrawn at most once a percent.
class ProgressBar {
public:
    ProgressBar() : shown_(is_terminal(STDERR_FILENO)) {}
    ~ProgressBar() {
        if (shown_ && percent_ >= 0) std::fputs("\r\033[K", stderr);
    }
    void advance(std::uint64_t done, std::uint64_t total) {
        const int percent = total == 0 ? 100 : static_cast<int>(done * 100 / total);
        if (!shown_ || percent == percent_) return;
        percent_ = percent;
        const std::string bar(static_cast<std::size_t>(percent) * 40 / 100, '#');
        std::fprintf(stderr, "\r  [%-40s] %3d %%  %llu of %llu invocations", bar.c_str(), percent, static_cast<unsigned long long>(done),
                     static_cast<unsigned long long>(total));
        std::fflush(stderr);
    }

private:
    bool shown_;
    int percent_ = -1;
};

bool write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) complain(path.string() + " could not be written");
    return static_cast<bool>(file);
}

ExitCode report(const CompareAction& action, const lab::ComparisonRun& measured, double cold_share) {
    const auto result = lab::analyse(measured, cold_share);
    const auto style = is_terminal(STDOUT_FILENO) ? lab::TextStyle::terminal : lab::TextStyle::plain;
    bool written = print(lab::render_text(result, style));
    if (!written) complain("the table could not be written to stdout");
    if (action.html && write_file(*action.html, lab::render_html(measured, result))) {
        std::fprintf(stderr, "lambox: the page is at %s\n", std::filesystem::absolute(*action.html).string().c_str());
    } else if (action.html) {
        written = false;
    }
    if (action.json) written = write_file(*action.json, lab::render_json(measured, result)) && written;
    if (!written) return ExitCode::could_not_start;
    return measured.errors == 0 ? ExitCode::ok : ExitCode::function_failed;
}

/// What the costs of SnapStart functions leave out.
void add_snap_starts(lab::ComparisonSettings& settings) {
    for (const auto& function : settings.functions) {
        if (function->config.snap_start == model::SnapStart::none) continue;
        std::string line = "snapstart: INIT of " + function->config.name + " is on no bill, its restores are";
        // AWS takes nothing more for Java.
        if (function->config.runtime->family != model::RuntimeFamily::java) line += "; AWS's price for snapshots is in no cost here";
        settings.conditions.push_back(std::move(line));
    }
}

boost::asio::awaitable<ExitCode> compare_in(App& app, const CompareAction& action, const ComparisonPlan& plan) {
    lab::ComparisonSettings settings;
    settings.functions = app.functions();
    settings.event = plan.event;
    settings.warm_requests = action.requests.value_or(plan.requests);
    settings.cold_starts = action.cold.value_or(plan.cold);
    settings.rounding = action.common.price_rounding;
    settings.machine = machine_description();
    settings.conditions = app.containment().in_force();
    add_snap_starts(settings);
    ProgressBar bar;
    lab::ComparisonProgress progress;
    progress.advanced = [&bar](std::uint64_t done, std::uint64_t total) { bar.advance(done, total); };
    progress.stopped = [&app] { return app.stopping(); };
    const auto measured = co_await lab::compare(app.supervisor(), std::move(settings), std::move(progress));
    if (!measured) {
        complain(measured.error().message);
        co_return ExitCode::function_failed;
    }
    if (app.stopping()) complain("stopped early; the table shows what was measured until then");
    co_return report(action, *measured, action.cold_share.value_or(plan.cold_share));
}

} // namespace

ExitCode compare(const CompareAction& action) {
    const auto config = load_or_complain(action.config, action.common);
    if (!config) return ExitCode::usage;
    if (config->functions.empty()) {
        complain(action.config.string() + " declares no functions to compare");
        return ExitCode::usage;
    }
    for (const auto& function : config->functions) {
        if (!function.config.managed_instances) continue;
        complain(function.config.name +
                 " has per_execution_environment_max_concurrency; Managed Instances are paid by the instance, so that no cost of an "
                 "invocation can be compared");
        return ExitCode::usage;
    }
    AppSettings settings = app_settings(action.common, &*config);
    settings.function_log = FunctionLog::hidden; // thousands of START and REPORT lines would bury the table
    if (settings.log_level < LogLevel::warn) settings.log_level = LogLevel::warn;
    auto app = App::create(std::move(settings));
    if (!app) {
        complain(app.error().message);
        return ExitCode::could_not_start;
    }
    for (const auto& function : config->functions) {
        if (const auto added = (*app)->add(function.config); !added) {
            complain(added.error().message);
            return ExitCode::could_not_start;
        }
    }
    const ComparisonPlan plan = config->comparison.value_or(ComparisonPlan{});
    return (*app)->run([&](App& running) { return compare_in(running, action, plan); });
}

} // namespace lambox::emulator
