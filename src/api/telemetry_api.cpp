#include "lambox/api/telemetry_api.hpp"

#include "api/codec/telemetry_json.hpp"
#include "lambox/base/json_escape.hpp"
#include "lambox/base/limits.hpp"

#include <string>
#include <utility>
#include <variant>

namespace lambox::api {
namespace {

using model::TelemetryApi;

io::HttpResponse answer(unsigned status, std::string body) {
    io::HttpResponse response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(body);
    return response;
}

/// `ValidationError` is the Telemetry API's only type without a prefix.
std::string error_type(TelemetryApi api, std::string_view name) {
    std::string_view prefix = "Logs.";
    if (api == TelemetryApi::telemetry) prefix = name == "ValidationError" ? "" : "Telemetry.";
    return std::string(prefix) + std::string(name);
}

io::HttpResponse refusal(unsigned status, TelemetryApi api, std::string_view name, std::string_view message) {
    return answer(status, R"({"errorType":")" + error_type(api, name) + R"(","errorMessage":")" + json_escape(message) + "\"}");
}

std::string_view name_of(TelemetryApi api) { return api == TelemetryApi::telemetry ? "Telemetry" : "Logs"; }

std::string_view identifier(const io::HttpRequest& request) {
    const std::string* value = request.headers.find("Lambda-Extension-Identifier");
    return value == nullptr ? std::string_view{} : std::string_view(*value);
}

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
    if (request.method != "PUT") {
        io::HttpResponse response;
        response.status = 405;
        return response;
    }
    engine::TelemetryHub& telemetry = session.telemetry();
    if (!telemetry.supported()) return refusal(202, api, "NotSupported", std::string(name_of(api)) + " API is not supported");
    const auto extension = session.extensions().identify(identifier(request));
    if (const auto* refused = std::get_if<engine::ExtensionRefusal>(&extension)) {
        return answer(403, R"({"errorMessage":")" + json_escape(refused->message) + R"(","errorType":")" + refused->error_type + "\"}\n");
    }
    if (!telemetry.open()) return refusal(403, api, "SubscriptionClosed", std::string(name_of(api)) + " API subscription is closed");
    const auto read_request = read(request);
    if (!read_request) return refusal(400, api, "ValidationError", read_request.error().message);
    auto subscription = model::make_telemetry_subscription(api, *read_request);
    if (const auto* complaint = std::get_if<std::string>(&subscription)) return refusal(400, api, "ValidationError", *complaint);
    const auto done =
        telemetry.subscribe(api, std::get<std::string>(extension), std::get<model::TelemetrySubscription>(std::move(subscription)));
    switch (done) {
    case engine::TelemetryHub::Subscribed::anew: return answer(200, "\"OK\"");
    case engine::TelemetryHub::Subscribed::already: return answer(200, "\"AlreadySubscribed\"");
    case engine::TelemetryHub::Subscribed::too_many: {
        const std::string bound = std::to_string(limits::telemetry_subscribers_max);
        return refusal(400, api, "ValidationError", "at most " + bound + " extensions of an environment can subscribe, resets included");
    }
    }
    return answer(500, {});
}

} // namespace lambox::api
