#pragma once

#include "lambox/model/era.hpp"
#include "lambox/model/function_config.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lambox::emulator {

/// What `lambox compare` does with the functions of a file.
struct ComparisonPlan {
    std::string event = "{}"; ///< JSON text
    std::uint32_t requests = 10'000;
    std::uint32_t cold = 100;
    double cold_share = 0.01; ///< of all invocations, 0 to 1
};

struct ConfiguredFunction {
    model::FunctionConfig config; ///< `code` and `layers` are made absolute by the file's folder and exist
    int line = 0;
};

/// A whole lambox.yaml, valid.
struct Config {
    std::optional<std::string> region;
    std::optional<std::string> account;
    std::optional<model::Era> era;
    std::vector<ConfiguredFunction> functions; ///< in the file's order, names distinct
    std::optional<ComparisonPlan> comparison;
};

/// What the command line decides for a file.
struct ConfigDefaults {
    model::Era era;                         ///< when the file names none
    std::optional<model::Era> era_override; ///< of a flag or variable; beats the file's
    model::RuntimePolicy policy = model::RuntimePolicy::lenient;
};

struct ConfigViolation {
    std::string file;
    int line = 0; ///< from one; zero = the file as a whole
    int column = 0;
    std::string member; ///< `functions.hello.memory_size`; empty = the file as a whole
    std::string message;
    /// `file:line:column: member: message`.
    [[nodiscard]] std::string str() const;
};

enum class PathKind { missing, file, folder, other };

/// Where a text comes from: the name for messages, the folder that relative paths start from, and a look at the disk.
struct ConfigSource {
    std::string file;
    std::filesystem::path folder;
    std::function<PathKind(const std::filesystem::path&)> look;
};

using ConfigOutcome = std::variant<Config, std::vector<ConfigViolation>>;

/// Every violation at once, in the text's order (at most `limits::config_violations_max`). Touches the disk only
/// through `source.look`.
[[nodiscard]] ConfigOutcome parse_config(std::string_view text, const ConfigSource& source, const ConfigDefaults& defaults);

/// The same of a file on disk.
[[nodiscard]] ConfigOutcome load_config(const std::filesystem::path& file, const ConfigDefaults& defaults);

} // namespace lambox::emulator
