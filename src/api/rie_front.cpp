#include "lambox/api/rie_front.hpp"

#include "lambox/api/error_response.hpp"
#include "lambox/api/router.hpp"
#include "lambox/base/json_escape.hpp"
#include "lambox/engine/new_invocation.hpp"
#include "lambox/model/function_error.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace lambox::api {
namespace {

enum RouteIndex : std::size_t { invoke, health_check };
constexpr std::array<Route, 2> routes{{
    {"POST", "/2015-03-31/functions/{}/invocations"},
    {"GET", "/_lambox/health"},
}};

/// What AWS's tool calls every function in its path.
constexpr std::string_view any_function = "function";

/// Whoever is called `function`, and the function's own name with its version.
InvokeFront::Resolve resolver(std::shared_ptr<const engine::FunctionRevision> function) {
    // Nobody configures Event invocations of an image: AWS's defaults are in force.
    const auto state = std::make_shared<const model::FunctionState>();
    return [function = std::move(function), state](const engine::Place&, const wire::FunctionReference& reference,
                                                   std::string_view qualifier) -> Result<engine::ResolvedFunction> {
        const std::string given = qualifier.empty() ? reference.qualifier.value_or("") : std::string(qualifier);
        const bool named = reference.name == any_function || reference.name == function->config.name;
        const bool version = given.empty() || given == "$LATEST" || given == function->version;
        const std::string qualified = given.empty() ? "" : ":" + given;
        if (!named || !version) {
            std::string wanted = function->arn.str();
            if (!named) wanted = wanted.substr(0, wanted.rfind(':') + 1) + reference.name;
            return make_error(Errc::not_found, "Function not found: " + wanted + qualified);
        }
        return engine::ResolvedFunction{function, FunctionArn(function->arn.str() + qualified), state, {}};
    };
}

/// Go's net/http gives this type to whatever is not told to be another, JSON among it.
io::HttpResponse plain(unsigned status, std::string body) {
    io::HttpResponse response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(body);
    return response;
}

io::HttpResponse emulator_response(const engine::FunctionRevision& function, model::Outcome outcome) {
    if (auto* success = std::get_if<model::Success>(&outcome)) return plain(200, std::move(success->payload));
    auto* error = std::get_if<model::FunctionError>(&outcome);
    if (error == nullptr) return plain(500, {});
    switch (error->origin) {
    case model::ErrorOrigin::function: return plain(200, std::move(error->payload));
    case model::ErrorOrigin::platform: break;
    }
    if (error->error_type != model::error_type::sandbox_timedout) return plain(502, std::move(error->payload));
    return plain(200, "Task timed out after " + std::to_string(function.config.timeout.count()) + ".00 seconds");
}

} // namespace

RieFront::RieFront(Parts parts) : parts_(std::move(parts)), invoke_(parts_.supervisor, resolver(parts_.function), parts_.ids) {}

boost::asio::awaitable<io::HttpResponse> RieFront::handle(io::HttpRequest request, RequestScope scope) {
    const auto found = find_route(routes, request.method, request.target);
    const auto* match = std::get_if<RouteMatch>(&found);
    if (match == nullptr) {
        const std::string paths = "POST /2015-03-31/functions/function/invocations and GET /_lambox/health";
        auto response = error_response(make_error(Errc::unsupported, "A runtime interface emulator has " + paths + "."), parts_.ids.uuid());
        if (std::get<NoRoute>(found) == NoRoute::method_not_allowed) response.status = 405;
        co_return response;
    }
    if (match->index == health_check) co_return health();
    switch (parts_.answers) {
    case RieAnswers::lambda: break;
    case RieAnswers::aws_emulator: co_return co_await answer_as_emulator(std::move(request));
    }
    co_return co_await invoke_.handle(std::move(request), std::move(scope));
}

io::HttpResponse RieFront::health() const {
    io::HttpResponse response;
    response.headers.add("Content-Type", "application/json");
    response.body = R"({"status":"ok","version":")" + json_escape(parts_.version) + R"(","functions":1,"environments":)" +
                    std::to_string(parts_.supervisor.environments()) + "}\n";
    return response;
}

boost::asio::awaitable<io::HttpResponse> RieFront::answer_as_emulator(io::HttpRequest request) {
    switch (request.body_state) {
    case io::BodyState::complete: break;
    case io::BodyState::truncated: co_return plain(500, {});
    case io::BodyState::too_large:
        co_return error_response(make_error(Errc::too_large, "The event is larger than lambox takes."), parts_.ids.uuid());
    }
    const auto trace = request.headers.find("X-Amzn-Trace-Id");
    std::string callers_trace;
    if (trace) callers_trace = *trace;
    const auto& function = parts_.function;
    auto invocation = engine::new_invocation(parts_.supervisor.services(), function->arn, std::move(request.body), callers_trace);
    auto reply = co_await parts_.supervisor.invoke(function, std::move(invocation), engine::WaitFor::report);
    if (!reply) co_return plain(500, {});
    co_return emulator_response(*function, std::move(reply->outcome));
}

} // namespace lambox::api
