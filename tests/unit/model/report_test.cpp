// Goal: log lines are AWS's to the byte. Method: the captured lines, written out in full with their TABs.
#include "lambox/model/report.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace lambox;
using namespace lambox::model;
using namespace std::chrono;

namespace {

const std::string id = "11111111-2222-4333-8444-555555555555";
const Era older{2024y / 12 / 31};
const Era newer{2025y / 1 / 1};
const WallTime new_year = sys_days{2026y / 1 / 1} + 103ms;
const WallTime spring = sys_days{2024y / 4 / 8} + 8h + 59min + 59s + 123ms;

InvocationReport cold() {
    return {
        .request_id = id,
        .duration = 2'030us,
        .billed = 82ms,
        .memory_size = Mebibytes{128},
        .max_memory_used = Mebibytes{37},
        .init = 79'220us,
        .status = InvocationStatus::success,
        .error_type = "",
    };
}

InvocationReport warm() {
    InvocationReport report = cold();
    report.billed = 3ms;
    report.init = std::nullopt;
    return report;
}

InvocationReport timed_out() {
    InvocationReport report = warm();
    report.duration = 2'000'000us;
    report.billed = 2'000ms;
    report.status = InvocationStatus::timeout;
    return report;
}

InvocationReport crashed() {
    InvocationReport report = warm();
    report.status = InvocationStatus::error;
    report.error_type = "Runtime.ExitError";
    return report;
}

} // namespace

TEST_CASE("INIT_START, START and END carry what AWS prints") {
    CHECK(init_start_line() == "INIT_START \n");
    CHECK(start_line(id, "$LATEST") == "START RequestId: 11111111-2222-4333-8444-555555555555 Version: $LATEST\n");
    CHECK(start_line(id, "7") == "START RequestId: 11111111-2222-4333-8444-555555555555 Version: 7\n");
    CHECK(end_line(id) == "END RequestId: 11111111-2222-4333-8444-555555555555\n");
}

TEST_CASE("REPORT ends in a TAB, with and without Init Duration") {
    CHECK(report_line(cold(), newer) == "REPORT RequestId: 11111111-2222-4333-8444-555555555555\t"
                                        "Duration: 2.03 ms\tBilled Duration: 82 ms\t"
                                        "Memory Size: 128 MB\tMax Memory Used: 37 MB\tInit Duration: 79.22 ms\t\n");
    CHECK(report_line(warm(), newer) == "REPORT RequestId: 11111111-2222-4333-8444-555555555555\t"
                                        "Duration: 2.03 ms\tBilled Duration: 3 ms\t"
                                        "Memory Size: 128 MB\tMax Memory Used: 37 MB\t\n");
}

TEST_CASE("a successful REPORT is the same in every era") {
    CHECK(report_line(cold(), older) == report_line(cold(), newer));
    CHECK(report_line(warm(), older) == report_line(warm(), newer));
}

TEST_CASE("REPORT tells a failure by Status and Error Type from 2025 on") {
    const std::string up_to_memory = "REPORT RequestId: 11111111-2222-4333-8444-555555555555\t"
                                     "Duration: 2000.00 ms\tBilled Duration: 2000 ms\t"
                                     "Memory Size: 128 MB\tMax Memory Used: 37 MB\t";
    CHECK(report_line(timed_out(), newer) == up_to_memory + "Status: timeout\t\n");
    CHECK(report_line(timed_out(), older) == up_to_memory + "\n");
    const std::string crash = report_line(crashed(), newer);
    CHECK(crash.ends_with("\tMax Memory Used: 37 MB\tStatus: error\tError Type: Runtime.ExitError\t\n"));
    CHECK(report_line(crashed(), older) == report_line(warm(), older));
}

TEST_CASE("Init Duration comes before Status") {
    InvocationReport report = timed_out();
    report.init = 428'869us;
    CHECK(report_line(report, newer).ends_with("\tInit Duration: 428.87 ms\tStatus: timeout\t\n"));
}

TEST_CASE("INIT_REPORT has no TAB at its end") {
    CHECK(init_report_line({1'236'040us, InitPhase::init, InvocationStatus::timeout, ""}) ==
          "INIT_REPORT Init Duration: 1236.04 ms\tPhase: init\tStatus: timeout\n");
    CHECK(init_report_line({511'880us, InitPhase::invoke, InvocationStatus::error, "Extension.Crash"}) ==
          "INIT_REPORT Init Duration: 511.88 ms\tPhase: invoke\tStatus: error\tError Type: Extension.Crash\n");
    CHECK(init_report_line({10'000us, InitPhase::init, InvocationStatus::success, ""}) ==
          "INIT_REPORT Init Duration: 10.00 ms\tPhase: init\n");
}

TEST_CASE("before 2025 a timeout has a line of its own and an empty one") {
    CHECK(timeout_log_lines(id, 3s, spring, older) ==
          "2024-04-08T08:59:59.123Z 11111111-2222-4333-8444-555555555555 Task timed out after 3.00 seconds\n\n");
    CHECK(timeout_log_lines(id, 3s, spring, newer).empty());
}

TEST_CASE("before 2025 a crash has two lines of its own") {
    CHECK(crash_log_lines(id, "Runtime.ExitError", "Runtime exited with error: exit status 1", older) ==
          "RequestId: 11111111-2222-4333-8444-555555555555 Error: Runtime exited with error: exit status 1\nRuntime.ExitError\n");
    CHECK(crash_log_lines(id, "Runtime.ExitError", "Runtime exited with error: exit status 1", newer).empty());
}

TEST_CASE("statuses and phases have AWS's names") {
    CHECK(to_string(InvocationStatus::success) == "success");
    CHECK(to_string(InvocationStatus::error) == "error");
    CHECK(to_string(InvocationStatus::failure) == "failure");
    CHECK(to_string(InvocationStatus::timeout) == "timeout");
    CHECK(to_string(InitPhase::init) == "init");
    CHECK(to_string(InitPhase::invoke) == "invoke");
}

TEST_CASE("the log tail keeps the last bytes, however they came") {
    const std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        LogTail tail{10};
        for (std::size_t at = 0; at < text.size(); at += piece) {
            tail.append(std::string_view{text}.substr(at, piece));
            const std::string_view so_far = std::string_view{text}.substr(0, std::min(text.size(), at + piece));
            REQUIRE(tail.text() == so_far.substr(so_far.size() - std::min<std::size_t>(10, so_far.size())));
        }
    }
}

TEST_CASE("a log that fits is given back as it is") {
    LogTail tail{10};
    CHECK(tail.text().empty());
    tail.append("");
    tail.append("0123456789");
    CHECK(tail.text() == "0123456789");
    tail.clear();
    CHECK(tail.text().empty());
    tail.append("\x80 raw");
    CHECK(tail.text() == "\x80 raw"); // nothing was cut: the function wrote it so
}

TEST_CASE("a character that the cut splits becomes one U+FFFD") {
    const std::string euro = "€";
    for (const std::size_t limit : {4U, 5U}) {
        LogTail tail{limit};
        tail.append(euro + "abc");
        CHECK(tail.text() == "\uFFFDabc");
    }
    LogTail whole{6};
    whole.append("x" + euro + "abc");
    CHECK(whole.text() == euro + "abc");

    LogTail between{3};
    between.append(euro + "abc");
    CHECK(between.text() == "abc");
}

TEST_CASE("the mark of a cut character stays until the cut has moved on, and a clear forgets it") {
    LogTail tail{4};
    for (const char c : std::string{"0123456789"}) tail.append(std::string(1, c));
    tail.append("€€");
    CHECK(tail.text() == "\uFFFD€");
    tail.clear();
    tail.append("\x82\xac");
    CHECK(tail.text() == "\x82\xac");
}

TEST_CASE("a tail of no bytes stays empty") {
    LogTail tail{0};
    tail.append("anything");
    CHECK(tail.text().empty());
}

TEST_CASE("AWS's emulator prints INIT first, bills it never and has all memory used") {
    CHECK(emulator_report_line(cold()) == "REPORT RequestId: " + id +
                                              "\tInit Duration: 79.22 ms\tDuration: 2.03 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\t"
                                              "Max Memory Used: 128 MB\t\n");
    CHECK(emulator_report_line(warm()) ==
          "REPORT RequestId: " + id + "\tDuration: 2.03 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t\n");
}

TEST_CASE("a tail of records drops whole lines from the front, however they came") {
    const std::string text = "{1}\n{22}\n{333}\n{4444}\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        LogTail tail{14, LogTailCut::records};
        for (std::size_t at = 0; at < text.size(); at += piece) tail.append(std::string_view{text}.substr(at, piece));
        REQUIRE(tail.text() == "{333}\n{4444}\n");
    }
    LogTail exact{13, LogTailCut::records};
    exact.append(text);
    CHECK(exact.text() == "{333}\n{4444}\n");
    LogTail overlong{5, LogTailCut::records};
    overlong.append("{a line that does not fit}\n");
    CHECK(overlong.text().empty());
    overlong.append("piece without an end, longer than twice");
    CHECK(overlong.text().empty());
}

TEST_CASE("an extension's line names its state, its events and what went wrong") {
    CHECK(extension_line({"agent", "Ready", {"INVOKE", "SHUTDOWN"}, ""}) ==
          "EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n");
    CHECK(extension_line({"agent", "LaunchError", {}, "PermissionDenied"}) ==
          "EXTENSION\tName: agent\tState: LaunchError\tEvents: []\tError Type: PermissionDenied\n");
}
