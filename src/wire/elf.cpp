#include "lambox/wire/elf.hpp"

#include <algorithm>

namespace lambox::wire {
namespace {

// elf(5): where in the file header things stand, and what they mean.
constexpr std::size_t class_at = 4;
constexpr std::size_t data_at = 5;
constexpr std::size_t machine_at = 18;
constexpr unsigned class_64 = 2;
constexpr unsigned data_little_endian = 1;
constexpr unsigned machine_x86_64 = 62;
constexpr unsigned machine_aarch64 = 183;

constexpr std::string_view blank = " \t";

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

} // namespace

std::optional<ElfMachine> elf_machine(std::string_view head) {
    if (head.size() < machine_at + 2 || !head.starts_with("\x7f" "ELF")) return std::nullopt;
    // The 32-bit class with this machine is x32, and big-endian aarch64 needs another kernel: neither is what Lambda runs.
    if (byte_at(head, class_at) != class_64 || byte_at(head, data_at) != data_little_endian) return ElfMachine::other;
    const auto machine = byte_at(head, machine_at) | byte_at(head, machine_at + 1) << 8;
    if (machine == machine_x86_64) return ElfMachine::x86_64;
    if (machine == machine_aarch64) return ElfMachine::aarch64;
    return ElfMachine::other;
}

std::optional<ScriptInterpreter> script_interpreter(std::string_view head) {
    constexpr std::size_t line_bytes_max = 255;
    if (!head.starts_with("#!")) return std::nullopt;
    const auto end = std::min(head.find('\n'), head.size());
    if (end > line_bytes_max) return std::nullopt;
    auto line = head.substr(2, end - 2);
    // The kernel hands out C strings, so a zero byte ends them; blanks go from the end only where a newline marks it.
    if (end < head.size()) line = line.substr(0, line.find_last_not_of(blank) + 1);
    line = line.substr(0, line.find('\0'));
    line.remove_prefix(std::min(line.find_first_not_of(blank), line.size()));
    if (line.empty()) return std::nullopt;
    const auto path_end = std::min(line.find_first_of(blank), line.size());
    auto argument = line.substr(path_end);
    argument.remove_prefix(std::min(argument.find_first_not_of(blank), argument.size()));
    return ScriptInterpreter{line.substr(0, path_end), argument};
}

} // namespace lambox::wire
