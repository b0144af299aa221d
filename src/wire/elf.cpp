#include "lambox/wire/elf.hpp"

namespace lambox::wire {

std::optional<ElfMachine> elf_machine(std::string_view head) {
    constexpr std::string_view magic = "\x7f" "ELF";
    if (head.size() < 20 || !head.starts_with(magic)) return std::nullopt;
    const auto byte = [head](std::size_t at) { return static_cast<unsigned char>(head[at]); };
    const bool big_endian = byte(5) == 2;
    const unsigned machine = big_endian ? byte(18) * 256U + byte(19) : byte(19) * 256U + byte(18);
    constexpr unsigned em_x86_64 = 62;
    constexpr unsigned em_aarch64 = 183;
    if (byte(4) != 2) return ElfMachine::other; // 32 bits: i386 and x32 are not what Lambda runs
    if (machine == em_x86_64) return ElfMachine::x86_64;
    if (machine == em_aarch64) return ElfMachine::aarch64;
    return ElfMachine::other;
}

std::optional<ScriptInterpreter> script_interpreter(std::string_view head) {
    constexpr std::string_view blanks = " \t";
    if (!head.starts_with("#!")) return std::nullopt;
    const auto end = head.find('\n');
    if (end == std::string_view::npos || end > 255) return std::nullopt;
    auto line = head.substr(2, end - 2);
    const auto first = line.find_first_not_of(blanks);
    if (first == std::string_view::npos) return std::nullopt;
    line.remove_prefix(first);
    line = line.substr(0, line.find_last_not_of(blanks) + 1);
    const auto gap = line.find_first_of(blanks);
    if (gap == std::string_view::npos) return ScriptInterpreter{line, {}};
    const auto argument = line.find_first_not_of(blanks, gap);
    return ScriptInterpreter{line.substr(0, gap), line.substr(argument)};
}

} // namespace lambox::wire
