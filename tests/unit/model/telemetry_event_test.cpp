// Goal: every event has the bytes of behaviour §2.8, §2.9 and §4.12 in every form that knows it, and none in the others. Method: a table of
// events with what each form writes; the figures of platform.report against the text of REPORT.
#include "lambox/model/telemetry_event.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::model;
using namespace std::chrono_literals;

namespace {

const std::string id = "11111111-2222-4333-8444-555555555555";
const WallTime time_ = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) + 103ms;
const std::string sampled = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
const std::string tracing = R"(,"tracing":{"type":"X-Amzn-Trace-Id","value":")" + sampled + R"("})";

using Form = TelemetryForm;

std::string record(const decltype(TelemetryEvent::what)& what, Form form) {
    const std::string json = telemetry_json(TelemetryEvent{time_, what}, form);
    const std::string front = R"({"time":"2026-01-01T00:00:00.103Z","type":")";
    if (json.empty()) return "nothing";
    REQUIRE(json.starts_with(front));
    const auto type_end = json.find('"', front.size());
    const std::string middle = R"(","record":)";
    REQUIRE(json.substr(type_end, middle.size()) == middle);
    return json.substr(front.size(), type_end - front.size()) + " " +
           json.substr(type_end + middle.size(), json.size() - type_end - middle.size() - 1);
}

struct Row {
    decltype(TelemetryEvent::what) what;
    std::string json_log;
    std::string of_2022_07_01;
    std::string of_2025_01_29;
    std::string logs_2020;
    std::string logs_2021;
};

void check(const Row& row) {
    CHECK(record(row.what, Form::json_log) == row.json_log);
    CHECK(record(row.what, Form::telemetry_2022_07_01) == row.of_2022_07_01);
    CHECK(record(row.what, Form::telemetry_2025_01_29) == row.of_2025_01_29);
    CHECK(record(row.what, Form::logs_2020_08_15) == row.logs_2020);
    CHECK(record(row.what, Form::logs_2021_03_18) == row.logs_2021);
}

InvocationReport report() {
    InvocationReport made;
    made.request_id = id;
    made.duration = 3'022'691us;
    made.billed = 3544ms;
    made.memory_size = Mebibytes{128};
    made.max_memory_used = Mebibytes{37};
    made.init = 525'530us;
    return made;
}

} // namespace

TEST_CASE("init events, which the Logs API does not know") {
    const std::string head = R"("initializationType":"on-demand","phase":"init")";
    const PlatformInitStart start{"on-demand", InitPhase::init, "f", "$LATEST", "2026/01/01/[$LATEST]ab", Mebibytes{512}, "arn:f"};
    const std::string named = "{" + head + R"(,"functionName":"f","functionVersion":"$LATEST")";
    const std::string instance = R"(,"instanceId":"2026/01/01/[$LATEST]ab","instanceMaxMemory":536870912)";
    check({start, "platform.initStart " + named + "}", "platform.initStart " + named + instance + "}",
           "platform.initStart " + named + instance + R"(,"functionArn":"arn:f"})", "nothing", "nothing"});
    const std::string done = "platform.initRuntimeDone {" + head + R"(,"status":"success"})";
    check({PlatformInitRuntimeDone{"on-demand", InitPhase::init, InvocationStatus::success, ""}, done, done, done, "nothing", "nothing"});
    const std::string failed = R"(platform.initReport {"initializationType":"provisioned-concurrency","phase":"invoke","status":"error",)"
                               R"("errorType":"Runtime.ExitError","metrics":{"durationMs":99.5}})";
    const InitReport init{99'500us, InitPhase::invoke, InvocationStatus::error, "Runtime.ExitError"};
    check({PlatformInitReport{"provisioned-concurrency", init}, failed, failed, failed, "nothing", "nothing"});
}

TEST_CASE("platform.start, traced when sampled, with the function's ARN since 2025") {
    const PlatformStart start{id, "$LATEST", "arn:f", sampled};
    const std::string head = R"(platform.start {"requestId":")" + id + "\"";
    const std::string plain = head + R"(,"version":"$LATEST")";
    check({start, plain + "}", plain + tracing + "}", head + R"(,"functionArn":"arn:f","version":"$LATEST")" + tracing + "}", plain + "}",
           plain + "}"});
    CHECK(record(PlatformStart{id, "7", "", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0"}, Form::telemetry_2022_07_01) ==
          head + R"(,"version":"7"})");
}

TEST_CASE("platform.runtimeDone with its spans") {
    PlatformRuntimeDone done{id, InvocationStatus::success, "", {}, 2'022us, 12, ""};
    done.spans = {{"responseLatency", time_, 1'432us}, {"responseDuration", time_ + 1ms, 46us}, {"runtimeOverhead", time_ + 1ms, 453us}};
    const std::string head = R"(platform.runtimeDone {"requestId":")" + id + R"(","status":"success")";
    const std::string spans = R"(,"spans":[{"name":"responseLatency","start":"2026-01-01T00:00:00.103Z","durationMs":1.432},)"
                              R"({"name":"responseDuration","start":"2026-01-01T00:00:00.104Z","durationMs":0.046},)"
                              R"({"name":"runtimeOverhead","start":"2026-01-01T00:00:00.104Z","durationMs":0.453}])";
    const std::string metrics = R"(,"metrics":{"durationMs":2.022,"producedBytes":12}})";
    check({done, head + metrics, head + spans + metrics, head + spans + metrics, "nothing", head + "}"});
    done = {id, InvocationStatus::timeout, "", {}, 2s, 0, ""};
    CHECK(record(done, Form::telemetry_2022_12_13) ==
          R"(platform.runtimeDone {"requestId":")" + id + R"(","status":"timeout","metrics":{"durationMs":2000.0,"producedBytes":0}})");
}

TEST_CASE("platform.report has status before metrics in logs and after them in telemetry, with the figures of REPORT") {
    PlatformReport event{report(), TelemetrySpan{"extensionOverhead", time_, 3'020'364us}, ""};
    const std::string metrics = R"("metrics":{"durationMs":3022.691,"billedDurationMs":3544,"memorySizeMB":128,"maxMemoryUsedMB":37,)"
                                R"("initDurationMs":525.53})";
    const std::string head = R"(platform.report {"requestId":")" + id + R"(",)";
    const std::string spans =
        R"(,"spans":[{"name":"extensionOverhead","start":"2026-01-01T00:00:00.103Z","durationMs":3020.364}],"status":"success"})";
    check({event, head + R"("status":"success",)" + metrics + "}", head + metrics + spans, head + metrics + spans, head + metrics + "}",
           head + metrics + "}"});
    const std::string text = report_line(event.report, Era(std::chrono::year(2026) / 1 / 1));
    CHECK(text.find(
              "Duration: 3022.69 ms\tBilled Duration: 3544 ms\tMemory Size: 128 MB\tMax Memory Used: 37 MB\tInit Duration: 525.53 ms") !=
          std::string::npos);
    event = {report(), std::nullopt, sampled};
    event.report.init.reset();
    event.report.status = InvocationStatus::error;
    event.report.error_type = "Runtime.ExitError";
    const std::string bare = R"("metrics":{"durationMs":3022.691,"billedDurationMs":3544,"memorySizeMB":128,"maxMemoryUsedMB":37})";
    CHECK(record(event, Form::json_log) == head + R"("status":"error","errorType":"Runtime.ExitError",)" + bare + "}");
    CHECK(record(event, Form::telemetry_2022_07_01) ==
          head + bare + R"(,"status":"error","errorType":"Runtime.ExitError")" + tracing + "}");
}

TEST_CASE("the ends that only the Logs API has") {
    const std::string end = R"(platform.end {"requestId":")" + id + R"("})";
    check({PlatformEnd{id}, "nothing", "nothing", "nothing", end, end});
    const std::string fault = R"(platform.fault "RequestId: 1 Process exited before completing request")";
    check({PlatformFault{"RequestId: 1 Process exited before completing request"}, "nothing", "nothing", "nothing", fault, fault});
}

TEST_CASE("extensions, subscriptions and drops are written alike in every form") {
    const auto alike = [](const decltype(TelemetryEvent::what)& what, const std::string& text) {
        check({what, text, text, text, text, text});
    };
    alike(PlatformExtension{"agent", "Ready", {"INVOKE", "SHUTDOWN"}, ""},
          R"(platform.extension {"name":"agent","state":"Ready","events":["INVOKE","SHUTDOWN"]})");
    alike(PlatformExtension{"agent", "LaunchError", {}, "PermissionDenied"},
          R"(platform.extension {"name":"agent","state":"LaunchError","events":[],"errorType":"PermissionDenied"})");
    alike(PlatformSubscription{TelemetryApi::telemetry, "agent", "Subscribed", {TelemetryStream::platform, TelemetryStream::function}},
          R"(platform.telemetrySubscription {"name":"agent","state":"Subscribed","types":["platform","function"]})");
    alike(PlatformSubscription{TelemetryApi::logs, "agent", "Already subscribed", {TelemetryStream::extension}},
          R"(platform.logsSubscription {"name":"agent","state":"Already subscribed","types":["extension"]})");
    alike(PlatformLogsDropped{5, 1234},
          R"(platform.logsDropped {"droppedBytes":1234,"droppedRecords":5,"reason":"Some logs were dropped because the downstream )"
          R"(consumer is slower than the logs production rate"})");
}

TEST_CASE("a line is a string, or an object where the function writes JSON and the schema allows it") {
    OutputLine line{TelemetryStream::function, "say \"hi\"\n", OutputLine::Shape::text};
    const std::string text = R"(function "say \"hi\"\n")";
    check({line, text, text, text, text, text});
    line = {TelemetryStream::extension, "{\"a\": 1}\n", OutputLine::Shape::json_object};
    const std::string escaped = R"(extension "{\"a\": 1}\n")";
    check({line, escaped, escaped, R"(extension {"a": 1})", escaped, escaped});
    CHECK(record(line, Form::telemetry_2022_12_13) == R"(extension {"a": 1})");
    CHECK(stream_of(TelemetryEvent{time_, line}) == TelemetryStream::extension);
    CHECK(stream_of(TelemetryEvent{time_, PlatformEnd{}}) == TelemetryStream::platform);
}

TEST_CASE("JSON milliseconds keep microseconds and one decimal at least") {
    CHECK(json_ms(0us) == "0.0");
    CHECK(json_ms(1us) == "0.001");
    CHECK(json_ms(1'432us) == "1.432");
    CHECK(json_ms(10'000us) == "10.0");
    CHECK(json_ms(3'022'691us) == "3022.691");
}

TEST_CASE("the report of an invocation on Managed Instances has its duration and spans, and nothing of memory or billing") {
    const PlatformConcurrentReport event{
        id, InvocationStatus::error, "Runtime.ExitError", 1'500us, {{"responseLatency", time_, 1'400us}}, sampled};
    const std::string head =
        R"(platform.report {"requestId":")" + id + R"(","status":"error","errorType":"Runtime.ExitError","metrics":{"durationMs":1.5})";
    const std::string told =
        head + R"(,"spans":[{"name":"responseLatency","start":"2026-01-01T00:00:00.103Z","durationMs":1.4}])" + tracing + "}";
    check({event, head + "}", told, told, "nothing", "nothing"});
}
