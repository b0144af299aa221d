#pragma once

#include "lambox/engine/language_finder.hpp"
#include "lambox/engine/launch_plan.hpp"

#include <optional>
#include <string>
#include <variant>

namespace lambox::engine {

enum class SeesFiles {
    all,        ///< isolation `process`
    of_sandbox, ///< the system's folders, and what is mounted on purpose
};

/// Finds what a function of a managed runtime is started with on this machine. Reads files; may ask an interpreter for its version.
[[nodiscard]] std::variant<LaunchPlan, LaunchFailure> plan_managed_launch(const FunctionRevision& function, const model::Language& language,
                                                                          LanguageFinder& finder, SeesFiles sees);

/// The command and the language's variables, with paths as the function sees them under `roots`.
[[nodiscard]] model::LaunchRecipe recipe_of(const FunctionRevision& function, const ManagedLaunch& launch,
                                            const model::EnvironmentRoots& roots);

/// `Python 3.11.2 (/usr/bin/python3), awslambdaric 4.2.2`; or what is missing and what installs it.
struct LanguageStatus {
    bool runs = false;
    std::string how;
};
[[nodiscard]] LanguageStatus language_status(const model::Language& language, const model::Runtime& runtime, LanguageFinder& finder);

} // namespace lambox::engine
