#include "api/codec/shape.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/model/constraint.hpp"

#include <boost/regex.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace lambox::api::codec {

using Json = nlohmann::json;

struct Pattern {
    std::string text;
    boost::regex expression;

    [[nodiscard]] bool matches(const std::string& value) const {
        try {
            return boost::regex_match(value, expression, boost::match_default | boost::match_not_dot_newline);
        } catch (const std::runtime_error&) {
            return false; // too much backtracking: no value of AWS's needs that
        }
    }
};

std::shared_ptr<const Pattern> pattern(std::string_view text, std::string_view expression) {
    return std::make_shared<const Pattern>(Pattern{std::string(text), boost::regex(std::string(expression))});
}

namespace {

/// Java takes a hyphen behind a range (`[0-9-_]`) for itself; Boost would begin another range.
std::string for_boost(std::string_view text) {
    std::string out;
    bool in_class = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        out += text[i];
        if (text[i] == '\\' && i + 1 < text.size()) {
            out += text[++i];
            continue;
        }
        if (text[i] == '[') in_class = true;
        if (text[i] == ']') in_class = false;
        const bool range = in_class && i + 2 < text.size() && text[i + 1] == '-' && text[i + 2] != ']' && text[i] != '[';
        if (!range) continue;
        out.append("-").append(1, text[i + 2]);
        i += 2;
        if (i + 1 < text.size() && text[i + 1] == '-') {
            out += "\\-";
            ++i;
        }
    }
    return out;
}

} // namespace

std::shared_ptr<const Pattern> pattern(std::string_view text) { return pattern(text, for_boost(text)); }

Shape text(Bounds length, std::shared_ptr<const Pattern> matched) {
    Shape shape;
    shape.min = length.min;
    shape.max = length.max;
    shape.pattern = std::move(matched);
    return shape;
}

Shape one_of(std::span<const std::string_view> values) {
    Shape shape;
    shape.values = values;
    return shape;
}

namespace {

Shape plain(ShapeKind kind, Bounds bounds = {}) {
    Shape shape;
    shape.kind = kind;
    shape.min = bounds.min;
    shape.max = bounds.max;
    return shape;
}

Member member(std::string_view name, Shape shape, Presence presence, Location location) {
    Member made;
    made.name = name;
    made.shape = std::move(shape);
    made.presence = presence;
    made.location = location;
    return made;
}

} // namespace

Shape integer(Bounds value) { return plain(ShapeKind::integer, value); }
Shape number(Bounds value) { return plain(ShapeKind::number, value); }
Shape boolean() { return plain(ShapeKind::boolean); }
Shape blob() { return plain(ShapeKind::blob); }
Shape timestamp() { return plain(ShapeKind::timestamp); }

Shape list(Shape element, Bounds length) {
    Shape shape = plain(ShapeKind::list, length);
    shape.element.push_back(std::move(element));
    return shape;
}

Shape map(Shape key, Shape element, Bounds length) {
    Shape shape = plain(ShapeKind::map, length);
    shape.key.push_back(std::move(key));
    shape.element.push_back(std::move(element));
    return shape;
}

Shape structure(std::vector<Member> members) {
    Shape shape = plain(ShapeKind::structure);
    shape.members = std::move(members);
    return shape;
}

Member required(std::string_view name, Shape shape) { return member(name, std::move(shape), Presence::required, Location::body); }
Member optional(std::string_view name, Shape shape) { return member(name, std::move(shape), Presence::optional, Location::body); }
Member in_path(std::string_view name, Shape shape) { return member(name, std::move(shape), Presence::required, Location::path); }
Member in_query(std::string_view name, Shape shape) { return member(name, std::move(shape), Presence::optional, Location::query); }
Member required_in_query(std::string_view name, Shape shape) { return member(name, std::move(shape), Presence::required, Location::query); }

namespace {

std::size_t character_count(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string shown(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_array()) {
        std::string text = "[";
        for (const auto& one : value)
            text += (text.size() > 1 ? ", " : "") + shown(one);
        return text + "]";
    }
    if (value.is_object()) {
        std::string text = "{";
        for (const auto& [key, one] : value.items())
            text += (text.size() > 1 ? ", " : "") + key + "=" + shown(one);
        return text + "}";
    }
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view type_name(const Json& value) {
    if (value.is_string()) return "STRING_VALUE";
    if (value.is_boolean()) return value.get<bool>() ? "TRUE_VALUE" : "FALSE_VALUE";
    if (value.is_number()) return value.is_number_float() ? "DECIMAL_VALUE" : "NUMBER_VALUE";
    return value.is_array() ? "Start of list" : "Start of structure or map";
}

bool has_type(ShapeKind kind, const Json& value) {
    switch (kind) {
    case ShapeKind::text:
    case ShapeKind::blob: return value.is_string();
    case ShapeKind::integer: return value.is_number_integer();
    case ShapeKind::number:
    case ShapeKind::timestamp: return value.is_number();
    case ShapeKind::boolean: return value.is_boolean();
    case ShapeKind::list: return value.is_array();
    case ShapeKind::map:
    case ShapeKind::structure: return value.is_object();
    }
    return false;
}

std::string_view wanted_name(ShapeKind kind) {
    switch (kind) {
    case ShapeKind::text: return "a String";
    case ShapeKind::blob: return "a Blob";
    case ShapeKind::integer: return "an Integer";
    case ShapeKind::number: return "a Double";
    case ShapeKind::timestamp: return "a Timestamp";
    case ShapeKind::boolean: return "a Boolean";
    case ShapeKind::list:
    case ShapeKind::map:
    case ShapeKind::structure: break;
    }
    return "a structure";
}

Error wrong_type(ShapeKind kind, const Json& value) {
    if (value.is_structured()) return make_error(Errc::wrong_json_type, std::string(type_name(value)) + " found where not expected.");
    if (kind == ShapeKind::list || kind == ShapeKind::map || kind == ShapeKind::structure) {
        return make_error(Errc::wrong_json_type, "Unexpected value type in payload");
    }
    return make_error(Errc::wrong_json_type, std::string(type_name(value)) + " can not be converted to " + std::string(wanted_name(kind)));
}

/// Types first, over the whole input: AWS reads the body before it looks at any constraint.
Result<void> check_types(const Shape& shape, Json& value) {
    if (!has_type(shape.kind, value)) return wrong_type(shape.kind, value);
    if (shape.kind == ShapeKind::structure) {
        for (auto at = value.begin(); at != value.end();) {
            const auto known =
                std::find_if(shape.members.begin(), shape.members.end(), [&](const Member& one) { return one.name == at.key(); });
            if (known == shape.members.end() || at->is_null()) {
                at = value.erase(at);
                continue;
            }
            if (auto checked = check_types(known->shape, *at); !checked) return checked;
            ++at;
        }
    } else if (shape.kind == ShapeKind::list || shape.kind == ShapeKind::map) {
        for (auto& one : value) {
            if (one.is_null()) continue; // a constraint's matter
            if (auto checked = check_types(shape.element.front(), one); !checked) return checked;
        }
    }
    return {};
}

/// All that a value of the shape itself must satisfy, in AWS's order.
std::vector<std::string> constraints_of(const Shape& shape) {
    std::vector<std::string> texts;
    const bool counts_value = shape.kind == ShapeKind::integer || shape.kind == ShapeKind::number;
    if (shape.max) texts.push_back(counts_value ? model::value_at_most(std::to_string(*shape.max)) : model::length_at_most(*shape.max));
    if (shape.min) texts.push_back(counts_value ? model::value_at_least(std::to_string(*shape.min)) : model::length_at_least(*shape.min));
    if (shape.pattern) texts.push_back(model::match_pattern(shape.pattern->text));
    if (!shape.values.empty()) texts.push_back(model::be_one_of(shape.values));
    return texts;
}

/// Those that the value breaks.
std::vector<std::string> broken_by(const Shape& shape, const Json& value) {
    std::vector<std::string> texts;
    if (shape.kind == ShapeKind::integer || shape.kind == ShapeKind::number) {
        // Unsigned numbers over the signed range must not wrap.
        const double size = value.get<double>();
        if (shape.max && size > static_cast<double>(*shape.max)) texts.push_back(model::value_at_most(std::to_string(*shape.max)));
        if (shape.min && size < static_cast<double>(*shape.min)) texts.push_back(model::value_at_least(std::to_string(*shape.min)));
        return texts;
    }
    std::size_t length = value.size();
    if (value.is_string()) length = shape.max || shape.min ? character_count(value.get_ref<const std::string&>()) : 0;
    const bool too_long = shape.max && length > static_cast<std::size_t>(*shape.max);
    if (too_long) texts.push_back(model::length_at_most(*shape.max));
    if (shape.min && length < static_cast<std::size_t>(*shape.min)) texts.push_back(model::length_at_least(*shape.min));
    if (!value.is_string()) return texts;
    const auto& text = value.get_ref<const std::string&>();
    // What is longer than any value of AWS's is not worth matching.
    const bool matchable = text.size() <= limits::matched_value_bytes_max;
    if (shape.pattern && (matchable ? !shape.pattern->matches(text) : !too_long)) {
        texts.push_back(model::match_pattern(shape.pattern->text));
    }
    if (!shape.values.empty() && std::find(shape.values.begin(), shape.values.end(), text) == shape.values.end()) {
        texts.push_back(model::be_one_of(shape.values));
    }
    return texts;
}

class Walk {
public:
    explicit Walk(model::Complaints& complaints) : complaints_(complaints) {}

    void structure(const Shape& shape, const Json& value, const std::string& prefix) {
        for (const Member& one : shape.members) {
            const std::string path = prefix + model::member_name(one.name);
            const auto found = value.find(std::string(one.name));
            if (found != value.end())
                visit(one.shape, *found, path);
            else if (one.presence == Presence::required)
                complaints_.add(std::nullopt, path, model::must_not_be_null());
        }
    }

private:
    void visit(const Shape& shape, const Json& value, const std::string& path) {
        for (const auto& constraint : broken_by(shape, value))
            complaints_.add(shown(value), path, constraint);
        switch (shape.kind) {
        case ShapeKind::structure: structure(shape, value, path + "."); return;
        case ShapeKind::list: elements(shape, value, path); return;
        case ShapeKind::map: entries(shape, value, path); return;
        case ShapeKind::text:
        case ShapeKind::integer:
        case ShapeKind::number:
        case ShapeKind::boolean:
        case ShapeKind::blob:
        case ShapeKind::timestamp: return;
        }
    }

    /// Plain elements are complained about as a whole, structures one by one.
    void elements(const Shape& shape, const Json& value, const std::string& path) {
        const Shape& element = shape.element.front();
        bool broken = false;
        std::size_t position = 0;
        for (const auto& one : value) {
            ++position;
            if (one.is_null())
                broken = true;
            else if (element.kind == ShapeKind::structure)
                structure(element, one, path + "." + std::to_string(position) + ".member.");
            else
                broken = broken || !broken_by(element, one).empty();
        }
        if (broken) complain_of_all(value, path, "Member must satisfy constraint: [", element);
    }

    void entries(const Shape& shape, const Json& value, const std::string& path) {
        const Shape& element = shape.element.front();
        bool broken_key = false;
        bool broken_value = false;
        for (const auto& [key, one] : value.items()) {
            broken_key = broken_key || !broken_by(shape.key.front(), Json(key)).empty();
            if (one.is_null())
                broken_value = true;
            else if (element.kind == ShapeKind::list)
                visit(element, one, path + "." + key);
            else
                broken_value = broken_value || !broken_by(element, one).empty();
        }
        if (broken_key) complain_of_all(value, path, "Map keys must satisfy constraint: [", shape.key.front());
        if (broken_value) complain_of_all(value, path, "Map value must satisfy constraint: [", element);
    }

    void complain_of_all(const Json& value, const std::string& path, std::string opening, const Shape& element) {
        auto texts = constraints_of(element);
        texts.push_back(model::must_not_be_null());
        for (std::size_t i = 0; i < texts.size(); ++i)
            opening += (i == 0 ? "" : ", ") + texts[i];
        complaints_.add(shown(value), path, opening + "]");
    }

    model::Complaints& complaints_;
};

} // namespace

Result<void> check_input(const Shape& shape, nlohmann::json& input) {
    if (auto checked = check_types(shape, input); !checked) return checked;
    model::Complaints complaints;
    Walk(complaints).structure(shape, input, "");
    if (!complaints.empty()) return make_error(Errc::constraint_broken, complaints.message());
    return {};
}

} // namespace lambox::api::codec
