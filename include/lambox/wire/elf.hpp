#pragma once

#include <optional>
#include <string_view>

namespace lambox::wire {

enum class ElfMachine { x86_64, aarch64, other };

/// The machine an ELF file is for, from its first bytes (20 are enough); nothing when it is not ELF.
[[nodiscard]] std::optional<ElfMachine> elf_machine(std::string_view head);

/// The interpreter and its optional single argument of a `#!` line, as execve(2) splits it; nothing when there is none
/// or the line is longer than 255 bytes.
struct ScriptInterpreter {
    std::string_view path;
    std::string_view argument;
};
[[nodiscard]] std::optional<ScriptInterpreter> script_interpreter(std::string_view head);

} // namespace lambox::wire
