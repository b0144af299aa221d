#include "lambox/api/service_front.hpp"

#include "lambox/api/aws_error.hpp"
#include "lambox/api/error_response.hpp"
#include "lambox/io/http_server.hpp"

#include <utility>

namespace lambox::api {
namespace {

constexpr std::string_view admin_prefix = "/_lambox/";
constexpr std::string_view localstack_prefix = "/_localstack/";
constexpr std::size_t quoted_chars_max = 256; ///< of what a caller wrote, in an answer

std::string_view header(const io::HttpRequest& request, std::string_view name) {
    return request.headers.find(name).value_or(std::string_view{});
}

std::string_view path_of(const io::HttpRequest& request) { return std::string_view(request.target).substr(0, request.target.find('?')); }

/// For a page of an allowed origin (Fetch standard, CORS protocol).
void allow_origin(io::HttpResponse& response, const std::string& origin) {
    response.headers.add("Access-Control-Allow-Origin", origin);
    response.headers.add("Vary", "Origin");
    response.headers.add("Access-Control-Expose-Headers", "*, x-amzn-RequestId, x-amzn-ErrorType, X-Amz-Function-Error, X-Amz-Log-Result, "
                                                          "X-Amz-Executed-Version");
}

io::HttpResponse preflight_answer(const io::HttpRequest& request) {
    io::HttpResponse response;
    response.status = 204;
    response.headers.add("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    response.headers.add("Access-Control-Allow-Headers", std::string(header(request, "Access-Control-Request-Headers")));
    response.headers.add("Access-Control-Max-Age", "600");
    return response;
}

} // namespace

Service service_of(const io::HttpRequest& request, const RequestScope& scope) {
    const auto path = path_of(request);
    if (path == "/_lambox/health" || path == "/_localstack/health") return Service::health;
    if (path.starts_with(admin_prefix) || path.starts_with(localstack_prefix)) return Service::admin;
    if (scope.service == "lambda") return Service::lambda;
    if (scope.service == "logs") return Service::logs;
    if (scope.service == "iam") return Service::iam;
    if (scope.service == "sts") return Service::sts;
    if (!scope.service.empty()) return Service::other;
    const auto target = header(request, "X-Amz-Target");
    if (target.starts_with("Logs_20140328.")) return Service::logs;
    if (!target.empty()) return Service::other;
    if (path == "/" && header(request, "Content-Type").starts_with("application/x-www-form-urlencoded")) {
        // AWS's own clients sign these, except for those that have no credentials yet.
        if (request.body.find("Version=2011-06-15") != std::string::npos) return Service::sts;
        if (request.body.find("Version=2010-05-08") != std::string::npos) return Service::iam;
        return Service::other;
    }
    return Service::lambda;
}

ServiceFront::ServiceFront(AdmissionRules rules, RequestScope defaults, IdSource& ids, ServiceHandlers handlers)
    : rules_(std::move(rules)), defaults_(std::move(defaults)), ids_(ids), handlers_(std::move(handlers)) {}

boost::asio::awaitable<io::HttpResponse> ServiceFront::handle(io::HttpRequest request) {
    const Admission admitted = admission(request, rules_);
    if (admitted != Admission::admitted) return io::ready_answer(refuse(admitted, request));
    if (!header(request, "Origin").empty()) return handle_for_page(std::move(request));
    return route(std::move(request));
}

boost::asio::awaitable<io::HttpResponse> ServiceFront::handle_for_page(io::HttpRequest request) {
    const std::string origin(header(request, "Origin"));
    io::HttpResponse response;
    if (request.method == "OPTIONS" && request.headers.find("Access-Control-Request-Method").has_value())
        response = preflight_answer(request);
    else
        response = co_await route(std::move(request));
    allow_origin(response, origin);
    co_return response;
}

boost::asio::awaitable<io::HttpResponse> ServiceFront::route(io::HttpRequest request) {
    RequestScope scope = request_scope(request, defaults_);
    const Service service = service_of(request, scope);
    if (handlers_.refuse_unsigned && service != Service::health) {
        if (auto refusal = handlers_.refuse_unsigned(request, scope)) return io::ready_answer(std::move(*refusal));
    }
    switch (service) {
    case Service::lambda: return handlers_.lambda(std::move(request), std::move(scope));
    case Service::logs: return handlers_.logs(std::move(request), std::move(scope));
    case Service::iam: return handlers_.iam(std::move(request), std::move(scope));
    case Service::sts: return handlers_.sts(std::move(request), std::move(scope));
    case Service::health:
    case Service::admin: return handlers_.admin(std::move(request), std::move(scope));
    case Service::other: break;
    }
    if (handlers_.others) return handlers_.others(std::move(request), std::move(scope));
    return io::ready_answer(not_here(request, scope));
}

io::HttpResponse ServiceFront::refuse(Admission admission, const io::HttpRequest& request) {
    std::string message;
    switch (admission) {
    case Admission::foreign_host:
        message = "Host '" + std::string(header(request, "Host").substr(0, quoted_chars_max)) +
                  "' is not a name of this service; names other than localhost and its own addresses are allowed with --allowed-hosts.";
        break;
    case Admission::foreign_origin:
    case Admission::admitted:
        // Only a browser sends one, and no page may drive functions on this machine unless it was named.
        message = "Requests from web pages (with an Origin header) are refused; an origin is allowed with --allowed-origins.";
        break;
    }
    return error_response(make_error(Errc::permission_denied, std::move(message)), ids_.uuid());
}

io::HttpResponse ServiceFront::not_here(const io::HttpRequest& request, const RequestScope& scope) {
    std::string service = scope.service;
    if (service.empty()) service = header(request, "X-Amz-Target").substr(0, quoted_chars_max);
    if (service.empty()) service = "unknown";
    const AwsError error{501, "NotImplemented",
                         "lambox does not have the service '" + service +
                             "'. It has lambda, logs, iam and sts; start it with --forward-endpoint http://HOST:PORT to have requests for "
                             "other services handed to an emulator that has them."};
    return aws_error_response(protocol_of(request, scope.service), error, ids_.uuid());
}

} // namespace lambox::api
