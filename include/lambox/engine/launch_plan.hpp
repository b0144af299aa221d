#pragma once

#include "lambox/engine/function_registry.hpp"
#include "lambox/io/sandbox.hpp"
#include "lambox/model/runtime_catalogue.hpp"
#include "lambox/model/runtime_recipe.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lambox::engine {

/// Programs that run foreign ELF files, by path; empty = none found.
struct Emulators {
    std::string x86_64;
    std::string arm64;
};

/// The architecture this program was built for.
[[nodiscard]] model::Architecture host_architecture();

/// What a function of a managed runtime is started with; paths are this machine's.
struct ManagedLaunch {
    const model::Language* language = nullptr; ///< a row of the table, never null
    std::filesystem::path interpreter;
    model::LanguageVersion version;
    std::filesystem::path client;
    std::filesystem::path native_library;
    std::filesystem::path launchers; ///< what LAMBDA_RUNTIME_DIR holds
    std::vector<io::SandboxMount> shown;
    std::string remark;              ///< what the owner of the function should know; empty = nothing
};

/// How to start a function's program.
struct LaunchPlan {
    std::string program;        ///< on this machine
    std::string program_inside; ///< at AWS's place, such as `/var/task/bootstrap`
    std::vector<std::string> arguments; ///< behind the program's name
    std::string emulator_path;  ///< empty = native
    std::string emulator;       ///< its file name, e.g. `qemu-aarch64-static`; empty = native
    std::optional<ManagedLaunch> managed; ///< then there is neither program nor emulator
};

/// A runtime's is always reported as `Runtime.InvalidEntrypoint`, an extension's as `Extension.LaunchError`.
struct LaunchFailure {
    std::string message; ///< AWS's text, e.g. `fork/exec /var/task/bootstrap: exec format error`
    std::string advice;  ///< for lambox's own log: what to do; may be empty
};

/// Finds the program of a function and decides from its ELF header, or its interpreter's, how it runs here. Reads files, starts
/// nothing (behaviour §1.13, §4.9).
[[nodiscard]] std::variant<LaunchPlan, LaunchFailure> plan_launch(const FunctionRevision& function, const Emulators& emulators);

/// A file of /opt/extensions.
struct ExtensionFile {
    std::string name; ///< the extension's
    std::string path; ///< on this machine
};
struct ExtensionFiles {
    enum class Switch { on, off };
    Switch extensions = Switch::on;   ///< off: the layers have AWS's marker for that
    std::vector<ExtensionFile> files; ///< by name; folders and other things that are no files are left out
};
/// Reads the folder of the function's layers; without layers it reads nothing.
[[nodiscard]] ExtensionFiles find_extensions(const FunctionRevision& function);

/// Like `plan_launch`, but a script runs on its interpreter even where the function's architecture is another.
[[nodiscard]] std::variant<LaunchPlan, LaunchFailure> plan_extension(const ExtensionFile& file, const FunctionRevision& function,
                                                                     const Emulators& emulators);

} // namespace lambox::engine
