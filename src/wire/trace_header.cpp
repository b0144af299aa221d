#include "lambox/wire/trace_header.hpp"

#include <algorithm>
#include <cstdio>

namespace lambox::wire {
namespace {

bool is_hex(std::string_view text, std::size_t digits) {
    return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}

/// `1-<8 hex>-<24 hex>`.
bool is_root(std::string_view text) {
    return text.size() == 35 && text.starts_with("1-") && is_hex(text.substr(2, 8), 8) && text[10] == '-' && is_hex(text.substr(11), 24);
}

/// `<n>:<8 hex>:<n>`.
bool is_lineage(std::string_view text) {
    const auto first = text.find(':');
    const auto last = text.rfind(':');
    if (first == std::string_view::npos || first == last || text.size() > 32) return false;
    const auto number = [](std::string_view part) {
        return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    return number(text.substr(0, first)) && is_hex(text.substr(first + 1, last - first - 1), 8) && number(text.substr(last + 1));
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

} // namespace

std::string complete_trace_header(std::string_view callers, const TraceDefaults& defaults) {
    char epoch[16];
    std::snprintf(epoch, sizeof epoch, "%08x", defaults.epoch_seconds);
    std::string root = std::string("1-") + epoch + "-" + defaults.root_random;
    std::string parent = defaults.parent_random;
    std::string lineage = "1:" + defaults.lineage_random + ":0";
    char sampled = '0';
    while (!callers.empty()) {
        const auto semicolon = callers.find(';');
        const auto part = trimmed(callers.substr(0, semicolon));
        callers.remove_prefix(semicolon == std::string_view::npos ? callers.size() : semicolon + 1);
        const auto equals = part.find('=');
        if (equals == std::string_view::npos) continue;
        const auto name = part.substr(0, equals);
        const auto value = part.substr(equals + 1);
        if (name == "Root" && is_root(value)) root = value;
        if (name == "Parent" && is_hex(value, 16)) parent = value;
        if (name == "Lineage" && is_lineage(value)) lineage = value;
        if (name == "Sampled" && value == "1") sampled = '1';
    }
    return "Root=" + root + ";Parent=" + parent + ";Sampled=" + sampled + ";Lineage=" + lineage;
}

} // namespace lambox::wire
