#include "lambox/model/report.hpp"

namespace lambox::model {
namespace {

constexpr std::size_t report_bytes = 320; ///< of an ordinary REPORT; one allocation for each invocation

std::string mebibytes(Mebibytes value) { return std::to_string(value.count) + " MB"; }

/// Where the first line ends that ends at `from` or later; the end of the text when none does.
std::size_t end_of_record(std::string_view text, std::size_t from) {
    const auto newline = text.find('\n', from - 1);
    return newline == std::string_view::npos ? text.size() : newline + 1;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

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
    std::string line;
    line.reserve(96);
    line.append("START RequestId: ").append(request_id).append(" Version: ").append(version).append("\n");
    return line;
}

std::string end_line(std::string_view request_id) {
    std::string line = "END RequestId: ";
    line.append(request_id).append("\n");
    return line;
}

std::string report_line(const InvocationReport& report, const Era& era) {
    // Every field ends in a TAB, the last one too: so AWS prints it.
    std::string line;
    line.reserve(report_bytes);
    line.append("REPORT RequestId: ").append(report.request_id).append("\t");
    line.append("Duration: ").append(format_ms_2(report.duration)).append(" ms\t");
    line.append("Billed Duration: ").append(std::to_string(report.billed.count())).append(" ms\t");
    line.append("Memory Size: ").append(mebibytes(report.memory_size)).append("\t");
    line.append("Max Memory Used: ").append(mebibytes(report.max_memory_used)).append("\t");
    if (report.init) line += "Init Duration: " + format_ms_2(*report.init) + " ms\t";
    if (report.restore) {
        line += "Restore Duration: " + format_ms_2(report.restore->duration) + " ms\t";
        line += "Billed Restore Duration: " + std::to_string(report.restore->billed.count()) + " ms\t";
    }
    if (era.sandbox_error_payloads() && report.status != InvocationStatus::success) {
        line.append("Status: ").append(to_string(report.status)).append("\t");
        if (!report.error_type.empty()) line += "Error Type: " + report.error_type + "\t";
    }
    line += '\n';
    return line;
}

std::string emulator_report_line(const InvocationReport& report) {
    const auto billed = std::chrono::ceil<std::chrono::milliseconds>(report.duration);
    std::string line = "REPORT RequestId: " + report.request_id + "\t";
    if (report.init) line += "Init Duration: " + format_ms_2(*report.init) + " ms\t";
    line += "Duration: " + format_ms_2(report.duration) + " ms\t";
    line += "Billed Duration: " + std::to_string(billed.count()) + " ms\t";
    line += "Memory Size: " + mebibytes(report.memory_size) + "\t";
    line += "Max Memory Used: " + mebibytes(report.memory_size) + "\t";
    return line + "\n";
}

std::string init_report_line(const InitReport& report) {
    std::string line = "INIT_REPORT Init Duration: " + format_ms_2(report.duration) + " ms\tPhase: ";
    line.append(to_string(report.phase));
    if (report.status != InvocationStatus::success) {
        line.append("\tStatus: ").append(to_string(report.status));
        if (!report.error_type.empty()) line += "\tError Type: " + report.error_type;
    }
    return line + "\n";
}

std::string restore_start_line() { return "RESTORE_START \n"; }

std::string restore_report_line(const RestoreReport& report) {
    std::string line = "RESTORE_REPORT Restore Duration: " + format_ms_2(report.duration) + " ms";
    if (report.status != InvocationStatus::success) {
        line.append("\tStatus: ").append(to_string(report.status));
        if (!report.error_type.empty()) line += "\tError Type: " + report.error_type;
    }
    return line + "\n";
}

std::string extension_line(const ExtensionReport& report) {
    std::string line = "EXTENSION\tName: " + report.name + "\tState: " + report.state + "\tEvents: [";
    for (std::size_t i = 0; i < report.events.size(); ++i) line += (i == 0 ? "" : ", ") + report.events[i];
    line += "]";
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

LogTail::LogTail(std::size_t limit_bytes, LogTailCut cut_at) : limit_bytes_(limit_bytes), cut_at_(cut_at) {}

void LogTail::append(std::string_view text) {
    if (text.size() > limit_bytes_ && cut_at_ == LogTailCut::bytes) {
        text.remove_prefix(text.size() - limit_bytes_);
        bytes_.clear();
        cut_ = true;
    }
    bytes_.append(text);
    // Trimmed only at twice the limit, so that many short lines do not each move the whole tail.
    if (bytes_.size() > 2 * limit_bytes_) {
        const std::size_t excess = bytes_.size() - limit_bytes_;
        bytes_.erase(0, cut_at_ == LogTailCut::bytes ? excess : end_of_record(bytes_, excess));
        cut_ = true;
    }
}

std::string LogTail::text() const {
    std::string_view tail = bytes_;
    bool cut = cut_;
    if (tail.size() > limit_bytes_) {
        const std::size_t excess = tail.size() - limit_bytes_;
        tail.remove_prefix(cut_at_ == LogTailCut::bytes ? excess : end_of_record(tail, excess));
        cut = true;
    }
    if (cut_at_ == LogTailCut::records) return std::string(tail);
    std::size_t orphans = 0;
    while (cut && orphans < 3 && orphans < tail.size() && is_continuation(tail[orphans])) ++orphans;
    std::string result;
    if (orphans > 0) result = "\uFFFD";
    return result.append(tail.substr(orphans));
}

void LogTail::clear() {
    bytes_.clear();
    cut_ = false;
}

} // namespace lambox::model
