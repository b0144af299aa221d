// Goal: a destination gets AWS's record. Method: whole records, byte for byte.
#include "lambox/model/event_outcome.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace lambox::model;

namespace {

EventOutcome outcome() {
    EventOutcome made;
    made.function_name = "f";
    made.function_arn = FunctionArn("arn:aws:lambda:us-east-1:000000000000:function:f");
    made.request_id = RequestId("id-1");
    made.request_payload = R"({"a":1})";
    made.invoke_count = 3;
    made.condition = EventCondition::retries_exhausted;
    made.at = WallTime(std::chrono::sys_days{std::chrono::year(2026) / 9 / 15}) + std::chrono::milliseconds(1284);
    made.response = EventResponse{EventResponse::Kind::function_error, "$LATEST", R"({"errorType":"E"})"};
    made.config.on_success = "arn:success";
    made.config.on_failure = "arn:failure";
    return made;
}

const std::string front = R"({"version":"1.0","timestamp":"2026-09-15T00:00:01.284Z","requestContext":{"requestId":"id-1","functionArn":)"
                          R"("arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST","condition":")";

} // namespace

TEST_CASE("a failure carries its last answer") {
    CHECK(destination_record(outcome(), PayloadSyntax::json) ==
          front + R"(RetriesExhausted","approximateInvokeCount":3},"requestPayload":{"a":1},"responseContext":{"statusCode":200,)"
                  R"("executedVersion":"$LATEST","functionError":"Unhandled"},"responsePayload":{"errorType":"E"}})");
}

TEST_CASE("a success has no functionError") {
    auto made = outcome();
    made.condition = EventCondition::success;
    made.invoke_count = 1;
    made.response = EventResponse{EventResponse::Kind::success, "7", "true"};
    CHECK(destination_record(made, PayloadSyntax::json) ==
          front +
              R"(Success","approximateInvokeCount":1},"requestPayload":{"a":1},"responseContext":{"statusCode":200,"executedVersion":"7"})"
              R"(,"responsePayload":true})");
}

TEST_CASE("an answer that is not JSON is left out, with the reason") {
    auto made = outcome();
    made.response->payload = "plain";
    const auto record = destination_record(made, PayloadSyntax::other);
    CHECK(record.ends_with(
        R"("functionError":"Unhandled"},"deliveryError":{"statusCode":400,"errorCode":"InvalidRequestContentException"}})"));
    made.response->payload.clear();
    CHECK(destination_record(made, PayloadSyntax::other).ends_with(R"("functionError":"Unhandled"}})"));
}

TEST_CASE("an event that never ran has no response") {
    auto made = outcome();
    made.condition = EventCondition::zero_reserved_concurrency;
    made.invoke_count = 0;
    made.response.reset();
    CHECK(destination_record(made, PayloadSyntax::other) ==
          front + R"(ZeroReservedConcurrency","approximateInvokeCount":0},"requestPayload":{"a":1}})");
}

TEST_CASE("a qualifier is kept, and only a success goes to the destination of successes") {
    CHECK(qualified(FunctionArn("arn:aws:lambda:us-east-1:000000000000:function:f:live")).str().ends_with("function:f:live"));
    auto made = outcome();
    for (const auto condition :
         {EventCondition::retries_exhausted, EventCondition::event_age_exceeded, EventCondition::zero_reserved_concurrency}) {
        made.condition = condition;
        CHECK(destination_of(made) == "arn:failure");
    }
    made.condition = EventCondition::success;
    CHECK(destination_of(made) == "arn:success");
}
