#include "emulator/option_values.hpp"

#include "emulator/suggestion.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/model/runtime_catalogue.hpp"

#include <arpa/inet.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lambox::emulator {
namespace {

static_assert((client_context_text_bytes_max + 2) / 3 * 4 <= limits::client_context_bytes_max);
static_assert((client_context_text_bytes_max + 3) / 3 * 4 > limits::client_context_bytes_max);

constexpr std::size_t host_chars_max = 253; // RFC 1035 names
constexpr std::size_t qualifier_chars_max = 128;

bool is_word(char character) {
    const bool letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    return letter || (character >= '0' && character <= '9') || character == '-' || character == '_';
}

std::string join(const std::vector<std::string_view>& values) {
    std::string text;
    for (const auto value : values)
        text.append(text.empty() ? "" : ", ").append(value);
    return text;
}

std::string plain(double value) {
    char text[32];
    const auto end = std::to_chars(std::begin(text), std::end(text), value);
    return {text, end.ptr};
}

std::string wrong(std::string_view value, std::string_view what, const std::string& allowed) {
    std::string message = in_ticks(value);
    message.append(" ").append(what);
    if (!allowed.empty()) message.append("; allowed: ").append(allowed);
    return message;
}

std::optional<std::string> choice_refusal(const Choices& choices, std::string_view value) {
    if (std::find(choices.values.begin(), choices.values.end(), value) != choices.values.end()) return std::nullopt;
    const std::string allowed = join(choices.values);
    std::string message = wrong(value, "is not one of the choices", allowed);
    if (const auto meant = did_you_mean(value, choices.values)) message.append("; did you mean `").append(*meant).append("`?");
    return message;
}

} // namespace

std::string_view to_string(OptionType type) {
    switch (type) {
    case OptionType::text: return "text";
    case OptionType::path: return "path";
    case OptionType::integer: return "whole number";
    case OptionType::number: return "number";
    case OptionType::date: return "date";
    case OptionType::choice: return "choice";
    case OptionType::url: return "URL";
    case OptionType::json: return "JSON";
    case OptionType::key_value: return "pair";
    case OptionType::toggle: return "switch";
    }
    return "";
}

std::string describe(const Constraint& constraint) {
    if (const auto* range = std::get_if<IntegerRange>(&constraint))
        return std::to_string(range->least) + " to " + std::to_string(range->most);
    if (const auto* range = std::get_if<NumberRange>(&constraint)) return plain(range->least) + " to " + plain(range->most);
    if (const auto* choices = std::get_if<Choices>(&constraint)) return join(choices->values);
    if (const auto* shape = std::get_if<Shape>(&constraint)) return shape->description;
    return "";
}

std::optional<std::string> refusal(const Constraint& constraint, OptionType type, std::string_view value) {
    const std::string allowed = describe(constraint);
    if (value.empty()) return wrong(value, "is empty", allowed);
    if (value.find('\0') != std::string_view::npos) return wrong(value, "holds a zero byte", allowed);
    if (type == OptionType::toggle) {
        if (!parse_toggle(value)) return wrong(value, "is neither yes nor no", "1, true, yes, on; 0, false, no, off");
        return std::nullopt;
    }
    if (const auto* range = std::get_if<IntegerRange>(&constraint)) {
        const auto number = parse_integer(value);
        if (!number) return wrong(value, "is not a whole number", allowed);
        if (*number < range->least || *number > range->most) return wrong(value, "is out of range", allowed);
        return std::nullopt;
    }
    if (const auto* range = std::get_if<NumberRange>(&constraint)) {
        const auto number = parse_number(value);
        if (!number) return wrong(value, "is not a number", allowed);
        if (*number < range->least || *number > range->most) return wrong(value, "is out of range", allowed);
        return std::nullopt;
    }
    if (const auto* choices = std::get_if<Choices>(&constraint)) return choice_refusal(*choices, value);
    if (const auto* shape = std::get_if<Shape>(&constraint)) {
        if (!shape->matches(value)) return wrong(value, "does not fit", allowed);
    }
    return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<double> parse_number(std::string_view text) {
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::optional<bool> parse_toggle(std::string_view text) {
    for (const std::string_view yes : {"1", "true", "yes", "on"}) {
        if (text == yes) return true;
    }
    for (const std::string_view no : {"0", "false", "no", "off"}) {
        if (text == no) return false;
    }
    return std::nullopt;
}

std::optional<Endpoint> parse_endpoint(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) return std::nullopt;
    url.remove_prefix(scheme.size());
    if (url.ends_with('/')) url.remove_suffix(1);
    Endpoint endpoint;
    std::string_view rest;
    if (url.starts_with('[')) {
        const auto close = url.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        endpoint.host = std::string(url.substr(1, close - 1));
        in6_addr address{};
        if (inet_pton(AF_INET6, endpoint.host.c_str(), &address) != 1) return std::nullopt;
        rest = url.substr(close + 1);
    } else {
        const auto colon = std::min(url.find(':'), url.size());
        endpoint.host = std::string(url.substr(0, colon));
        const auto part_of_name = [](char character) { return is_word(character) || character == '.'; };
        const bool name = !endpoint.host.empty() && endpoint.host.size() <= host_chars_max &&
                          std::all_of(endpoint.host.begin(), endpoint.host.end(), part_of_name);
        if (!name) return std::nullopt;
        rest = url.substr(colon);
    }
    if (rest.empty()) return endpoint;
    const auto port = rest.front() == ':' ? parse_integer(rest.substr(1)) : std::nullopt;
    if (!port || *port < 1 || *port > 65'535) return std::nullopt;
    endpoint.port = static_cast<std::uint16_t>(*port);
    return endpoint;
}

bool is_host(std::string_view text) {
    if (text == "localhost") return true;
    const std::string address(text);
    in_addr four{};
    in6_addr six{};
    return inet_pton(AF_INET, address.c_str(), &four) == 1 || inet_pton(AF_INET6, address.c_str(), &six) == 1;
}

bool is_runtime(std::string_view text) { return model::find_runtime(text) != nullptr; }

bool is_handler(std::string_view text) {
    const auto visible = [](char character) { return character > ' ' && character != '\x7f'; };
    return !text.empty() && text.size() <= limits::handler_chars_max && std::all_of(text.begin(), text.end(), visible);
}

bool is_key_value(std::string_view text) { return text.find('=') != std::string_view::npos && !text.starts_with('='); }

bool is_endpoint(std::string_view text) { return parse_endpoint(text).has_value(); }

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const auto item = text.substr(0, text.find(','));
        items.emplace_back(item);
        text.remove_prefix(std::min(item.size() + 1, text.size()));
    }
    return items;
}

bool is_name_list(std::string_view text) {
    const auto items = split_list(text);
    return !text.ends_with(',') && text.find_first_of(" \t\r\n") == std::string_view::npos &&
           std::none_of(items.begin(), items.end(), [](const std::string& item) { return item.empty(); });
}

bool is_credentials(std::string_view text) {
    const auto items = split_list(text);
    return is_name_list(text) && std::all_of(items.begin(), items.end(), [](const std::string& item) {
               const auto colon = item.find(':');
               return colon != std::string::npos && colon > 0 && colon + 1 < item.size();
           });
}

bool is_qualifier(std::string_view text) {
    if (text == "$LATEST") return true;
    return !text.empty() && text.size() <= qualifier_chars_max && std::all_of(text.begin(), text.end(), is_word);
}

bool is_client_context(std::string_view text) { return text.size() <= client_context_text_bytes_max && nlohmann::json::accept(text); }

} // namespace lambox::emulator
