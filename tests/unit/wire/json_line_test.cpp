// Goal: which lines of a log are JSON objects, and which level they name. Method: a table; every cut of a valid line is none.
#include "lambox/wire/json_line.hpp"

#include <doctest/doctest.h>

#include <string>

using lambox::wire::parse_json_line;

namespace {

std::string read(std::string_view line) {
    const auto found = parse_json_line(line);
    return found ? "level=" + std::string(found->level) : "none";
}

} // namespace

TEST_CASE("objects and their levels") {
    CHECK(read("{}") == "level=");
    CHECK(read(" { } \r\n") == "level=");
    CHECK(read(R"({"level":"WARN","message":"x"})"
               "\n") == "level=WARN");
    CHECK(read(R"({"a":{"level":"ERROR"},"b":[{"level":"FATAL"}],"level":"debug"})") == "level=debug");
    CHECK(read(R"({"a":{"level":"ERROR"}})") == "level=");
    CHECK(read(R"({"level":30})") == "level=");
    CHECK(read(R"({"level":{"a":"WARN"}})") == "level=");
    CHECK(read(R"({"level":"W\u0041RN"})") == "level=");
    CHECK(read(R"({"level":""})") == "level=");
    CHECK(read(R"({"n":[-0.5e+10,1E3,0,12.25],"t":true,"f":false,"z":null,"s":"\"\\\/\b\f\n\r\t\u00e9é","level":"INFO"})") == "level=INFO");
}

TEST_CASE("everything else is none") {
    for (const char* line : {"",
                             "text",
                             "[]",
                             "1",
                             "null",
                             "\"{}\"",
                             "{",
                             "}",
                             "{}{}",
                             "{} x",
                             "{a:1}",
                             "{'a':1}",
                             R"({"a"})",
                             R"({"a":})",
                             R"({"a":1,})",
                             R"({"a":01})",
                             R"({"a":+1})",
                             R"({"a":1.})",
                             R"({"a":1e})",
                             R"({"a":tru})",
                             R"({"a":"\x"})",
                             R"({"a":"\u12g4"})",
                             "{\"a\":\"\t\"}",
                             R"({"a":[1,]})",
                             R"({"a":[1}})",
                             R"({,})"}) {
        CAPTURE(line);
        CHECK(read(line) == "none");
    }
    const std::string whole = R"({"n":[-0.5e+10,{"x":"\u00e9"}],"level":"INFO"})";
    for (std::size_t length = 0; length < whole.size(); ++length)
        CHECK(read(whole.substr(0, length)) == "none");
}

TEST_CASE("depth is bounded") {
    const auto nested = [](std::size_t depth) { return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}"; };
    CHECK(read(nested(127)) == "level=");
    CHECK(read(nested(100'000)) == "none");
}
