#include "lambox/api/router.hpp"

#include "lambox/wire/arn.hpp"

namespace lambox::api {
namespace {

std::string_view take_segment(std::string_view& path) {
    const auto slash = path.find('/');
    const auto segment = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    return segment;
}

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string_view>& parameters) {
    parameters.clear();
    while (!pattern.empty() && !path.empty()) {
        const bool last = pattern.find('/') == std::string_view::npos;
        if (last != (path.find('/') == std::string_view::npos)) return false;
        const auto wanted = take_segment(pattern);
        const auto given = take_segment(path);
        if (wanted == "{}") {
            if (given.empty()) return false;
            parameters.push_back(given);
        } else if (wanted != given) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

} // namespace

std::variant<RouteMatch, NoRoute> find_route(std::span<const Route> table, std::string_view method, std::string_view target) {
    const auto question = target.find('?');
    const auto path = target.substr(0, question);
    RouteMatch match{0, {}, question == std::string_view::npos ? std::string_view{} : target.substr(question + 1)};
    bool known_path = false;
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (!matches(table[i].pattern, path, match.parameters)) continue;
        if (table[i].method == method) {
            match.index = i;
            return match;
        }
        known_path = true;
    }
    return known_path ? NoRoute::method_not_allowed : NoRoute::not_found;
}

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto ampersand = query.find('&');
        const auto pair = query.substr(0, ampersand);
        query.remove_prefix(ampersand == std::string_view::npos ? query.size() : ampersand + 1);
        const auto equals = pair.find('=');
        if (pair.substr(0, equals) != name) continue;
        return wire::url_decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
    }
    return std::nullopt;
}

} // namespace lambox::api
