#include "event_fields.hpp"

#include <charconv>

namespace runtime_client {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view skip_blanks(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

// The bytes from an opening quote to after its closing one; all of the text when it never closes.
std::size_t string_length(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return text.size();
}

// The bytes of the value at the start of the text, up to the comma or bracket that ends it.
std::size_t value_length(std::string_view text) {
    int depth = 0;
    std::size_t i = 0;
    while (i < text.size()) {
        const char c = text[i];
        if (c == '"') {
            i += string_length(text.substr(i));
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        ++i;
    }
    return i;
}

// The UTF-16 unit written as four digits at the start of the text.
std::optional<std::uint32_t> utf16_unit(std::string_view text) {
    const auto digits = text.substr(0, 4);
    std::uint32_t unit = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
    if (digits.size() < 4 || error != std::errc{} || end != digits.data() + 4) return std::nullopt;
    return unit;
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((code >> shift) & 0x3fU)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0U | (code >> 6U));
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0U | (code >> 12U));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xf0U | (code >> 18U));
        tail(12);
        tail(6);
        tail(0);
    }
}

// Appends the character whose digits start the text and gives the number of bytes used: 4, or 10 for a surrogate pair.
std::size_t append_escape(std::string& out, std::string_view text) {
    constexpr std::uint32_t replacement = 0xfffd;
    const auto first = utf16_unit(text);
    const bool high = first && *first >= 0xd800 && *first < 0xdc00;
    if (high && text.substr(4).starts_with("\\u")) {
        const auto second = utf16_unit(text.substr(6));
        if (second && *second >= 0xdc00 && *second < 0xe000) {
            append_utf8(out, 0x10000 + ((*first - 0xd800) << 10U) + (*second - 0xdc00));
            return 10;
        }
    }
    const bool lone = first && *first >= 0xd800 && *first < 0xe000;
    append_utf8(out, first && !lone ? *first : replacement);
    return 4;
}

std::string unquote(std::string_view quoted) {
    std::string out;
    for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
        if (quoted[i] != '\\') {
            out += quoted[i];
            continue;
        }
        ++i;
        switch (quoted[i]) {
        case 'n': out += '\n'; break;
        case 't': out += '\t'; break;
        case 'r': out += '\r'; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'u': i += append_escape(out, quoted.substr(i + 1)); break;
        default: out += quoted[i];
        }
    }
    return out;
}

// The text of the member's value without surrounding blanks; empty when there is none.
std::string_view field(std::string_view event, std::string_view name) {
    std::string_view rest = skip_blanks(event);
    if (!rest.starts_with('{')) return {};
    rest = skip_blanks(rest.substr(1));
    while (rest.starts_with('"')) {
        const auto key_length = string_length(rest);
        const std::string key = unquote(rest.substr(0, key_length));
        rest = skip_blanks(rest.substr(key_length));
        if (!rest.starts_with(':')) return {};
        rest = skip_blanks(rest.substr(1));
        const auto length = value_length(rest);
        if (key == name) {
            const auto value = rest.substr(0, length);
            return value.substr(0, value.find_last_not_of(blanks) + 1);
        }
        rest = skip_blanks(rest.substr(length));
        if (!rest.starts_with(',')) return {};
        rest = skip_blanks(rest.substr(1));
    }
    return {};
}

} // namespace

std::optional<std::int64_t> number_field(std::string_view event, std::string_view name) {
    const auto text = field(event, name);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::string> string_field(std::string_view event, std::string_view name) {
    const auto text = field(event, name);
    if (text.size() < 2 || text.front() != '"' || string_length(text) != text.size() || text.back() != '"') return std::nullopt;
    return unquote(text);
}

std::optional<bool> bool_field(std::string_view event, std::string_view name) {
    const auto text = field(event, name);
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
}

std::int64_t number_field_or(std::string_view event, std::string_view name, std::int64_t otherwise) {
    return number_field(event, name).value_or(otherwise);
}

std::string string_field_or(std::string_view event, std::string_view name, std::string_view otherwise) {
    return string_field(event, name).value_or(std::string(otherwise));
}

} // namespace runtime_client
