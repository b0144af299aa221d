#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/report.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lambox::model {

/// Who reads an event: each form has its own members and leaves out events that it does not know (behaviour §2.8, §2.9, §4.12).
enum class TelemetryForm {
    json_log, ///< a function's own log under LogFormat JSON
    telemetry_2022_07_01,
    telemetry_2022_12_13,
    telemetry_2025_01_29,
    logs_2020_08_15,
    logs_2021_03_18,
};

/// What a subscription names in `types`.
enum class TelemetryStream { platform, function, extension };
[[nodiscard]] std::string_view to_string(TelemetryStream stream);

enum class TelemetryApi { telemetry, logs };

/// A part of an invocation's time.
struct TelemetrySpan {
    std::string_view name; ///< a literal
    WallTime start;
    Microseconds duration{0};
};

// The events. Texts that are empty are left out where AWS may leave them out.
struct PlatformInitStart {
    std::string initialization; ///< AWS_LAMBDA_INITIALIZATION_TYPE
    InitPhase phase = InitPhase::init;
    std::string function_name;
    std::string function_version;
    std::string instance_id; ///< the log stream
    Mebibytes instance_max_memory;
    std::string function_arn;
};
struct PlatformInitRuntimeDone {
    std::string initialization;
    InitPhase phase = InitPhase::init;
    InvocationStatus status = InvocationStatus::success;
    std::string error_type;
};
struct PlatformInitReport {
    std::string initialization;
    InitReport report;
};
/// SnapStart alone, as the two after it.
struct PlatformRestoreStart {
    std::string function_name;
    std::string function_version;
    std::string instance_id;
    Mebibytes instance_max_memory;
};
struct PlatformRestoreRuntimeDone {
    InvocationStatus status = InvocationStatus::success;
    std::string error_type;
};
using PlatformRestoreReport = RestoreReport;
struct PlatformStart {
    std::string request_id;
    std::string version;
    std::string function_arn;
    std::string trace_header; ///< shown when it is sampled
};
struct PlatformRuntimeDone {
    std::string request_id;
    InvocationStatus status = InvocationStatus::success;
    std::string error_type;
    std::vector<TelemetrySpan> spans;
    Microseconds duration{0};
    std::uint64_t produced_bytes = 0;
    std::string trace_header;
};
/// Logs API alone.
struct PlatformEnd {
    std::string request_id;
};
struct PlatformReport {
    InvocationReport report;
    std::optional<TelemetrySpan> extension_overhead;
    std::string trace_header;
};
/// Of an invocation on Managed Instances: there is no `platform.runtimeDone`, and nothing of memory or billing (behaviour §1.11).
struct PlatformConcurrentReport {
    std::string request_id;
    InvocationStatus status = InvocationStatus::success;
    std::string error_type;
    Microseconds duration{0};
    std::vector<TelemetrySpan> spans;
    std::string trace_header;
};
/// Logs API alone: why an invocation ended without its runtime's answer.
struct PlatformFault {
    std::string text;
};
using PlatformExtension = ExtensionReport;
struct PlatformSubscription {
    TelemetryApi api = TelemetryApi::telemetry;
    std::string name;
    std::string_view state; ///< a literal: `Subscribed` or `Already subscribed`
    std::vector<TelemetryStream> types;
};
struct PlatformLogsDropped {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
};
/// A line that a runtime or an extension has printed, its newline included.
struct OutputLine {
    enum class Shape { text, json_object };
    TelemetryStream source = TelemetryStream::function; ///< not platform
    std::string text;
    Shape shape = Shape::text; ///< an object may be sent as such
};

struct TelemetryEvent {
    WallTime time;
    std::variant<PlatformInitStart, PlatformInitRuntimeDone, PlatformInitReport, PlatformRestoreStart, PlatformRestoreRuntimeDone,
                 PlatformRestoreReport, PlatformStart, PlatformRuntimeDone, PlatformEnd, PlatformReport, PlatformConcurrentReport,
                 PlatformFault, PlatformExtension, PlatformSubscription, PlatformLogsDropped, OutputLine>
        what;
};

[[nodiscard]] TelemetryStream stream_of(const TelemetryEvent& event);

/// `{"time":…,"type":…,"record":…}` without a newline, or nothing: the form does not know such an event.
[[nodiscard]] std::string telemetry_json(const TelemetryEvent& event, TelemetryForm form);

/// Milliseconds as a JSON number: microseconds, without trailing zeros but always with a decimal ("2000.0").
[[nodiscard]] std::string json_ms(Microseconds value);

} // namespace lambox::model
