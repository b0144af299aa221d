// Goal: a request finds its route by method and whole path, and what is no route is told apart from a wrong method. Method: tables.
#include "lambox/api/router.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace lambox::api;

namespace {

constexpr std::array<Route, 4> routes{{
    {"GET", "/a"},
    {"POST", "/a/{}/b"},
    {"GET", "/a/{}/b"},
    {"PUT", "/{}/{}"},
}};

std::string found(std::string_view method, std::string_view target) {
    const auto result = find_route(routes, method, target);
    if (const auto* none = std::get_if<NoRoute>(&result)) return *none == NoRoute::not_found ? "404" : "405";
    const auto& match = std::get<RouteMatch>(result);
    std::string text = std::to_string(match.index);
    for (const auto& parameter : match.parameters) text += " " + std::string(parameter);
    if (!match.query.empty()) text += " ?" + std::string(match.query);
    return text;
}

} // namespace

TEST_CASE("routes are found by method and path") {
    const std::vector<std::vector<std::string>> table{
        {"GET", "/a", "0"},
        {"GET", "/a?x=1&y", "0 ?x=1&y"},
        {"POST", "/a/one/b", "1 one"},
        {"GET", "/a/one%2Ftwo/b?q", "2 one%2Ftwo ?q"},
        {"PUT", "/x/y", "3 x y"},
        {"PUT", "/a/b", "3 a b"},
        {"POST", "/a", "405"},
        {"DELETE", "/a/one/b", "405"},
        {"GET", "/a/", "404"},
        {"GET", "/a//b", "404"},
        {"POST", "/a/one/b/c", "404"},
        {"POST", "/a/one", "405"},
        {"GET", "", "404"},
        {"GET", "a", "404"},
        {"GET", "/A", "404"},
        {"get", "/a", "405"},
        {"GET", "//", "404"},
    };
    for (const auto& row : table) {
        CAPTURE(row[0]);
        CAPTURE(row[1]);
        CHECK(found(row[0], row[1]) == row[2]);
    }
}

TEST_CASE("query parameters are found by their whole name and decoded") {
    CHECK(query_parameter("Qualifier=live", "Qualifier") == "live");
    CHECK(query_parameter("x=1&Qualifier=%24LATEST&y=2", "Qualifier") == "$LATEST");
    CHECK(query_parameter("Qualifier", "Qualifier") == "");
    CHECK(query_parameter("Qualifier=", "Qualifier") == "");
    CHECK(query_parameter("MyQualifier=1", "Qualifier") == std::nullopt);
    CHECK(query_parameter("", "Qualifier") == std::nullopt);
    CHECK(query_parameter("Qualifier=%4", "Qualifier") == std::nullopt);
}
