#pragma once

#include "lambox/engine/runtime_session.hpp"
#include "lambox/io/http_message.hpp"
#include "lambox/model/telemetry_event.hpp"

#include <optional>
#include <string_view>

namespace lambox::api {

/// Which of the two APIs a request of an environment's listener is for: `/2022-07-01/telemetry` or `/2020-08-15/logs`.
[[nodiscard]] std::optional<model::TelemetryApi> telemetry_api_of(std::string_view target);

/// Answers a subscription (behaviour §2.6, §2.9).
[[nodiscard]] io::HttpResponse handle_telemetry_api(model::TelemetryApi api, engine::RuntimeSession& session,
                                                    const io::HttpRequest& request);

} // namespace lambox::api
