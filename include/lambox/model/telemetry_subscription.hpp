#pragma once

#include "lambox/model/telemetry_buffer.hpp"
#include "lambox/model/telemetry_event.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lambox::model {

/// A subscription as its request has it, nothing checked but the JSON types.
struct TelemetryRequest {
    std::optional<std::string> schema_version;
    std::vector<std::string> types;
    std::optional<std::int64_t> items_max;
    std::optional<std::int64_t> bytes_max;
    std::optional<std::int64_t> timeout_ms;
    std::optional<std::string> protocol; ///< nothing = there is no destination
    std::optional<std::string> uri;
    std::optional<std::string> method;
    std::optional<std::string> encoding;
    std::optional<std::int64_t> port;
};

/// Where batches go: always a port of this machine.
struct TelemetryDestination {
    enum class Protocol { http, tcp };
    Protocol protocol = Protocol::http;
    std::uint16_t port = 0;
    std::string method = "POST"; ///< http only, as the next two
    std::string host;            ///< as the subscriber wrote it; for the Host header
    std::string target = "/";
    bool operator==(const TelemetryDestination&) const = default;
};

struct TelemetrySubscription {
    TelemetryForm form = TelemetryForm::telemetry_2022_07_01;
    std::vector<TelemetryStream> types; ///< at least one, in the order of the enum
    TelemetryBuffering buffering;
    TelemetryDestination destination;
};

[[nodiscard]] bool wants(const TelemetrySubscription& subscription, TelemetryStream stream);

/// The rules of behaviour §2.6 and §2.9, or all broken ones in one text, as AWS words it: `URI port is not provided; types should not be
/// empty`. No host is accepted but `sandbox.localdomain` and `sandbox`, so that nothing can be sent to other machines.
[[nodiscard]] std::variant<TelemetrySubscription, std::string> make_telemetry_subscription(TelemetryApi api,
                                                                                           const TelemetryRequest& request);

} // namespace lambox::model
