#include "api/runtime_calls.hpp"

#include "api/runtime_answers.hpp"
#include "lambox/api/codec/error_cause.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/model/function_error.hpp"

#include <string>
#include <utility>

namespace lambox::api {

using engine::DeliveredBody;
using engine::RuntimeCallRefused;
using engine::RuntimeCallResult;
using engine::RuntimeDelivery;
using engine::RuntimeRefusal;

namespace {

constexpr std::string_view error_cause_type = "application/vnd.aws.lambda.error.cause+json";

DeliveredBody delivered(io::BodyState state) {
    switch (state) {
    case io::BodyState::complete: return DeliveredBody::complete;
    case io::BodyState::too_large: return DeliveredBody::too_large;
    case io::BodyState::truncated: return DeliveredBody::truncated;
    }
    return DeliveredBody::truncated;
}

void strip_cause(RuntimeDelivery& delivery, std::string_view content_type) {
    if (content_type != error_cause_type) return;
    auto kept = codec::error_without_cause(delivery.body);
    delivery.body = kept ? std::move(*kept) : "\"Invalid error body\"";
}

} // namespace

io::HttpResponse refused(const RuntimeCallRefused& call) {
    switch (call.refusal) {
    case RuntimeRefusal::invalid_request_id: return refusal(400, "InvalidRequestID", "Invalid request ID");
    case RuntimeRefusal::invalid_invocation_id: return refusal(400, "InvalidInvocationId", "Invalid invocation ID");
    case RuntimeRefusal::invalid_response_mode: return refusal(400, "InvalidFunctionResponseMode", "Invalid function response mode");
    case RuntimeRefusal::truncated: return refusal(400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
    case RuntimeRefusal::too_large:
        return refusal(413, "RequestEntityTooLarge",
                       "Exceeded maximum allowed payload size (" + std::to_string(limits::response_bytes_max) + " bytes).");
    case RuntimeRefusal::invalid_transition: return refusal(403, "InvalidStateTransition", call.message);
    case RuntimeRefusal::invoke_timeout: return refusal(410, "InvokeTimeout", "Invoke timeout");
    case RuntimeRefusal::internal: break;
    }
    return refusal(500, "InternalServerError", "Internal Server Error");
}

io::HttpResponse answer_to(const RuntimeCallResult& result) {
    if (const auto* call = std::get_if<RuntimeCallRefused>(&result)) return refused(*call);
    return accepted();
}

RuntimeDelivery delivery_of(io::HttpRequest& request, std::string_view request_id) {
    RuntimeDelivery delivery;
    delivery.request_id = request_id;
    delivery.invocation_id = header(request, "Lambda-Runtime-Invocation-Id");
    delivery.response_mode = header(request, "Lambda-Runtime-Function-Response-Mode");
    delivery.error_type = header(request, "Lambda-Runtime-Function-Error-Type");
    delivery.body_state = delivered(request.body_state);
    delivery.began = request.body_began;
    delivery.body = std::move(request.body);
    return delivery;
}

RuntimeDelivery error_delivery(io::HttpRequest& request, std::string_view request_id) {
    auto delivery = delivery_of(request, request_id);
    strip_cause(delivery, header(request, "Content-Type"));
    return delivery;
}

} // namespace lambox::api
