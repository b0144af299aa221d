#include "lambox/wire/arn.hpp"

#include "lambox/base/limits.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace lambox::wire {
namespace {

/// As AWS's API reference prints it for Invoke's FunctionName.
constexpr std::string_view name_pattern =
    "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; }

bool is_function_name(std::string_view text) {
    return !text.empty() && text.size() <= limits::function_name_chars_max && std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_qualifier(std::string_view text) {
    if (text == "$LATEST") return true;
    return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_account(std::string_view text) {
    return text.size() == 12 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_region(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto colon = text.find(':');
        parts.push_back(text.substr(0, colon));
        if (colon == std::string_view::npos) return parts;
        text.remove_prefix(colon + 1);
    }
}

Error invalid(std::string_view text) {
    std::string message = "1 validation error detected: Value '";
    message.append(text.substr(0, 256)).append("' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ");
    message.append(name_pattern);
    return make_error(Errc::invalid_argument, std::move(message));
}

} // namespace

Result<FunctionReference> parse_function_reference(std::string_view text) {
    auto parts = split(text);
    FunctionReference reference;
    std::size_t next = 0;
    if (parts[0] == "arn") {
        if (parts.size() < 7 || !parts[1].starts_with("aws") || parts[2] != "lambda" || !is_region(parts[3])) return invalid(text);
        reference.region = std::string(parts[3]);
        next = 4;
    }
    if (next == 4 || (parts.size() >= 3 && parts[1] == "function")) {
        if (parts.size() < next + 3 || !is_account(parts[next]) || parts[next + 1] != "function") return invalid(text);
        reference.account = std::string(parts[next]);
        next += 2;
    }
    const std::size_t left = parts.size() - next;
    if (left < 1 || left > 2 || !is_function_name(parts[next])) return invalid(text);
    reference.name = std::string(parts[next]);
    if (left == 2) {
        if (!is_qualifier(parts[next + 1])) return invalid(text);
        reference.qualifier = std::string(parts[next + 1]);
    }
    return reference;
}

std::string format_function_arn(const FunctionArnParts& parts) {
    std::string arn = "arn:aws:lambda:" + parts.region + ":" + parts.account + ":function:" + parts.name;
    if (!parts.qualifier.empty()) arn += ":" + parts.qualifier;
    return arn;
}

std::optional<std::string> url_decode(std::string_view text) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = digit(text[i + 1]);
        const int low = digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

} // namespace lambox::wire
