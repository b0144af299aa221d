// Goal: every documented way to name a function is understood, every other is refused in AWS's words. Method: tables.
#include "lambox/wire/arn.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace lambox::wire;

namespace {

/// region|account|name|qualifier, `-` for what was not given.
std::string parsed(std::string_view text) {
    const auto result = parse_function_reference(text);
    if (result.has_error()) return "refused";
    return result->region.value_or("-") + "|" + result->account.value_or("-") + "|" + result->name + "|" + result->qualifier.value_or("-");
}
std::string refusal(std::string_view text) {
    const auto result = parse_function_reference(text);
    REQUIRE(result.has_error());
    CHECK(result.error().code == Errc::constraint_broken);
    return result.error().message;
}

} // namespace

TEST_CASE("the documented forms are understood") {
    CHECK(parsed("hello") == "-|-|hello|-");
    CHECK(parsed("hello:7") == "-|-|hello|7");
    CHECK(parsed("hello:$LATEST") == "-|-|hello|$LATEST");
    CHECK(parsed("hello:$LATEST.PUBLISHED") == "-|-|hello|$LATEST.PUBLISHED");
    CHECK(parsed("123456789012:function:hello") == "-|123456789012|hello|-");
    CHECK(parsed("123456789012:function:hello:live") == "-|123456789012|hello|live");
    CHECK(parsed("arn:aws:lambda:us-west-2:123456789012:function:hello") == "us-west-2|123456789012|hello|-");
    CHECK(parsed("arn:aws:lambda:us-west-2:123456789012:function:hello:live") == "us-west-2|123456789012|hello|live");
    CHECK(parsed("arn:aws-us-gov:lambda:us-gov-east-1:123456789012:function:h") == "us-gov-east-1|123456789012|h|-");
    CHECK(parsed("arn:aws-iso-b:lambda:us-isob-east-1:123456789012:function:h") == "us-isob-east-1|123456789012|h|-");
}

TEST_CASE("what AWS's pattern lets be left out may be left out") {
    CHECK(parsed("function:hello") == "-|-|hello|-");
    CHECK(parsed("123456789012:hello") == "-|123456789012|hello|-");
    CHECK(parsed("us-east-1:123456789012:function:hello") == "us-east-1|123456789012|hello|-");
    CHECK(parsed("us-east-1:function:hello:1") == "us-east-1|-|hello|1");
    CHECK(parsed("arn:aws:lambda:hello") == "-|-|hello|-");
    CHECK(parsed("arn:aws:lambda:us-east-1:123456789012:layer:hello") == "us-east-1|123456789012|layer|hello");
    CHECK(parsed("arn:aws:lambda:us-east-1:hello") == "us-east-1|-|hello|-");
}

TEST_CASE("a name is not mistaken for another part") {
    CHECK(parsed("my-func-1:live") == "-|-|my-func-1|live");
    CHECK(parsed("my-func-1:function") == "-|-|my-func-1|function");
    CHECK(parsed("us-east-1") == "-|-|us-east-1|-");
    CHECK(parsed("function") == "-|-|function|-");
    CHECK(parsed("123456789012") == "-|-|123456789012|-");
    CHECK(parsed("arn") == "-|-|arn|-");
    CHECK(parsed("arn:aws") == "-|-|arn|aws");
    CHECK(parsed("123456789012:function") == "-|123456789012|function|-");
}

TEST_CASE("anything else is refused") {
    for (const char* text : {":",
                             "a:",
                             ":a",
                             "a:b:c",
                             "hello world",
                             "hell\xc3\xb6",
                             "hello:a.b",
                             "hello:$OLD",
                             "a/b",
                             "function:",
                             "function:a:b:c",
                             "12345678901:function:hello",
                             "arn:aws:s3:us-east-1:123456789012:function:hello",
                             "arn:aws:lambda:useast1:123456789012:function:hello",
                             "arn:aws:lambda:us-east-1:1234:function:hello",
                             "arn:gcp:lambda:us-east-1:123456789012:function:hello",
                             "arn:aws:lambda:us-east-1::function:hello",
                             "arn:aws:lambda:us-east-1:123456789012:function:",
                             "arn:aws:lambda:us-east-1:123456789012:function:hello:",
                             "arn:aws:lambda:",
                             "arn:aws:lambda:us-east-1:",
                             "arn:aws:lambda:us-east-1:123456789012:function:hello:1:2"}) {
        CAPTURE(text);
        CHECK(parsed(text) == "refused");
    }
    CHECK(parsed(std::string_view("a\0b", 3)) == "refused");
}

TEST_CASE("refusals are worded as AWS words them") {
    CHECK(refusal("a b") == R"(1 validation error detected: Value 'a b' at 'functionName' failed to satisfy constraint: )"
                            R"(Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?)"
                            R"(([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+))"
                            R"((:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?)");
    CHECK(refusal("") == "1 validation error detected: Value '' at 'functionName' failed to satisfy constraint: "
                         "Member must have length greater than or equal to 1");
}

TEST_CASE("a name has at most 64 characters, in an ARN too, and the whole at most 256") {
    const std::string longest(64, 'n');
    const std::string arn = "arn:aws:lambda:us-east-1:123456789012:function:";
    CHECK(parsed(longest) == "-|-|" + longest + "|-");
    CHECK(parsed(arn + longest) == "us-east-1|123456789012|" + longest + "|-");
    CHECK(refusal(longest + "n").ends_with("Member must have length less than or equal to 64"));
    CHECK(refusal(arn + longest + "n").ends_with("Member must have length less than or equal to 64"));
    CHECK(parsed("n:" + std::string(254, 'q')) != "refused");
    CHECK(refusal("n:" + std::string(255, 'q')).ends_with("Member must have length less than or equal to 256"));
}

TEST_CASE("an ARN is put together with its region's partition, and read back") {
    CHECK(format_function_arn({"us-east-1", "000000000000", "hello", ""}) == "arn:aws:lambda:us-east-1:000000000000:function:hello");
    CHECK(format_function_arn({"us-east-1", "000000000000", "hello", "live"}) ==
          "arn:aws:lambda:us-east-1:000000000000:function:hello:live");
    CHECK(format_function_arn({"cn-north-1", "000000000000", "h", ""}) == "arn:aws-cn:lambda:cn-north-1:000000000000:function:h");
    const auto gov = format_function_arn({"us-gov-west-1", "000000000000", "h", "$LATEST"});
    CHECK(gov == "arn:aws-us-gov:lambda:us-gov-west-1:000000000000:function:h:$LATEST");
    CHECK(parsed(gov) == "us-gov-west-1|000000000000|h|$LATEST");
}

TEST_CASE("percent escapes are decoded, broken ones refused, and a plus stays") {
    CHECK(url_decode("") == "");
    CHECK(url_decode("arn%3Aaws%3alambda") == "arn:aws:lambda");
    CHECK(url_decode("a+b%2Bc%20d%25") == "a+b+c d%");
    CHECK(url_decode("%00%ff") == std::string("\0\xff", 2));
    for (const char* text : {"%", "a%", "a%4", "%4g", "%g4", "%%41", "%-1"}) {
        CAPTURE(text);
        CHECK_FALSE(url_decode(text));
    }
}
