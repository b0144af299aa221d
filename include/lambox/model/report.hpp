#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/era.hpp"
#include "lambox/model/snap_start.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::model {

enum class InvocationStatus { success, error, failure, timeout };
[[nodiscard]] std::string_view to_string(InvocationStatus status);

enum class InitPhase { init, invoke };
[[nodiscard]] std::string_view to_string(InitPhase phase);

/// The figures of one finished invocation; the same object feeds REPORT, the log tail and JSON output.
struct InvocationReport {
    std::string request_id;
    Microseconds duration{0};
    std::chrono::milliseconds billed{0};
    Mebibytes memory_size;
    Mebibytes max_memory_used;
    std::optional<Microseconds> init;   ///< cold starts whose init was not suppressed
    std::optional<RestoreTime> restore; ///< cold starts of SnapStart, which have no init of their own
    InvocationStatus status = InvocationStatus::success;
    std::string error_type; ///< empty on success and timeout
};

struct InitReport {
    Microseconds duration{0};
    InitPhase phase = InitPhase::init;
    InvocationStatus status = InvocationStatus::success;
    std::string error_type;
};

/// Whose lines a function's log has around its own output.
enum class PlatformLines {
    lambda,       ///< the service's
    aws_emulator, ///< START, END and REPORT as AWS's runtime interface emulator writes them, and nothing else
};

struct RestoreReport {
    Microseconds duration{0};
    InvocationStatus status = InvocationStatus::success;
    std::string error_type;
};

/// What became of one extension in INIT (behaviour §2.8, `platform.extension`).
struct ExtensionReport {
    std::string name;
    std::string state;               ///< as model::to_string names it
    std::vector<std::string> events; ///< INVOKE, SHUTDOWN
    std::string error_type;          ///< reported by it, or why it could not be launched; may be empty
};

// Text log lines, each with its newline (behaviour §4.10).
/// For runtimes without a version ARN, which is every one that lambox runs: `INIT_START ` alone.
[[nodiscard]] std::string init_start_line();
[[nodiscard]] std::string start_line(std::string_view request_id, std::string_view version);
[[nodiscard]] std::string end_line(std::string_view request_id);
[[nodiscard]] std::string report_line(const InvocationReport& report, const Era& era);
/// As AWS's runtime interface emulator prints it: INIT before Duration and never billed, and the memory size as the memory used
/// (behaviour §11).
[[nodiscard]] std::string emulator_report_line(const InvocationReport& report);
[[nodiscard]] std::string init_report_line(const InitReport& report);
/// As INIT_START: without a version.
[[nodiscard]] std::string restore_start_line();
[[nodiscard]] std::string restore_report_line(const RestoreReport& report);
/// `EXTENSION\tName: NAME\tState: Ready\tEvents: [INVOKE, SHUTDOWN]`, and the error type when there is one.
[[nodiscard]] std::string extension_line(const ExtensionReport& report);
/// Before 2025: `<time> <id> Task timed out after 3.00 seconds` and an empty line; empty in later eras.
[[nodiscard]] std::string timeout_log_lines(std::string_view request_id, Seconds timeout, WallTime now, const Era& era);
/// Before 2025: `RequestId: <id> Error: <message>` and the type on a line of its own; empty in later eras.
[[nodiscard]] std::string crash_log_lines(std::string_view request_id, std::string_view type, std::string_view message, const Era& era);

enum class LogTailCut {
    bytes,   ///< a UTF-8 sequence cut at the front becomes U+FFFD
    records, ///< whole lines go from the front
};

/// Keeps the last `limit` bytes of what was appended (behaviour §4.11).
class LogTail {
public:
    explicit LogTail(std::size_t limit_bytes, LogTailCut cut_at = LogTailCut::bytes);
    void append(std::string_view text);
    [[nodiscard]] std::string text() const;
    void clear();

private:
    std::size_t limit_bytes_;
    LogTailCut cut_at_;
    std::string bytes_; ///< at most twice the limit
    bool cut_ = false;
};

} // namespace lambox::model
