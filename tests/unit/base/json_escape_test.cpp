// Goal: text stands in JSON exactly as Go's encoder would write it, whatever its bytes. Method: a table.
#include "lambox/base/json_escape.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace lambox;

TEST_CASE("text is escaped for JSON as Go escapes it") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", ""},
        {"plain", "plain"},
        {R"(say "hi" \ /)", R"(say \"hi\" \\ /)"},
        {"\n\r\t\b\f", R"(\n\r\t\b\f)"},
        {std::string{"\0\x01\x1b\x1f", 4}, R"(\u0000\u0001\u001b\u001f)"},
        {"\x7f", "\x7f"},
        {"<a href='x'>&</a>", R"(\u003ca href='x'\u003e\u0026\u003c/a\u003e)"},
        {"Ünï €𝄞", "Ünï €𝄞"},
        {"a\u2028b\u2029c", R"(a\u2028b\u2029c)"},
        {"\xff", R"(\ufffd)"},
        {"a\x80z", R"(a\ufffdz)"},
        {"\xe2\x82", R"(\ufffd\ufffd)"},              // cut in the middle
        {"\xc0\xaf", R"(\ufffd\ufffd)"},              // overlong
        {"\xe0\x80\xaf", R"(\ufffd\ufffd\ufffd)"},    // overlong
        {"\xed\xa0\x80", R"(\ufffd\ufffd\ufffd)"},    // a surrogate
        {"\xf4\x90\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd)"}, // past U+10FFFF
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xe2\x82x", R"(\ufffd\ufffdx)"},
    };
    for (const auto& [text, escaped] : table) {
        CAPTURE(escaped);
        CHECK(json_escape(text) == escaped);
    }
}
