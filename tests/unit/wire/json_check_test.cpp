// Goal: nothing that is no JSON is taken for it, and events as callers send them need no slower look. Method: tables, and every text made
// from some seeds by changing, dropping or doubling one byte, held against a whole parser.
#include "lambox/wire/json_check.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using lambox::wire::is_plainly_json;

namespace {

const std::vector<std::string> seeds{
    R"({"event":"xxxxxxxxxxxxxxxxxxxxxxxx","n":[1,-2,0.5,0,-0,10],"o":{},"a":[],"t":true,"f":false,"z":null})",
    R"( [ "a\"b\\c\/\b\f\n\r\t\u00e9" , { "k" : [ [ ] , { } ] } ] )",
    "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 plain text behind\"",
    "[1.25,\"\",{\"\":\"\"}]",
    "0",
    "-17",
    "null",
};

} // namespace

TEST_CASE("events as they are sent are recognised") {
    for (const auto& text : seeds) {
        CAPTURE(text);
        CHECK(is_plainly_json(text));
    }
    CHECK(is_plainly_json("{\"event\":\"" + std::string(100'000, 'x') + "\"}"));
    CHECK(is_plainly_json(std::string(500, '[') + std::string(500, ']')));
}

TEST_CASE("what is no JSON is never taken for it") {
    for (const std::string text : {
             "",
             " ",
             "{",
             "}",
             "[1,]",
             "[,1]",
             "{\"a\":1,}",
             "{\"a\"}",
             "{a:1}",
             "{\"a\" 1}",
             "[1 2]",
             "01",
             "-",
             "1.",
             ".5",
             "+1",
             "1,",
             "nul",
             "nulll",
             "tru",
             "\"",
             "\"\\x\"",
             "\"\\u12g4\"",
             "\"\\u12",
             "'a'",
             "[}",
             "{]",
             "\"\t\"",
             "\"\n\"",
             "1 1",
             "// x\n1",
             "\"\xff\"",
             "\"\xc0\xaf\"",
             "\"\xe0\x80\x80\"",
             "\"\xed\xa0\x80\"",
             "\"\xf4\x90\x80\x80\"",
             "\"\xc3\"",
             "\"\xe2\x82\"",
             "NaN",
         }) {
        CAPTURE(text);
        CHECK_FALSE(is_plainly_json(text));
    }
    CHECK_FALSE(is_plainly_json(std::string("\"a\0b\"", 5)));
}

TEST_CASE("rare forms are left to a whole parser") {
    CHECK_FALSE(is_plainly_json("1e999"));
    CHECK_FALSE(is_plainly_json("1e5"));
    CHECK_FALSE(is_plainly_json(R"("\ud83d\ude00")"));
    CHECK_FALSE(is_plainly_json(std::string(400, '9')));
    CHECK_FALSE(is_plainly_json(std::string(100'000, '[') + std::string(100'000, ']')));
}

TEST_CASE("after a change of any byte it never says yes where a whole parser says no") {
    std::size_t agreed = 0;
    const auto hold = [&agreed](const std::string& text) {
        if (!is_plainly_json(text)) return;
        ++agreed;
        if (nlohmann::json::accept(text)) return;
        CAPTURE(text);
        FAIL_CHECK("taken for JSON");
    };
    for (const auto& seed : seeds) {
        for (std::size_t at = 0; at < seed.size(); ++at) {
            hold(seed.substr(0, at));
            hold(seed.substr(0, at) + seed.substr(at + 1));
            hold(seed.substr(0, at) + seed[at] + seed.substr(at));
            for (int byte = 0; byte < 256; ++byte) {
                std::string changed = seed;
                changed[at] = static_cast<char>(byte);
                hold(changed);
            }
        }
    }
    CHECK(agreed > 1'000);
}
