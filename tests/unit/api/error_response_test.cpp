// Goal: every error of ours has AWS's status, name and body. Method: a table over all of them.
#include "lambox/api/error_response.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::api;

TEST_CASE("every error code has its status and AWS's name") {
    struct Row {
        Errc code;
        unsigned status;
        std::string name;
    };
    const std::vector<Row> table{
        {Errc::invalid_argument, 400, "InvalidParameterValueException"},
        {Errc::invalid_request_body, 400, "InvalidRequestContentException"},
        {Errc::constraint_broken, 400, "ValidationException"},
        {Errc::wrong_json_type, 400, "SerializationException"},
        {Errc::precondition_failed, 412, "PreconditionFailedException"},
        {Errc::not_provisioned, 404, "ProvisionedConcurrencyConfigNotFoundException"},
        {Errc::no_zip, 400, "InvalidParameterValueException"},
        {Errc::over_storage, 400, "CodeStorageExceededException"},
        {Errc::entity_too_large, 413, "RequestEntityTooLargeException"},
        {Errc::not_implemented, 501, "NotImplementedException"},
        {Errc::over_policy_size, 400, "PolicyLengthExceededException"},
        {Errc::not_found, 404, "ResourceNotFoundException"},
        {Errc::conflict, 409, "ResourceConflictException"},
        {Errc::too_large, 413, "RequestTooLargeException"},
        {Errc::throttled, 429, "TooManyRequestsException"},
        {Errc::unsupported, 404, "UnknownOperationException"},
        {Errc::permission_denied, 403, "AccessDeniedException"},
        {Errc::malformed, 400, "InvalidRequestContentException"},
        {Errc::truncated, 400, "InvalidRequestContentException"},
        {Errc::closed, 500, "ServiceException"},
        {Errc::timed_out, 500, "ServiceException"},
        {Errc::shutting_down, 500, "ServiceException"},
        {Errc::io, 500, "ServiceException"},
    };
    for (const auto& row : table) {
        const auto response = error_response(make_error(row.code, "why \"so\""), "id-1");
        CAPTURE(row.name);
        CHECK(response.status == row.status);
        REQUIRE(response.headers.find("x-amzn-ErrorType").has_value());
        CHECK(*response.headers.find("x-amzn-ErrorType") == row.name);
        CHECK(*response.headers.find("x-amzn-RequestId") == "id-1");
        CHECK(*response.headers.find("Content-Type") == "application/json");
        const std::string type = row.status >= 500 ? "Service" : "User";
        const std::string member = row.status == 404 && row.code == Errc::not_found ? "Message" : "message";
        if (row.code == Errc::constraint_broken) {
            CHECK(response.body == R"({"message":"why \"so\""})"); // as AWS, without a type
            continue;
        }
        CHECK(response.body == R"({"Type":")" + type + R"(",")" + member + R"(":"why \"so\""})");
    }
}

TEST_CASE("a throttle carries its reason") {
    const auto reserved = throttled_response(model::ThrottleReason::reserved_concurrency, "id");
    CHECK(reserved.status == 429);
    CHECK(reserved.body == R"({"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."})");
    const auto account = throttled_response(model::ThrottleReason::account_concurrency, "id");
    CHECK(account.body == R"({"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."})");
}

TEST_CASE("a restore that failed carries AWS's name and sentence") {
    const auto hook = restore_failed_response(model::RestoreFailure::hook, "id");
    CHECK(hook.status == 400);
    CHECK(*hook.headers.find("x-amzn-ErrorType") == "SnapStartException");
    CHECK(hook.body.starts_with(R"({"Type":"User","Message":"The afterRestore() runtime hook)"));
    const auto timeout = restore_failed_response(model::RestoreFailure::timed_out, "id");
    CHECK(timeout.status == 408);
    CHECK(*timeout.headers.find("x-amzn-ErrorType") == "SnapStartTimeoutException");
}
