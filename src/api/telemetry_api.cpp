#include "lambox/api/telemetry_api.hpp"

#include "api/codec/telemetry_json.hpp"
#include "api/runtime_answers.hpp"
#include "lambox/base/json_escape.hpp"
#include "lambox/base/limits.hpp"

#include <string>
#include <utility>
#include <variant>

namespace lambox::api {
namespace {

using model::TelemetryApi;

/// `ValidationError` is the Telemetry API's only type without a prefix.
std::string error_type(TelemetryApi api, std::string_view name) {
    std::string_view prefix = "Logs.";
    if (api == TelemetryApi::telemetry) prefix = name == "ValidationError" ? "" : "Telemetry.";
    return std::string(prefix) + std::string(name);
}

io::HttpResponse refusal_of(TelemetryApi api, unsigned status, std::string_view name, std::string_view message) {
    return json_response(status, R"({"errorType":")" + error_type(api, name) + R"(","errorMessage":")" + json_escape(message) + "\"}");
}

std::string_view name_of(TelemetryApi api) { return api == TelemetryApi::telemetry ? "Telemetry" : "Logs"; }

Result<model::TelemetryRequest> read(const io::HttpRequest& request) {
    switch (request.body_state) {
    case io::BodyState::complete: break;
    case io::BodyState::too_large: return make_error(Errc::too_large, "the request is too large");
    case io::BodyState::truncated: return make_error(Errc::malformed, "the request is truncated");
    }
    if (request.body.size() > limits::telemetry_request_bytes_max) return make_error(Errc::too_large, "the request is too large");
    return codec::telemetry_request_from_json(request.body);
}

} // namespace

std::optional<TelemetryApi> telemetry_api_of(std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/2022-07-01/telemetry") return TelemetryApi::telemetry;
    if (path == "/2020-08-15/logs") return TelemetryApi::logs;
    return std::nullopt;
}

io::HttpResponse handle_telemetry_api(TelemetryApi api, engine::RuntimeSession& session, const io::HttpRequest& request) {
    engine::TelemetryHub& telemetry = session.telemetry();
    const bool newest_alone = telemetry.schemas() == engine::TelemetryHub::Schemas::newest_alone;
    if (newest_alone && api == TelemetryApi::logs) return unknown_path();
    if (request.method != "PUT") return wrong_method();
    if (!telemetry.supported()) return refusal_of(api, 202, "NotSupported", std::string(name_of(api)) + " API is not supported");
    const auto extension = session.extensions().identify(header(request, "Lambda-Extension-Identifier"));
    if (const auto* refused = std::get_if<engine::ExtensionRefusal>(&extension)) return refusal(403, refused->error_type, refused->message);
    if (!telemetry.open()) return refusal_of(api, 403, "SubscriptionClosed", std::string(name_of(api)) + " API subscription is closed");
    const auto read_request = read(request);
    if (!read_request) return refusal_of(api, 400, "ValidationError", read_request.error().message);
    auto subscription = model::make_telemetry_subscription(api, *read_request);
    if (const auto* complaint = std::get_if<std::string>(&subscription)) return refusal_of(api, 400, "ValidationError", *complaint);
    const bool newest = std::get<model::TelemetrySubscription>(subscription).form == model::TelemetryForm::telemetry_2025_01_29;
    if (newest_alone && !newest)
        return refusal_of(api, 400, "ValidationError", "schemaVersion should be 2025-01-29 for Lambda Managed Instances");
    const auto done =
        telemetry.subscribe(api, std::get<std::string>(extension), std::get<model::TelemetrySubscription>(std::move(subscription)));
    switch (done) {
    case engine::TelemetryHub::Subscribed::anew: return json_response(200, "\"OK\"");
    case engine::TelemetryHub::Subscribed::already: return json_response(200, "\"AlreadySubscribed\"");
    case engine::TelemetryHub::Subscribed::too_many: {
        const std::string bound = std::to_string(limits::telemetry_subscribers_max);
        return refusal_of(api, 400, "ValidationError", "at most " + bound + " extensions of an environment can subscribe, resets included");
    }
    }
    return json_response(500, {});
}

} // namespace lambox::api
