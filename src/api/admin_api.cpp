#include "lambox/api/admin_api.hpp"

#include "lambox/api/error_response.hpp"
#include "lambox/api/router.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace lambox::api {
namespace {

using Json = nlohmann::ordered_json;

enum RouteIndex : std::size_t { health_check, reset_all, show_state, localstack_check, localstack_check_head, localstack_reset };
constexpr std::array<Route, 6> routes{{
    {"GET", "/_lambox/health"},
    {"POST", "/_lambox/reset"},
    {"GET", "/_lambox/state"},
    {"GET", "/_localstack/health"},
    {"HEAD", "/_localstack/health"},
    {"POST", "/_localstack/state/reset"},
}};

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string_view name_of(engine::EnvironmentPool::SlotUse use) {
    using Use = engine::EnvironmentPool::SlotUse;
    switch (use) {
    case Use::occupied: return "busy";
    case Use::answered: return "answered";
    case Use::idle: return "idle";
    case Use::resetting: return "resetting";
    case Use::reset: return "reset";
    case Use::retiring: return "retiring";
    }
    return "";
}

} // namespace

boost::asio::awaitable<io::HttpResponse> AdminApi::handle(io::HttpRequest request, RequestScope) {
    const auto found = find_route(routes, request.method, request.target);
    const auto* match = std::get_if<RouteMatch>(&found);
    if (match == nullptr) {
        auto response =
            error_response(make_error(Errc::unsupported, "There is GET /_lambox/health, GET /_lambox/state, POST /_lambox/reset "
                                                         "and, as LocalStack calls them, GET /_localstack/health and POST "
                                                         "/_localstack/state/reset."),
                           parts_.ids.uuid());
        if (std::get<NoRoute>(found) == NoRoute::method_not_allowed) response.status = 405;
        co_return response;
    }
    io::HttpResponse response;
    response.headers.add("Content-Type", "application/json");
    switch (static_cast<RouteIndex>(match->index)) {
    case health_check: response.body = health(); break;
    case show_state: response.body = state(); break;
    case localstack_check:
    case localstack_check_head: response.body = localstack_health(); break;
    case reset_all:
    case localstack_reset:
        co_await reset();
        response.body = "{\"status\":\"ok\"}\n";
        break;
    }
    co_return response;
}

boost::asio::awaitable<void> AdminApi::reset() {
    co_await parts_.supervisor.reset();
    for (const auto& forget : parts_.on_reset)
        forget();
}

std::string AdminApi::health() const {
    Json json{{"status", "ok"}, {"version", parts_.version}};
    json["functions"] = parts_.registry.size();
    json["environments"] = parts_.supervisor.environments();
    return text_of(json);
}

std::string AdminApi::localstack_health() const {
    Json json;
    for (const char* service : {"iam", "lambda", "logs", "sts"})
        json["services"][service] = "running";
    json["edition"] = "lambox";
    json["version"] = parts_.version;
    return text_of(json);
}

std::string AdminApi::state() const {
    Json json{{"version", parts_.version}, {"functions", Json::array()}};
    const auto pools = parts_.supervisor.view();
    for (const auto& key : parts_.registry.keys()) {
        const auto function = parts_.registry.revision(key, "$LATEST");
        if (!function) {
            json["functions"].push_back({{"name", key.name}, {"unreadable", true}});
            continue;
        }
        json["functions"].push_back({{"name", function->config.name},
                                     {"arn", function->arn.str()},
                                     {"version", function->version},
                                     {"runtime", function->config.runtime->identifier},
                                     {"memory_size_mb", function->config.memory.count},
                                     {"timeout_s", function->config.timeout.count()}});
    }
    json["environments"] = Json::array();
    for (const auto& pool : pools) {
        for (const auto& environment : pool.environments) {
            json["environments"].push_back({{"id", environment.environment},
                                            {"function", pool.function->arn.str()},
                                            {"version", pool.function->version},
                                            {"state", name_of(environment.use)},
                                            {"frozen", environment.frozen},
                                            {"memory_peak_mb", environment.memory_peak.count},
                                            {"log_stream", environment.log_stream}});
        }
    }
    json["queue"] = {{"events", parts_.supervisor.queue().size()}, {"bytes", parts_.supervisor.queue().bytes()}};
    json["logs"] = {{"groups", parts_.logs.group_count()}, {"bytes", parts_.logs.bytes()}};
    json["undelivered"] = Json::array();
    for (const auto& undelivered : parts_.destinations.undelivered()) {
        json["undelivered"].push_back({{"target", undelivered.target}, {"record", Json::parse(undelivered.record, nullptr, false)}});
    }
    return text_of(json);
}

} // namespace lambox::api
