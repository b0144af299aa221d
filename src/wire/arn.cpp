#include "lambox/wire/arn.hpp"

#include "lambox/base/limits.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace lambox::wire {
namespace {

constexpr std::size_t reference_chars_max = 256;
// What AWS's API reference gives for Invoke's FunctionName.
constexpr std::string_view reference_pattern =
    R"((arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+))"
    R"((:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?)";

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view digits = "0123456789";
constexpr std::string_view qualifier_chars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
constexpr std::string_view name_chars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

bool consists_of(std::string_view text, std::string_view characters) {
    return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = std::min(text.find(separator), text.size());
        parts.push_back(text.substr(0, end));
        if (end == text.size()) return parts;
        text.remove_prefix(end + 1);
    }
}

bool is_partition(std::string_view text) {
    if (text.empty()) return true;
    return text.starts_with("aws") &&
           std::all_of(text.begin() + 3, text.end(), [](unsigned char c) { return c == '-' || (c < 128 && std::isalpha(c) != 0); });
}

bool is_region(std::string_view text) {
    auto parts = split(text, '-');
    if (parts.size() == 4) {
        const auto middle = parts[1];
        const bool isolated = middle.starts_with("iso") && middle.size() <= 4 && consists_of(middle, lower);
        if (middle != "gov" && !isolated) return false;
        parts.erase(parts.begin() + 1);
    }
    if (parts.size() != 3 || parts[0].size() != 2 || parts[2].size() != 1) return false;
    return consists_of(parts[0], lower) && consists_of(parts[1], lower) && consists_of(parts[2], digits);
}

bool is_account(std::string_view text) { return text.size() == 12 && consists_of(text, digits); }

bool is_qualifier(std::string_view text) { return text == "$LATEST" || text == "$LATEST.PUBLISHED" || consists_of(text, qualifier_chars); }

Error violation(std::string_view value, std::string_view constraint) {
    std::string message = "1 validation error detected: Value '";
    message.append(value).append("' at 'functionName' failed to satisfy constraint: ").append(constraint);
    return make_error(Errc::constraint_broken, std::move(message));
}

Error too_long(std::string_view value, std::size_t chars_max) {
    return violation(value, "Member must have length less than or equal to " + std::to_string(chars_max));
}

/// Splits as the pattern does, except that a bare `ab-cd-1:x` is a function and its alias, not a region and a function.
std::optional<FunctionReference> match(std::string_view text) {
    const auto parts = split(text, ':');
    std::size_t at = 0;
    const auto left = [&] { return parts.size() - at; };
    FunctionReference reference;
    bool is_arn = false;
    if (left() > 3 && parts[0] == "arn" && is_partition(parts[1]) && parts[2] == "lambda") {
        is_arn = true;
        at = 3;
    }
    const bool region_may_follow = left() >= 3 || (is_arn && left() == 2);
    if (region_may_follow && is_region(parts[at]) && (is_arn || is_account(parts[at + 1]) || parts[at + 1] == "function")) {
        reference.region = parts[at++];
    }
    if (left() >= 2 && is_account(parts[at])) reference.account = parts[at++];
    if (left() >= 2 && parts[at] == "function") ++at;
    if (left() > 2 || !consists_of(parts[at], name_chars)) return std::nullopt;
    reference.name = parts[at++];
    if (left() == 0) return reference;
    if (!is_qualifier(parts[at])) return std::nullopt;
    reference.qualifier = parts[at];
    return reference;
}

int hex_value(char character) {
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    if (character >= 'A' && character <= 'F') return character - 'A' + 10;
    return -1;
}

std::string_view partition_of(std::string_view region) {
    if (region.starts_with("cn-")) return "aws-cn";
    if (region.starts_with("us-gov-")) return "aws-us-gov";
    return "aws";
}

} // namespace

Result<FunctionReference> parse_function_reference(std::string_view text) {
    if (text.empty()) return violation(text, "Member must have length greater than or equal to 1");
    if (text.size() > reference_chars_max) return too_long(text, reference_chars_max);
    auto reference = match(text);
    if (!reference) return violation(text, "Member must satisfy regular expression pattern: " + std::string(reference_pattern));
    if (reference->name.size() > limits::function_name_chars_max) return too_long(text, limits::function_name_chars_max);
    return std::move(*reference);
}

std::string format_function_arn(const FunctionArnParts& parts) {
    std::string arn = "arn:";
    arn.append(partition_of(parts.region)).append(":lambda:").append(parts.region).append(":").append(parts.account);
    arn.append(":function:").append(parts.name);
    if (!parts.qualifier.empty()) arn.append(":").append(parts.qualifier);
    return arn;
}

std::optional<std::string> url_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const auto high = hex_value(text[i + 1]);
        const auto low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high << 4 | low);
        i += 2;
    }
    return out;
}

} // namespace lambox::wire
