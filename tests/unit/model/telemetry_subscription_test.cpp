// Goal: which subscriptions are accepted, as what, and what is said of the others. Method: a valid request changed in one place, a row
// each; above all, nothing that leads to another machine is accepted.
#include "lambox/model/telemetry_subscription.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace lambox;
using namespace lambox::model;
using namespace std::chrono_literals;

namespace {

TelemetryRequest valid() {
    TelemetryRequest request;
    request.schema_version = "2022-12-13";
    request.types = {"function", "platform"};
    request.protocol = "HTTP";
    request.uri = "http://sandbox.localdomain:8080/path?a=b#c";
    return request;
}

std::string complaint(const std::function<void(TelemetryRequest&)>& change, TelemetryApi api = TelemetryApi::telemetry) {
    TelemetryRequest request = valid();
    change(request);
    const auto made = make_telemetry_subscription(api, request);
    const auto* text = std::get_if<std::string>(&made);
    return text == nullptr ? "" : *text;
}

TelemetrySubscription made(const std::function<void(TelemetryRequest&)>& change, TelemetryApi api = TelemetryApi::telemetry) {
    TelemetryRequest request = valid();
    change(request);
    auto outcome = make_telemetry_subscription(api, request);
    REQUIRE(std::holds_alternative<TelemetrySubscription>(outcome));
    return std::get<TelemetrySubscription>(outcome);
}

} // namespace

TEST_CASE("a subscription has AWS's defaults") {
    const auto subscription = made([](auto&) {});
    CHECK(subscription.form == TelemetryForm::telemetry_2022_12_13);
    CHECK(subscription.types == std::vector{TelemetryStream::platform, TelemetryStream::function});
    CHECK(subscription.buffering.items_max == 10'000);
    CHECK(subscription.buffering.bytes_max == 262'144);
    CHECK(subscription.buffering.timeout == 1s);
    const TelemetryDestination expected{TelemetryDestination::Protocol::http, 8080, "POST", "sandbox.localdomain:8080", "/path?a=b"};
    CHECK(subscription.destination == expected);
    CHECK(wants(subscription, TelemetryStream::platform));
    CHECK_FALSE(wants(subscription, TelemetryStream::extension));
}

TEST_CASE("schema versions belong to their API") {
    const auto form = [](const char* version, TelemetryApi api) {
        return made([&](auto& request) { request.schema_version = version; }, api).form;
    };
    CHECK(form("2022-07-01", TelemetryApi::telemetry) == TelemetryForm::telemetry_2022_07_01);
    CHECK(form("2025-01-29", TelemetryApi::telemetry) == TelemetryForm::telemetry_2025_01_29);
    CHECK(form("2020-08-15", TelemetryApi::logs) == TelemetryForm::logs_2020_08_15);
    CHECK(form("2021-03-18", TelemetryApi::logs) == TelemetryForm::logs_2021_03_18);
    const auto without = [](TelemetryRequest& request) { request.schema_version.reset(); };
    CHECK(made(without, TelemetryApi::logs).form == TelemetryForm::logs_2020_08_15);
    CHECK(complaint(without) == "schemaVersion should not be empty");
    CHECK(complaint([](auto& request) { request.schema_version = "2020-08-15"; }) == "schemaVersion is not supported");
    CHECK(complaint([](auto&) {}, TelemetryApi::logs) == "schemaVersion is not supported");
}

TEST_CASE("bounds of the buffering") {
    struct Row {
        std::optional<std::int64_t> TelemetryRequest::*member;
        std::int64_t least;
        std::int64_t most;
        const char* text;
    };
    const Row rows[] = {
        {&TelemetryRequest::items_max, 1'000, 10'000, "maxItems should be between 1000 and 10000"},
        {&TelemetryRequest::bytes_max, 262'144, 1'048'576, "maxBytes should be between 262144 and 1048576"},
        {&TelemetryRequest::timeout_ms, 25, 30'000, "timeoutMs should be between 25 and 30000"},
    };
    for (const Row& row : rows) {
        for (const std::int64_t good : {row.least, row.most})
            CHECK(complaint([&](auto& request) { request.*row.member = good; }).empty());
        for (const std::int64_t bad : {row.least - 1, row.most + 1, std::int64_t{-1}})
            CHECK(complaint([&](auto& request) { request.*row.member = bad; }) == row.text);
    }
    const auto taken = made([](auto& request) {
        request.items_max = 1'001;
        request.bytes_max = 262'145;
        request.timeout_ms = 26;
    });
    CHECK(taken.buffering.items_max == 1'001);
    CHECK(taken.buffering.bytes_max == 262'145);
    CHECK(taken.buffering.timeout == 26ms);
}

TEST_CASE("types, and everything wrong at once") {
    CHECK(complaint([](auto& request) { request.types = {"platform", "metrics"}; }) == "types should be platform, function or extension");
    CHECK(complaint([](auto& request) {
              request.types = {};
              request.uri = "http://sandbox.localdomain";
          }) == "URI port is not provided; types should not be empty");
}

TEST_CASE("no host but the sandbox's own is a destination") {
    struct Row {
        const char* uri;
        const char* text;
    };
    const char* const host = "URI host should be sandbox.localdomain";
    const Row rows[] = {
        {"http://sandbox:1", ""},
        {"http://sandbox:65535?x", ""},
        {"http://example.com:80/", host},
        {"http://127.0.0.1:80/", host},
        {"http://localhost:80/", host},
        {"http://sandbox.localdomain.example.com:80/", host},
        {"http://sandbox.localdomain@example.com:80/", host},
        {"http://sandbox.localdomain:80@example.com/", "URI port should be between 1 and 65535"},
        {"http://user:sandbox@sandbox.localdomain:80/", host},
        {"http://[::1]:80/", host},
        {"http:///path", host},
        {"https://sandbox.localdomain:80/", "destination URI should begin with http://"},
        {"sandbox.localdomain:80", "destination URI should begin with http://"},
        {"", "destination URI should begin with http://"},
        {"http://sandbox.localdomain/path", "URI port is not provided"},
        {"http://sandbox.localdomain:/path", "URI port is not provided"},
        {"http://sandbox.localdomain:0", "URI port should be between 1 and 65535"},
        {"http://sandbox.localdomain:65536", "URI port should be between 1 and 65535"},
        {"http://sandbox.localdomain:99999999999999", "URI port should be between 1 and 65535"},
        {"http://sandbox.localdomain:80x", "URI port should be between 1 and 65535"},
        {"http://sandbox.localdomain:80/a b", "destination URI is malformed"},
        {"http://sandbox.localdomain:80/a\r\nHost: x", "destination URI is malformed"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.uri);
        CHECK(complaint([&](auto& request) { request.uri = row.uri; }) == row.text);
    }
    CHECK(made([](auto& request) { request.uri = "http://sandbox:65535?x"; }).destination.target == "/?x");
}

TEST_CASE("protocols and their members") {
    CHECK(complaint([](auto& request) { request.protocol.reset(); }) == "destination is not provided");
    CHECK(complaint([](auto& request) { request.protocol = "UDP"; }) == "destination protocol should be HTTP or TCP");
    CHECK(complaint([](auto& request) { request.uri.reset(); }) == "destination URI is not provided");
    CHECK(complaint([](auto& request) { request.method = "GET"; }) == "destination method should be POST or PUT");
    CHECK(complaint([](auto& request) { request.encoding = "XML"; }) == "destination encoding should be JSON");
    CHECK(made([](auto& request) { request.method = "PUT"; }).destination.method == "PUT");
    const auto tcp = [](std::optional<std::int64_t> port) {
        return [port](TelemetryRequest& request) {
            request.protocol = "TCP";
            request.port = port;
        };
    };
    CHECK(complaint(tcp(std::nullopt)) == "destination port is not provided");
    CHECK(complaint(tcp(0)) == "destination port should be between 1 and 65535");
    CHECK(complaint(tcp(65'536)) == "destination port should be between 1 and 65535");
    CHECK(made(tcp(4243)).destination.port == 4243);
    CHECK(made(tcp(4243)).destination.protocol == TelemetryDestination::Protocol::tcp);
}
