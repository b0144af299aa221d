#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/era.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace lambox::model {

/// AWS's names of fatal errors that lambox produces (behaviour §1.9).
namespace error_type {
inline constexpr std::string_view runtime_exit = "Runtime.ExitError";
inline constexpr std::string_view runtime_invalid_entrypoint = "Runtime.InvalidEntrypoint";
inline constexpr std::string_view runtime_invalid_working_dir = "Runtime.InvalidWorkingDir";
inline constexpr std::string_view runtime_truncated_response = "Runtime.TruncatedResponse";
inline constexpr std::string_view runtime_invalid_response_mode = "Runtime.InvalidResponseModeHeader";
inline constexpr std::string_view runtime_out_of_memory = "Runtime.OutOfMemory";
inline constexpr std::string_view runtime_unknown = "Runtime.Unknown";
inline constexpr std::string_view extension_init = "Extension.InitError";
inline constexpr std::string_view extension_exit = "Extension.ExitError";
inline constexpr std::string_view extension_crash = "Extension.Crash";
inline constexpr std::string_view extension_launch = "Extension.LaunchError";
inline constexpr std::string_view function_response_size_too_large = "Function.ResponseSizeTooLarge";
inline constexpr std::string_view function_unknown = "Function.Unknown";
inline constexpr std::string_view sandbox_failure = "Sandbox.Failure";
inline constexpr std::string_view sandbox_timedout = "Sandbox.Timedout";
} // namespace error_type

/// How a process of a runtime or an extension ended.
struct ExitedWith {
    int status;
};
struct KilledBy {
    int signal;
    bool core_dumped = false;
};
using RuntimeExit = std::variant<ExitedWith, KilledBy>;

/// `Runtime exited without providing a reason`, `Runtime exited with error: exit status 3`,
/// `Runtime exited with error: signal: killed` (Go's names of signals, behaviour §1.9).
[[nodiscard]] std::string exit_message(const RuntimeExit& exit);

/// Of an extension: `exit code 0`, `exit status 3`, `signal: killed` (behaviour §2.3).
[[nodiscard]] std::string extension_exit_message(const RuntimeExit& exit);

/// Whether AWS goes on restarting a runtime that ended so in INIT, until the function's timeout: after a fault of the program, not
/// after an exit or a signal from outside (behaviour §4.9, last rows).
[[nodiscard]] bool retried_in_init(const RuntimeExit& exit);

/// Go's text for a signal: 9 → "killed", 11 → "segmentation fault"; "signal N" for unnamed ones.
[[nodiscard]] std::string signal_text(int number);

/// Keeps or replaces what a runtime put into `Lambda-Runtime-Function-Error-Type` (behaviour §1.8). Only the first
/// `limits::error_type_chars_max` bytes count.
[[nodiscard]] std::string sanitise_error_type(std::string_view header);

/// `{"errorType":"<type>","errorMessage":"RequestId: <id> Error: <message>"}` (behaviour §4.9). JSON-escaped.
[[nodiscard]] std::string platform_error_payload(std::string_view request_id, std::string_view type, std::string_view message);

/// `Task timed out after 3.00 seconds`.
[[nodiscard]] std::string timeout_message(Seconds timeout);

/// The timeout payload of the era: `Sandbox.Timedout`, or the plain form with `now` before it.
[[nodiscard]] std::string timeout_payload(std::string_view request_id, Seconds timeout, WallTime now, const Era& era);

/// `{"errorMessage":"Response payload size exceeded …","errorType":"Function.ResponseSizeTooLarge"}`.
[[nodiscard]] std::string response_too_large_payload();

/// `Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]`.
[[nodiscard]] std::string_view no_bootstrap_message();

} // namespace lambox::model
