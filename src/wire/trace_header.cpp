#include "lambox/wire/trace_header.hpp"

#include <algorithm>
#include <cstdio>

namespace lambox::wire {
namespace {

bool is_hex(std::string_view text, std::size_t digits) {
    return text.size() == digits && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// Version, time and random part: `1-5759e988-bd862e3fe1be46a994272793`.
bool is_root(std::string_view text) {
    return text.size() == 35 && text.substr(0, 2) == "1-" && is_hex(text.substr(2, 8), 8) && text[10] == '-' && is_hex(text.substr(11), 24);
}

/// Version, hash and hop count: `1:68fd508a:5`.
bool is_lineage(std::string_view text) {
    if (text.size() < 12 || text.size() > 15 || text.substr(0, 2) != "1:" || !is_hex(text.substr(2, 8), 8) || text[10] != ':') return false;
    return text.find_first_not_of("0123456789", 11) == std::string_view::npos;
}

std::string_view trim(std::string_view text) {
    const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
    text.remove_prefix(begin);
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

struct CallersParts {
    std::string_view root;
    std::string_view parent;
    std::string_view sampled;
    std::string_view lineage;
};

CallersParts parse(std::string_view header) {
    CallersParts parts;
    while (!header.empty()) {
        const auto end = std::min(header.find(';'), header.size());
        const auto part = trim(header.substr(0, end));
        header.remove_prefix(std::min(end + 1, header.size()));
        const auto equals = part.find('=');
        if (equals == std::string_view::npos) continue;
        const auto key = trim(part.substr(0, equals));
        const auto value = trim(part.substr(equals + 1));
        if (key == "Root" && parts.root.empty() && is_root(value)) parts.root = value;
        else if (key == "Parent" && parts.parent.empty() && is_hex(value, 16)) parts.parent = value;
        else if (key == "Sampled" && parts.sampled.empty() && (value == "0" || value == "1")) parts.sampled = value;
        else if (key == "Lineage" && parts.lineage.empty() && is_lineage(value)) parts.lineage = value;
    }
    return parts;
}

std::string made_root(const TraceDefaults& defaults) {
    char time[16];
    std::snprintf(time, sizeof time, "1-%08x-", static_cast<unsigned>(defaults.epoch_seconds));
    return time + defaults.root_random;
}

} // namespace

std::string complete_trace_header(std::string_view callers, const TraceDefaults& defaults) {
    const auto given = parse(callers);
    std::string out = "Root=";
    if (given.root.empty()) out += made_root(defaults);
    else out += given.root;
    out.append(";Parent=").append(given.parent.empty() ? std::string_view(defaults.parent_random) : given.parent);
    out.append(";Sampled=").append(given.sampled == "1" ? "1" : "0");
    out += ";Lineage=";
    if (given.lineage.empty()) out.append("1:").append(defaults.lineage_random).append(":0");
    else out += given.lineage;
    return out;
}

} // namespace lambox::wire
