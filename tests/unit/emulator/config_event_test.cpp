// Goal: an event written in YAML reaches the function as the JSON a person would expect. Method: pairs of YAML and JSON.
#include "unit/emulator/config_fixture.hpp"

#include <nlohmann/json.hpp>

using namespace lambox;
using namespace lambox::emulator;

namespace {

std::string event_of(std::string_view yaml) {
    const std::string event = config_of(function_with("comparison:\n  event: ") + std::string(yaml) + "\n").comparison.value().event;
    CHECK_MESSAGE(nlohmann::json::accept(event), event);
    return event;
}

std::string event_violation(std::string_view yaml) {
    const auto violations = violations_of(function_with("comparison:\n  event: ") + std::string(yaml) + "\n");
    REQUIRE(violations.size() == 1);
    return violations.front();
}

struct Pair {
    const char* yaml;
    const char* json;
};

} // namespace

TEST_CASE("scalars keep their types") {
    const Pair table[] = {
        {"1", "1"},
        {"-1", "-1"},
        {"+1", "1"},
        {"0", "0"},
        {"-0", "-0"},
        {"007", "7"},
        {"-007", "-7"},
        {"000", "0"},
        {"0x1F", "31"},
        {"0o17", "15"},
        {"123456789012345678901234567890", "123456789012345678901234567890"},
        {"1.5", "1.5"},
        {"-1.50", "-1.50"},
        {".5", "0.5"},
        {"-.5", "-0.5"},
        {"5.", "5.0"},
        {"5.e3", "5.0e3"},
        {"1e3", "1e3"},
        {"1E+3", "1E+3"},
        {"01.5", "1.5"},
        {"00.5", "0.5"},
        {"true", "true"},
        {"False", "false"},
        {"TRUE", "true"},
        {"null", "null"},
        {"~", "null"},
        {"", "null"},
        {"yes", "\"yes\""},
        {"no", "\"no\""},
        {"\"1\"", "\"1\""},
        {"'true'", "\"true\""},
        {"!!str 1", "\"1\""},
        {"!!int \"3\"", "3"},
        {"2022-11-19", "\"2022-11-19\""},
        {"1_000", "\"1_000\""},
        {"0b1", "\"0b1\""},
        {"1.2.3", "\"1.2.3\""},
        {"e5", "\"e5\""},
        {".", "\".\""},
        {"1e", "\"1e\""},
        {"\"-\"", "\"-\""},
        {"héllo", "\"héllo\""},
        {"\"a\\nb\\t\\\"\\\\\"", "\"a\\nb\\t\\\"\\\\\""},
        {"\"\\0\"", "\"\\u0000\""},
        {"\"\\U0001F600\"", "\"😀\""},
        {"<a>&b", "\"<a>&b\""},
    };
    for (const auto& [yaml, json] : table) {
        CHECK_MESSAGE(event_of(yaml) == json, yaml);
    }
}

TEST_CASE("collections nest and keep their order") {
    CHECK(event_of("{b: 1, a: [x, 2, {}, []], c: {d: null}}") == R"({"b":1,"a":["x",2,{},[]],"c":{"d":null}})");
    CHECK(event_of("\n    list:\n      - 1\n      - two\n    text: |\n      line\n      line") ==
          R"({"list":[1,"two"],"text":"line\nline\n"})");
    CHECK(event_of("[1, {1: one, true: yes}]") == R"([1,{"1":"one","true":"yes"}])");
}

TEST_CASE("aliases and merges are followed") {
    CHECK(event_of("{a: &x {k: 1}, b: *x, c: {<<: *x, l: 2}}") == R"({"a":{"k":1},"b":{"k":1},"c":{"l":2,"k":1}})");
    CHECK(event_of("{\"<<\": 1}") == R"({"<<":1})");
}

TEST_CASE("JSON pasted as YAML stays what it was") {
    const char* const json =
        R"({"version":"2.0","headers":{"accept":"*/*","x-n":"1"},"body":"{\"a\":[1]}","isBase64Encoded":false,"n":[-1.5e-3,null,true]})";
    CHECK(event_of(json) == json);
}

TEST_CASE("what JSON cannot say is refused with its place") {
    CHECK(event_violation(".inf") == "l.yaml:6:10: comparison.event: JSON has no .inf");
    CHECK(event_violation("{a: [.NaN]}") == "l.yaml:6:15: comparison.event: JSON has no .NaN");
    CHECK(event_violation("0xFFFFFFFFFFFFFFFFF") == "l.yaml:6:10: comparison.event: the number has more than 64 bits");
    CHECK(event_violation("!custom x") == "l.yaml:6:10: comparison.event: the tag has no meaning in JSON");
    CHECK(event_violation("{a: 1, a: 2}") == "l.yaml:6:17: comparison.event: key `a` is given twice, first on line 6");
    CHECK(event_violation("{{}: 1}").starts_with("l.yaml:6:11: comparison.event: a key must be a plain text"));
}

TEST_CASE("an event that holds itself is refused") {
    CHECK(event_violation("&x {a: *x}").ends_with("comparison.event: nested deeper than 64 levels"));
    CHECK(event_violation("&x [*x]").ends_with("comparison.event: nested deeper than 64 levels"));
}
