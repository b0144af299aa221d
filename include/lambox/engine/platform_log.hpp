#pragma once

#include "lambox/engine/environment.hpp"
#include "lambox/model/report.hpp"
#include "lambox/model/telemetry_event.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What the platform says of an execution environment, each thing once: to the function's log, as text or as JSON and then by level
/// (behaviour §4.10, §4.12), and to the subscribers of its telemetry (§2.8). Nothing is made that nobody reads.
namespace lambox::engine {

/// Whose log. All outlive the call.
struct PlatformLog {
    EngineServices& services;
    const FunctionRevision& function;
    Workspace& workspace;
};

/// Text log: INIT_START, but for a repeated INIT, which has none.
void log_init_start(const PlatformLog& log, model::InitPhase phase);
/// Telemetry and JSON log alone.
void log_init_runtime_done(const PlatformLog& log, model::InvocationStatus status, std::string_view error_type, model::InitPhase phase);
enum class InitReportText { written, none };
void log_init_report(const PlatformLog& log, const model::InitReport& report, InitReportText text);
/// SnapStart alone, as the two after it.
void log_restore_start(const PlatformLog& log);
/// Telemetry and JSON log alone.
void log_restore_runtime_done(const PlatformLog& log, model::InvocationStatus status, std::string_view error_type);
/// `report` has its error type in telemetry and JSON even where the text has none, after a timeout.
void log_restore_report(const PlatformLog& log, const model::RestoreReport& report);
void log_start(const PlatformLog& log, const model::Invocation& invocation);
/// Telemetry and JSON log alone.
void log_runtime_done(const PlatformLog& log, const model::Invocation& invocation, model::PlatformRuntimeDone done);
/// The Logs API alone; in the text of older eras `log_report` has it.
void log_fault(const PlatformLog& log, std::string_view request_id, std::string_view message);
enum class RuntimeFate { lived, died };
/// END and REPORT, in text behind the lines that older eras print before them. `extensions`: from the runtime's end to the last
/// extension's.
void log_report(const PlatformLog& log, const model::Invocation& invocation, const model::InvocationReport& report,
                std::string_view extra_lines, RuntimeFate fate, std::optional<model::TelemetrySpan> extensions);
/// What is told of the end of an invocation on Managed Instances.
void log_concurrent_report(const PlatformLog& log, model::PlatformConcurrentReport report);
void log_extension(const PlatformLog& log, const model::ExtensionReport& report);

/// A line that a process of the environment has printed, or the piece of an overlong one. Under LogFormat JSON it is left out when its
/// level is below the application's, and one of a managed runtime that is no JSON object is wrapped in one. `request_id` may be empty.
void log_output(const PlatformLog& log, model::TelemetryStream source, std::string_view line, std::string_view request_id);

} // namespace lambox::engine
