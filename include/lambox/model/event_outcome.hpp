#pragma once

#include "lambox/base/ids.hpp"
#include "lambox/base/units.hpp"
#include "lambox/model/retry_policy.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lambox::model {

/// What the function answered last.
struct EventResponse {
    enum class Kind { success, function_error };
    Kind kind = Kind::success;
    std::string executed_version;
    std::string payload;
};

/// An Event invocation that has come to its end, for whoever is told of it.
struct EventOutcome {
    std::string function_name;
    FunctionArn function_arn; ///< qualified, be it with `$LATEST`
    RequestId request_id;
    std::string request_payload;
    EventCondition condition = EventCondition::success;
    std::uint32_t invoke_count = 0;
    WallTime at{};
    std::optional<EventResponse> response; ///< nothing when the function never ran
    EventInvokeConfig config;
    std::uint32_t hops = 0; ///< destinations that led to this event
};

/// `arn` with `:$LATEST` if it has no qualifier.
[[nodiscard]] FunctionArn qualified(const FunctionArn& arn);

/// Whether `payload` is JSON decides whoever can read JSON.
enum class PayloadSyntax { json, other };

/// The record that AWS gives to a destination (behaviour §7.4); the payloads go in as they are. With `other` the response is left out
/// and a deliveryError says why.
[[nodiscard]] std::string destination_record(const EventOutcome& outcome, PayloadSyntax response);

/// The configured target of this outcome, or an empty text: on_success, on_failure.
[[nodiscard]] std::string_view destination_of(const EventOutcome& outcome);

} // namespace lambox::model
