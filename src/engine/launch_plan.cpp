#include "lambox/engine/launch_plan.hpp"

#include "lambox/engine/code_store.hpp"
#include "lambox/model/function_error.hpp"
#include "lambox/wire/elf.hpp"

#include <unistd.h>

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

std::optional<Program> existing(std::vector<Program> candidates) {
    for (auto& candidate : candidates) {
        std::error_code ignored;
        if (fs::exists(candidate.path, ignored) && !fs::is_directory(candidate.path, ignored)) return std::move(candidate);
    }
    return std::nullopt;
}

constexpr const char* image_bootstrap = "/var/runtime/bootstrap";

std::optional<Program> find_program(const FunctionRevision& function) {
    const std::string& rootfs = function.config.rootfs;
    const Program of_image{rootfs + image_bootstrap, image_bootstrap};
    if (!rootfs.empty() && model::language_of(function.config.runtime->family) != nullptr) return existing({of_image});
    const std::string name = program_name(function);
    std::vector<Program> candidates{{function.code.task / name, "/var/task/" + name}};
    if (function.config.runtime->protocol == model::RuntimeProtocol::runtime_api && !function.code.layers.empty()) {
        candidates.push_back({function.code.layers / name, "/opt/" + name});
    }
    if (!rootfs.empty()) candidates.push_back(of_image);
    return existing(std::move(candidates));
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

std::optional<LaunchFailure> unfit_image(const FunctionRevision& function) {
    const std::string& rootfs = function.config.rootfs;
    std::error_code ignored;
    if (rootfs.empty() || fs::is_directory(rootfs + "/var/task", ignored)) return std::nullopt;
    return LaunchFailure{std::string("fork/exec ") + image_bootstrap + ": no such file or directory",
                         rootfs + " is no unpacked image of Lambda's: it has no folder var/task"};
}

LaunchFailure exec_failure(const Program& program, std::string_view why, std::string advice = {}) {
    return LaunchFailure{"fork/exec " + program.inside + ": " + std::string(why), std::move(advice)};
}

/// The machine of the program, through `#!` lines as execve(2) follows them (at most four deep); interpreters lie below `root`.
std::variant<Architecture, LaunchFailure> machine_of(const Program& program, const std::string& root) {
    std::string head = head_of(program.path);
    fs::path file = program.path;
    for (int depth = 0; depth < 4; ++depth) {
        if (const auto machine = wire::elf_machine(head)) {
            if (const auto architecture = architecture_of(*machine)) return *architecture;
            return exec_failure(program, "exec format error", file.string() + " is for a machine that Lambda does not have");
        }
        const auto interpreter = wire::script_interpreter(head);
        if (!interpreter) {
            return exec_failure(program, "exec format error", file.string() + " is neither an ELF program nor a script with a #! line");
        }
        file = fs::path(root + std::string(interpreter->path));
        std::error_code ignored;
        if (!fs::exists(file, ignored)) {
            return exec_failure(program, "no such file or directory", "its interpreter " + file.string() + " is not on this machine");
        }
        head = head_of(file);
    }
    return exec_failure(program, "too many levels of symbolic links");
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
    if (auto failure = unfit_image(function)) return std::move(*failure);
    const auto program = find_program(function);
    if (!program) {
        switch (function.config.runtime->protocol) {
        case model::RuntimeProtocol::runtime_api:
            if (!function.config.rootfs.empty()) {
                return LaunchFailure{std::string("fork/exec ") + image_bootstrap + ": no such file or directory",
                                     function.config.rootfs + " has no " + image_bootstrap + ", as AWS's images have"};
            }
            return LaunchFailure{std::string(model::no_bootstrap_message()),
                                 "put an executable file named bootstrap into " + function.code.task.string()};
        case model::RuntimeProtocol::go_rpc: break;
        }
        return LaunchFailure{"fork/exec /var/task/" + program_name(function) + ": no such file or directory",
                             "the handler setting names the binary; " + function.code.task.string() + " has none of that name"};
    }
    if (::access(program->path.c_str(), X_OK) != 0)
        return exec_failure(*program, "permission denied", "chmod +x " + program->path.string());
    const auto machine = machine_of(*program, function.config.rootfs);
    if (const auto* failure = std::get_if<LaunchFailure>(&machine)) return *failure;
    const auto architecture = std::get<Architecture>(machine);
    if (architecture != function.config.architecture) {
        return exec_failure(*program, "exec format error",
                            program->path.string() + " is for " + std::string(to_string(architecture)) + ", but the function is declared " +
                                std::string(to_string(function.config.architecture)));
    }
    LaunchPlan plan;
    if (architecture != host_architecture()) {
        if (!function.config.rootfs.empty())
            return exec_failure(*program, "exec format error", "images of another architecture do not run here");
        const std::string& emulator = emulator_for(architecture, emulators);
        if (emulator.empty()) {
            return exec_failure(*program, "exec format error",
                                std::string(to_string(architecture)) + " programs need qemu-user here: apt-get install qemu-user-static");
        }
        plan.emulator_path = emulator;
        plan.emulator = fs::path(emulator).filename().string();
    }
    plan.program = program->path.string();
    plan.program_inside = program->inside;
    return plan;
}

} // namespace lambox::engine
