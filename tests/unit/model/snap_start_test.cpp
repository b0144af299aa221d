// Goal: SnapStart is there where and when AWS has it, refused elsewhere in AWS's words, and its figures and lines are AWS's. Method:
// tables.
#include "lambox/model/snap_start.hpp"

#include "lambox/model/billing.hpp"
#include "lambox/model/function_config.hpp"
#include "lambox/model/report.hpp"
#include "lambox/model/runtime_environment.hpp"
#include "lambox/model/telemetry_event.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace lambox;
using namespace lambox::model;
using namespace std::chrono;

namespace {

const Era today{2026y / 11 / 1};

FunctionSpec spec_on(std::string runtime) {
    FunctionSpec spec;
    spec.name = "f";
    spec.runtime = std::move(runtime);
    spec.handler = "app.handler";
    spec.code = "package";
    spec.snap_start = "PublishedVersions";
    return spec;
}

std::string complaint(const FunctionSpec& spec, const Era& era = today) {
    const auto made = make_function_config(spec, era, RuntimePolicy::lenient);
    const auto* violations = std::get_if<std::vector<Violation>>(&made);
    return violations == nullptr ? "" : violations->front().message;
}

} // namespace

TEST_CASE("exactly Java from 11, Python from 3.12 and .NET from 8 can have it") {
    const std::set<std::string_view> able{"java11",     "java17",     "java21",     "java25",  "java11.al2023", "java17.al2023",
                                          "python3.12", "python3.13", "python3.14", "dotnet8", "dotnet10"};
    for (const Runtime& runtime : runtime_catalogue()) {
        CAPTURE(runtime.identifier);
        CHECK(supports_snap_start(runtime, today) == able.contains(runtime.identifier));
    }
}

TEST_CASE("each language has it from its day on") {
    const auto able = [](std::string_view runtime, year_month_day day) { return supports_snap_start(*find_runtime(runtime), Era{day}); };
    CHECK(!able("java11", 2022y / 11 / 27));
    CHECK(able("java11", 2022y / 11 / 28));
    CHECK(!able("python3.12", 2024y / 11 / 17));
    CHECK(able("python3.12", 2024y / 11 / 18));
    CHECK(!able("dotnet8", 2024y / 11 / 17));
}

TEST_CASE("a definition that cannot have it is refused") {
    CHECK(complaint(spec_on("python3.12")) == "");
    CHECK(complaint(spec_on("nodejs22.x")) == "nodejs22.x is not supported for SnapStart enabled functions.");
    CHECK(complaint(spec_on("provided.al2023")) == "provided.al2023 is not supported for SnapStart enabled functions.");
    auto large = spec_on("java21");
    large.ephemeral_storage = 1'024;
    CHECK(complaint(large) == "ephemeral_storage must be 512 MB with SnapStart, got 1024");
    auto other = spec_on("java21");
    other.snap_start = "Always";
    CHECK(complaint(other) == "snap_start.apply_on must be PublishedVersions or None, got \"Always\"");
    auto none = spec_on("nodejs22.x");
    none.snap_start = "None";
    CHECK(complaint(none) == "");
}

TEST_CASE("what a restore took is billed in whole milliseconds, and rounded with the duration once more") {
    const auto restored = restore_time(52'001us);
    CHECK(restored.duration == 52'001us);
    CHECK(restored.billed == 53ms);
    CHECK(restore_time(0us).billed == 0ms);
    CHECK(billed_duration({147'156us, restored.billed}, InitCharge::billed, today) == 201ms);
}

TEST_CASE("REPORT has the restore in the place of INIT") {
    InvocationReport report;
    report.request_id = "id";
    report.duration = 147'156us;
    report.billed = 201ms;
    report.memory_size = Mebibytes{512};
    report.max_memory_used = Mebibytes{99};
    report.restore = RestoreTime{474'160us, 53ms};
    CHECK(report_line(report, today) == "REPORT RequestId: id\tDuration: 147.16 ms\tBilled Duration: 201 ms\tMemory Size: 512 MB\t"
                                        "Max Memory Used: 99 MB\tRestore Duration: 474.16 ms\tBilled Restore Duration: 53 ms\t\n");
    const TelemetryEvent event{WallTime{}, PlatformReport{report, {}, {}}};
    const std::string json = telemetry_json(event, TelemetryForm::json_log);
    CHECK(json.find(R"("restoreDurationMs":474.16,"billedRestoreDurationMs":53})") != std::string::npos);
}

TEST_CASE("the lines of a restore") {
    CHECK(restore_start_line() == "RESTORE_START \n");
    RestoreReport report{474'160us, InvocationStatus::success, {}};
    CHECK(restore_report_line(report) == "RESTORE_REPORT Restore Duration: 474.16 ms\n");
    report.status = InvocationStatus::error;
    report.error_type = "Runtime.AfterRestoreError";
    CHECK(restore_report_line(report) ==
          "RESTORE_REPORT Restore Duration: 474.16 ms\tStatus: error\tError Type: Runtime.AfterRestoreError\n");
    report = {10'000'000us, InvocationStatus::timeout, {}};
    CHECK(restore_report_line(report) == "RESTORE_REPORT Restore Duration: 10000.00 ms\tStatus: timeout\n");
}

TEST_CASE("the events of a restore, which the Logs API does not know") {
    const auto record = [](auto what, TelemetryForm form) { return telemetry_json(TelemetryEvent{WallTime{}, std::move(what)}, form); };
    const PlatformRestoreStart start{"f", "1", "stream", Mebibytes{1}};
    CHECK(record(start, TelemetryForm::telemetry_2022_12_13) ==
          R"({"time":"1970-01-01T00:00:00.000Z","type":"platform.restoreStart","record":{"functionName":"f","functionVersion":"1",)"
          R"("instanceId":"stream","instanceMaxMemory":1048576}})");
    CHECK(record(start, TelemetryForm::logs_2021_03_18).empty());
    const PlatformRestoreRuntimeDone done{InvocationStatus::error, "Runtime.Unknown"};
    CHECK(
        record(done, TelemetryForm::json_log) ==
        R"({"time":"1970-01-01T00:00:00.000Z","type":"platform.restoreRuntimeDone","record":)"
          R"({"status":"error","errorType":"Runtime.Unknown"}})");
    CHECK(record(done, TelemetryForm::logs_2020_08_15).empty());
    const PlatformRestoreReport report{1'500us, InvocationStatus::success, {}};
    CHECK(
        record(report, TelemetryForm::telemetry_2025_01_29) ==
        R"({"time":"1970-01-01T00:00:00.000Z","type":"platform.restoreReport","record":)"
          R"({"status":"success","metrics":{"durationMs":1.5}}})");
    CHECK(record(report, TelemetryForm::logs_2021_03_18).empty());
}

TEST_CASE("nothing in the variables is one environment's alone") {
    FunctionConfig config;
    config.name = "f";
    config.runtime = find_runtime("python3.12");
    EnvironmentIdentity identity{"eu-west-1", "stream", "1", "AKID", "secret", "token", "snap-start"};
    const auto variables = runtime_environment(config, {"/var/task", "/opt"}, identity);
    for (const std::string_view absent :
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"}) {
        CAPTURE(absent);
        CHECK(std::none_of(variables.begin(), variables.end(), [&](const auto& one) { return one.first == absent; }));
    }
    const std::pair<std::string, std::string> type{"AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"};
    CHECK(std::find(variables.begin(), variables.end(), type) != variables.end());
}

TEST_CASE("its errors have AWS's names") {
    CHECK(exception_name(RestoreFailure::hook) == "SnapStartException");
    CHECK(exception_name(RestoreFailure::timed_out) == "SnapStartTimeoutException");
}
