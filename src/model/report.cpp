#include "lambox/model/report.hpp"

#include "lambox/base/json_escape.hpp"

#include <cstdio>

namespace lambox::model {
namespace {

/// Milliseconds as a JSON number with microsecond precision, trailing zeros trimmed to one decimal: 2000.0, 2.03.
std::string json_ms(Microseconds value) {
    char text[48];
    std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(value.count() / 1000), static_cast<long long>(value.count() % 1000));
    std::string trimmed(text);
    while (trimmed.back() == '0' && trimmed[trimmed.size() - 2] != '.') trimmed.pop_back();
    return trimmed;
}

std::string json_event(WallTime now, std::string_view type, const std::string& record) {
    return R"({"time":")" + format_iso8601_ms(now) + R"(","type":")" + std::string(type) + R"(","record":)" + record + "}\n";
}

} // namespace

std::string_view to_string(InvocationStatus status) {
    switch (status) {
    case InvocationStatus::success: return "success";
    case InvocationStatus::error: return "error";
    case InvocationStatus::failure: return "failure";
    case InvocationStatus::timeout: return "timeout";
    }
    return "";
}

std::string_view to_string(InitPhase phase) {
    switch (phase) {
    case InitPhase::init: return "init";
    case InitPhase::invoke: return "invoke";
    }
    return "";
}

std::string init_start_line() { return "INIT_START \n"; }

std::string start_line(std::string_view request_id, std::string_view version) {
    std::string line = "START RequestId: ";
    line.append(request_id).append(" Version: ").append(version).append("\n");
    return line;
}

std::string end_line(std::string_view request_id) { return "END RequestId: " + std::string(request_id) + "\n"; }

std::string report_line(const InvocationReport& report, const Era& era) {
    std::string line = "REPORT RequestId: " + report.request_id;
    line += "\tDuration: " + format_ms_2(report.duration) + " ms";
    line += "\tBilled Duration: " + std::to_string(report.billed.count()) + " ms";
    line += "\tMemory Size: " + std::to_string(report.memory_size.count) + " MB";
    line += "\tMax Memory Used: " + std::to_string(report.max_memory_used.count) + " MB\t";
    if (report.init) line += "Init Duration: " + format_ms_2(*report.init) + " ms\t";
    if (era.sandbox_error_payloads() && report.status != InvocationStatus::success) {
        line.append("Status: ").append(to_string(report.status));
        if (!report.error_type.empty()) line += "\tError Type: " + report.error_type;
    }
    return line + "\n";
}

std::string init_report_line(const InitReport& report) {
    std::string line = "INIT_REPORT Init Duration: " + format_ms_2(report.duration) + " ms\tPhase: ";
    line.append(to_string(report.phase)).append("\tStatus: ").append(to_string(report.status));
    if (!report.error_type.empty()) line += "\tError Type: " + report.error_type;
    return line + "\n";
}

std::string timeout_log_lines(std::string_view request_id, Seconds timeout, WallTime now, const Era& era) {
    if (era.sandbox_error_payloads()) return {};
    std::string lines = format_iso8601_ms(now) + " ";
    lines.append(request_id).append(" Task timed out after ").append(std::to_string(timeout.count())).append(".00 seconds\n\n");
    return lines;
}

std::string crash_log_lines(std::string_view request_id, std::string_view type, std::string_view message, const Era& era) {
    if (era.sandbox_error_payloads()) return {};
    std::string lines = "RequestId: ";
    lines.append(request_id).append(" Error: ").append(message).append("\n").append(type).append("\n");
    return lines;
}

std::string start_json(std::string_view request_id, std::string_view version, WallTime now) {
    return json_event(now, "platform.start", R"({"requestId":")" + json_escape(request_id) + R"(","version":")" + json_escape(version) + "\"}");
}

std::string report_json(const InvocationReport& report, WallTime now) {
    std::string record = R"({"requestId":")" + json_escape(report.request_id) + R"(","status":")" + std::string(to_string(report.status)) + "\"";
    if (!report.error_type.empty()) record += R"(,"errorType":")" + json_escape(report.error_type) + "\"";
    record += R"(,"metrics":{"durationMs":)" + json_ms(report.duration);
    record += R"(,"billedDurationMs":)" + std::to_string(report.billed.count());
    record += R"(,"memorySizeMB":)" + std::to_string(report.memory_size.count);
    record += R"(,"maxMemoryUsedMB":)" + std::to_string(report.max_memory_used.count);
    if (report.init) record += R"(,"initDurationMs":)" + json_ms(*report.init);
    return json_event(now, "platform.report", record + "}}");
}

LogTail::LogTail(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

void LogTail::append(std::string_view text) {
    if (text.size() > limit_bytes_) {
        cut_ = true;
        text.remove_prefix(text.size() - limit_bytes_);
        bytes_.clear();
    }
    bytes_ += text;
    if (bytes_.size() > 2 * limit_bytes_) {
        cut_ = true;
        bytes_.erase(0, bytes_.size() - limit_bytes_);
    }
}

std::string LogTail::text() const {
    const bool cut = cut_ || bytes_.size() > limit_bytes_;
    std::string_view tail(bytes_);
    if (tail.size() > limit_bytes_) tail.remove_prefix(tail.size() - limit_bytes_);
    if (!cut) return std::string(tail);
    std::size_t broken = 0;
    while (broken < 3 && broken < tail.size() && (static_cast<unsigned char>(tail[broken]) & 0xC0) == 0x80) ++broken;
    if (broken == 0) return std::string(tail);
    return "\xEF\xBF\xBD" + std::string(tail.substr(broken));
}

void LogTail::clear() {
    bytes_.clear();
    cut_ = false;
}

} // namespace lambox::model
