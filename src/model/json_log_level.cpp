#include "lambox/model/json_log_level.hpp"

#include <array>
#include <utility>

namespace lambox::model {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool same_name(std::string_view text, std::string_view upper_name) {
    if (text.size() != upper_name.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (upper(text[i]) != upper_name[i]) return false;
    }
    return true;
}

JsonLogLevel unless_success(InvocationStatus status, JsonLogLevel level) {
    return status == InvocationStatus::success ? level : JsonLogLevel::warn;
}

struct Levels {
    // No runtime here has a version ARN, so INIT_START and RESTORE_START are details.
    JsonLogLevel operator()(const PlatformInitStart&) const { return JsonLogLevel::debug; }
    JsonLogLevel operator()(const PlatformInitRuntimeDone& event) const { return unless_success(event.status, JsonLogLevel::debug); }
    JsonLogLevel operator()(const PlatformInitReport& event) const {
        const bool on_demand = event.initialization == "on-demand";
        return unless_success(event.report.status, on_demand ? JsonLogLevel::debug : JsonLogLevel::info);
    }
    JsonLogLevel operator()(const PlatformRestoreStart&) const { return JsonLogLevel::debug; }
    JsonLogLevel operator()(const PlatformRestoreRuntimeDone& event) const { return unless_success(event.status, JsonLogLevel::debug); }
    JsonLogLevel operator()(const PlatformRestoreReport& event) const { return unless_success(event.status, JsonLogLevel::info); }
    JsonLogLevel operator()(const PlatformStart&) const { return JsonLogLevel::info; }
    JsonLogLevel operator()(const PlatformRuntimeDone& event) const { return unless_success(event.status, JsonLogLevel::debug); }
    JsonLogLevel operator()(const PlatformEnd&) const { return JsonLogLevel::info; }
    JsonLogLevel operator()(const PlatformReport& event) const { return unless_success(event.report.status, JsonLogLevel::info); }
    JsonLogLevel operator()(const PlatformConcurrentReport& event) const { return unless_success(event.status, JsonLogLevel::info); }
    JsonLogLevel operator()(const PlatformFault&) const { return JsonLogLevel::warn; }
    JsonLogLevel operator()(const PlatformExtension& event) const {
        return event.error_type.empty() ? JsonLogLevel::info : JsonLogLevel::warn;
    }
    JsonLogLevel operator()(const PlatformSubscription&) const { return JsonLogLevel::info; }
    JsonLogLevel operator()(const PlatformLogsDropped&) const { return JsonLogLevel::warn; }
    JsonLogLevel operator()(const OutputLine&) const { return JsonLogLevel::info; }
};

} // namespace

JsonLogLevel parse_json_log_level(std::string_view name) {
    using Row = std::pair<std::string_view, JsonLogLevel>;
    constexpr std::array<Row, 6> rows{{{"TRACE", JsonLogLevel::trace},
                                       {"DEBUG", JsonLogLevel::debug},
                                       {"INFO", JsonLogLevel::info},
                                       {"WARN", JsonLogLevel::warn},
                                       {"ERROR", JsonLogLevel::error},
                                       {"FATAL", JsonLogLevel::fatal}}};
    for (const auto& [text, level] : rows) {
        if (same_name(name, text)) return level;
    }
    return JsonLogLevel::info;
}

JsonLogLevel system_level(const TelemetryEvent& event) { return std::visit(Levels{}, event.what); }

} // namespace lambox::model
