// Goal: broken constraints are told in AWS's words, one or several at once. Method: whole messages.

#include "lambox/model/constraint.hpp"

#include "lambox/base/limits.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace lambox::model;

TEST_CASE("one violation is told in the singular") {
    Complaints complaints;
    CHECK(complaints.empty());
    complaints.add("10241", "memorySize", value_at_most("10240"));
    CHECK(complaints.message() == "1 validation error detected: Value '10241' at 'memorySize' failed to satisfy constraint: Member must "
                                  "have value less than or equal to 10240");
}

TEST_CASE("several are joined in the order of their finding, and null is not quoted") {
    Complaints complaints;
    complaints.add(std::nullopt, "role", must_not_be_null());
    complaints.add("", "functionName", length_at_least(1));
    CHECK(complaints.message() ==
          "2 validation errors detected: Value null at 'role' failed to satisfy constraint: Member must not be null; "
          "Value '' at 'functionName' failed to satisfy constraint: Member must have length greater than or equal to 1");
}

TEST_CASE("each constraint has its words") {
    constexpr std::array<std::string_view, 2> values{"x86_64", "arm64"};
    CHECK(be_one_of(values) == "Member must satisfy enum value set: [x86_64, arm64]");
    CHECK(match_pattern("[a-z]+") == "Member must satisfy regular expression pattern: [a-z]+");
    CHECK(length_at_most(64) == "Member must have length less than or equal to 64");
    CHECK(value_at_least("-1") == "Member must have value greater than or equal to -1");
}

TEST_CASE("a long value is sent back cut") {
    Complaints complaints;
    complaints.add(std::string(10'000, 'x'), "handler", length_at_most(128));
    CHECK(complaints.message().size() < lambox::limits::quoted_value_bytes_max + 200);
}

TEST_CASE("members are spelled with a small first letter") {
    CHECK(member_name("MemorySize") == "memorySize");
    CHECK(member_name("tagKeys") == "tagKeys");
    CHECK(member_name("") == "");
}
