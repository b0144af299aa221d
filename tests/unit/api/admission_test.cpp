// Goal: no page of a browser gets in, by its Origin or by a name that it had rebound, and each request finds its service. Method: tables
// of requests.
#include "lambox/api/admission.hpp"
#include "lambox/api/service_front.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::api;

namespace {

io::HttpRequest request_to(const std::string& host, const std::string& origin = {}) {
    io::HttpRequest request;
    request.method = "GET";
    request.target = "/";
    request.headers.add("Host", host);
    if (!origin.empty()) request.headers.add("Origin", origin);
    return request;
}

} // namespace

TEST_CASE("hosts that are admitted and hosts that are not") {
    struct Row {
        const char* host;
        const char* listen_address;
        bool admitted;
    };
    const std::vector<Row> table{
        {"localhost", "127.0.0.1", true},
        {"LocalHost:4566", "127.0.0.1", true},
        {"f.localhost:4566", "127.0.0.1", true},
        {"localhost.", "127.0.0.1", true},
        {"127.0.0.1:4566", "127.0.0.1", true},
        {"127.1.2.3", "127.0.0.1", true},
        {"[::1]:4566", "127.0.0.1", true},
        {"lambox:4566", "127.0.0.1", true},
        {"deep.inside.example", "127.0.0.1", true},
        {"inside.example", "127.0.0.1", true},
        {"192.168.1.5", "192.168.1.5", true},
        {"192.168.1.5", "0.0.0.0", true},
        {"192.168.1.5", "127.0.0.1", false},
        {"[::ffff:127.0.0.1]", "127.0.0.1", false},
        {"evil.example", "127.0.0.1", false},
        {"evil.example", "0.0.0.0", false},
        {"notinside.example", "127.0.0.1", false},
        {"localhost.evil.example", "127.0.0.1", false},
        {"evillocalhost", "127.0.0.1", false},
        {"localhost:80@evil.example", "127.0.0.1", false},
        {"127.0.0.1.evil.example", "127.0.0.1", false},
        {"[::1", "127.0.0.1", false},
        {"", "127.0.0.1", false},
        {":4566", "127.0.0.1", false},
    };
    for (const auto& row : table) {
        CAPTURE(row.host);
        const AdmissionRules rules{row.listen_address, {"lambox", ".inside.example"}, {}};
        CHECK((admission(request_to(row.host), rules) == Admission::admitted) == row.admitted);
    }
    CHECK(admission(request_to("evil.example"), AdmissionRules{"127.0.0.1", {"*"}, {}}) == Admission::admitted);
    auto absolute = request_to("localhost");
    absolute.target = "http://evil.example/";
    CHECK(admission(absolute, AdmissionRules{"127.0.0.1", {}, {}}) == Admission::foreign_host);
}

TEST_CASE("an Origin is refused unless it is named") {
    const AdmissionRules closed{"127.0.0.1", {}, {}};
    CHECK(admission(request_to("localhost", "http://localhost:4566"), closed) == Admission::foreign_origin);
    CHECK(admission(request_to("localhost", "null"), closed) == Admission::foreign_origin);
    const AdmissionRules open{"127.0.0.1", {}, {"http://localhost:3000"}};
    CHECK(admission(request_to("localhost", "http://localhost:3000"), open) == Admission::admitted);
    CHECK(admission(request_to("localhost", "http://localhost:30000"), open) == Admission::foreign_origin);
    CHECK(admission(request_to("evil.example", "http://localhost:3000"), open) == Admission::foreign_host);
    CHECK(admission(request_to("localhost", "https://any"), AdmissionRules{"127.0.0.1", {}, {"*"}}) == Admission::admitted);
}

TEST_CASE("a request finds its service by its scope, and without one by its looks") {
    struct Row {
        const char* scope;
        const char* target;
        const char* header;
        const char* value;
        const char* body;
        Service service;
    };
    const char* form = "application/x-www-form-urlencoded; charset=utf-8";
    const std::vector<Row> table{
        {"lambda", "/2015-03-31/functions", "A", "b", "", Service::lambda},
        {"logs", "/", "A", "b", "", Service::logs},
        {"iam", "/", "A", "b", "", Service::iam},
        {"sts", "/", "A", "b", "", Service::sts},
        {"s3", "/bucket/key", "A", "b", "", Service::other},
        {"s3", "/_lambox/state", "A", "b", "", Service::admin},
        {"", "/_lambox/health?x", "A", "b", "", Service::health},
        {"", "/_localstack/health", "A", "b", "", Service::health},
        {"", "/_lambox/reset", "A", "b", "", Service::admin},
        {"", "/", "X-Amz-Target", "Logs_20140328.GetLogEvents", "{}", Service::logs},
        {"", "/", "X-Amz-Target", "DynamoDB_20120810.ListTables", "{}", Service::other},
        {"", "/", "Content-Type", form, "Action=GetCallerIdentity&Version=2011-06-15", Service::sts},
        {"", "/", "Content-Type", form, "Action=ListRoles&Version=2010-05-08", Service::iam},
        {"", "/", "Content-Type", form, "Action=ListQueues&Version=2012-11-05", Service::other},
        {"", "/2015-03-31/functions/f/invocations", "A", "b", "{}", Service::lambda},
        {"", "/nothing/known", "A", "b", "", Service::lambda},
    };
    for (const auto& row : table) {
        CAPTURE(row.target);
        CAPTURE(row.value);
        io::HttpRequest request;
        request.target = row.target;
        request.body = row.body;
        request.headers.add(row.header, row.value);
        CHECK(service_of(request, RequestScope{"1", "r", row.scope}) == row.service);
    }
}
