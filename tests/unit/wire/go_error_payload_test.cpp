// Goal: a Go function's error reaches the caller as the JSON that the Go library itself would post. Method: exact texts, each
// byte value, and a JSON parser as the judge.
#include "lambox/wire/go_rpc.hpp"

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

using namespace lambox::wire;

namespace {

/// The errorMessage of an error, as it stands between its quotes.
std::string escaped(std::string_view text) {
    const auto payload = go_error_payload({.message = std::string(text), .type = "t"});
    const std::string before = R"({"errorMessage":")";
    const std::string after = R"(","errorType":"t"})";
    REQUIRE(payload.starts_with(before));
    REQUIRE(payload.ends_with(after));
    return payload.substr(before.size(), payload.size() - before.size() - after.size());
}

} // namespace

TEST_CASE("an error without a stack has no stackTrace") {
    CHECK(go_error_payload({.message = "handler says no", .type = "errorString"}) ==
          R"({"errorMessage":"handler says no","errorType":"errorString"})");
    CHECK(go_error_payload({}) == R"({"errorMessage":"","errorType":""})");
}

TEST_CASE("frames keep their order, and should_exit is not the caller's business") {
    const GoInvokeError error{"boom", "string", {{"runtime/panic.go", 860, "gopanic"}, {"main.go", -1, ""}}, true};
    CHECK(go_error_payload(error) ==
          R"({"errorMessage":"boom","errorType":"string","stackTrace":[)"
          R"({"path":"runtime/panic.go","line":860,"label":"gopanic"},{"path":"main.go","line":-1,"label":""}]})");
}

TEST_CASE("characters are escaped as Go escapes them") {
    CHECK(escaped("a\"b\\c/d") == R"(a\"b\\c/d)");
    CHECK(escaped("\n\r\t\b\f") == R"(\n\r\t\b\f)");
    CHECK(escaped(std::string_view("\0\x1f\x7f", 3)) == "\\u0000\\u001f\x7f");
    CHECK(escaped("<a&b>") == R"(\u003ca\u0026b\u003e)");
    CHECK(escaped("\u2028\u2029\u2027") == "\\u2028\\u2029\u2027");
    CHECK(escaped("Grüße, 世界 🎉") == "Grüße, 世界 🎉");
}

TEST_CASE("each byte that is not UTF-8 becomes one replacement character") {
    const std::string one = "\\ufffd";
    CHECK(escaped("a\xff"
                  "b") == "a" + one + "b");
    CHECK(escaped("\x80") == one);
    CHECK(escaped("\xc3") == one);
    CHECK(escaped("\xc3(") == one + "(");
    CHECK(escaped("\xe4\xb8") == one + one);
    CHECK(escaped("\xc0\xaf") == one + one);                     // overlong
    CHECK(escaped("\xe0\x80\xaf") == one + one + one);           // overlong
    CHECK(escaped("\xed\xa0\x80") == one + one + one);           // surrogate
    CHECK(escaped("\xf4\x90\x80\x80") == one + one + one + one); // beyond U+10FFFF
    CHECK(escaped("\xf8\x88\x80\x80\x80") == one + one + one + one + one);
    CHECK(escaped("\xed\x9f\xbf") == "\xed\x9f\xbf");
    CHECK(escaped("\xf4\x8f\xbf\xbf") == "\xf4\x8f\xbf\xbf");
}

TEST_CASE("any two bytes in any field make JSON that a parser reads back") {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; second += 5) {
            std::string text = "x";
            text += static_cast<char>(first);
            text += static_cast<char>(second);
            const auto parsed = nlohmann::json::parse(go_error_payload({text, text, {{text, 1, text}}, false}), nullptr, false);
            REQUIRE(parsed.is_object());
            REQUIRE(parsed["errorMessage"].is_string());
            if (first < 128 && second < 128) {
                REQUIRE(parsed["errorMessage"] == text);
                REQUIRE(parsed["errorType"] == text);
                REQUIRE(parsed["stackTrace"][0]["path"] == text);
                REQUIRE(parsed["stackTrace"][0]["label"] == text);
            }
        }
    }
}
