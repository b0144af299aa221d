#pragma once

#include "lambox/base/error.hpp"
#include "lambox/model/telemetry_subscription.hpp"

#include <string_view>

namespace lambox::api::codec {

/// The body of a subscription. Members that are null or unknown are left out. Errors: malformed, with a sentence for the subscriber.
[[nodiscard]] Result<model::TelemetryRequest> telemetry_request_from_json(std::string_view body);

} // namespace lambox::api::codec
