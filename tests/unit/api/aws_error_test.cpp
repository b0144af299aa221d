// Goal: an error reads as each protocol of AWS writes it, and a form of the Query protocol is read as it was meant. Method: whole bodies;
// tables of forms.
#include "lambox/api/aws_error.hpp"
#include "lambox/api/codec/query_form.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::api;

TEST_CASE("an error in each protocol") {
    const AwsError error{400, "Bad", "a < b & \"c\""};
    CHECK(aws_error_response(AwsProtocol::rest_json, error, "id").body == R"({"Type":"User","message":"a \u003c b \u0026 \"c\""})");
    CHECK(aws_error_response(AwsProtocol::json, error, "id").body == R"({"__type":"Bad","message":"a \u003c b \u0026 \"c\""})");
    CHECK(aws_error_response(AwsProtocol::query, error, "id").body ==
          "<ErrorResponse><Error><Type>Sender</Type><Code>Bad</Code><Message>a &lt; b &amp; &quot;c&quot;</Message></Error>"
          "<RequestId>id</RequestId></ErrorResponse>\n");
    CHECK(aws_error_response(AwsProtocol::ec2, error, "id").body ==
          "<Response><Errors><Error><Code>Bad</Code><Message>a &lt; b &amp; &quot;c&quot;</Message></Error></Errors>"
          "<RequestID>id</RequestID></Response>\n");
    CHECK(aws_error_response(AwsProtocol::rest_xml, error, "id").body ==
          "<Error><Code>Bad</Code><Message>a &lt; b &amp; &quot;c&quot;</Message><RequestId>id</RequestId></Error>\n");
    CHECK(*aws_error_response(AwsProtocol::rest_json, error, "id").headers.find("x-amzn-ErrorType") == "Bad");
}

TEST_CASE("control characters cannot break an XML document") { CHECK(xml_escape("a\x01\nb\rc'") == "a\xef\xbf\xbd\nb&#13;c&#39;"); }

TEST_CASE("a form is decoded, and what is none is refused") {
    const auto form = codec::parse_query_form("Action=List&Name=a+b%2Bc&Empty=&Flag&Action=Again");
    REQUIRE(form.has_value());
    CHECK(form->at("Action") == "List");
    CHECK(form->at("Name") == "a b+c");
    CHECK(form->at("Empty").empty());
    CHECK(form->at("Flag").empty());
    CHECK_FALSE(codec::parse_query_form("a=%zz").has_value());
    CHECK(codec::parse_query_form("")->empty());
}

TEST_CASE("lists of tags end at the first gap") {
    const auto form = codec::parse_query_form("Tags.member.1.Key=a&Tags.member.1.Value=1&Tags.member.2.Key=b&Tags.member.4.Key=d");
    REQUIRE(form.has_value());
    CHECK(codec::tags_in(*form, "Tags") == std::map<std::string, std::string>{{"a", "1"}, {"b", ""}});
}

TEST_CASE("percent encoding leaves the unreserved alone") { CHECK(codec::percent_encode("aZ9-._~ /\xc3\xbc") == "aZ9-._~%20%2F%C3%BC"); }
