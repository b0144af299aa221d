// Goal: how an event ended reaches its destination, be it a function, or is kept where no delivery can be made, within bounds. Method: the
// whole engine on manual time; the test plays the runtime.
#include "fakes/engine_fixture.hpp"
#include "lambox/api/destination_log.hpp"
#include "lambox/base/limits.hpp"

#include <doctest/doctest.h>

using namespace lambox;

namespace {

struct DestinationFixture : fakes::EngineFixture {
    DestinationFixture() { services.destinations = &destinations; }
    ~DestinationFixture() { services.destinations = nullptr; }

    [[nodiscard]] Result<engine::ResolvedFunction> resolve(const std::string& arn) {
        if (arn != receiver->arn.str()) return make_error(Errc::not_found, "Function not found: " + arn);
        engine::ResolvedFunction found;
        found.revision = receiver;
        found.invoked_arn = receiver->arn;
        found.state = std::make_shared<const model::FunctionState>(receivers_own);
        return found;
    }
    void send(const model::EventInvokeConfig& config) {
        engine::AsyncEvent sent;
        sent.function = receiver;
        sent.invocation.request_id = RequestId(ids.uuid());
        sent.invocation.payload = R"({"n":1})";
        sent.invocation.invoked_arn = receiver->arn;
        sent.config = config;
        REQUIRE(supervisor.enqueue(std::move(sent)).has_value());
        turn();
    }

    std::shared_ptr<const engine::FunctionRevision> receiver = function();
    model::FunctionState receivers_own;
    api::DestinationLog destinations{supervisor, [this](const std::string& arn) { return resolve(arn); }, Logger()};
};

model::EventInvokeConfig config_with(const std::string& on_success, const std::string& on_failure) {
    model::EventInvokeConfig config;
    config.maximum_retry_attempts = 0;
    config.on_success = on_success;
    config.on_failure = on_failure;
    return config;
}

} // namespace

TEST_CASE_FIXTURE(DestinationFixture, "a function as destination is invoked with the record") {
    send(config_with(receiver->arn.str(), ""));
    ask_next();
    respond(R"({"ok":true})");
    ask_next();
    REQUIRE(event);
    const std::string& record = event->invocation->payload;
    CHECK(record.find(R"("condition":"Success","approximateInvokeCount":1},"requestPayload":{"n":1})") != std::string::npos);
    CHECK(record.find(R"("responsePayload":{"ok":true})") != std::string::npos);
    respond("1");
    ask_next();
    CHECK(destinations.undelivered().empty());
}

TEST_CASE_FIXTURE(DestinationFixture, "a function that is its own destination is stopped after AWS's number of hops") {
    receivers_own.event_invoke["$LATEST"].on_success = receiver->arn.str();
    send(config_with(receiver->arn.str(), ""));
    ask_next();
    std::uint32_t runs = 0;
    for (; event && runs < 100; ++runs) {
        respond("1");
        ask_next();
    }
    CHECK(runs == limits::destination_hops_max + 1);
    REQUIRE(destinations.undelivered().size() == 1);
    CHECK(destinations.undelivered().front().target == receiver->arn.str());
}

TEST_CASE_FIXTURE(DestinationFixture, "what cannot be delivered is kept, a dead-letter queue's event as it was sent") {
    auto config = config_with("", "arn:aws:sqs:us-east-1:000000000000:failures");
    config.dead_letter_target = "arn:aws:sqs:us-east-1:000000000000:dead";
    send(config);
    ask_next();
    fail("plain words", "E");
    ask_next();
    REQUIRE(destinations.undelivered().size() == 2);
    CHECK(destinations.undelivered()[0].target.ends_with(":failures"));
    CHECK(destinations.undelivered()[0].record.find("deliveryError") != std::string::npos);
    CHECK(destinations.undelivered()[1].target.ends_with(":dead"));
    CHECK(destinations.undelivered()[1].record == R"({"n":1})");
    destinations.clear();
    CHECK(destinations.undelivered().empty());
}

TEST_CASE_FIXTURE(DestinationFixture, "the oldest of too many undelivered records goes") {
    model::EventOutcome outcome;
    outcome.request_payload = "{}";
    outcome.config = config_with("arn:aws:sns:us-east-1:000000000000:topic", "");
    for (std::size_t i = 0; i < limits::undelivered_records_max + 5; ++i) {
        outcome.request_id = RequestId("id-" + std::to_string(i));
        destinations.deliver(outcome);
    }
    CHECK(destinations.undelivered().size() == limits::undelivered_records_max);
    CHECK(destinations.undelivered().front().record.find("id-5") != std::string::npos);
}
