#pragma once

#include "lambox/model/telemetry_event.hpp"

#include <string_view>

/// Which lines get into a log under LogFormat JSON (behaviour §4.12; AWS: "Log-level filtering").
namespace lambox::model {

enum class JsonLogLevel { trace, debug, info, warn, error, fatal };

/// A level as a setting or a log line names it, in any case; `info` for everything else.
[[nodiscard]] JsonLogLevel parse_json_log_level(std::string_view name);

/// What a platform event counts as. `event` is not an OutputLine.
[[nodiscard]] JsonLogLevel system_level(const TelemetryEvent& event);

} // namespace lambox::model
