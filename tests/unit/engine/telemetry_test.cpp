// Goal: the telemetry of every way an invocation can go, event by event, and the JSON log made from the same events. Method: the whole
// engine on a manual clock with a subscriber that takes everything; transcripts without their times, since those move only when told.
#include "fakes/engine_fixture.hpp"
#include "fakes/fake_telemetry.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lambox;
using namespace std::chrono_literals;
using fakes::EngineFixture;
using fakes::payload_of;
using fakes::report_of;
using model::TelemetryForm;
using model::TelemetryStream;

namespace {

const std::vector<TelemetryStream> everything{TelemetryStream::platform, TelemetryStream::function, TelemetryStream::extension};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    if (what.empty()) return text;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
    return text;
}

/// `"time":"2026-…Z"` and the starts of spans say nothing that the durations do not.
std::string timeless(std::string text, const std::string& name) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1))
        text.erase(at + name.size(), 24);
    return text;
}

struct TelemetryFixture : EngineFixture {
    TelemetryFixture() { services.telemetry = &channels; }

    void subscribe(TelemetryForm form = TelemetryForm::telemetry_2025_01_29) { subscribe(model::TelemetryApi::telemetry, form); }
    void subscribe(model::TelemetryApi api, TelemetryForm form) {
        auto subscription = fakes::subscription_to(everything, 4243, form);
        subscription.buffering.timeout = 25ms;
        endpoints.last->telemetry().subscribe(api, "agent", std::move(subscription));
        turn();
    }
    /// `type record` a line, with short names for what is made up; what was taken since the last call.
    std::string transcript(const Reply& reply) {
        for (int i = 0; i < 3; ++i)
            advance(25ms);
        std::string lines;
        const auto items = channels.items();
        for (; told_ < items.size(); ++told_) {
            std::string text = timeless(timeless(items[told_], R"("time":")"), R"("start":")");
            text = replaced(text, R"({"time":"","type":")", "");
            text = replaced(text, R"(","record":)", " ");
            if (text.ends_with('}')) text.pop_back();
            lines +=
                replaced(replaced(text, id_of(reply), "<id>"), spawner.last().variable("AWS_LAMBDA_LOG_STREAM_NAME"), "<stream>") + "\n";
        }
        return lines;
    }
    static std::string id_of(const Reply& reply) { return *reply && (*reply)->figures ? (*reply)->figures->report.request_id : ""; }

    fakes::FakeTelemetry channels;

private:
    std::size_t told_ = 0;
};

const std::string arn = R"("functionArn":"arn:aws:lambda:us-east-1:000000000000:function:f1")";

std::string init_transcript(const std::string& phase) {
    const std::string head = R"("initializationType":"on-demand","phase":")" + phase + "\"";
    return "platform.initStart {" + head +
           R"(,"functionName":"f1","functionVersion":"$LATEST","instanceId":"<stream>","instanceMaxMemory":134217728,)" + arn + "}\n";
}

std::string start_transcript() { return R"(platform.start {"requestId":"<id>",)" + arn + R"(,"version":"$LATEST"})" + "\n"; }

std::string span(const std::string& name, const std::string& ms) {
    return R"({"name":")" + name + R"(","start":"","durationMs":)" + ms + "}";
}

} // namespace

TEST_CASE("cold and warm: every event in AWS's order, with the figures of REPORT") {
    TelemetryFixture engine;
    const auto function = engine.function();
    auto reply = engine.invoke(function);
    engine.spawner.last().print("starting\n");
    engine.subscribe();
    engine.advance(80'004us);
    engine.ask_next();
    engine.advance(1'432us);
    engine.spawner.last().waiting_output = "working\n";
    engine.respond("true");
    engine.advance(453us);
    engine.ask_next();
    REQUIRE(payload_of(reply) == "true");
    CHECK(report_of(reply).duration == 1'885us);
    const std::string done = R"("initializationType":"on-demand","phase":"init","status":"success")";
    const std::string spans =
        "[" + span("responseLatency", "1.432") + "," + span("responseDuration", "0.0") + "," + span("runtimeOverhead", "0.453") + "]";
    CHECK(engine.transcript(reply) ==
          init_transcript("init") + "function \"starting\\n\"\n" +
              R"(platform.telemetrySubscription {"name":"agent","state":"Subscribed","types":["platform","function","extension"]})" + "\n" +
              "platform.initRuntimeDone {" + done + "}\n" + "platform.initReport {" + done + R"(,"metrics":{"durationMs":80.004}})" + "\n" +
              start_transcript() + "function \"working\\n\"\n" + R"(platform.runtimeDone {"requestId":"<id>","status":"success","spans":)" +
              spans + R"(,"metrics":{"durationMs":1.885,"producedBytes":4}})" + "\n" +
              R"(platform.report {"requestId":"<id>","metrics":{"durationMs":1.885,"billedDurationMs":82,"memorySizeMB":128,)" +
              R"("maxMemoryUsedMB":0,"initDurationMs":80.004},"status":"success"})" + "\n");
    CHECK(engine.log.text().find("Duration: 1.89 ms\tBilled Duration: 82 ms") != std::string::npos);

    reply = engine.invoke(function);
    engine.fail(R"({"errorType":"E"})", "Function.Oops");
    engine.advance(2ms);
    engine.ask_next();
    const std::string failed =
        "[" + span("responseLatency", "0.0") + "," + span("responseDuration", "0.0") + "," + span("runtimeOverhead", "2.0") + "]";
    CHECK(engine.transcript(reply) ==
          start_transcript() + R"(platform.runtimeDone {"requestId":"<id>","status":"error","errorType":"Function.Oops","spans":)" +
              failed + R"(,"metrics":{"durationMs":2.0,"producedBytes":17}})" + "\n" +
              R"(platform.report {"requestId":"<id>","metrics":{"durationMs":2.0,"billedDurationMs":2,"memorySizeMB":128,)" +
              R"("maxMemoryUsedMB":0},"status":"error","errorType":"Function.Oops"})" + "\n");
}

TEST_CASE("a timeout: its report goes to the next generation, which is initialised before its platform.start") {
    TelemetryFixture engine;
    const auto function = engine.function();
    const auto first = engine.invoke(function);
    engine.subscribe();
    engine.ask_next();
    (void)engine.transcript(first);
    engine.advance(2'925ms); // its process ends before the next batch is due
    REQUIRE(*first);
    engine.end_processes();
    CHECK(engine.transcript(first).empty());

    const auto second = engine.invoke(function);
    engine.advance(7ms);
    engine.ask_next();
    const std::string done = R"("initializationType":"on-demand","phase":"invoke","status":"success")";
    const std::string tail_of_first = R"(platform.runtimeDone {"requestId":"<id>","status":"timeout","metrics":{"durationMs":3000.0,)"
                                      R"("producedBytes":0}})"
                                      "\n"
                                      R"(platform.report {"requestId":"<id>","metrics":{"durationMs":3000.0,"billedDurationMs":3000,)"
                                      R"("memorySizeMB":128,"maxMemoryUsedMB":0,"initDurationMs":0.0},"status":"timeout"})"
                                      "\n";
    const std::string transcript = replaced(engine.transcript(first), engine.event->invocation->request_id.str(), "<second>");
    CHECK(transcript == tail_of_first + init_transcript("invoke") + "platform.initRuntimeDone {" + done + "}\n" + "platform.initReport {" +
                            done + R"(,"metrics":{"durationMs":7.0}})" + "\n" + replaced(start_transcript(), "<id>", "<second>"));
    engine.respond("1");
    engine.ask_next();
    CHECK(payload_of(second) == "1");
}

TEST_CASE("a crash: the runtime's end, the last words before it") {
    TelemetryFixture engine;
    const auto function = engine.function();
    const auto reply = engine.invoke(function);
    engine.subscribe(TelemetryForm::telemetry_2022_07_01);
    engine.ask_next();
    engine.transcript(reply);
    engine.spawner.last().print("last words\nunfinished");
    engine.spawner.last().exit(io::Exited{3});
    engine.turn();
    REQUIRE(*reply);
    const auto next = engine.invoke(function);
    engine.ask_next();
    const std::string transcript = engine.transcript(reply);
    CAPTURE(transcript);
    CHECK(transcript.starts_with("function \"last words\\n\"\nfunction \"unfinished\\n\"\nplatform.runtimeDone "
                                 R"({"requestId":"<id>","status":"error","errorType":"Runtime.ExitError","metrics":{"durationMs":)"));
    CHECK(transcript.find(R"("maxMemoryUsedMB":0,"initDurationMs":0.0},"status":"error","errorType":"Runtime.ExitError"})") !=
          std::string::npos);
    engine.respond("1");
    engine.ask_next();
    CHECK(payload_of(next) == "1");
}

TEST_CASE("an extension that overruns the timeout: the caller has its answer, the runtime was done, the report says timeout") {
    TelemetryFixture engine;
    const auto reply = engine.invoke(engine.function());
    const auto enrolled = engine.endpoints.last->extensions().enroll("inside", {"INVOKE"});
    REQUIRE(std::holds_alternative<std::string>(enrolled));
    const auto ask = [&] {
        const auto next = [](engine::ExtensionSet& set, std::string id) -> boost::asio::awaitable<void> { (void)co_await set.next(id); };
        engine.endpoints.calls->spawn(next(engine.endpoints.last->extensions(), std::get<std::string>(enrolled)));
        engine.turn();
    };
    engine.subscribe();
    engine.ask_next();
    engine.advance(5ms);
    ask(); // INIT ends with the extension
    (void)engine.transcript(reply);
    engine.respond("true");
    engine.ask_next();
    engine.advance(3s);
    REQUIRE(payload_of(reply) == "true");
    const std::string transcript = engine.transcript(reply);
    CHECK(transcript.starts_with(R"(platform.runtimeDone {"requestId":"<id>","status":"success","spans":[)"));
    CHECK(transcript.ends_with(
        R"(platform.report {"requestId":"<id>","metrics":{"durationMs":3000.0,"billedDurationMs":3005,"memorySizeMB":128,)"
        R"("maxMemoryUsedMB":0,"initDurationMs":5.0},"spans":[)" +
        span("extensionOverhead", "2925.0") + R"(],"status":"timeout"})" + "\n"));
}

TEST_CASE("the Logs API has ends and faults instead") {
    TelemetryFixture engine;
    const auto reply = engine.invoke(engine.function());
    engine.subscribe(model::TelemetryApi::logs, TelemetryForm::logs_2021_03_18);
    engine.ask_next();
    engine.respond("1");
    engine.ask_next();
    CHECK(engine.transcript(reply) ==
          std::string(R"(platform.logsSubscription {"name":"agent","state":"Subscribed","types":["platform","function","extension"]})") +
              "\n" + R"(platform.start {"requestId":"<id>","version":"$LATEST"})" + "\n" +
              R"(platform.runtimeDone {"requestId":"<id>","status":"success"})" + "\n" + R"(platform.end {"requestId":"<id>"})" + "\n" +
              R"(platform.report {"requestId":"<id>","metrics":{"durationMs":0.0,"billedDurationMs":1,"memorySizeMB":128,)" +
              R"("maxMemoryUsedMB":0,"initDurationMs":0.0}})" + "\n");
}

TEST_CASE("a function without a subscriber has no telemetry after INIT") {
    TelemetryFixture engine;
    const auto function = engine.function();
    const auto reply = engine.invoke(function);
    CHECK(engine.endpoints.last->telemetry().listening());
    engine.ask_next();
    CHECK_FALSE(engine.endpoints.last->telemetry().listening());
    engine.respond("1");
    engine.ask_next();
    CHECK(payload_of(reply) == "1");
    CHECK(engine.channels.attempts == 0);
}

namespace {

std::shared_ptr<const engine::FunctionRevision> json_function(EngineFixture& engine, const std::string& system_level,
                                                              const std::string& application_level,
                                                              std::string_view runtime = "provided.al2023") {
    auto function = std::make_shared<engine::FunctionRevision>(*engine.function());
    function->config.runtime = model::find_runtime(runtime);
    function->config.logging = {"JSON", application_level, system_level, ""};
    return function;
}

/// One invocation that prints `output`; the log without its times.
std::string json_log(const std::string& system_level, const std::string& application_level, const std::string& output,
                     std::string_view runtime = "provided.al2023") {
    EngineFixture engine;
    const auto reply = engine.invoke(json_function(engine, system_level, application_level, runtime));
    REQUIRE(engine.spawner.last().variable("AWS_LAMBDA_LOG_FORMAT") == "JSON");
    engine.advance(99'500us);
    engine.ask_next();
    engine.spawner.last().print(output);
    engine.advance(1'900us);
    engine.respond("\"0123456789\"");
    engine.advance(130us);
    engine.ask_next();
    REQUIRE(payload_of(reply) == "\"0123456789\"");
    if (system_level != "DEBUG") CHECK((*reply)->log_tail == engine.log.text());
    return replaced(timeless(timeless(engine.log.text(), R"("time":")"), R"("timestamp":")"), report_of(reply).request_id, "<id>");
}

const std::string start_line = R"({"time":"","type":"platform.start","record":{"requestId":"<id>","version":"$LATEST"}})"
                               "\n";
const std::string report_line =
    R"({"time":"","type":"platform.report","record":{"requestId":"<id>","status":"success","metrics":{"durationMs":2.03,)"
    R"("billedDurationMs":102,"memorySizeMB":128,"maxMemoryUsedMB":0,"initDurationMs":99.5}}})"
    "\n";

} // namespace

TEST_CASE("a JSON log has START and REPORT as records, all of them at level DEBUG, and neither at WARN") {
    CHECK(json_log("", "", "") == start_line + report_line);
    CHECK(json_log("INFO", "", "") == start_line + report_line);
    CHECK(json_log("WARN", "", "").empty());
    const std::string head = R"("initializationType":"on-demand","phase":"init")";
    CHECK(json_log("DEBUG", "", "") ==
          R"({"time":"","type":"platform.initStart","record":{)" + head + R"(,"functionName":"f1","functionVersion":"$LATEST"}})" + "\n" +
              R"({"time":"","type":"platform.initRuntimeDone","record":{)" + head + R"(,"status":"success"}})" + "\n" +
              R"({"time":"","type":"platform.initReport","record":{)" + head + R"(,"status":"success","metrics":{"durationMs":99.5}}})" +
              "\n" + start_line +
              R"({"time":"","type":"platform.runtimeDone","record":{"requestId":"<id>","status":"success","metrics":{"durationMs":2.03,)" +
              R"("producedBytes":12}}})" + "\n" + report_line);
}

TEST_CASE("lines of an OS-only runtime pass as they are, filtered by the level that they name") {
    const std::string lines = "plain\n{\"level\":\"DEBUG\",\"a\":1}\n{\"level\":\"error\"}\n{\"no\":\"level\"}\n";
    struct Row {
        std::string level;
        std::string kept;
    };
    const Row rows[] = {
        {"", "plain\n{\"level\":\"error\"}\n{\"no\":\"level\"}\n"},
        {"INFO", "plain\n{\"level\":\"error\"}\n{\"no\":\"level\"}\n"},
        {"TRACE", lines},
        {"DEBUG", lines},
        {"WARN", "{\"level\":\"error\"}\n"},
        {"FATAL", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.level);
        CHECK(json_log("INFO", row.level, lines) == start_line + row.kept + report_line);
    }
}

TEST_CASE("lines of a managed runtime that are no JSON objects are wrapped in one") {
    CHECK(json_log("INFO", "INFO", "say \"hi\"\n{\"level\":\"INFO\"}\n", "python3.12") ==
          start_line + R"({"timestamp":"","level":"INFO","message":"say \"hi\"","requestId":"<id>"})" + "\n{\"level\":\"INFO\"}\n" +
              report_line);
    CHECK(json_log("INFO", "WARN", "say \"hi\"\n", "python3.12") == start_line + report_line);
}

TEST_CASE("an invocation that fails is a warning") {
    EngineFixture engine;
    const auto reply = engine.invoke(json_function(engine, "WARN", ""));
    engine.ask_next();
    engine.respond("1");
    engine.spawner.last().exit(io::Exited{1});
    engine.turn();
    REQUIRE(*reply);
    CHECK(engine.log.text().find("platform.start") == std::string::npos);
    CHECK(engine.log.text().find(R"("type":"platform.runtimeDone","record":{"requestId":")") != std::string::npos);
    CHECK(engine.log.text().find(R"("status":"error","errorType":"Runtime.ExitError","metrics":{)") != std::string::npos);
}
