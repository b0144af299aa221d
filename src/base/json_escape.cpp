#include "lambox/base/json_escape.hpp"

#include <cstdio>

namespace lambox {
namespace {

/// Bytes of the valid UTF-8 sequence that `text` begins with; 0 when there is none (RFC 3629: no overlong forms, no surrogates).
std::size_t sequence_length(std::string_view text) {
    const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return length;
}

void append_ascii(std::string& out, char character) {
    switch (character) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    }
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 0x20 && character != '<' && character != '>' && character != '&') {
        out += character;
        return;
    }
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
    out += escaped;
}

} // namespace

std::string json_escape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        const auto sequence = text.substr(0, length);
        if (length == 0) out += "\\ufffd";
        else if (length == 1) append_ascii(out, text.front());
        else if (sequence == "\xE2\x80\xA8") out += "\\u2028"; // line separators break scripts that embed JSON
        else if (sequence == "\xE2\x80\xA9") out += "\\u2029";
        else out += sequence;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

} // namespace lambox
