// Goal: every answer of the subscription routes to the byte (behaviour §2.6, §2.9). Method: a session with a registered extension and its
// hub, without sockets; requests as rows.
#include "fakes/engine_fixture.hpp"
#include "fakes/fake_telemetry.hpp"
#include "lambox/api/runtime_api.hpp"
#include "lambox/api/telemetry_api.hpp"

#include <boost/asio/co_spawn.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace lambox;

namespace {

struct NoListener final : engine::RuntimeLinkListener, engine::ExtensionSetListener {
    void on_asked_for_next() override {}
    void on_response(std::string) override {}
    void on_function_error(engine::RuntimeError) override {}
    void on_should_exit(engine::RuntimeError) override {}
    void on_init_error(engine::RuntimeError) override {}
    void on_extension_moved() override {}
    void on_extension_error(engine::ExtensionError) override {}
};

struct ApiFixture {
    explicit ApiFixture(engine::TelemetryChannels* channels_or_none) : hub(io.get_executor(), clock, channels_or_none, "s", Logger()) {
        hub.begin_generation();
        const auto enrolled = extensions.enroll("agent", {"INVOKE"});
        REQUIRE(std::holds_alternative<std::string>(enrolled));
        identifier = std::get<std::string>(enrolled);
    }
    ApiFixture() : ApiFixture(&fake) {}
    ~ApiFixture() {
        boost::asio::co_spawn(io, hub.end(), [](std::exception_ptr) {});
        io.restart();
        io.poll();
        CHECK_FALSE(hub.sending());
    }

    [[nodiscard]] io::HttpResponse put(const std::string& target, const std::string& body, const std::string& method = "PUT") {
        io::HttpRequest request;
        request.method = method;
        request.target = target;
        request.body = body;
        if (!identifier.empty()) request.headers.add("Lambda-Extension-Identifier", identifier);
        // Through the listener's own front, so that the routes are tested as well.
        std::optional<io::HttpResponse> answer;
        boost::asio::co_spawn(io, api::handle_runtime_api(session, std::move(request)),
                              [&answer](std::exception_ptr error, io::HttpResponse response) {
                                  if (!error) answer = std::move(response);
                              });
        io.restart();
        io.poll();
        REQUIRE(answer);
        return *answer;
    }
    /// `status body`.
    [[nodiscard]] std::string told(const std::string& target, const std::string& body) {
        const auto answer = put(target, body);
        REQUIRE(answer.headers.find("Content-Type").has_value());
        CHECK(*answer.headers.find("Content-Type") == "application/json");
        return std::to_string(answer.status) + " " + answer.body;
    }

    boost::asio::io_context io{1};
    fakes::ManualClock clock;
    fakes::FakeTelemetry fake;
    fakes::FakeEndpoints endpoints{io.get_executor()};
    fakes::SequentialIds ids;
    NoListener listener;
    engine::ExtensionSet extensions{ids, listener, engine::ExtensionFunction{"000000000000", "f", "$LATEST", "h"}};
    engine::TelemetryHub hub;
    engine::RuntimeSession session{endpoints, listener, extensions, hub};
    std::string identifier;
};

const std::string telemetry = "/2022-07-01/telemetry";
const std::string logs = "/2020-08-15/logs";
const std::string destination = R"("destination":{"protocol":"HTTP","URI":"http://sandbox.localdomain:8080"}})";
const std::string valid = R"({"schemaVersion":"2022-12-13","types":["platform","function","extension"],)"
                          R"("buffering":{"maxItems":1000,"maxBytes":262144,"timeoutMs":100},)" +
                          destination;

std::string refused(const std::string& type, const std::string& message) {
    return R"({"errorType":")" + type + R"(","errorMessage":")" + message + "\"}";
}

} // namespace

TEST_CASE("the first subscription is OK, the second AlreadySubscribed, also after a reset") {
    ApiFixture api;
    CHECK(api.told(telemetry, valid) == "200 \"OK\"");
    CHECK(api.told(telemetry, valid) == "200 \"AlreadySubscribed\"");
    api.hub.end_init();
    api.hub.end_generation();
    api.hub.begin_generation();
    CHECK(api.told(telemetry, valid) == "200 \"AlreadySubscribed\"");
    ApiFixture other;
    CHECK(other.told(logs, R"({"types":["function"],)" + destination) == "200 \"OK\"");
    CHECK(other.told(logs, R"({"types":["function"],)" + destination) == "200 \"AlreadySubscribed\"");
}

TEST_CASE("after INIT the subscription is closed") {
    ApiFixture api;
    api.hub.end_init();
    CHECK(api.told(telemetry, valid) == "403 " + refused("Telemetry.SubscriptionClosed", "Telemetry API subscription is closed"));
    CHECK(api.told(logs, "{") == "403 " + refused("Logs.SubscriptionClosed", "Logs API subscription is closed"));
}

TEST_CASE("switched off, it is not supported, whoever asks") {
    ApiFixture api(nullptr);
    CHECK(api.told(telemetry, valid) == "202 " + refused("Telemetry.NotSupported", "Telemetry API is not supported"));
    api.identifier.clear();
    CHECK(api.told(logs, "") == "202 " + refused("Logs.NotSupported", "Logs API is not supported"));
}

TEST_CASE("only registered extensions may subscribe") {
    ApiFixture api;
    const auto told = [&api](const std::string& identifier) {
        api.identifier = identifier;
        return api.told(telemetry, valid);
    };
    CHECK(told("") ==
          "403 {\"errorMessage\":\"Missing Lambda-Extension-Identifier header\",\"errorType\":\"Extension.MissingExtensionIdentifier\"}\n");
    CHECK(told("abc") ==
          "403 {\"errorMessage\":\"Invalid Lambda-Extension-Identifier\",\"errorType\":\"Extension.InvalidExtensionIdentifier\"}\n");
    CHECK(told("11111111-2222-4333-8444-555555555555") ==
          "403 {\"errorMessage\":\"Unknown extension 11111111-2222-4333-8444-555555555555\",\"errorType\":"
          "\"Extension.UnknownExtensionIdentifier\"}\n");
}

TEST_CASE("what is wrong with a request is said, all of it") {
    ApiFixture api;
    struct Row {
        std::string body;
        std::string message;
    };
    const Row rows[] = {
        {"", "the request is not JSON"},
        {"{", "the request is not JSON"},
        {"[]", "the request should be a JSON object"},
        {"{}", "schemaVersion should not be empty; destination is not provided; types should not be empty"},
        {R"({"schemaVersion":1,"types":"all","buffering":[],"destination":{"port":"1","URI":2}})",
         "schemaVersion should be a string; types should be a list of strings; buffering should be an object; URI should be a string; port "
         "should be a whole number"},
        {R"({"schemaVersion":"2022-12-13","types":["platform"],"destination":{}})", "destination protocol should be HTTP or TCP"},
        {R"({"schemaVersion":"2022-12-13","types":["platform"],"destination":{"protocol":"HTTP","URI":"http://example.com:80"}})",
         "URI host should be sandbox.localdomain"},
        {R"({"schemaVersion":"2022-12-13","types":["platform"],"buffering":{"maxItems":18446744073709551615},)" + destination,
         "maxItems should be a whole number"},
        {R"({"schemaVersion":"2022-12-13","types":["platform"],"buffering":{"timeoutMs":1},)" + destination,
         "timeoutMs should be between 25 and 30000"},
        {std::string(limits::telemetry_request_bytes_max + 1, ' '), "the request is too large"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.body);
        CHECK(api.told(telemetry, row.body) == "400 " + refused("ValidationError", row.message));
    }
    CHECK(api.told(logs, "{}") == "400 " + refused("Logs.ValidationError", "destination is not provided; types should not be empty"));
    CHECK(api.told(telemetry, R"({"schemaVersion":"2022-12-13","types":["platform"],"buffering":null,"other":1,)" + destination) ==
          "200 \"OK\"");
}

TEST_CASE("other methods are not allowed") {
    ApiFixture api;
    CHECK(api.put(telemetry, valid, "POST").status == 405);
    CHECK(api.put(logs, valid, "GET").status == 405);
    CHECK(api::telemetry_api_of("/2022-07-01/telemetry?x=1") == model::TelemetryApi::telemetry);
    CHECK_FALSE(api::telemetry_api_of("/2022-07-01/telemetry/"));
}

TEST_CASE("on Managed Instances the newest schema is the only one, and there is no Logs API") {
    ApiFixture api;
    api.hub.offer_newest_alone();
    CHECK(api.told(telemetry, valid) ==
          "400 " + refused("ValidationError", "schemaVersion should be 2025-01-29 for Lambda Managed Instances"));
    CHECK(api.put(logs, R"({"types":["function"],)" + destination).status == 404);
    CHECK(api.told(telemetry, R"({"schemaVersion":"2025-01-29","types":["platform"],)" + destination) == "200 \"OK\"");
}
