// Goal: callers see AWS's error payloads to the byte, in both eras. Method: tables of the captured texts.
#include "lambox/model/function_error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace lambox;
using namespace lambox::model;
using namespace std::chrono;

namespace {

const std::string id = "11111111-2222-4333-8444-555555555555";

/// A payload around the request id.
std::string around_id(const std::string& before, const std::string& after) { return before + id + after; }
const Era older{2024y / 12 / 31};
const Era newer{2025y / 1 / 1};
const WallTime spring = sys_days{2024y / 4 / 8} + 8h + 59min + 59s + 123ms;

} // namespace

TEST_CASE("a runtime's end is told in Go's words") {
    const std::vector<std::pair<RuntimeExit, const char*>> table = {
        {ExitedWith{0}, "Runtime exited without providing a reason"},
        {ExitedWith{1}, "Runtime exited with error: exit status 1"},
        {ExitedWith{3}, "Runtime exited with error: exit status 3"},
        {ExitedWith{127}, "Runtime exited with error: exit status 127"},
        {KilledBy{9}, "Runtime exited with error: signal: killed"},
        {KilledBy{15}, "Runtime exited with error: signal: terminated"},
        {KilledBy{11}, "Runtime exited with error: signal: segmentation fault"},
        {KilledBy{11, true}, "Runtime exited with error: signal: segmentation fault (core dumped)"},
        {KilledBy{6, true}, "Runtime exited with error: signal: aborted (core dumped)"},
        {KilledBy{34}, "Runtime exited with error: signal: signal 34"},
    };
    for (const auto& [exit, text] : table) CHECK(exit_message(exit) == text);
}

TEST_CASE("signals have Go's names, and numbers where Go has none") {
    const std::vector<std::pair<int, const char*>> table = {
        {1, "hangup"},        {2, "interrupt"},     {3, "quit"},
        {4, "illegal instruction"}, {5, "trace/breakpoint trap"}, {6, "aborted"},
        {7, "bus error"},     {8, "floating point exception"}, {9, "killed"},
        {10, "user defined signal 1"}, {11, "segmentation fault"}, {12, "user defined signal 2"},
        {13, "broken pipe"},  {14, "alarm clock"},  {15, "terminated"},
        {24, "CPU time limit exceeded"}, {25, "file size limit exceeded"}, {31, "bad system call"},
        {0, "signal 0"},      {-1, "signal -1"},    {32, "signal 32"},
        {64, "signal 64"},
    };
    for (const auto& [number, text] : table) CHECK(signal_text(number) == text);
}

TEST_CASE("an error type is kept when a known category with a reason is in it, else replaced") {
    const std::vector<std::pair<const char*, const char*>> table = {
        {"Runtime.HandlerNotFound", "Runtime.HandlerNotFound"},
        {"Function.MyError", "Function.MyError"},
        {"Function.Ab", "Function.Ab"},
        {"my.Runtime.Bad-thing", "my.Runtime.Bad-thing"},
        {"xRuntime.ExitErrory 1", "xRuntime.ExitErrory 1"},
        {"Runtime.x Function.Oops", "Runtime.x Function.Oops"},
        {"Runtime.xRuntime.Yes", "Runtime.xRuntime.Yes"},
        {"Function.A", "Function.Unknown"},
        {"Function.a", "Function.Unknown"},
        {"Function.", "Function.Unknown"},
        {"Function.A1b", "Function.Unknown"},
        {"Function", "Runtime.Unknown"},
        {"Runtime.A", "Runtime.Unknown"},
        {"Runtime.error", "Runtime.Unknown"},
        {"runtime.Error", "Runtime.Unknown"},
        {"xFunction.a", "Runtime.Unknown"},
        {"ValueError", "Runtime.Unknown"},
        {"Extension.Crash", "Runtime.Unknown"},
        {"", "Runtime.Unknown"},
    };
    for (const auto& [header, kept] : table) {
        CAPTURE(header);
        CHECK(sanitise_error_type(header) == kept);
    }
}

TEST_CASE("an error type is cut at 256 bytes before it is looked at") {
    const std::string long_type = "Function.Oops" + std::string(1'000, 'x');
    CHECK(sanitise_error_type(long_type) == long_type.substr(0, 256));
    CHECK(sanitise_error_type(std::string(256, 'x') + "Function.Oops") == "Runtime.Unknown");
}

TEST_CASE("platform payloads have the type first and no spaces") {
    CHECK(platform_error_payload(id, error_type::runtime_exit, exit_message(ExitedWith{0})) ==
          around_id(R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: )",
                    R"( Error: Runtime exited without providing a reason"})"));
    CHECK(platform_error_payload(id, error_type::runtime_exit, exit_message(ExitedWith{127})) ==
          around_id(R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: )",
                    R"( Error: Runtime exited with error: exit status 127"})"));
    CHECK(platform_error_payload(id, error_type::runtime_out_of_memory, exit_message(KilledBy{9})) ==
          around_id(R"({"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: )",
                    R"( Error: Runtime exited with error: signal: killed"})"));
    CHECK(platform_error_payload(id, error_type::runtime_invalid_entrypoint, no_bootstrap_message()) ==
          around_id(R"({"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: )",
                    R"( Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"})"));
    CHECK(platform_error_payload("i\"d", "T<", "a\nb") == R"({"errorType":"T\u003c","errorMessage":"RequestId: i\"d Error: a\nb"})");
}

TEST_CASE("a timeout has the payload of its era, with the configured seconds in two decimals") {
    CHECK(timeout_payload(id, 1s, spring, newer) ==
          around_id(R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: )",
                    R"( Error: Task timed out after 1.00 seconds"})"));
    CHECK(timeout_payload(id, 1s, spring, older) ==
          around_id(R"({"errorMessage":"2024-04-08T08:59:59.123Z )",
                    R"( Task timed out after 1.00 seconds"})"));
    CHECK(timeout_payload(id, 900s, spring, newer).find("after 900.00 seconds\"") != std::string::npos);
    CHECK(timeout_payload(id, 3s, spring, older).find("after 3.00 seconds\"") != std::string::npos);
}

TEST_CASE("a response that is too large names the limit") {
    CHECK(response_too_large_payload() ==
          R"({"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",)"
          R"("errorType":"Function.ResponseSizeTooLarge"})");
}

TEST_CASE("only a fault of the program makes a repeated INIT go on until the timeout") {
    for (int signal = 1; signal <= 31; ++signal) {
        CAPTURE(signal);
        const bool fault = signal == 4 || signal == 7 || signal == 8 || signal == 11;
        CHECK(retried_in_init(KilledBy{signal}) == fault);
        CHECK(retried_in_init(KilledBy{signal, true}) == fault);
    }
    CHECK_FALSE(retried_in_init(ExitedWith{0}));
    CHECK_FALSE(retried_in_init(ExitedWith{11}));
}

TEST_CASE("the end of an extension is worded as AWS words it") {
    CHECK(extension_exit_message(ExitedWith{0}) == "exit code 0");
    CHECK(extension_exit_message(ExitedWith{3}) == "exit status 3");
    CHECK(extension_exit_message(KilledBy{9}) == "signal: killed");
    CHECK(extension_exit_message(KilledBy{11, true}) == "signal: segmentation fault (core dumped)");
}
