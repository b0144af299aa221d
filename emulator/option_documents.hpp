#pragma once

#include <string>

/// What an installed lambox brings along, made from the option table. The files in share/ are these texts; a test compares.
namespace lambox::emulator {

/// roff, section 1.
[[nodiscard]] std::string man_page();
[[nodiscard]] std::string bash_completion();
[[nodiscard]] std::string zsh_completion();
[[nodiscard]] std::string fish_completion();

} // namespace lambox::emulator
