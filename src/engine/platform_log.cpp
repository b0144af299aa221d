#include "lambox/engine/platform_log.hpp"

#include "lambox/base/json_escape.hpp"
#include "lambox/model/json_log_level.hpp"
#include "lambox/wire/json_line.hpp"

#include <utility>

namespace lambox::engine {
namespace {

using model::JsonLogLevel;

bool writes_json(const PlatformLog& log) { return log.function.config.logging.json(); }

/// `text` and `event` are called only for who reads them; an empty text is not written.
template <class Text, class Event>
void record(const PlatformLog& log, Text text, Event event) {
    const bool json = writes_json(log);
    if (!json) {
        const std::string lines = text();
        if (!lines.empty()) write_function_log(log.services, log.function, log.workspace, lines);
    }
    TelemetryHub& telemetry = log.workspace.telemetry;
    if (!json && !telemetry.listening()) return;
    model::TelemetryEvent made{log.services.clock.wall_now(), event()};
    if (json && model::system_level(made) >= model::parse_json_log_level(log.function.config.logging.system_level)) {
        const std::string line = model::telemetry_json(made, model::TelemetryForm::json_log);
        if (!line.empty()) write_function_log(log.services, log.function, log.workspace, line + "\n");
    }
    telemetry.emit(std::move(made));
}

LogSource source_of(model::TelemetryStream stream) {
    return stream == model::TelemetryStream::extension ? LogSource::extension : LogSource::function;
}

/// AWS's emulator is silent about INIT.
bool as_aws_emulator(const PlatformLog& log) { return log.services.settings.platform_lines == model::PlatformLines::aws_emulator; }

std::string no_text() { return {}; }

/// What AWS's telemetry calls an INIT that took too long (behaviour §2.8); the log's text has no type then.
std::string telemetry_error_type(model::InvocationStatus status, std::string_view error_type) {
    return status == model::InvocationStatus::timeout ? "Runtime.Unknown" : std::string(error_type);
}

std::string wrapped(std::string_view line, WallTime now, std::string_view request_id) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    std::string object = R"({"timestamp":")" + format_iso8601_ms(now) + R"(","level":"INFO","message":")" + json_escape(line) + "\"";
    if (!request_id.empty()) object += R"(,"requestId":")" + json_escape(request_id) + "\"";
    return object + "}\n";
}

} // namespace

LogOrigin log_origin(const FunctionRevision& function, const Workspace& workspace, LogSource source) {
    return {function.config.name, workspace.id.str(), function.arn.str(), function.config.logging.group, workspace.log_stream, source};
}

void write_function_log(EngineServices& services, const FunctionRevision& function, Workspace& workspace, std::string_view text,
                        LogSource source) {
    workspace.tail.append(text);
    services.log_sink.write(log_origin(function, workspace, source), text);
}

void log_init_start(const PlatformLog& log, model::InitPhase phase) {
    const bool told = phase == model::InitPhase::init && !as_aws_emulator(log);
    const auto text = [told] { return told ? model::init_start_line() : std::string(); };
    record(log, text, [&] {
        return model::PlatformInitStart{log.workspace.initialization, phase,
                                        log.function.config.name,     log.function.version,
                                        log.workspace.log_stream,     log.function.config.memory,
                                        log.function.arn.str()};
    });
}

void log_init_runtime_done(const PlatformLog& log, model::InvocationStatus status, std::string_view error_type, model::InitPhase phase) {
    record(log, no_text, [&] {
        return model::PlatformInitRuntimeDone{log.workspace.initialization, phase, status, telemetry_error_type(status, error_type)};
    });
}

void log_init_report(const PlatformLog& log, const model::InitReport& report, InitReportText text) {
    const bool told = text == InitReportText::written && !as_aws_emulator(log);
    const auto line = [&] { return told ? model::init_report_line(report) : std::string(); };
    record(log, line, [&] {
        model::PlatformInitReport event{log.workspace.initialization, report};
        event.report.error_type = telemetry_error_type(report.status, report.error_type);
        return event;
    });
}

void log_restore_start(const PlatformLog& log) {
    record(log, model::restore_start_line, [&] {
        return model::PlatformRestoreStart{log.function.config.name, log.function.version, log.workspace.log_stream,
                                           log.function.config.memory};
    });
}

void log_restore_runtime_done(const PlatformLog& log, model::InvocationStatus status, std::string_view error_type) {
    record(log, no_text, [&] { return model::PlatformRestoreRuntimeDone{status, std::string(error_type)}; });
}

void log_restore_report(const PlatformLog& log, const model::RestoreReport& report) {
    const auto text = [&] {
        model::RestoreReport written = report;
        if (report.status == model::InvocationStatus::timeout) written.error_type.clear();
        return model::restore_report_line(written);
    };
    record(log, text, [&] { return report; });
}

void log_start(const PlatformLog& log, const model::Invocation& invocation) {
    const std::string& id = invocation.request_id.str();
    record(
        log, [&] { return model::start_line(id, log.function.version); },
        [&] {
            return model::PlatformStart{id, log.function.version, log.function.arn.str(), invocation.trace_header};
        });
}

void log_runtime_done(const PlatformLog& log, const model::Invocation& invocation, model::PlatformRuntimeDone done) {
    record(log, no_text, [&] {
        done.request_id = invocation.request_id.str();
        done.trace_header = invocation.trace_header;
        return std::move(done);
    });
}

void log_fault(const PlatformLog& log, std::string_view request_id, std::string_view message) {
    if (!log.workspace.telemetry.listening()) return;
    std::string text = "RequestId: ";
    text.append(request_id).append(" Error: ").append(message);
    log.workspace.telemetry.emit(model::TelemetryEvent{log.services.clock.wall_now(), model::PlatformFault{std::move(text)}});
}

void log_report(const PlatformLog& log, const model::Invocation& invocation, const model::InvocationReport& report,
                std::string_view extra_lines, RuntimeFate fate, std::optional<model::TelemetrySpan> extensions) {
    if (log.workspace.telemetry.listening()) {
        log.workspace.telemetry.emit(model::TelemetryEvent{log.services.clock.wall_now(), model::PlatformEnd{report.request_id}});
    }
    const auto text = [&] {
        if (as_aws_emulator(log)) { // which is silent about an invocation whose runtime died
            if (fate == RuntimeFate::died) return std::string();
            return model::end_line(report.request_id) + model::emulator_report_line(report);
        }
        std::string lines(extra_lines);
        lines += model::end_line(report.request_id);
        return lines + model::report_line(report, log.services.settings.era);
    };
    record(log, text, [&] { return model::PlatformReport{report, extensions, invocation.trace_header}; });
}

void log_concurrent_report(const PlatformLog& log, model::PlatformConcurrentReport report) {
    record(log, no_text, [&] { return std::move(report); });
}

void log_extension(const PlatformLog& log, const model::ExtensionReport& report) {
    const bool told = !as_aws_emulator(log);
    const auto text = [&] { return told ? model::extension_line(report) : std::string(); };
    record(log, text, [&] { return report; });
}

void log_output(const PlatformLog& log, model::TelemetryStream source, std::string_view line, std::string_view request_id) {
    TelemetryHub& telemetry = log.workspace.telemetry;
    if (!writes_json(log)) {
        write_function_log(log.services, log.function, log.workspace, line, source_of(source));
        if (!telemetry.listening()) return;
        telemetry.emit(model::TelemetryEvent{log.services.clock.wall_now(),
                                             model::OutputLine{source, std::string(line), model::OutputLine::Shape::text}});
        return;
    }
    const auto parsed = wire::parse_json_line(line);
    std::string text(line);
    auto shape = parsed ? model::OutputLine::Shape::json_object : model::OutputLine::Shape::text;
    const bool managed = log.function.config.runtime->family != model::RuntimeFamily::os_only;
    if (!parsed && managed && source == model::TelemetryStream::function) {
        text = wrapped(line, log.services.clock.wall_now(), request_id);
        shape = model::OutputLine::Shape::json_object;
    }
    const auto level = parsed ? model::parse_json_log_level(parsed->level) : JsonLogLevel::info;
    if (level >= model::parse_json_log_level(log.function.config.logging.application_level))
        write_function_log(log.services, log.function, log.workspace, text, source_of(source));
    if (!telemetry.listening()) return;
    telemetry.emit(model::TelemetryEvent{log.services.clock.wall_now(), model::OutputLine{source, std::move(text), shape}});
}

} // namespace lambox::engine
