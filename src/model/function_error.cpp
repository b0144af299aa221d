#include "lambox/model/function_error.hpp"

#include "lambox/base/json_escape.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>
#include <array>

namespace lambox::model {
namespace {

/// Linux's signals as Go's syscall package words them: AWS's agent is written in Go.
constexpr std::array<std::string_view, 32> signal_names = {
    "",
    "hangup",
    "interrupt",
    "quit",
    "illegal instruction",
    "trace/breakpoint trap",
    "aborted",
    "bus error",
    "floating point exception",
    "killed",
    "user defined signal 1",
    "segmentation fault",
    "user defined signal 2",
    "broken pipe",
    "alarm clock",
    "terminated",
    "stack fault",
    "child exited",
    "continued",
    "stopped (signal)",
    "stopped",
    "stopped (tty input)",
    "stopped (tty output)",
    "urgent I/O condition",
    "CPU time limit exceeded",
    "file size limit exceeded",
    "virtual timer expired",
    "profiling timer expired",
    "window changed",
    "I/O possible",
    "power failure",
    "bad system call",
};

bool is_upper(char character) { return character >= 'A' && character <= 'Z'; }
bool is_letter(char character) { return is_upper(character) || (character >= 'a' && character <= 'z'); }

/// Whether `category` followed by a capital and at least one more letter occurs anywhere in `text`.
bool contains_reason(std::string_view text, std::string_view category) {
    for (auto at = text.find(category); at != std::string_view::npos; at = text.find(category, at + 1)) {
        const std::string_view reason = text.substr(at + category.size());
        if (reason.size() >= 2 && is_upper(reason[0]) && is_letter(reason[1])) return true;
    }
    return false;
}

/// Go's text for the end of a process.
std::string exit_text(const RuntimeExit& exit) {
    if (const auto* exited = std::get_if<ExitedWith>(&exit)) return "exit status " + std::to_string(exited->status);
    const auto& killed = std::get<KilledBy>(exit);
    return "signal: " + signal_text(killed.signal) + (killed.core_dumped ? " (core dumped)" : "");
}

} // namespace

std::string exit_message(const RuntimeExit& exit) {
    const auto* exited = std::get_if<ExitedWith>(&exit);
    if (exited != nullptr && exited->status == 0) return "Runtime exited without providing a reason";
    return "Runtime exited with error: " + exit_text(exit);
}

std::string extension_exit_message(const RuntimeExit& exit) {
    const auto* exited = std::get_if<ExitedWith>(&exit);
    if (exited != nullptr && exited->status == 0) return "exit code 0";
    return exit_text(exit);
}

std::string signal_text(int number) {
    if (number > 0 && static_cast<std::size_t>(number) < signal_names.size()) {
        return std::string{signal_names[static_cast<std::size_t>(number)]};
    }
    return "signal " + std::to_string(number);
}

bool retried_in_init(const RuntimeExit& exit) {
    const auto* killed = std::get_if<KilledBy>(&exit);
    if (killed == nullptr) return false;
    constexpr std::array faults = {4, 7, 8, 11}; // Linux's SIGILL, SIGBUS, SIGFPE, SIGSEGV
    return std::find(faults.begin(), faults.end(), killed->signal) != faults.end();
}

std::string sanitise_error_type(std::string_view header) {
    const std::string_view kept = header.substr(0, limits::error_type_chars_max);
    if (contains_reason(kept, "Runtime.") || contains_reason(kept, "Function.")) return std::string{kept};
    return std::string{kept.starts_with("Function.") ? error_type::function_unknown : error_type::runtime_unknown};
}

std::string platform_error_payload(std::string_view request_id, std::string_view type, std::string_view message) {
    return R"({"errorType":")" + json_escape(type) + R"(","errorMessage":"RequestId: )" + json_escape(request_id) +
           " Error: " + json_escape(message) + R"("})";
}

std::string timeout_message(Seconds timeout) { return "Task timed out after " + std::to_string(timeout.count()) + ".00 seconds"; }

std::string timeout_payload(std::string_view request_id, Seconds timeout, WallTime now, const Era& era) {
    if (era.sandbox_error_payloads()) return platform_error_payload(request_id, error_type::sandbox_timedout, timeout_message(timeout));
    return R"({"errorMessage":")" + format_iso8601_ms(now) + " " + json_escape(request_id) + " " + timeout_message(timeout) + R"("})";
}

std::string response_too_large_payload() {
    return R"({"errorMessage":"Response payload size exceeded maximum allowed payload size ()" +
           std::to_string(limits::response_bytes_max) + R"( bytes).","errorType":")" +
           std::string{error_type::function_response_size_too_large} + R"("})";
}

std::string_view no_bootstrap_message() { return "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"; }

} // namespace lambox::model
