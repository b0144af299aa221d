#include "lambox/model/telemetry_event.hpp"

#include "lambox/base/json_escape.hpp"

#include <cstdio>

namespace lambox::model {
namespace {

bool is_logs_api(TelemetryForm form) { return form == TelemetryForm::logs_2020_08_15 || form == TelemetryForm::logs_2021_03_18; }

bool is_telemetry_api(TelemetryForm form) { return form != TelemetryForm::json_log && !is_logs_api(form); }

bool sends_objects(TelemetryForm form) {
    return form == TelemetryForm::telemetry_2022_12_13 || form == TelemetryForm::telemetry_2025_01_29;
}

std::string quoted(std::string_view text) { return "\"" + json_escape(text) + "\""; }

/// The inside of an object, member by member.
class Members {
public:
    Members& raw(std::string_view name, std::string_view value) {
        if (!text_.empty()) text_ += ',';
        text_.append("\"").append(name).append("\":").append(value);
        return *this;
    }
    Members& text(std::string_view name, std::string_view value) { return raw(name, quoted(value)); }
    Members& text_if_any(std::string_view name, std::string_view value) { return value.empty() ? *this : text(name, value); }
    Members& number(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
    Members& ms(std::string_view name, Microseconds value) { return raw(name, json_ms(value)); }
    [[nodiscard]] std::string object() const { return "{" + text_ + "}"; }

private:
    std::string text_;
};

std::string span_json(const TelemetrySpan& span) {
    return Members().text("name", span.name).text("start", format_iso8601_ms(span.start)).ms("durationMs", span.duration).object();
}

template <class Item, class Write>
std::string array_of(const std::vector<Item>& items, Write write) {
    std::string text = "[";
    for (const auto& item : items) {
        if (text.size() > 1) text += ',';
        text += write(item);
    }
    return text + "]";
}

void add_trace(Members& members, std::string_view header) {
    if (header.find("Sampled=1") == std::string_view::npos) return;
    members.raw("tracing", Members().text("type", "X-Amzn-Trace-Id").text("value", header).object());
}

std::string metrics_json(const InvocationReport& report) {
    Members metrics;
    metrics.ms("durationMs", report.duration);
    metrics.number("billedDurationMs", static_cast<std::uint64_t>(report.billed.count()));
    metrics.number("memorySizeMB", report.memory_size.count);
    metrics.number("maxMemoryUsedMB", report.max_memory_used.count);
    if (report.init) metrics.ms("initDurationMs", *report.init);
    if (report.restore) {
        metrics.ms("restoreDurationMs", report.restore->duration);
        metrics.number("billedRestoreDurationMs", static_cast<std::uint64_t>(report.restore->billed.count()));
    }
    return metrics.object();
}

struct Named {
    std::string_view type;
    std::string record; ///< empty = the form does not know the event
};

/// One overload an event: its type and its record in one form.
struct Records {
    TelemetryForm form;

    Named operator()(const PlatformInitStart& event) const {
        if (is_logs_api(form)) return {};
        Members members;
        members.text("initializationType", event.initialization).text("phase", to_string(event.phase));
        members.text("functionName", event.function_name).text("functionVersion", event.function_version);
        if (is_telemetry_api(form)) {
            members.text_if_any("instanceId", event.instance_id).number("instanceMaxMemory", event.instance_max_memory.bytes());
        }
        if (form == TelemetryForm::telemetry_2025_01_29) members.text_if_any("functionArn", event.function_arn);
        return {"platform.initStart", members.object()};
    }
    Named operator()(const PlatformInitRuntimeDone& event) const {
        if (is_logs_api(form)) return {};
        Members members;
        members.text("initializationType", event.initialization).text("phase", to_string(event.phase));
        members.text("status", to_string(event.status)).text_if_any("errorType", event.error_type);
        return {"platform.initRuntimeDone", members.object()};
    }
    Named operator()(const PlatformInitReport& event) const {
        if (is_logs_api(form)) return {};
        Members members;
        members.text("initializationType", event.initialization).text("phase", to_string(event.report.phase));
        members.text("status", to_string(event.report.status)).text_if_any("errorType", event.report.error_type);
        members.raw("metrics", Members().ms("durationMs", event.report.duration).object());
        return {"platform.initReport", members.object()};
    }
    Named operator()(const PlatformRestoreStart& event) const {
        if (is_logs_api(form)) return {};
        Members members;
        members.text("functionName", event.function_name).text("functionVersion", event.function_version);
        if (is_telemetry_api(form)) {
            members.text_if_any("instanceId", event.instance_id).number("instanceMaxMemory", event.instance_max_memory.bytes());
        }
        return {"platform.restoreStart", members.object()};
    }
    Named operator()(const PlatformRestoreRuntimeDone& event) const {
        if (is_logs_api(form)) return {};
        Members members;
        members.text("status", to_string(event.status)).text_if_any("errorType", event.error_type);
        return {"platform.restoreRuntimeDone", members.object()};
    }
    Named operator()(const PlatformRestoreReport& event) const {
        if (is_logs_api(form)) return {};
        Members members;
        members.text("status", to_string(event.status)).text_if_any("errorType", event.error_type);
        members.raw("metrics", Members().ms("durationMs", event.duration).object());
        return {"platform.restoreReport", members.object()};
    }
    Named operator()(const PlatformStart& event) const {
        Members members;
        members.text("requestId", event.request_id);
        if (form == TelemetryForm::telemetry_2025_01_29) members.text_if_any("functionArn", event.function_arn);
        members.text("version", event.version);
        if (is_telemetry_api(form)) add_trace(members, event.trace_header);
        return {"platform.start", members.object()};
    }
    Named operator()(const PlatformRuntimeDone& event) const {
        if (form == TelemetryForm::logs_2020_08_15) return {};
        Members members;
        members.text("requestId", event.request_id).text("status", to_string(event.status));
        if (is_logs_api(form)) return {"platform.runtimeDone", members.object()};
        members.text_if_any("errorType", event.error_type);
        if (is_telemetry_api(form) && !event.spans.empty()) members.raw("spans", array_of(event.spans, span_json));
        members.raw("metrics", Members().ms("durationMs", event.duration).number("producedBytes", event.produced_bytes).object());
        if (is_telemetry_api(form)) add_trace(members, event.trace_header);
        return {"platform.runtimeDone", members.object()};
    }
    Named operator()(const PlatformEnd& event) const {
        if (!is_logs_api(form)) return {};
        return {"platform.end", Members().text("requestId", event.request_id).object()};
    }
    Named operator()(const PlatformReport& event) const {
        const InvocationReport& report = event.report;
        Members members;
        members.text("requestId", report.request_id);
        const std::string metrics = metrics_json(report);
        if (is_logs_api(form)) return {"platform.report", members.raw("metrics", metrics).object()};
        if (form == TelemetryForm::json_log) {
            members.text("status", to_string(report.status)).text_if_any("errorType", report.error_type).raw("metrics", metrics);
            return {"platform.report", members.object()};
        }
        members.raw("metrics", metrics);
        if (event.extension_overhead) members.raw("spans", "[" + span_json(*event.extension_overhead) + "]");
        members.text("status", to_string(report.status)).text_if_any("errorType", report.error_type);
        add_trace(members, event.trace_header);
        return {"platform.report", members.object()};
    }
    Named operator()(const PlatformConcurrentReport& event) const {
        if (is_logs_api(form)) return {}; // which Managed Instances do not have
        Members members;
        members.text("requestId", event.request_id).text("status", to_string(event.status));
        members.text_if_any("errorType", event.error_type);
        members.raw("metrics", Members().ms("durationMs", event.duration).object());
        if (!is_telemetry_api(form)) return {"platform.report", members.object()};
        if (!event.spans.empty()) members.raw("spans", array_of(event.spans, span_json));
        add_trace(members, event.trace_header);
        return {"platform.report", members.object()};
    }
    Named operator()(const PlatformFault& event) const {
        if (!is_logs_api(form)) return {};
        return {"platform.fault", quoted(event.text)};
    }
    Named operator()(const PlatformExtension& event) const {
        Members members;
        members.text("name", event.name).text("state", event.state);
        members.raw("events", array_of(event.events, [](const std::string& name) { return quoted(name); }));
        members.text_if_any("errorType", event.error_type);
        return {"platform.extension", members.object()};
    }
    Named operator()(const PlatformSubscription& event) const {
        Members members;
        members.text("name", event.name).text("state", event.state);
        members.raw("types", array_of(event.types, [](TelemetryStream stream) { return quoted(to_string(stream)); }));
        const bool telemetry = event.api == TelemetryApi::telemetry;
        return {telemetry ? "platform.telemetrySubscription" : "platform.logsSubscription", members.object()};
    }
    Named operator()(const PlatformLogsDropped& event) const {
        constexpr std::string_view reason =
            "Some logs were dropped because the downstream consumer is slower than the logs production rate";
        Members members;
        members.number("droppedBytes", event.bytes).number("droppedRecords", event.records).text("reason", reason);
        return {"platform.logsDropped", members.object()};
    }
    Named operator()(const OutputLine& event) const {
        if (event.shape == OutputLine::Shape::json_object && sends_objects(form)) {
            std::string_view object = event.text;
            if (object.ends_with('\n')) object.remove_suffix(1);
            return {to_string(event.source), std::string(object)};
        }
        return {to_string(event.source), quoted(event.text)};
    }
};

} // namespace

std::string_view to_string(TelemetryStream stream) {
    switch (stream) {
    case TelemetryStream::platform: return "platform";
    case TelemetryStream::function: return "function";
    case TelemetryStream::extension: return "extension";
    }
    return "";
}

TelemetryStream stream_of(const TelemetryEvent& event) {
    const auto* line = std::get_if<OutputLine>(&event.what);
    return line == nullptr ? TelemetryStream::platform : line->source;
}

std::string telemetry_json(const TelemetryEvent& event, TelemetryForm form) {
    const Named named = std::visit(Records{form}, event.what);
    if (named.record.empty()) return {};
    return Members().text("time", format_iso8601_ms(event.time)).text("type", named.type).raw("record", named.record).object();
}

std::string json_ms(Microseconds value) {
    char text[48];
    std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(value.count() / 1'000),
                  static_cast<long long>(value.count() % 1'000));
    std::string number = text;
    while (number.ends_with('0') && number[number.size() - 2] != '.')
        number.pop_back();
    return number;
}

} // namespace lambox::model
