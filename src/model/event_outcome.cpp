#include "lambox/model/event_outcome.hpp"

#include "lambox/base/json_escape.hpp"

#include <algorithm>

namespace lambox::model {
namespace {

constexpr std::ptrdiff_t colons_before_name = 6; ///< arn:aws:lambda:REGION:ACCOUNT:function:NAME

std::string quoted(std::string_view text) { return "\"" + json_escape(text) + "\""; }

std::string request_context(const EventOutcome& outcome) {
    std::string text = R"({"requestId":)" + quoted(outcome.request_id.str());
    text += R"(,"functionArn":)" + quoted(qualified(outcome.function_arn).str());
    text += R"(,"condition":)" + quoted(to_string(outcome.condition));
    text += R"(,"approximateInvokeCount":)" + std::to_string(outcome.invoke_count) + "}";
    return text;
}

std::string response_context(const EventResponse& response) {
    std::string text = R"({"statusCode":200,"executedVersion":)" + quoted(response.executed_version);
    switch (response.kind) {
    case EventResponse::Kind::success: break;
    case EventResponse::Kind::function_error: text += R"(,"functionError":"Unhandled")"; break;
    }
    return text + "}";
}

} // namespace

FunctionArn qualified(const FunctionArn& arn) {
    const bool has_qualifier = std::count(arn.str().begin(), arn.str().end(), ':') > colons_before_name;
    return has_qualifier ? arn : FunctionArn(arn.str() + ":$LATEST");
}

std::string destination_record(const EventOutcome& outcome, PayloadSyntax response) {
    std::string record = R"({"version":"1.0","timestamp":)" + quoted(format_iso8601_ms(outcome.at));
    record += R"(,"requestContext":)" + request_context(outcome);
    record += R"(,"requestPayload":)" + outcome.request_payload;
    if (outcome.response) {
        record += R"(,"responseContext":)" + response_context(*outcome.response);
        if (!outcome.response->payload.empty()) {
            switch (response) {
            case PayloadSyntax::json: record += R"(,"responsePayload":)" + outcome.response->payload; break;
            case PayloadSyntax::other:
                record += R"(,"deliveryError":{"statusCode":400,"errorCode":"InvalidRequestContentException"})";
                break;
            }
        }
    }
    return record + "}";
}

std::string_view destination_of(const EventOutcome& outcome) {
    switch (outcome.condition) {
    case EventCondition::success: return outcome.config.on_success;
    case EventCondition::retries_exhausted:
    case EventCondition::event_age_exceeded:
    case EventCondition::zero_reserved_concurrency: return outcome.config.on_failure;
    }
    return {};
}

} // namespace lambox::model
