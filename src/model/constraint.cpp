#include "lambox/model/constraint.hpp"

#include "lambox/base/limits.hpp"

#include <algorithm>

namespace lambox::model {
namespace {

/// What a client sent, short enough to be sent back.
std::string_view cut(std::string_view value) { return value.substr(0, limits::quoted_value_bytes_max); }

} // namespace

std::string must_not_be_null() { return "Member must not be null"; }
std::string length_at_most(std::uint64_t bound) { return "Member must have length less than or equal to " + std::to_string(bound); }
std::string length_at_least(std::uint64_t bound) { return "Member must have length greater than or equal to " + std::to_string(bound); }
std::string value_at_most(std::string_view bound) { return "Member must have value less than or equal to " + std::string(bound); }
std::string value_at_least(std::string_view bound) { return "Member must have value greater than or equal to " + std::string(bound); }
std::string match_pattern(std::string_view pattern) { return "Member must satisfy regular expression pattern: " + std::string(pattern); }

std::string be_one_of(std::span<const std::string_view> values) {
    std::string text = "Member must satisfy enum value set: [";
    for (const auto value : values) {
        if (text.back() != '[') text += ", ";
        text += value;
    }
    return text + "]";
}

void Complaints::add(std::optional<std::string_view> value, std::string_view member, std::string_view constraint) {
    std::string text = "Value ";
    if (value)
        text.append("'").append(cut(*value)).append("'");
    else
        text += "null";
    text.append(" at '").append(member).append("' failed to satisfy constraint: ").append(constraint);
    texts_.push_back(std::move(text));
}

std::string Complaints::message() const {
    std::string text =
        std::to_string(texts_.size()) + (texts_.size() == 1 ? " validation error detected: " : " validation errors detected: ");
    for (std::size_t i = 0; i < texts_.size(); ++i)
        text.append(i == 0 ? "" : "; ").append(texts_[i]);
    return text;
}

std::string member_name(std::string_view name) {
    std::string text(name);
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

} // namespace lambox::model
