#include "lambox/api/error_response.hpp"

#include "lambox/base/json_escape.hpp"

#include <string>

namespace lambox::api {
namespace {

enum class Spelling { message, capital_message, message_alone };

struct Row {
    unsigned status;
    std::string_view name;
    Spelling spelling = Spelling::message;
};

Row row_of(Errc code) {
    switch (code) {
    case Errc::invalid_argument: return {400, "InvalidParameterValueException"};
    case Errc::invalid_request_body: return {400, "InvalidRequestContentException"};
    case Errc::constraint_broken: return {400, "ValidationException", Spelling::message_alone};
    case Errc::wrong_json_type: return {400, "SerializationException"};
    case Errc::precondition_failed: return {412, "PreconditionFailedException"};
    case Errc::not_provisioned: return {404, "ProvisionedConcurrencyConfigNotFoundException"};
    case Errc::no_zip: return {400, "InvalidParameterValueException"};
    case Errc::over_storage: return {400, "CodeStorageExceededException"};
    case Errc::entity_too_large: return {413, "RequestEntityTooLargeException"};
    case Errc::not_implemented: return {501, "NotImplementedException"};
    case Errc::over_policy_size: return {400, "PolicyLengthExceededException"};
    case Errc::not_found: return {404, "ResourceNotFoundException", Spelling::capital_message};
    case Errc::conflict: return {409, "ResourceConflictException"};
    case Errc::too_large: return {413, "RequestTooLargeException"};
    case Errc::throttled: return {429, "TooManyRequestsException"};
    case Errc::unsupported: return {404, "UnknownOperationException"};
    case Errc::permission_denied: return {403, "AccessDeniedException"};
    case Errc::malformed:
    case Errc::truncated: return {400, "InvalidRequestContentException"};
    case Errc::shutting_down:
    case Errc::closed:
    case Errc::timed_out:
    case Errc::io: return {500, "ServiceException"};
    }
    return {500, "ServiceException"};
}

io::HttpResponse respond(const Row& row, std::string body, std::string_view request_id) {
    io::HttpResponse response;
    response.status = row.status;
    response.headers.add("Content-Type", "application/json");
    response.headers.add("x-amzn-RequestId", std::string(request_id));
    response.headers.add("x-amzn-ErrorType", std::string(row.name));
    response.body = std::move(body);
    return response;
}

} // namespace

io::HttpResponse error_response(const Error& error, std::string_view request_id) {
    const Row row = row_of(error.code);
    std::string body = "{";
    if (row.spelling != Spelling::message_alone) body += row.status >= 500 ? R"("Type":"Service",)" : R"("Type":"User",)";
    body += row.spelling == Spelling::capital_message ? R"("Message":")" : R"("message":")";
    body += json_escape(error.message) + "\"}";
    return respond(row, std::move(body), request_id);
}

io::HttpResponse restore_failed_response(model::RestoreFailure failure, std::string_view request_id) {
    const unsigned status = failure == model::RestoreFailure::timed_out ? 408 : 400;
    std::string body = R"({"Type":"User","Message":")";
    body.append(exception_message(failure)).append("\"}");
    return respond(Row{status, exception_name(failure)}, std::move(body), request_id);
}

io::HttpResponse throttled_response(model::ThrottleReason reason, std::string_view request_id) {
    std::string_view name;
    switch (reason) {
    case model::ThrottleReason::reserved_concurrency: name = "ReservedFunctionConcurrentInvocationLimitExceeded"; break;
    case model::ThrottleReason::account_concurrency: name = "ConcurrentInvocationLimitExceeded"; break;
    }
    std::string body = R"({"Reason":")";
    body.append(name).append(R"(","Type":"User","message":"Rate Exceeded."})");
    return respond(row_of(Errc::throttled), std::move(body), request_id);
}

} // namespace lambox::api
