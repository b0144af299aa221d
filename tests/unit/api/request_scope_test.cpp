// Goal: a request's account, region and service come from its credential scope, and nothing ill-shaped does.
// Method: a table of headers and targets.

#include "lambox/api/request_scope.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using api::RequestScope;

namespace {

const RequestScope defaults{"000000000000", "eu-west-1", ""};

RequestScope of_header(const std::string& value) {
    io::HttpRequest request;
    request.target = "/2015-03-31/functions";
    request.headers.add("Authorization", value);
    return api::request_scope(request, defaults);
}

RequestScope of_target(const std::string& target) {
    io::HttpRequest request;
    request.target = target;
    return api::request_scope(request, defaults);
}

} // namespace

TEST_CASE("an unsigned request has the configured account and region and no service") {
    CHECK(of_target("/2015-03-31/functions?Marker=x") == defaults);
    CHECK(of_header("Bearer abc") == defaults);
}

TEST_CASE("a signature names the region and the service") {
    const auto scope =
        of_header("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-2/lambda/aws4_request, SignedHeaders=host, Signature=00");
    CHECK(scope == RequestScope{"000000000000", "us-east-2", "lambda"});
}

TEST_CASE("an access key id of twelve digits is the account") {
    const auto scope =
        of_header("AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-2/logs/aws4_request,SignedHeaders=host,Signature=00");
    CHECK(scope == RequestScope{"123456789012", "us-east-2", "logs"});
}

TEST_CASE("a presigned query counts like the header") {
    const auto scope = of_target("/x?X-Amz-Credential=123456789012%2F20260101%2Fap-south-1%2Flambda%2Faws4_request&X-Amz-Date=1");
    CHECK(scope == RequestScope{"123456789012", "ap-south-1", "lambda"});
}

TEST_CASE("the ECDSA form names no region") {
    const auto scope = of_header("AWS4-ECDSA-P256-SHA256 Credential=AKID/20260101/lambda/aws4_request, SignedHeaders=host, Signature=00");
    CHECK(scope == RequestScope{"000000000000", "eu-west-1", "lambda"});
}

TEST_CASE("ill-shaped scopes keep the defaults") {
    for (const char* credential : {"AKID", "AKID/20260101/us-east-1/lambda", "a/b/c/d", "AKID/20260101/us east/LAMBDA!/aws4_request",
                                   "AKID/20260101/../../aws4_request", "////aws4_request", ""}) {
        CAPTURE(credential);
        CHECK(of_header(std::string("AWS4-HMAC-SHA256 Credential=") + credential + ", Signature=0") == defaults);
    }
}
