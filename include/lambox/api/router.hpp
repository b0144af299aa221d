#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lambox::api {

/// One row of a route table. `pattern` is a path whose `{}` segments match any one non-empty segment.
struct Route {
    std::string_view method;
    std::string_view pattern;
};

struct RouteMatch {
    std::size_t index;                        ///< into the table
    std::vector<std::string_view> parameters; ///< what `{}` matched, still percent-encoded; views into the target
    std::string_view query;                   ///< behind `?`, or empty
};
enum class NoRoute { not_found, method_not_allowed };

/// The first route that `method` and `target` match.
[[nodiscard]] std::variant<RouteMatch, NoRoute> find_route(std::span<const Route> table, std::string_view method, std::string_view target);

/// The decoded value of `name` in a query string; nothing when absent or its escapes are broken.
[[nodiscard]] std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

} // namespace lambox::api
