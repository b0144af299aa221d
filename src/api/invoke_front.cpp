#include "lambox/api/invoke_front.hpp"

#include "lambox/api/codec/error_cause.hpp"
#include "lambox/api/error_response.hpp"
#include "lambox/api/router.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/engine/new_invocation.hpp"
#include "lambox/io/http_server.hpp"
#include "lambox/model/function_error.hpp"
#include "lambox/wire/arn.hpp"
#include "lambox/wire/base64.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace lambox::api {
namespace {

constexpr std::array<Route, 1> routes{{{"POST", "/2015-03-31/functions/{}/invocations"}}};

enum class InvocationType { request_response, event, dry_run };

std::string_view header(const io::HttpRequest& request, std::string_view name) {
    return request.headers.find(name).value_or(std::string_view{});
}

/// AWS's words for a value outside its enumeration.
Error not_in_enumeration(std::string_view value, std::string_view member, std::string_view allowed) {
    std::string text = "1 validation error detected: Value '";
    text.append(value).append("' at '").append(member).append("' failed to satisfy constraint: Member must satisfy enum value set: ");
    text.append(allowed);
    return make_error(Errc::constraint_broken, std::move(text));
}

Result<InvocationType> invocation_type(const io::HttpRequest& request) {
    const auto value = header(request, "X-Amz-Invocation-Type");
    if (value.empty() || value == "RequestResponse") return InvocationType::request_response;
    if (value == "Event") return InvocationType::event;
    if (value == "DryRun") return InvocationType::dry_run;
    return not_in_enumeration(value, "invocationType", "[Event, RequestResponse, DryRun]");
}

Result<engine::WaitFor> log_type(const io::HttpRequest& request) {
    const auto value = header(request, "X-Amz-Log-Type");
    if (value.empty() || value == "None") return engine::WaitFor::answer;
    if (value == "Tail") return engine::WaitFor::report;
    return not_in_enumeration(value, "logType", "[None, Tail]");
}

Result<std::string> client_context(const io::HttpRequest& request) {
    const auto value = header(request, "X-Amz-Client-Context");
    if (value.empty()) return std::string{};
    if (value.size() > limits::client_context_bytes_max) {
        return make_error(Errc::invalid_argument,
                          "Client context must be no more than " + std::to_string(limits::client_context_bytes_max) + " bytes.");
    }
    auto decoded = wire::base64_decode(value);
    if (!decoded || !codec::is_json(*decoded)) {
        return make_error(Errc::invalid_request_body, "Client context must be a valid Base64-encoded JSON object.");
    }
    return std::move(*decoded);
}

std::size_t event_bytes_max(InvocationType type, const model::Era& era) {
    switch (type) {
    case InvocationType::event: return era.async_request_bytes_max();
    case InvocationType::request_response:
    case InvocationType::dry_run: return limits::sync_request_bytes_max;
    }
    return limits::sync_request_bytes_max;
}

/// Checks size and syntax; an empty body becomes `{}` (behaviour §7.1).
Result<std::string> event_of(io::HttpRequest& request, InvocationType type, const model::Era& era) {
    const std::size_t bytes_max = event_bytes_max(type, era);
    switch (request.body_state) {
    case io::BodyState::complete: break;
    case io::BodyState::truncated: return make_error(Errc::truncated, "The request body ended before its announced length.");
    case io::BodyState::too_large:
        return make_error(Errc::too_large, "Request must be smaller than " + std::to_string(limits::sync_request_bytes_max) +
                                               " bytes for the InvokeFunction operation");
    }
    if (request.body.size() > bytes_max) {
        return make_error(Errc::too_large,
                          "Request must be smaller than " + std::to_string(bytes_max) + " bytes for the InvokeFunction operation");
    }
    if (request.body.empty()) return std::string("{}");
    if (!codec::is_json(request.body)) {
        return make_error(Errc::invalid_request_body, "Could not parse request body into json: Could not parse payload into json: " +
                                                          codec::json_complaint(request.body));
    }
    return std::move(request.body);
}

/// In [0, 1): which version of a weighted alias.
double random_share(IdSource& ids) {
    constexpr std::size_t digits = 8;
    std::uint32_t number = 0;
    const std::string text = ids.hex(digits);
    std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return static_cast<double>(number) / 4'294'967'296.0;
}

} // namespace

struct InvokeFront::Call {
    InvocationType type = InvocationType::request_response;
    engine::WaitFor wait_for = engine::WaitFor::answer;
    engine::ResolvedFunction function;
    model::Invocation invocation;
};

InvokeFront::InvokeFront(engine::Supervisor& supervisor, engine::FunctionRegistry& registry, IdSource& ids)
    : supervisor_(supervisor), resolve_([&registry, &ids](const engine::Place& place, const wire::FunctionReference& reference,
                                                          std::string_view qualifier) {
          return registry.resolve(place, reference, qualifier, random_share(ids));
      }),
      ids_(ids) {}

InvokeFront::InvokeFront(engine::Supervisor& supervisor, Resolve resolve, IdSource& ids)
    : supervisor_(supervisor), resolve_(std::move(resolve)), ids_(ids) {}

bool InvokeFront::owns(const io::HttpRequest& request) {
    return std::holds_alternative<RouteMatch>(find_route(routes, request.method, request.target));
}

boost::asio::awaitable<io::HttpResponse> InvokeFront::handle(io::HttpRequest request, RequestScope scope) {
    const auto found = find_route(routes, request.method, request.target);
    if (const auto* match = std::get_if<RouteMatch>(&found)) {
        std::string name_segment(match->parameters.front());
        std::string qualifier = query_parameter(match->query, "Qualifier").value_or("");
        return invoke(std::move(request), std::move(scope), std::move(name_segment), std::move(qualifier));
    }
    auto response =
        error_response(make_error(Errc::unsupported, "lambox does not serve " + request.method + " " + request.target.substr(0, 256) +
                                                         "; it serves Invoke (POST /2015-03-31/functions/NAME/invocations)"),
                       ids_.uuid());
    if (std::get<NoRoute>(found) == NoRoute::method_not_allowed) response.status = 405;
    return io::ready_answer(std::move(response));
}

Result<InvokeFront::Call> InvokeFront::parse(io::HttpRequest& request, const RequestScope& scope, const std::string& name_segment,
                                             const std::string& qualifier, const std::string& request_id) {
    Call call;
    const auto type = invocation_type(request);
    if (!type) return type.error();
    call.type = *type;
    const auto wait_for = log_type(request);
    if (!wait_for) return wait_for.error();
    call.wait_for = *wait_for;

    const auto name = wire::url_decode(name_segment);
    if (!name) return make_error(Errc::invalid_argument, "The function name in the path is not validly percent-encoded.");
    const auto reference = wire::parse_function_reference(*name);
    if (!reference) return reference.error();
    const engine::Place place{scope.account, scope.region};
    auto function = resolve_(place, *reference, qualifier);
    if (!function) return function.error();
    call.function = std::move(*function);

    auto context = client_context(request);
    if (!context) return context.error();
    const auto& services = supervisor_.services();
    auto event = event_of(request, call.type, services.settings.era);
    if (!event) return event.error();
    call.invocation = engine::new_invocation(services, call.function.invoked_arn, std::move(*event), header(request, "X-Amzn-Trace-Id"),
                                             RequestId(request_id));
    call.invocation.client_context = std::move(*context);
    return call;
}

boost::asio::awaitable<io::HttpResponse> InvokeFront::invoke(io::HttpRequest request, RequestScope scope, std::string name_segment,
                                                             std::string qualifier) {
    std::string request_id(header(request, "x-amzn-RequestId"));
    if (request_id.empty()) {
        request_id = ids_.uuid();
    } else if (!is_uuid(request_id)) {
        co_return error_response(make_error(Errc::invalid_request_body, "The x-amzn-RequestId header must be a UUID."), ids_.uuid());
    }
    auto parsed = parse(request, scope, name_segment, qualifier, request_id);
    if (!parsed) co_return error_response(parsed.error(), request_id);
    Call call = std::move(*parsed);

    io::HttpResponse response;
    response.headers.add("x-amzn-RequestId", request_id);
    switch (call.type) {
    case InvocationType::dry_run: response.status = 204; co_return response;
    case InvocationType::event: {
        engine::AsyncEvent event;
        event.function = call.function.revision;
        event.invocation = std::move(call.invocation);
        event.config = model::event_invoke_config(*call.function.state, call.function.revision->version, call.function.qualifier);
        const auto queued = supervisor_.enqueue(std::move(event));
        if (!queued && queued.error().code == Errc::throttled) {
            co_return throttled_response(model::ThrottleReason::account_concurrency, request_id);
        }
        if (!queued) co_return error_response(queued.error(), request_id);
        response.status = 202;
        co_return response;
    }
    case InvocationType::request_response: break;
    }
    std::string trace = call.invocation.trace_header;
    auto reply = co_await supervisor_.invoke(call.function.revision, std::move(call.invocation), call.wait_for);
    if (!reply) co_return error_response(reply.error(), request_id);
    if (const auto* throttled = std::get_if<model::Throttled>(&reply->outcome)) co_return throttled_response(throttled->reason, request_id);
    if (const auto* failed = std::get_if<model::RestoreFailed>(&reply->outcome)) co_return restore_failed_response(failed->why, request_id);
    if (std::holds_alternative<model::Abandoned>(reply->outcome)) {
        co_return error_response(make_error(Errc::shutting_down, "lambox stopped before the function had answered"), request_id);
    }
    response.headers.add("Content-Type", "application/json");
    response.headers.add("X-Amz-Executed-Version", reply->executed_version);
    response.headers.add("X-Amzn-Remapped-Content-Length", "0");
    response.headers.add("X-Amzn-Trace-Id", std::move(trace));
    if (auto* error = std::get_if<model::FunctionError>(&reply->outcome)) {
        response.headers.add("X-Amz-Function-Error", "Unhandled");
        response.body = std::move(error->payload);
    } else {
        response.body = std::move(std::get<model::Success>(reply->outcome).payload);
    }
    if (call.wait_for == engine::WaitFor::report) response.headers.add("X-Amz-Log-Result", wire::base64_encode(reply->log_tail));
    co_return response;
}

} // namespace lambox::api
