#include "lambox/api/extension_api.hpp"

#include "api/runtime_answers.hpp"
#include "lambox/api/codec/error_cause.hpp"
#include "lambox/api/router.hpp"
#include "lambox/base/json_escape.hpp"
#include "lambox/base/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace lambox::api {
namespace {

using engine::ExtensionError;
using engine::ExtensionRefusal;
using engine::ExtensionSet;

enum RouteIndex : std::size_t { enroll, next, init_error, exit_error };
constexpr std::array<Route, 4> routes{{
    {"POST", "/2020-01-01/extension/register"},
    {"GET", "/2020-01-01/extension/event/next"},
    {"POST", "/2020-01-01/extension/init/error"},
    {"POST", "/2020-01-01/extension/exit/error"},
}};

io::HttpResponse refused(const ExtensionRefusal& why) { return refusal(403, why.error_type, why.message); }

std::string member(std::string_view name, std::string_view text) { return "\"" + std::string(name) + "\":\"" + json_escape(text) + "\""; }

/// Whether the comma-separated list of features holds the word.
bool lists(std::string_view features, std::string_view wanted) {
    while (!features.empty()) {
        std::string_view word = features.substr(0, features.find(','));
        features.remove_prefix(std::min(word.size() + 1, features.size()));
        while (word.starts_with(' '))
            word.remove_prefix(1);
        while (word.ends_with(' '))
            word.remove_suffix(1);
        if (word == wanted) return true;
    }
    return false;
}

ExtensionRefusal bad_request(std::string message) { return ExtensionRefusal{"InvalidRequestFormat", std::move(message)}; }

std::variant<std::vector<std::string>, ExtensionRefusal> events_of(std::string_view body) {
    if (body.empty()) return bad_request("unexpected end of JSON input");
    const auto document = nlohmann::json::parse(body, nullptr, false);
    if (document.is_discarded()) return bad_request(codec::json_complaint(body));
    if (document.is_null()) return std::vector<std::string>{};
    if (!document.is_object()) return bad_request("the body is not a JSON object");
    const auto keys = document.find("configurationKeys");
    if (keys != document.end() && !keys->is_null()) {
        if (!keys->is_array()) return bad_request("configurationKeys is not a list");
        if (!keys->empty()) return bad_request("configurationKeys are deprecated; use environment variables instead");
    }
    std::vector<std::string> events;
    const auto listed = document.find("events");
    if (listed == document.end() || listed->is_null()) return events;
    if (!listed->is_array()) return bad_request("events is not a list");
    for (const auto& event : *listed) {
        if (!event.is_string()) return bad_request("events holds something other than a string");
        events.push_back(event.get<std::string>());
    }
    return events;
}

/// Behaviour §2.1; members in the order captured there.
io::HttpResponse answer_to_register(ExtensionSet& extensions, const io::HttpRequest& request) {
    const std::string name(header(request, "Lambda-Extension-Name"));
    if (name.empty()) return refused(ExtensionRefusal{"Extension.InvalidExtensionName", "Empty extension name"});
    const auto events = events_of(request.body);
    if (const auto* refusal = std::get_if<ExtensionRefusal>(&events)) return refused(*refusal);
    const auto enrolled = extensions.enroll(name, std::get<std::vector<std::string>>(events));
    if (const auto* refusal = std::get_if<ExtensionRefusal>(&enrolled)) return refused(*refusal);

    const auto& function = extensions.function();
    std::string body = "{";
    if (lists(header(request, "Lambda-Extension-Accept-Feature"), "accountId")) body += member("accountId", function.account) + ",";
    body += member("functionName", function.name) + "," + member("functionVersion", function.version) + "," +
            member("handler", function.handler) + "}\n";
    auto answer = json_response(200, std::move(body));
    answer.headers.add("Lambda-Extension-Identifier", std::get<std::string>(enrolled));
    return answer;
}

std::int64_t milliseconds_of(WallTime time) { return std::chrono::floor<Milliseconds>(time.time_since_epoch()).count(); }

io::HttpResponse event_response(const engine::ExtensionInvoke& event) {
    const model::Invocation& invocation = *event.handed.invocation;
    std::string body = R"({"eventType":"INVOKE","deadlineMs":)" + std::to_string(milliseconds_of(event.handed.deadline)) + ",";
    body += member("requestId", invocation.request_id.str()) + "," + member("invokedFunctionArn", invocation.invoked_arn.str());
    if (!invocation.trace_header.empty()) {
        body += R"(,"tracing":{"type":"X-Amzn-Trace-Id",)" + member("value", invocation.trace_header) + "}";
    }
    auto answer = json_response(200, body + "}");
    answer.headers.add("Lambda-Extension-Event-Identifier", event.event_id);
    return answer;
}

/// Of another type than every other answer, as captured.
io::HttpResponse event_response(const engine::ExtensionShutdown& event) {
    return text_response(200, R"({"eventType":"SHUTDOWN","deadlineMs":)" + std::to_string(milliseconds_of(event.deadline)) + "," +
                                  member("shutdownReason", model::to_string(event.reason)) + "}");
}

io::HttpResponse answer_to_error(ExtensionSet& extensions, const io::HttpRequest& request, ExtensionError error) {
    const auto refusal =
        extensions.report(error, header(request, "Lambda-Extension-Identifier"), header(request, "Lambda-Extension-Function-Error-Type"));
    if (refusal) return refused(*refusal);
    return accepted();
}

io::HttpResponse not_there() {
    io::HttpResponse answer;
    answer.status = 404;
    return answer;
}

} // namespace

bool is_extension_call(std::string_view target) { return target.starts_with("/2020-01-01/extension/"); }

boost::asio::awaitable<io::HttpResponse> handle_extension_api(ExtensionSet& extensions, io::HttpRequest request) {
    if (!extensions.enabled()) co_return not_there();
    const auto found = find_route(routes, request.method, request.target);
    if (const auto* none = std::get_if<NoRoute>(&found)) {
        if (*none == NoRoute::not_found) co_return unknown_path();
        co_return wrong_method();
    }
    if (request.body_state == io::BodyState::truncated) {
        co_return refusal(400, "TruncatedHTTPRequest", "HTTP request detected as truncated");
    }
    if (request.body_state == io::BodyState::too_large || request.body.size() > limits::extension_request_bytes_max) {
        co_return refusal(413, "RequestEntityTooLarge",
                          "Exceeded maximum allowed payload size (" + std::to_string(limits::extension_request_bytes_max) + " bytes).");
    }
    switch (std::get<RouteMatch>(found).index) {
    case enroll: co_return answer_to_register(extensions, request);
    case init_error: co_return answer_to_error(extensions, request, ExtensionError::init);
    case exit_error: co_return answer_to_error(extensions, request, ExtensionError::exit);
    case next: break;
    }
    std::string identifier(header(request, "Lambda-Extension-Identifier"));
    const auto result = co_await extensions.next(std::move(identifier));
    if (const auto* refusal = std::get_if<ExtensionRefusal>(&result)) co_return refused(*refusal);
    co_return std::visit([](const auto& event) { return event_response(event); }, std::get<engine::ExtensionEvent>(result));
}

} // namespace lambox::api
