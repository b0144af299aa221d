#pragma once

#include "lambox/model/function_config.hpp"
#include "lambox/model/runtime_environment.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// How the functions of managed runtimes are started where AWS's own images are not at hand: by an interpreter of this machine, which
/// runs a launcher of ours, which runs the language's published runtime client.
namespace lambox::model {

struct LanguageVersion {
    int major = 0;
    int minor = 0;
    auto operator<=>(const LanguageVersion&) const = default;
};

/// A row of the table of languages: what a function of that family needs beside its package.
struct Language {
    RuntimeFamily family;
    std::string_view name;               ///< as a person says it
    std::string_view program;            ///< file name of the interpreter
    std::string_view lang_program;       ///< where AWS has it, for texts as AWS writes them; the version may follow
    std::string_view client;             ///< package name of the runtime client
    std::string_view client_file;        ///< what is in a folder that has the client; `*` once for a version
    std::string_view launcher;           ///< file below LAMBDA_RUNTIME_DIR that starts the client; empty: the interpreter does
    std::string_view interpreter_advice; ///< a command that installs it
    std::string_view client_advice;
};

[[nodiscard]] std::span<const Language> language_table();
/// Null for families whose package brings the program: `provided*` and go1.x.
[[nodiscard]] const Language* language_of(RuntimeFamily family);

/// The version that an identifier names: 3.11 of `python3.11`, 20 of `nodejs20.x`, 8 of `java8.al2`.
[[nodiscard]] LanguageVersion wanted_version(const Runtime& runtime);
/// The first version in what an interpreter says of itself: `Python 3.11.2`, `v20.20.2`, `JAVA_VERSION="1.8.0_392"` (8).
[[nodiscard]] std::optional<LanguageVersion> version_in(std::string_view text);
/// `3.11`, or `20` where minor versions are of no matter.
[[nodiscard]] std::string version_text(const Language& language, LanguageVersion version);
/// Whether code for one runs on the other as on AWS: minor versions count for Python and Ruby alone.
[[nodiscard]] bool same_version(const Language& language, LanguageVersion a, LanguageVersion b);
/// Index of the version to take: the wanted one, else the nearest newer, else the newest. Nothing if there is none that could do.
[[nodiscard]] std::optional<std::size_t> best_version(const Language& language, LanguageVersion wanted,
                                                      std::span<const LanguageVersion> found);
/// File names under which an interpreter of that version may lie in a folder of PATH, the most exact first.
[[nodiscard]] std::vector<std::string> interpreter_names(const Language& language, LanguageVersion wanted);

/// Folders in which a client may lie, in the order in which they are looked at; some need not exist.
struct ClientPlaces {
    std::vector<std::string> package; ///< below the function's own code
    std::vector<std::string> layers;  ///< below its layers
    std::vector<std::string> clients; ///< below a folder of runtime clients
    std::vector<std::string> prefix;  ///< below the interpreter's installation, `/usr` of `/usr/bin/python3`
};
/// Relative paths; an empty one is the folder itself.
[[nodiscard]] ClientPlaces client_places(const Language& language, LanguageVersion version);

/// What was found on this machine; paths are as the function sees them.
struct InstalledLanguage {
    std::string interpreter;
    LanguageVersion version;
    std::string client;         ///< the folder that holds `client_file`; empty: the package needs none
    std::string native_library; ///< Java: the client's own, unpacked; empty: the client unpacks it itself
};

struct LaunchRecipe {
    std::vector<std::string> arguments; ///< [0] is a path
    EnvironmentVariables defaults;      ///< what the function's own variables may override
};

/// The command and the variables for a function of `language` (behaviour §1.13, §3.1). An exec wrapper is obeyed: then the program is a
/// shell, whose exit status is 127 when the wrapper is missing, as that of AWS's bootstraps is.
[[nodiscard]] LaunchRecipe launch_recipe(const Language& language, const FunctionConfig& config, const InstalledLanguage& installed,
                                         const EnvironmentRoots& roots);

} // namespace lambox::model
