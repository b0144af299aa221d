// Goal: extensions read the bytes that they would read on AWS. Method: whole requests to a set of extensions, without a socket.
#include "lambox/api/extension_api.hpp"

#include "fakes/sequential_ids.hpp"
#include "lambox/model/invocation.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <optional>
#include <string>

using namespace lambox;
using namespace std::chrono_literals;

namespace {

struct Fixture : engine::ExtensionSetListener {
    void on_extension_moved() override {}
    void on_extension_error(engine::ExtensionError) override {}

    /// Its answer, once there is one.
    std::shared_ptr<std::optional<io::HttpResponse>> send(const std::string& method, const std::string& path, const std::string& body,
                                                          const std::vector<std::pair<std::string, std::string>>& headers) {
        io::HttpRequest request;
        request.method = method;
        request.target = "/2020-01-01/extension/" + path;
        request.body = body;
        for (const auto& [name, value] : headers)
            request.headers.add(name, value);
        auto answer = std::make_shared<std::optional<io::HttpResponse>>();
        boost::asio::co_spawn(context, api::handle_extension_api(set, std::move(request)),
                              [answer](std::exception_ptr error, io::HttpResponse response) {
                                  if (!error) *answer = std::move(response);
                              });
        turn();
        return answer;
    }
    void turn() {
        context.restart();
        context.poll();
    }
    /// `STATUS TYPE BODY`
    static std::string words(const std::shared_ptr<std::optional<io::HttpResponse>>& answer) {
        if (!*answer) return "nothing yet";
        const auto type = (*answer)->headers.find("Content-Type");
        return std::to_string((*answer)->status) + " " + std::string(type.value_or("-")) + " " + (*answer)->body;
    }
    std::string post(const std::string& path, const std::string& body, const std::vector<std::pair<std::string, std::string>>& headers) {
        return words(send("POST", path, body, headers));
    }

    fakes::SequentialIds ids;
    engine::ExtensionSet set{ids, *this, {"123456789012", "hello", "$LATEST", "app.handler"}};
    boost::asio::io_context context{1};
};

const std::pair<std::string, std::string> agent{"Lambda-Extension-Name", "agent"};

} // namespace

TEST_CASE_FIXTURE(Fixture, "registering answers in AWS's order, with the account for who asks for it") {
    set.expect("agent");
    const auto answer = send("POST", "register", R"({"events":["INVOKE","SHUTDOWN"]})", {agent});
    CHECK(words(answer) ==
          "200 application/json {\"functionName\":\"hello\",\"functionVersion\":\"$LATEST\",\"handler\":\"app.handler\"}\n");
    CHECK(*(*answer)->headers.find("Lambda-Extension-Identifier") == "00000000-0000-4000-8000-000000000001");
    CHECK(
        post("register", R"({"events":[]})", {{"Lambda-Extension-Name", "inside"}, {"Lambda-Extension-Accept-Feature", "x, accountId"}}) ==
        "200 application/json {\"accountId\":\"123456789012\",\"functionName\":\"hello\",\"functionVersion\":\"$LATEST\","
        "\"handler\":\"app.handler\"}\n");
}

TEST_CASE_FIXTURE(Fixture, "what is wrong with a call is a 403 with AWS's type") {
    const auto refused = [](const std::string& type, const std::string& message) {
        return R"(403 application/json {"errorMessage":")" + message + R"(","errorType":")" + type + "\"}\n";
    };
    CHECK(post("register", "{}", {}) == refused("Extension.InvalidExtensionName", "Empty extension name"));
    CHECK(post("register", "", {agent}) == refused("InvalidRequestFormat", "unexpected end of JSON input"));
    CHECK(post("register", R"({"configurationKeys":["A"]})", {agent}) ==
          refused("InvalidRequestFormat", "configurationKeys are deprecated; use environment variables instead"));
    CHECK(post("register", R"({"events":[1]})", {agent}).starts_with("403 "));
    CHECK(post("register", "{", {agent}).find("InvalidRequestFormat") != std::string::npos);
    CHECK(post("init/error", "", {}) == refused("Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"));
    CHECK(words(send("GET", "event/next", "", {{"Lambda-Extension-Identifier", "x"}})) ==
          refused("Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"));
    CHECK(words(send("PUT", "event/next", "", {})) == "405 - ");
    CHECK(words(send("GET", "event/last", "", {})) == "404 text/plain; charset=utf-8 404 page not found\n");
    CHECK(post("register", std::string(1'048'577, ' '), {agent}).starts_with("413 "));
    set.disable();
    CHECK(post("register", "{}", {agent}) == "404 - ");
}

TEST_CASE_FIXTURE(Fixture, "events have AWS's bytes, SHUTDOWN its odd type") {
    set.expect("agent");
    const auto registered = send("POST", "register", R"({"events":["INVOKE","SHUTDOWN"]})", {agent});
    const std::pair<std::string, std::string> me{"Lambda-Extension-Identifier",
                                                 *(*registered)->headers.find("Lambda-Extension-Identifier")};
    auto next = send("GET", "event/next", "", {me});
    CHECK(words(next) == "nothing yet");
    auto invocation = std::make_shared<model::Invocation>();
    invocation->request_id = RequestId("id-1");
    invocation->invoked_arn = FunctionArn("arn:f");
    invocation->trace_header = "Root=1";
    set.hand_over({invocation, WallTime(1'700'000'000'123ms)});
    turn();
    CHECK(words(next) == R"(200 application/json {"eventType":"INVOKE","deadlineMs":1700000000123,"requestId":"id-1",)"
                         R"("invokedFunctionArn":"arn:f","tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1"}})");
    CHECK((*next)->headers.find("Lambda-Extension-Event-Identifier").has_value());
    set.shut_down({model::ShutdownReason::timeout, WallTime(1'700'000'002'000ms)}); // at work: it is told when it asks
    next = send("GET", "event/next", "", {me});
    CHECK(words(next) == R"(200 text/plain; charset=utf-8 {"eventType":"SHUTDOWN","deadlineMs":1700000002000,"shutdownReason":"timeout"})");
    CHECK((*next)->headers.find("Lambda-Extension-Event-Identifier") == std::nullopt);
    const std::pair<std::string, std::string> type{"Lambda-Extension-Function-Error-Type", "Agent.Broken"};
    CHECK(post("exit/error", "{}", {me, type}) == "202 application/json {\"status\":\"OK\"}\n");
}
