// Goal: no lambox.yaml, however written, can crash, stall or bloat lambox, and what it accepts or refuses is fit to be used
// or shown. Method: the input is the file; on the pretended disk every other path exists. An accepted configuration keeps
// the promises of its header, a refused one names at least one reason in printable UTF-8.
#include "emulator/config.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

using namespace lambox;
using namespace lambox::emulator;

namespace {

PathKind pretended_disk(const std::filesystem::path& path) {
    switch (path.native().size() % 4) {
    case 0: return PathKind::missing;
    case 1: return PathKind::other;
    case 2: return PathKind::folder;
    default: return PathKind::file;
    }
}

bool is_utf8(const std::string& text) {
    try {
        return !nlohmann::json(text).dump().empty();
    } catch (const nlohmann::json::exception&) {
        return false;
    }
}

void check_shown(const ConfigViolation& violation) {
    const std::string line = violation.str();
    LAMBOX_ASSERT(line.starts_with("l.yaml:"));
    LAMBOX_ASSERT(!violation.message.empty());
    LAMBOX_ASSERT(line.size() < 4'096);
    LAMBOX_ASSERT(is_utf8(line));
    LAMBOX_ASSERT(std::none_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
}

void check_accepted(const Config& config) {
    std::set<std::string> names;
    LAMBOX_ASSERT(config.functions.size() <= limits::functions_max);
    for (const ConfiguredFunction& function : config.functions) {
        LAMBOX_ASSERT(names.insert(function.config.name).second);
        LAMBOX_ASSERT(function.config.runtime != nullptr);
        LAMBOX_ASSERT(function.line > 0);
        LAMBOX_ASSERT(pretended_disk(function.config.code) == PathKind::file || pretended_disk(function.config.code) == PathKind::folder);
    }
    if (!config.comparison) return;
    LAMBOX_ASSERT(!config.functions.empty());
    LAMBOX_ASSERT(nlohmann::json::accept(config.comparison->event));
    LAMBOX_ASSERT(config.comparison->event.size() <= limits::sync_request_bytes_max);
    LAMBOX_ASSERT(config.comparison->requests >= 1 && config.comparison->requests <= limits::comparison_requests_max);
    LAMBOX_ASSERT(config.comparison->cold >= 1 && config.comparison->cold <= limits::comparison_requests_max);
    LAMBOX_ASSERT(config.comparison->cold_share >= 0 && config.comparison->cold_share <= 1);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static const ConfigSource source{"l.yaml", "/w", pretended_disk};
    static const ConfigDefaults defaults{model::Era::parse("2026-11-24").value(), std::nullopt, model::RuntimePolicy::lenient};
    const auto outcome = parse_config(text, source, defaults);
    if (const auto* config = std::get_if<Config>(&outcome)) {
        check_accepted(*config);
        return 0;
    }
    const auto& violations = std::get<std::vector<ConfigViolation>>(outcome);
    LAMBOX_ASSERT(!violations.empty() && violations.size() <= limits::config_violations_max + 1);
    for (const ConfigViolation& violation : violations)
        check_shown(violation);
    return 0;
}
