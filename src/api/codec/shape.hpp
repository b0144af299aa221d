#pragma once

#include "lambox/base/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

/// What a request's members may be: the constraints of AWS's service model as data, and one walk that checks them.
namespace lambox::api::codec {

enum class ShapeKind { text, integer, number, boolean, blob, timestamp, list, map, structure };
enum class Presence { optional, required };
enum class Location { body, path, query };

struct Pattern; ///< a regular expression, compiled once
struct Member;

struct Shape {
    ShapeKind kind = ShapeKind::text;
    std::optional<std::int64_t> min; ///< of a length, for numbers of the value
    std::optional<std::int64_t> max;
    std::shared_ptr<const Pattern> pattern;
    std::span<const std::string_view> values; ///< of an enumeration
    std::vector<Member> members;              ///< of a structure
    std::vector<Shape> key;                   ///< one, of a map
    std::vector<Shape> element;               ///< one, of a list or map
};

struct Member {
    std::string_view name;
    Shape shape;
    Presence presence = Presence::optional;
    Location location = Location::body;
};

struct Bounds {
    std::optional<std::int64_t> min;
    std::optional<std::int64_t> max;
};

/// `text` is AWS's own notation, which messages show and which has to be matched as a whole.
[[nodiscard]] std::shared_ptr<const Pattern> pattern(std::string_view text);
/// Matched by `expression` where AWS's notation means something else to Boost.Regex.
[[nodiscard]] std::shared_ptr<const Pattern> pattern(std::string_view text, std::string_view expression);
[[nodiscard]] Shape text(Bounds length = {}, std::shared_ptr<const Pattern> pattern = nullptr);
[[nodiscard]] Shape one_of(std::span<const std::string_view> values);
[[nodiscard]] Shape integer(Bounds value = {});
[[nodiscard]] Shape number(Bounds value = {});
[[nodiscard]] Shape boolean();
[[nodiscard]] Shape blob();
[[nodiscard]] Shape timestamp();
[[nodiscard]] Shape list(Shape element, Bounds length = {});
[[nodiscard]] Shape map(Shape key, Shape element, Bounds length = {});
[[nodiscard]] Shape structure(std::vector<Member> members);
[[nodiscard]] Member required(std::string_view name, Shape shape);
[[nodiscard]] Member optional(std::string_view name, Shape shape);
[[nodiscard]] Member in_path(std::string_view name, Shape shape);
[[nodiscard]] Member in_query(std::string_view name, Shape shape);
[[nodiscard]] Member required_in_query(std::string_view name, Shape shape);

/// Drops members that are null or unknown, at every depth, and checks the others. Errors: wrong_json_type at the first member of
/// another type; constraint_broken with all broken constraints in AWS's words (behaviour §7.2).
[[nodiscard]] Result<void> check_input(const Shape& shape, nlohmann::json& input);

} // namespace lambox::api::codec
