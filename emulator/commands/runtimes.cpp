#include "emulator/commands/commands.hpp"
#include "emulator/commands/common.hpp"
#include "emulator/languages.hpp"
#include "lambox/engine/managed_launch.hpp"
#include "lambox/model/billing.hpp"
#include "lambox/model/runtime_catalogue.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace lambox::emulator {
namespace {

std::string date_text(const std::optional<std::chrono::year_month_day>& date) {
    if (!date) return "-";
    return model::Era(*date).str();
}

std::string architectures(const model::Runtime& runtime) { return runtime.arm64 ? "x86_64, arm64" : "x86_64"; }

std::string init_rule(const model::Runtime& runtime, const model::Era& era) {
    switch (model::init_charge(runtime.billing, era)) {
    case model::InitCharge::free: return "free";
    case model::InitCharge::billed: break;
    }
    return "billed";
}

/// How programs in packages run on this machine.
std::string how_bootstraps_run(const model::Runtime& runtime, const engine::Emulators& emulators) {
    std::string text = runtime.protocol == model::RuntimeProtocol::go_rpc ? "yes: Go RPC" : "yes: bootstrap";
    const bool native_arm = engine::host_architecture() == model::Architecture::arm64;
    text += native_arm ? (runtime.arm64 ? ", arm64 native" : "") : ", x86_64 native";
    const std::string& emulator = native_arm ? emulators.x86_64 : emulators.arm64;
    const char* foreign = native_arm ? "x86_64" : "arm64";
    if (native_arm || runtime.arm64) {
        text += emulator.empty() ? std::string(", ") + foreign + " needs qemu-user-static"
                                 : std::string(", ") + foreign + " by " + std::filesystem::path(emulator).filename().string();
    }
    return text;
}

/// How functions of this runtime run on this machine, or why not.
engine::LanguageStatus status_of(const model::Runtime& runtime, const engine::Emulators& emulators, engine::LanguageFinder& finder) {
    if (runtime.image_only) return {false, "no: container images only"};
    const auto* language = model::language_of(runtime.family);
    if (language == nullptr) return {true, how_bootstraps_run(runtime, emulators)};
    auto status = engine::language_status(*language, runtime, finder);
    status.how = (status.runs ? "yes: " : "no: ") + status.how;
    return status;
}

using Row = std::array<std::string, 8>;

std::string aligned(const std::vector<Row>& rows) {
    std::array<std::size_t, 8> widths{};
    for (const auto& row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) widths[column] = std::max(widths[column], row[column].size());
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            line += row[column];
            if (column + 1 < row.size()) line.append(widths[column] - row[column].size() + 2, ' ');
        }
        text += line + "\n";
    }
    return text;
}

std::string as_text(const model::Era& era, const engine::Emulators& emulators, engine::LanguageFinder& finder) {
    std::vector<Row> rows{{"IDENTIFIER", "NAME", "OPERATING SYSTEM", "ARCHITECTURES", "DEPRECATED", "CREATE BLOCKED", "INIT", "RUNS HERE"}};
    for (const auto& runtime : model::runtime_catalogue()) {
        rows.push_back({std::string(runtime.identifier), std::string(runtime.name), std::string(model::to_string(runtime.system)),
                        architectures(runtime), date_text(runtime.deprecated), date_text(runtime.create_blocked), init_rule(runtime, era),
                        status_of(runtime, emulators, finder).how});
    }
    return aligned(rows) + "\nINIT: whether a cold start's init duration is billed on " + era.str() + ".\n";
}

std::string as_json(const model::Era& era, const engine::Emulators& emulators, engine::LanguageFinder& finder) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& runtime : model::runtime_catalogue()) {
        nlohmann::ordered_json row;
        row["identifier"] = runtime.identifier;
        row["name"] = runtime.name;
        row["operating_system"] = model::to_string(runtime.system);
        row["architectures"] = runtime.arm64 ? std::vector<std::string>{"x86_64", "arm64"} : std::vector<std::string>{"x86_64"};
        const auto date_or_null = [](const auto& date) {
            return date ? nlohmann::ordered_json(date_text(date)) : nlohmann::ordered_json();
        };
        row["deprecated"] = date_or_null(runtime.deprecated);
        row["create_blocked"] = date_or_null(runtime.create_blocked);
        row["update_blocked"] = date_or_null(runtime.update_blocked);
        row["init_billed"] = init_rule(runtime, era) == "billed";
        const auto status = status_of(runtime, emulators, finder);
        row["runs_here"] = status.runs;
        row["how"] = status.how;
        list.push_back(std::move(row));
    }
    return nlohmann::ordered_json{{"era", era.str()}, {"runtimes", list}}.dump(2) + "\n";
}

} // namespace

ExitCode runtimes(const RuntimesAction& action) {
    const AppSettings settings = app_settings(action.common, nullptr);
    engine::LanguageFinder finder(language_folders(settings.languages, {}), ask_version);
    std::string text;
    switch (action.output) {
    case Output::text: text = as_text(settings.era, settings.emulators, finder); break;
    case Output::json: text = as_json(settings.era, settings.emulators, finder); break;
    }
    return print(text) ? ExitCode::ok : ExitCode::could_not_start;
}

} // namespace lambox::emulator
