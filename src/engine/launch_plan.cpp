#include "lambox/engine/launch_plan.hpp"

#include "lambox/engine/code_store.hpp"
#include "lambox/model/function_error.hpp"
#include "lambox/wire/elf.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>

namespace lambox::engine {
namespace {

namespace fs = std::filesystem;
using model::Architecture;

struct Program {
    fs::path path;      ///< on this machine
    std::string inside; ///< as the function sees it, for AWS's texts
};

std::optional<Program> find_program(const FunctionRevision& function) {
    const std::string name = program_name(function.config);
    std::vector<Program> candidates{{function.code.task / name, "/var/task/" + name}};
    if (function.config.runtime->protocol == model::RuntimeProtocol::runtime_api && !function.code.layers.empty()) {
        candidates.push_back({function.code.layers / name, "/opt/" + name});
    }
    for (auto& candidate : candidates) {
        std::error_code ignored;
        if (fs::exists(candidate.path, ignored) && !fs::is_directory(candidate.path, ignored)) return candidate;
    }
    return std::nullopt;
}

std::string head_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::array<char, 256> head{};
    file.read(head.data(), head.size());
    return std::string(head.data(), static_cast<std::size_t>(file.gcount()));
}

std::optional<Architecture> architecture_of(wire::ElfMachine machine) {
    switch (machine) {
    case wire::ElfMachine::x86_64: return Architecture::x86_64;
    case wire::ElfMachine::aarch64: return Architecture::arm64;
    case wire::ElfMachine::other: return std::nullopt;
    }
    return std::nullopt;
}

const std::string& emulator_for(Architecture architecture, const Emulators& emulators) {
    switch (architecture) {
    case Architecture::x86_64: return emulators.x86_64;
    case Architecture::arm64: return emulators.arm64;
    }
    return emulators.x86_64;
}

LaunchFailure exec_failure(const Program& program, std::string_view why, std::string advice = {}) {
    return LaunchFailure{"fork/exec " + program.inside + ": " + std::string(why), std::move(advice)};
}

enum class ProgramKind { binary, script };
struct Machine {
    Architecture architecture;
    ProgramKind kind;
};

/// The machine of the program, through `#!` lines as execve(2) follows them (at most four deep).
std::variant<Machine, LaunchFailure> machine_of(const Program& program) {
    std::string head = head_of(program.path);
    fs::path file = program.path;
    for (int depth = 0; depth < 4; ++depth) {
        if (const auto machine = wire::elf_machine(head)) {
            const ProgramKind kind = depth == 0 ? ProgramKind::binary : ProgramKind::script;
            if (const auto architecture = architecture_of(*machine)) return Machine{*architecture, kind};
            return exec_failure(program, "exec format error", file.string() + " is for a machine that Lambda does not have");
        }
        const auto interpreter = wire::script_interpreter(head);
        if (!interpreter) {
            return exec_failure(program, "exec format error", file.string() + " is neither an ELF program nor a script with a #! line");
        }
        file = fs::path(std::string(interpreter->path));
        std::error_code ignored;
        if (!fs::exists(file, ignored)) {
            return exec_failure(program, "no such file or directory", "its interpreter " + file.string() + " is not on this machine");
        }
        head = head_of(file);
    }
    return exec_failure(program, "too many levels of symbolic links");
}

std::variant<LaunchPlan, LaunchFailure> plan_program(const Program& program, Architecture wanted, const Emulators& emulators) {
    if (::access(program.path.c_str(), X_OK) != 0) return exec_failure(program, "permission denied", "chmod +x " + program.path.string());
    const auto machine = machine_of(program);
    if (const auto* failure = std::get_if<LaunchFailure>(&machine)) return *failure;
    const auto architecture = std::get<Machine>(machine).architecture;
    if (architecture != wanted) {
        return exec_failure(program, "exec format error",
                            program.path.string() + " is for " + std::string(to_string(architecture)) + ", but the function is declared " +
                                std::string(to_string(wanted)));
    }
    LaunchPlan plan;
    if (architecture != host_architecture()) {
        const std::string& emulator = emulator_for(architecture, emulators);
        if (emulator.empty()) {
            return exec_failure(program, "exec format error",
                                std::string(to_string(architecture)) + " programs need qemu-user here: apt-get install qemu-user-static");
        }
        plan.emulator_path = emulator;
        plan.emulator = fs::path(emulator).filename().string();
    }
    plan.program = program.path.string();
    plan.program_inside = program.inside;
    return plan;
}

} // namespace

Architecture host_architecture() {
#if defined(__aarch64__)
    return Architecture::arm64;
#else
    return Architecture::x86_64;
#endif
}

std::variant<LaunchPlan, LaunchFailure> plan_launch(const FunctionRevision& function, const Emulators& emulators) {
    const auto program = find_program(function);
    if (!program) {
        switch (function.config.runtime->protocol) {
        case model::RuntimeProtocol::runtime_api:
            return LaunchFailure{std::string(model::no_bootstrap_message()),
                                 "put an executable file named bootstrap into " + function.code.task.string()};
        case model::RuntimeProtocol::go_rpc: break;
        }
        return LaunchFailure{"fork/exec /var/task/" + program_name(function.config) + ": no such file or directory",
                             "the handler setting names the binary; " + function.code.task.string() + " has none of that name"};
    }
    return plan_program(*program, function.config.architecture, emulators);
}

ExtensionFiles find_extensions(const FunctionRevision& function) {
    ExtensionFiles found;
    if (function.code.layers.empty()) return found;
    std::error_code ignored;
    if (fs::exists(function.code.layers / "disable-extensions-jwigqn8j", ignored)) {
        found.extensions = ExtensionFiles::Switch::off;
        return found;
    }
    for (fs::directory_iterator entry(function.code.layers / "extensions", ignored), end; !ignored && entry != end;
         entry.increment(ignored)) {
        std::error_code unreadable; // a link to nowhere is no file
        if (fs::is_regular_file(entry->path(), unreadable)) {
            found.files.push_back(ExtensionFile{entry->path().filename().string(), entry->path().string()});
        }
    }
    std::sort(found.files.begin(), found.files.end(), [](const auto& one, const auto& other) { return one.name < other.name; });
    return found;
}

std::variant<LaunchPlan, LaunchFailure> plan_extension(const ExtensionFile& file, const FunctionRevision& function,
                                                       const Emulators& emulators) {
    const Program program{file.path, "/opt/extensions/" + file.name};
    const auto machine = machine_of(program);
    // A script says nothing of a processor, and there is no interpreter here for another one than ours.
    const auto* known = std::get_if<Machine>(&machine);
    const bool script = known != nullptr && known->kind == ProgramKind::script;
    return plan_program(program, script ? known->architecture : function.config.architecture, emulators);
}

} // namespace lambox::engine
