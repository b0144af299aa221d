#pragma once

#include "lambox/engine/function_registry.hpp"
#include "lambox/model/runtime_recipe.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lambox::engine {

/// Where languages are looked for; what does not exist is left out.
struct LanguageFolders {
    std::vector<std::filesystem::path> interpreters; ///< as PATH: earlier ones first
    std::vector<std::filesystem::path> clients;      ///< folders that scripts/install-runtime-clients has filled
    std::filesystem::path launchers;                 ///< LAMBDA_RUNTIME_DIR of managed functions
};

struct Interpreter {
    std::filesystem::path path;
    model::LanguageVersion version;
    std::string text; ///< the whole version, `3.11.2`
};

struct RuntimeClient {
    enum class Origin { package, layers, machine };
    std::filesystem::path folder;         ///< the one that holds Language::client_file
    std::string version;                  ///< empty = it does not say
    std::filesystem::path native_library; ///< Java's, unpacked beside the client; empty = none
    Origin origin = Origin::machine;
};

/// Finds interpreters and runtime clients on this machine. Reads folders; asks an interpreter for its version once. What is installed
/// later is found without a restart.
class LanguageFinder {
public:
    /// What the program prints when asked for its version with `flag`; empty when it cannot be asked. Called rarely.
    using Ask = std::function<std::string(const std::filesystem::path& program, const std::string& flag)>;

    LanguageFinder(LanguageFolders folders, Ask ask) : folders_(std::move(folders)), ask_(std::move(ask)) {}

    /// The best interpreter for the runtime (`best_version`). Scripts do not count: what they run need not be where a sandbox shows it.
    [[nodiscard]] std::optional<Interpreter> interpreter(const model::Language& language, const model::Runtime& runtime);
    /// `code` may be null: then the machine alone is looked at.
    [[nodiscard]] std::optional<RuntimeClient> client(const model::Language& language, const Interpreter& interpreter,
                                                      const PreparedCode* code) const;
    [[nodiscard]] const LanguageFolders& folders() const { return folders_; }
    /// Whether it is the first time that somebody asks for this text; for what is said once.
    [[nodiscard]] bool first_time(const std::string& text);

private:
    [[nodiscard]] std::optional<Interpreter> look_at(const model::Language& language, const std::filesystem::path& program);

    LanguageFolders folders_;
    Ask ask_;
    std::map<std::filesystem::path, Interpreter> asked_; ///< by canonical path
    std::set<std::string> told_;
};

/// `/usr` of `/usr/bin/python3`.
[[nodiscard]] std::filesystem::path prefix_of(const std::filesystem::path& interpreter);

} // namespace lambox::engine
