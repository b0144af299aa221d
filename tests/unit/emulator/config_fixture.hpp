#pragma once

#include "emulator/config.hpp"
#include "emulator/suggestion.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lambox::emulator {

inline model::Era era_of(std::string_view text) { return model::Era::parse(text).value(); }

/// A disk on which exactly what is named `here…` exists: `….zip` and `…bin` as files, `…pipe` as neither, the rest as folders.
inline PathKind pretended_disk(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    if (!name.starts_with("here")) return PathKind::missing;
    if (name.ends_with(".zip") || name.ends_with("bin")) return PathKind::file;
    return name.ends_with("pipe") ? PathKind::other : PathKind::folder;
}

inline ConfigDefaults defaults_in(std::string_view era) { return {era_of(era), std::nullopt, model::RuntimePolicy::lenient}; }

inline ConfigOutcome parse_text(std::string_view text, const ConfigDefaults& defaults = defaults_in("2026-11-24")) {
    return parse_config(text, {"l.yaml", "/work", pretended_disk}, defaults);
}

inline std::vector<std::string> violations_of(std::string_view text, const ConfigDefaults& defaults = defaults_in("2026-11-24")) {
    const auto outcome = parse_text(text, defaults);
    std::vector<std::string> lines;
    REQUIRE_MESSAGE(std::holds_alternative<std::vector<ConfigViolation>>(outcome), in_ticks(text));
    for (const auto& violation : std::get<std::vector<ConfigViolation>>(outcome))
        lines.push_back(violation.str());
    return lines;
}

inline Config config_of(std::string_view text, const ConfigDefaults& defaults = defaults_in("2026-11-24")) {
    auto outcome = parse_text(text, defaults);
    if (const auto* violations = std::get_if<std::vector<ConfigViolation>>(&outcome)) {
        for (const auto& violation : *violations)
            MESSAGE(violation.str());
    }
    REQUIRE(std::holds_alternative<Config>(outcome));
    return std::get<Config>(std::move(outcome));
}

/// A function that is right except for what is added; members stand at column 5 from line 5 on.
inline std::string function_with(std::string_view members) {
    return "functions:\n  hello:\n    runtime: provided.al2023\n    code: here\n" + std::string(members);
}

} // namespace lambox::emulator
