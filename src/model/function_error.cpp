#include "lambox/model/function_error.hpp"

#include "lambox/base/json_escape.hpp"
#include "lambox/base/limits.hpp"

#include <cctype>

namespace lambox::model {
namespace {

/// Go's names (package syscall, Linux), which AWS's texts carry.
constexpr struct {
    int number;
    std::string_view text;
} signal_names[] = {
    {1, "hangup"},           {2, "interrupt"},           {3, "quit"},           {4, "illegal instruction"}, {5, "trace/breakpoint trap"},
    {6, "aborted"},          {7, "bus error"},           {8, "floating point exception"}, {9, "killed"},     {10, "user defined signal 1"},
    {11, "segmentation fault"}, {12, "user defined signal 2"}, {13, "broken pipe"}, {14, "alarm clock"},     {15, "terminated"},
};

/// `(Runtime|Function)\.[A-Z][a-zA-Z]+` anywhere in the text.
bool names_an_error(std::string_view text) {
    for (const std::string_view category : {std::string_view("Runtime."), std::string_view("Function.")}) {
        for (auto at = text.find(category); at != std::string_view::npos; at = text.find(category, at + 1)) {
            const auto reason = text.substr(at + category.size());
            if (reason.size() >= 2 && reason[0] >= 'A' && reason[0] <= 'Z' && std::isalpha(static_cast<unsigned char>(reason[1])) != 0) return true;
        }
    }
    return false;
}

std::string seconds_2(Seconds timeout) { return std::to_string(timeout.count()) + ".00"; }

} // namespace

std::string signal_text(int number) {
    for (const auto& name : signal_names) {
        if (name.number == number) return std::string(name.text);
    }
    return "signal " + std::to_string(number);
}

std::string exit_message(const RuntimeExit& exit) {
    if (const auto* exited = std::get_if<ExitedWith>(&exit)) {
        if (exited->status == 0) return "Runtime exited without providing a reason";
        return "Runtime exited with error: exit status " + std::to_string(exited->status);
    }
    const auto& killed = std::get<KilledBy>(exit);
    return "Runtime exited with error: signal: " + signal_text(killed.signal) + (killed.core_dumped ? " (core dumped)" : "");
}

std::string sanitise_error_type(std::string_view header) {
    if (names_an_error(header)) return std::string(header.substr(0, limits::error_type_chars_max));
    return std::string(header.starts_with("Function.") ? error_type::function_unknown : error_type::runtime_unknown);
}

std::string platform_error_payload(std::string_view request_id, std::string_view type, std::string_view message) {
    std::string payload = R"({"errorType":")" + json_escape(type) + R"(","errorMessage":"RequestId: )";
    payload += json_escape(request_id) + " Error: " + json_escape(message) + "\"}";
    return payload;
}

std::string timeout_payload(std::string_view request_id, Seconds timeout, WallTime now, const Era& era) {
    const std::string text = "Task timed out after " + seconds_2(timeout) + " seconds";
    if (era.sandbox_error_payloads()) return platform_error_payload(request_id, error_type::sandbox_timedout, text);
    return R"({"errorMessage":")" + format_iso8601_ms(now) + " " + json_escape(request_id) + " " + text + "\"}";
}

std::string response_too_large_payload() {
    return R"({"errorMessage":"Response payload size exceeded maximum allowed payload size ()" + std::to_string(limits::response_bytes_max) +
           R"( bytes).","errorType":"Function.ResponseSizeTooLarge"})";
}

std::string_view no_bootstrap_message() { return "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"; }

} // namespace lambox::model
