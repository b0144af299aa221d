#pragma once

#include "emulator/options.hpp"
#include "lambox/engine/language_finder.hpp"

namespace lambox::emulator {

/// Where interpreters and runtime clients are looked for: the options' folders, else the documented places. `launchers` is taken as it is.
[[nodiscard]] engine::LanguageFolders language_folders(const LanguageOptions& options, std::filesystem::path launchers);

/// Runs the program with the flag, for a second at most. Empty when it does not answer.
[[nodiscard]] std::string ask_version(const std::filesystem::path& program, const std::string& flag);

} // namespace lambox::emulator
