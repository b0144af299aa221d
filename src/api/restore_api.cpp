#include "lambox/api/restore_api.hpp"

#include "api/runtime_answers.hpp"
#include "api/runtime_calls.hpp"
#include "lambox/api/router.hpp"
#include "lambox/base/json_escape.hpp"

#include <array>
#include <utility>

namespace lambox::api {
namespace {

enum RouteIndex : std::size_t { restore_next, restore_error, credentials };
constexpr std::array<Route, 3> routes{{
    {"GET", "/2018-06-01/runtime/restore/next"},
    {"POST", "/2018-06-01/runtime/restore/error"},
    {"GET", "/2021-04-23/credentials"},
}};

/// `2026-01-31T09:05:07Z`, as credential providers of SDKs parse it.
std::string to_seconds(WallTime at) { return format_iso8601_ms(at).substr(0, 19) + "Z"; }

io::HttpResponse lend_credentials(const engine::RuntimeSession& session, const io::HttpRequest& request) {
    const auto lent = session.credentials(header(request, "Authorization"));
    if (!lent) return text_response(404, "cannot get credentials for the provided token");
    const auto& [keys, expiration] = *lent;
    return json_response(200, R"({"AccessKeyId":")" + json_escape(keys.access_key_id) + R"(","SecretAccessKey":")" +
                                  json_escape(keys.secret_access_key) + R"(","Token":")" + json_escape(keys.session_token) +
                                  R"(","Expiration":")" + to_seconds(expiration) + "\"}\n");
}

} // namespace

bool is_restore_call(std::string_view target) {
    return target.starts_with("/2018-06-01/runtime/restore/") || target.starts_with("/2021-04-23/");
}

boost::asio::awaitable<io::HttpResponse> handle_restore_api(engine::RuntimeSession& session, io::HttpRequest request) {
    const auto found = find_route(routes, request.method, request.target);
    if (const auto* none = std::get_if<NoRoute>(&found)) {
        if (*none == NoRoute::not_found) co_return unknown_path();
        co_return wrong_method();
    }
    switch (static_cast<RouteIndex>(std::get<RouteMatch>(found).index)) {
    case restore_next: {
        const auto result = co_await session.restore_next();
        if (const auto* call = std::get_if<engine::RuntimeCallRefused>(&result)) co_return refused(*call);
        io::HttpResponse restored;
        restored.status = 200;
        co_return restored;
    }
    case restore_error: co_return answer_to(session.fail_restore(error_delivery(request, {})));
    case credentials: break;
    }
    co_return lend_credentials(session, request);
}

} // namespace lambox::api
