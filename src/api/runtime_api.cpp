#include "lambox/api/runtime_api.hpp"

#include "api/runtime_answers.hpp"
#include "api/runtime_calls.hpp"
#include "lambox/api/extension_api.hpp"
#include "lambox/api/restore_api.hpp"
#include "lambox/api/router.hpp"
#include "lambox/api/telemetry_api.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/io/http_server.hpp"
#include "lambox/model/function_error.hpp"
#include "lambox/wire/base64.hpp"

#include <array>
#include <list>
#include <utility>

namespace lambox::api {
namespace {

using engine::RuntimeCallRefused;
using engine::RuntimeDelivery;
using engine::RuntimeSession;

enum RouteIndex : std::size_t { next, response, error, init_error, ping };
constexpr std::array<Route, 5> routes{{
    {"GET", "/2018-06-01/runtime/invocation/next"},
    {"POST", "/2018-06-01/runtime/invocation/{}/response"},
    {"POST", "/2018-06-01/runtime/invocation/{}/error"},
    {"POST", "/2018-06-01/runtime/init/error"},
    {"GET", "/2018-06-01/ping"},
}};

/// Behaviour §1.5.
io::HttpResponse event_response(const engine::HandedInvocation& handed) {
    const model::Invocation& invocation = *handed.invocation;
    const auto deadline = std::chrono::floor<Milliseconds>(handed.deadline.time_since_epoch());
    io::HttpResponse answer;
    answer.headers.add("Content-Type", invocation.content_type);
    answer.headers.add("Lambda-Runtime-Aws-Request-Id", invocation.request_id.str());
    answer.headers.add("Lambda-Runtime-Deadline-Ms", std::to_string(deadline.count()));
    answer.headers.add("Lambda-Runtime-Invoked-Function-Arn", invocation.invoked_arn.str());
    answer.headers.add("Lambda-Runtime-Trace-Id", invocation.trace_header);
    if (!invocation.client_context.empty()) answer.headers.add("Lambda-Runtime-Client-Context", invocation.client_context);
    if (!invocation.invocation_id.empty()) answer.headers.add("Lambda-Runtime-Invocation-Id", invocation.invocation_id);
    answer.body = invocation.payload;
    return answer;
}

/// A streamed response that ended badly says so in its trailers (behaviour §1.6).
void take_trailers(RuntimeDelivery& delivery, const io::HttpHeaders& trailers) {
    const auto type = trailers.find("Lambda-Runtime-Function-Error-Type");
    if (!type || type->empty()) return;
    const auto body = trailers.find("Lambda-Runtime-Function-Error-Body");
    delivery.late_error =
        engine::RuntimeError{wire::base64_decode(body.value_or("")).value_or(""), model::sanitise_error_type(*type)};
}

} // namespace

boost::asio::awaitable<io::HttpResponse> handle_runtime_api(RuntimeSession& session, io::HttpRequest request) {
    const auto found = find_route(routes, request.method, request.target);
    if (const auto* none = std::get_if<NoRoute>(&found)) {
        if (const auto api = telemetry_api_of(request.target)) co_return handle_telemetry_api(*api, session, request);
        if (is_extension_call(request.target)) co_return co_await handle_extension_api(session.extensions(), std::move(request));
        const bool restores = session.serves_restore() && is_restore_call(request.target);
        if (restores) co_return co_await handle_restore_api(session, std::move(request));
        if (*none == NoRoute::not_found) co_return unknown_path();
        co_return wrong_method();
    }
    const auto& match = std::get<RouteMatch>(found);
    if (match.index == ping) co_return text_response(200, "pong");
    if (match.index == next) {
        const auto result = co_await session.next();
        if (const auto* call = std::get_if<RuntimeCallRefused>(&result)) co_return refused(*call);
        co_return event_response(std::get<engine::HandedInvocation>(result));
    }
    if (match.index == response) {
        auto delivery = delivery_of(request, match.parameters.front());
        take_trailers(delivery, request.trailers);
        co_return answer_to(session.respond(std::move(delivery)));
    }
    if (match.index == error) co_return answer_to(session.fail(error_delivery(request, match.parameters.front())));
    co_return answer_to(session.fail_init(error_delivery(request, {})));
}

namespace {

class Endpoint final : public engine::RuntimeEndpoint {
public:
    Endpoint(const boost::asio::any_io_executor& executor, io::Clock& clock, io::HttpServerOptions options, Logger log)
        : server_(
              executor, clock, options, [this](io::HttpRequest request) { return handle(std::move(request)); }, std::move(log)) {}

    [[nodiscard]] Result<void> listen(const RuntimeApiAddress& address) {
        const auto endpoint = server_.listen(address.host, address.port);
        if (!endpoint) return endpoint.error();
        // Nobody can call the address that stands for all of them.
        std::string host = endpoint->address;
        if (host == "0.0.0.0") host = "127.0.0.1";
        if (host == "::") host = "::1";
        if (host.find(':') != std::string::npos) host = "[" + host + "]";
        address_ = host + ":" + std::to_string(endpoint->port);
        return {};
    }
    /// Once; before it, nobody has been told of the address.
    void serve(RuntimeSession& session) { session_ = &session; }
    [[nodiscard]] std::string address() const override { return address_; }
    void stop() override { server_.stop(); }
    boost::asio::awaitable<void> join() override { return server_.join(); }

private:
    boost::asio::awaitable<io::HttpResponse> handle(io::HttpRequest request) {
        // Nobody's yet: a call to a listener that is kept ready, by somebody who tries ports.
        if (session_ == nullptr) return io::ready_answer(unknown_path());
        return handle_runtime_api(*session_, std::move(request));
    }

    RuntimeSession* session_ = nullptr;
    io::HttpServer server_;
    std::string address_;
};

Result<std::unique_ptr<Endpoint>> listening_endpoint(const boost::asio::any_io_executor& executor, io::Clock& clock, const Logger& log,
                                                     const RuntimeApiAddress& address, std::size_t connections_max) {
    io::HttpServerOptions options;
    options.body_bytes_max = limits::response_bytes_max;
    options.connections_max = connections_max;
    options.idle_timeout = std::nullopt; // a frozen runtime is silent for as long as it likes (behaviour §1.1)
    auto endpoint = std::make_unique<Endpoint>(executor, clock, options, log);
    if (const auto listening = endpoint->listen(address); !listening) return listening.error();
    return endpoint;
}

} // namespace

struct RuntimeApiEndpoints::Ready {
    std::list<std::unique_ptr<Endpoint>> endpoints;
};

RuntimeApiEndpoints::RuntimeApiEndpoints(boost::asio::any_io_executor executor, io::Clock& clock, Logger log, RuntimeApiAddress address)
    : executor_(std::move(executor)), clock_(clock), log_(log.channel("runtime-api")), address_(std::move(address)),
      ready_(std::make_unique<Ready>()) {}

RuntimeApiEndpoints::~RuntimeApiEndpoints() = default;

Result<std::unique_ptr<engine::RuntimeEndpoint>> RuntimeApiEndpoints::open(RuntimeSession& session) {
    const std::size_t connections_max = session.connections_max();
    std::unique_ptr<Endpoint> endpoint;
    if (!ready_->endpoints.empty() && connections_max <= limits::runtime_connections_max) {
        endpoint = std::move(ready_->endpoints.front());
        ready_->endpoints.pop_front();
    } else {
        auto made = listening_endpoint(executor_, clock_, log_, address_, connections_max);
        if (!made) return made.error();
        endpoint = std::move(*made);
    }
    endpoint->serve(session);
    return std::unique_ptr<engine::RuntimeEndpoint>(std::move(endpoint));
}

bool RuntimeApiEndpoints::make_ready(std::size_t count) {
    if (address_.port != 0 || ready_->endpoints.size() >= count) return false; // a fixed port is the present environment's
    auto endpoint = listening_endpoint(executor_, clock_, log_, address_, limits::runtime_connections_max);
    if (endpoint) ready_->endpoints.push_back(std::move(*endpoint));
    return endpoint.has_value();
}

boost::asio::awaitable<void> RuntimeApiEndpoints::drop_ready() {
    const auto dropped = std::exchange(ready_->endpoints, {});
    for (const auto& endpoint : dropped)
        endpoint->stop();
    for (const auto& endpoint : dropped)
        co_await endpoint->join();
}

} // namespace lambox::api
