// Goal: filter patterns of terms find what CloudWatch Logs finds. Method: tables of patterns and messages.
#include "lambox/model/log_filter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lambox;
using model::LogFilter;

TEST_CASE("patterns and the messages that fit them") {
    struct Row {
        const char* pattern;
        const char* message;
        bool fits;
    };
    const std::vector<Row> table{
        {"", "anything", true},
        {"  ", "anything", true},
        {"ERROR", "[ERROR] it broke", true},
        {"ERROR", "[error] it broke", false},
        {"ERROR broke", "[ERROR] it broke", true},
        {"ERROR mended", "[ERROR] it broke", false},
        {"\"it broke\"", "[ERROR] it broke", true},
        {"\"broke it\"", "[ERROR] it broke", false},
        {R"("say \"hi\"")", "they say \"hi\" to you", true},
        {"?ERROR ?WARN", "[WARN] soon", true},
        {"?ERROR ?WARN", "[INFO] fine", false},
        {"?\"two words\" ?WARN", "here are two words", true},
        {"ERROR ?WARN", "[ERROR] beside a plain term the others do not count", true},
        {"ERROR ?WARN", "[WARN] alone", false},
        {"ERROR -Exiting", "ERROR Exiting", false},
        {"ERROR -Exiting", "ERROR staying", true},
        {"-\"no good\"", "all good", true},
        {"-\"no good\"", "that is no good", false},
        {"REPORT", "", false},
    };
    for (const auto& row : table) {
        CAPTURE(row.pattern);
        CAPTURE(row.message);
        const auto filter = LogFilter::parse(row.pattern);
        REQUIRE(filter.has_value());
        CHECK(filter->fits(row.message) == row.fits);
    }
}

TEST_CASE("what is not understood is refused") {
    for (const char* pattern : {"{ $.level = \"ERROR\" }", "[ip, user]", "%ERR.R%", "ERROR %x%"}) {
        CAPTURE(pattern);
        const auto filter = LogFilter::parse(pattern);
        REQUIRE_FALSE(filter.has_value());
        CHECK(filter.error().code == Errc::unsupported);
    }
    for (const char* pattern : {"\"open", "ERROR \"", "\"\"", "?", "-", "? a"}) {
        CAPTURE(pattern);
        const auto filter = LogFilter::parse(pattern);
        REQUIRE_FALSE(filter.has_value());
        CHECK(filter.error().code == Errc::invalid_argument);
    }
}
