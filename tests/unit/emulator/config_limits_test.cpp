// Goal: no text, however hostile, takes more than bounded time, memory and stack, or lets an exception out. Method: texts
// made to break each bound, and texts that are not YAML at all.
#include "lambox/base/limits.hpp"
#include "unit/emulator/config_fixture.hpp"

#include <algorithm>

using namespace lambox;
using namespace lambox::emulator;

namespace {

std::string repeated(std::string_view part, std::size_t times) {
    std::string text;
    text.reserve(part.size() * times);
    for (std::size_t i = 0; i < times; ++i)
        text += part;
    return text;
}

/// A mapping of which each level names the one before nine times: 9^levels scalars when followed.
std::string laughs(int levels) {
    std::string text = "  a0: &a0 ha\n";
    for (int level = 1; level <= levels; ++level) {
        const std::string before = "*a" + std::to_string(level - 1);
        text += "  a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + before + repeated(", " + before, 8) + "]\n";
    }
    return text;
}

} // namespace

TEST_CASE("an empty file says so") {
    for (const auto* text : {"", "\n\n", "# only a comment\n", "---\n", "~\n"}) {
        const auto violations = violations_of(text);
        REQUIRE(violations.size() == 1);
        CHECK_MESSAGE(violations.front().ends_with(": the file is empty; expected a mapping with `functions`"), violations.front());
    }
    CHECK(violations_of("just text\n").front() == "l.yaml:1:1: expected a mapping, found the text `just text`");
    CHECK(violations_of("[a, b]\n").front() == "l.yaml:1:1: expected a mapping, found a list");
}

TEST_CASE("what is not YAML is shown with its place") {
    for (const auto* text : {"a: [1, 2\n", "a: \"open\n", "a: b: c\n", "\tregion: x\n", "a: *nothing\n", "%YAML 3\n", "&a\n*b\n", "a: {b\n",
                             "- a\nb: c\n", "!<\n", "a: !!\x20\n: :\n- \n"}) {
        const auto violations = violations_of(text);
        REQUIRE_FALSE(violations.empty());
        CHECK_MESSAGE(violations.front().starts_with("l.yaml:"), violations.front());
    }
    CHECK(violations_of("region: [us\n").front().find("not YAML: ") != std::string::npos);
    CHECK(violations_of("region: \"\\é\"\n").front() == "l.yaml:1:12: not YAML: unknown escape character: ?");
}

TEST_CASE("a second document is refused") {
    CHECK(violations_of("region: us-east-1\n---\nregion: eu-west-1\n").front() == "l.yaml:3:1: a second document; one file holds one");
}

TEST_CASE("text must be UTF-8 without control characters") {
    using namespace std::string_view_literals;
    CHECK(violations_of("region: us\xff\n").front() == "l.yaml:1:11: the file is not UTF-8");
    for (const auto text : {"\xc0\xaf"sv, "\xe0\x80\x80"sv, "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv, "\xf0\x80\x80\x80"sv, "\xc3"sv,
                            "\xe2\x82"sv, "\x80"sv, "\xfe\xff"sv}) {
        CHECK(violations_of(text).front() == "l.yaml:1:1: the file is not UTF-8");
    }
    CHECK(violations_of("a:\n b\x04"sv).front() == "l.yaml:2:3: control character `\\x04`; in a quoted text write it as an escape");
    CHECK(violations_of("\0"sv).front().find("control character") != std::string::npos);
    CHECK(violations_of("\x7f"sv).front().find("control character") != std::string::npos);
    CHECK(config_of("\xef\xbb\xbfregion: us-east-1\r\n").region == "us-east-1");
}

TEST_CASE("a file that is too large is refused unread") {
    const std::string text(limits::config_bytes_max + 1, '#');
    CHECK(violations_of(text).front() == "l.yaml:1:1: the file is larger than 4194304 bytes");
    CHECK(violations_of(std::string(limits::config_bytes_max, '#')).front().find("the file is empty") != std::string::npos);
}

TEST_CASE("deep nesting is refused in every notation") {
    const std::string deep = "nested deeper than 64 levels";
    CHECK(violations_of(repeated("[", 100)).front().ends_with(deep));
    CHECK(violations_of(repeated("{a: ", 100)).front().ends_with(deep));
    CHECK(violations_of(repeated("- ", 100)).front().ends_with(deep));
    CHECK(violations_of(repeated("? ", 100)).front().ends_with(deep));
    CHECK(violations_of(repeated("[", 1'000'000)).front().ends_with("too many brackets are open at once"));
    CHECK(violations_of(repeated("{", 1'000'000)).front().ends_with("too many brackets are open at once"));
    CHECK_FALSE(violations_of(repeated("- ", 1'000'000)).empty());
    CHECK_FALSE(violations_of(repeated("? ", 1'000'000)).empty());
    std::string indented;
    for (std::size_t level = 0; level < 100; ++level)
        indented += std::string(level, ' ') + "a:\n";
    CHECK(violations_of(indented).front().ends_with(deep));
}

TEST_CASE("nesting up to the bound is fine") {
    // The root and `comparison` hold two levels, the event itself counts from there.
    const std::string event = repeated("[", 60) + repeated("]", 60);
    CHECK(config_of(function_with("comparison:\n  event: ") + event + "\n").comparison->event == event);
}

TEST_CASE("brackets in texts and comments are not nesting") {
    const std::string brackets = repeated("[", 9'000);
    CHECK(config_of("# " + brackets + "\nregion: us-east-1\n").region == "us-east-1");
}

TEST_CASE("aliases of aliases cannot expand without end") {
    const std::string event = function_with("comparison:\n event:\n");
    CHECK(config_of(event + laughs(3)).comparison->event.size() > 9 * 9 * 9 * 4);
    const auto violations = violations_of(event + laughs(12));
    REQUIRE(violations.size() == 1);
    CHECK(violations.front().ends_with("comparison.event: the event is larger than 6291456 bytes"));
}

TEST_CASE("an event is bounded as an invocation's is") {
    const std::string event = function_with("comparison:\n event: [&x '" + std::string(1'000'000, 'x') + "', *x, *x, *x, *x, *x, *x]\n");
    CHECK(violations_of(event).front().ends_with("comparison.event: the event is larger than 6291456 bytes"));
}

TEST_CASE("a long text cannot be repeated without end") {
    std::string text = "functions:\n  f0: {runtime: provided.al2, code: &c here" + std::string(1'000'000, '/') + "}\n";
    for (int i = 1; i < 1'000; ++i)
        text += "  f" + std::to_string(i) + ": {runtime: provided.al2, code: *c}\n";
    const auto violations = violations_of(text);
    CHECK(std::any_of(violations.begin(), violations.end(),
                      [](const std::string& line) { return line.find("aliases (`*name`) repeat") != std::string::npos; }));
}

TEST_CASE("a mapping merged into itself is refused") {
    CHECK(violations_of("functions: &f\n  <<: *f\n").front().find("functions") != std::string::npos);
    CHECK_FALSE(violations_of("functions:\n  a: &a {<<: [*a, *a]}\n").empty());
}

TEST_CASE("the number of functions is bounded") {
    std::string text = "functions:\n";
    for (std::size_t i = 0; i <= limits::functions_max; ++i)
        text += "  f" + std::to_string(i) + ": {}\n";
    CHECK(violations_of(text) == std::vector<std::string>{"l.yaml:2:3: functions: 10001 functions; allowed: at most 10000"});
}

TEST_CASE("as many functions as are allowed are read") {
    std::string text = "functions:\n  f0: &f {runtime: provided.al2, code: here, environment: {AA: 'b'}}\n";
    for (std::size_t i = 1; i < limits::functions_max; ++i)
        text += "  f" + std::to_string(i) + ": *f\n";
    CHECK(config_of(text).functions.size() == limits::functions_max);
}

TEST_CASE("the number of values is bounded") {
    const auto violations = violations_of("region: [" + repeated("a,", 1'000'001) + "]\n");
    REQUIRE(violations.size() == 1);
    CHECK(violations.front().ends_with("more than 1000000 values in one file"));
}

TEST_CASE("the number of violations shown is bounded") {
    std::string text = "functions:\n";
    for (std::size_t i = 0; i < 2'000; ++i)
        text += "  f" + std::to_string(i) + ":\n";
    const auto violations = violations_of(text);
    CHECK(violations.size() == limits::config_violations_max + 1);
    CHECK(violations.back().ends_with(": and more; correct these first"));
}
