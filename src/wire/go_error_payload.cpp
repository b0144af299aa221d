#include "lambox/wire/go_rpc.hpp"

#include <cstdio>

namespace lambox::wire {
namespace {

bool continues(std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80;
}

struct CodePoint {
    char32_t value;
    std::size_t length; ///< zero when the bytes are not UTF-8
};

/// The code point at the front of `text`, which is not empty.
CodePoint first_code_point(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return {first, 1};
    if (first < 0xC0 || first > 0xF7) return {0, 0};
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    constexpr char32_t smallest_of_length[] = {0, 0, 0x80, 0x800, 0x10000};
    char32_t value = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(text, i)) return {0, 0};
        value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
    }
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < smallest_of_length[length] || value > 0x10FFFF || surrogate) return {0, 0};
    return {value, length};
}

/// encoding/json writes these as escapes so that its output may stand inside HTML and JavaScript.
bool is_escaped_for_browsers(char32_t value) {
    return value == '<' || value == '>' || value == '&' || value == 0x2028 || value == 0x2029;
}

void append_escape(std::string& out, char32_t value) {
    char text[8];
    std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(value));
    out += text;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const auto [value, length] = first_code_point(text);
        if (length == 0) append_escape(out, 0xFFFD);
        else if (value == '"' || value == '\\') out.append(1, '\\').append(1, text[0]);
        else if (value == '\n') out += "\\n";
        else if (value == '\r') out += "\\r";
        else if (value == '\t') out += "\\t";
        else if (value == '\b') out += "\\b";
        else if (value == '\f') out += "\\f";
        else if (value < 0x20 || is_escaped_for_browsers(value)) append_escape(out, value);
        else out.append(text.substr(0, length));
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

} // namespace

std::string go_error_payload(const GoInvokeError& error) {
    std::string out = R"({"errorMessage":)";
    append_json_string(out, error.message);
    out += R"(,"errorType":)";
    append_json_string(out, error.type);
    if (!error.stack_trace.empty()) {
        out += R"(,"stackTrace":[)";
        for (const auto& frame : error.stack_trace) {
            if (out.back() != '[') out += ',';
            out += R"({"path":)";
            append_json_string(out, frame.path);
            out += R"(,"line":)" + std::to_string(frame.line) + R"(,"label":)";
            append_json_string(out, frame.label);
            out += '}';
        }
        out += ']';
    }
    out += '}';
    return out;
}

} // namespace lambox::wire
