// Goal: signatures are what AWS computes, and nothing else passes. Method: requests and signatures of AWS's published test suite and
// documentation; then every part of a good request changed once.
#include "lambox/wire/sigv4.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace lambox::wire::sigv4;

namespace {

constexpr const char* suite_secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const WallTime suite_time =
    WallTime(std::chrono::sys_days{std::chrono::year(2015) / 8 / 30}) + std::chrono::hours(12) + std::chrono::minutes(36);
constexpr Seconds skew{300};

struct Row {
    const char* name;
    const char* method;
    const char* target;
    std::vector<std::pair<std::string_view, std::string_view>> headers; ///< beside Host and X-Amz-Date, in order of name
    const char* signed_headers;
    const char* body;
    const char* signature;
};

const std::vector<Row> suite{
    {"get-vanilla", "GET", "/", {}, "host;x-amz-date", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-slash", "GET", "//", {}, "host;x-amz-date", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-relative", "GET", "/example/..", {}, "host;x-amz-date", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla-query-order-key-case",
     "GET",
     "/?Param2=value2&Param1=value1",
     {},
     "host;x-amz-date",
     "",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-vanilla-empty-query-key",
     "GET",
     "/?Param1=value1",
     {},
     "host;x-amz-date",
     "",
     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
    {"get-unreserved",
     "GET",
     "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     {},
     "host;x-amz-date",
     "",
     "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    {"get-utf8", "GET", "/\xe1\x88\xb4", {}, "host;x-amz-date", "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {"get-vanilla-utf8-query",
     "GET",
     "/?\xe1\x88\xb4=bar",
     {},
     "host;x-amz-date",
     "",
     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
    {"get-space", "GET", "/example space/", {}, "host;x-amz-date", "", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
    {"get-header-value-trim",
     "GET",
     "/",
     {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
     "host;my-header1;my-header2;x-amz-date",
     "",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"post-vanilla", "POST", "/", {}, "host;x-amz-date", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"post-header-key-sort",
     "POST",
     "/",
     {{"My-Header1", "value1"}},
     "host;my-header1;x-amz-date",
     "",
     "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
    {"post-x-www-form-urlencoded",
     "POST",
     "/",
     {{"Content-Type", "application/x-www-form-urlencoded"}},
     "content-type;host;x-amz-date",
     "Param1=value1",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
};

/// A signed request that owns its texts.
struct Made {
    std::string authorization;
    SignedRequest request;
};

Made made(const Row& row) {
    Made one;
    one.authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
                        std::string(row.signed_headers) + ", Signature=" + row.signature;
    one.request = SignedRequest{row.method, row.target, row.headers, row.body};
    one.request.headers.emplace_back("Host", "example.amazonaws.com");
    one.request.headers.emplace_back("X-Amz-Date", "20150830T123600Z");
    return one;
}

Verdict verdict_of(Made& one, const char* secret = suite_secret, WallTime now = suite_time) {
    SignedRequest request = one.request;
    request.headers.emplace_back("Authorization", one.authorization);
    const auto read = read_claim(request);
    REQUIRE(std::holds_alternative<Claim>(read));
    return verify(request, std::get<Claim>(read), secret, now, skew);
}

} // namespace

TEST_CASE("the requests of AWS's test suite are accepted with their signatures") {
    for (const Row& row : suite) {
        CAPTURE(row.name);
        auto one = made(row);
        CHECK(verdict_of(one) == Verdict::good);
    }
}

TEST_CASE("the example of AWS's documentation has its canonical request and signature") {
    const SignedRequest request{"GET",
                                "/?Action=ListUsers&Version=2010-05-08",
                                {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                                 {"Host", "iam.amazonaws.com"},
                                 {"X-Amz-Date", "20150830T123600Z"}},
                                ""};
    Claim claim;
    claim.access_key = "AKIDEXAMPLE";
    claim.date = "20150830";
    claim.region = "us-east-1";
    claim.service = "iam";
    claim.time = "20150830T123600Z";
    claim.signed_headers = {"content-type", "host", "x-amz-date"};
    const auto canonical = canonical_request(request, claim, PathStyle::normalised);
    CHECK(sha256_hex(canonical) == "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
    CHECK(signature(claim, suite_secret, string_to_sign(claim, canonical)) ==
          "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST_CASE("S3's documented presigned request is accepted in its day and not after") {
    const std::string target =
        "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
        "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    const SignedRequest request{"GET", target, {{"Host", "examplebucket.s3.amazonaws.com"}}, ""};
    const auto read = read_claim(request);
    REQUIRE(std::holds_alternative<Claim>(read));
    const auto& claim = std::get<Claim>(read);
    const char* secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const WallTime day = std::chrono::sys_days{std::chrono::year(2013) / 5 / 24};
    CHECK(verify(request, claim, secret, day, skew) == Verdict::good);
    CHECK(verify(request, claim, secret, day + std::chrono::hours(24), skew) == Verdict::good);
    CHECK(verify(request, claim, secret, day + std::chrono::hours(24) + Seconds(1), skew) == Verdict::too_old);
    CHECK(verify(request, claim, secret, day - Seconds(301), skew) == Verdict::too_new);
}

TEST_CASE("whatever is changed in a signed request is noticed") {
    const Row& row = suite.back();
    CHECK([&] {
        auto one = made(row);
        return verdict_of(one, "another secret");
    }() == Verdict::wrong_signature);
    CHECK([&] {
        auto one = made(row);
        one.request.body = "Param1=value2";
        return verdict_of(one);
    }() == Verdict::wrong_signature);
    CHECK([&] {
        auto one = made(row);
        one.request.method = "PUT";
        return verdict_of(one);
    }() == Verdict::wrong_signature);
    CHECK([&] {
        auto one = made(row);
        one.request.target = "/x";
        return verdict_of(one);
    }() == Verdict::wrong_signature);
    CHECK([&] {
        auto one = made(row);
        one.request.target = "/?x=y";
        return verdict_of(one);
    }() == Verdict::wrong_signature);
    CHECK([&] {
        auto one = made(row);
        one.request.headers[1].second = "evil.example";
        return verdict_of(one);
    }() == Verdict::wrong_signature);
    CHECK([&] {
        auto one = made(row);
        one.authorization.back() = 'b';
        return verdict_of(one);
    }() == Verdict::wrong_signature);
    CHECK([&] {
        auto one = made(row);
        one.authorization.pop_back();
        return verdict_of(one);
    }() == Verdict::wrong_signature);
}

TEST_CASE("a signature is good for five minutes either way") {
    auto one = made(suite.front());
    CHECK(verdict_of(one, suite_secret, suite_time + skew) == Verdict::good);
    CHECK(verdict_of(one, suite_secret, suite_time + skew + Seconds(1)) == Verdict::too_old);
    CHECK(verdict_of(one, suite_secret, suite_time - skew) == Verdict::good);
    CHECK(verdict_of(one, suite_secret, suite_time - skew - Seconds(1)) == Verdict::too_new);
}

TEST_CASE("what is no signature and what is half of one are told apart") {
    const auto of_header = [](std::string_view value) {
        const SignedRequest request{"GET", "/", {{"Authorization", value}, {"X-Amz-Date", "20150830T123600Z"}}, ""};
        return read_claim(request);
    };
    const SignedRequest bare{"GET", "/?a=b", {}, ""};
    CHECK(std::holds_alternative<NoSignature>(read_claim(bare)));
    CHECK(std::holds_alternative<NoSignature>(of_header("Basic eDp5")));
    for (const char* text :
         {"AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=0",
          "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0"}) {
        CAPTURE(text);
        CHECK(std::holds_alternative<Incomplete>(of_header(text)));
    }
    const SignedRequest presigned{"GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0", {}, ""};
    CHECK(std::holds_alternative<Incomplete>(read_claim(presigned)));
}

TEST_CASE("what is signed here is what AWS's suite has") {
    const Signer signer{"AKIDEXAMPLE", suite_secret, "us-east-1", "service"};
    SignedRequest request{"GET", "/", {{"X-Amz-Date", "20150830T123600Z"}, {"Host", "example.amazonaws.com"}}, ""};
    CHECK(format_time(suite_time) == "20150830T123600Z");
    const std::string made = authorization(request, signer, suite_time);
    CHECK(made == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, "
                  "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    request.headers.emplace_back("Authorization", made);
    const auto claim = read_claim(request);
    REQUIRE(std::holds_alternative<Claim>(claim));
    CHECK(verify(request, std::get<Claim>(claim), suite_secret, suite_time, skew) == Verdict::good);
}
