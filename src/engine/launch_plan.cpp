#include "lambox/engine/launch_plan.hpp"

#include "lambox/engine/code_store.hpp"
#include "lambox/model/function_error.hpp"
#include "lambox/wire/elf.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>

namespace lambox::engine {
namespace {

namespace fs = std::filesystem;
using model::Architecture;

struct Program {
    fs::path path;      ///< on this machine
    std::string inside; ///< as the function sees it, for AWS's texts
};

constexpr std::array<std::string_view, 3> image_bootstraps = {"/var/task/bootstrap", "/opt/bootstrap", "/var/runtime/bootstrap"};

bool is_program(const fs::path& path) {
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    return fs::exists(status) && !fs::is_directory(status);
}

/// The image's own PATH; what execvp(3) takes when there is none.
std::string_view search_path(const model::FunctionConfig& config) {
    for (const auto& [name, value] : config.environment) {
        if (name == "PATH") return value;
    }
    return "/bin:/usr/bin";
}

std::variant<Program, LaunchFailure> find_image_program(const FunctionRevision& function) {
    const ImageProgram& image = *function.code.image;
    if (image.command.empty()) {
        std::string tried;
        for (const std::string_view bootstrap : image_bootstraps) {
            if (is_program(bootstrap)) return Program{bootstrap, std::string(bootstrap)};
            tried.append(tried.empty() ? "" : " ").append(bootstrap);
        }
        return LaunchFailure{"Couldn't find valid bootstrap(s): [" + tried + "]",
                             "or name the program and its arguments behind the options"};
    }
    const std::string& name = image.command.front();
    if (name.find('/') != std::string::npos) {
        const fs::path path = fs::path(image.working_directory) / name; // an absolute name replaces the folder
        if (is_program(path)) return Program{path, name};
        return LaunchFailure{"fork/exec " + name + ": no such file or directory", path.string() + " does not exist"};
    }
    for (std::string_view rest = search_path(function.config); !rest.empty();) {
        const auto folder = rest.substr(0, rest.find(':'));
        rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
        const fs::path path = fs::path(image.working_directory) / folder / name;
        if (is_program(path) && ::access(path.c_str(), X_OK) == 0) return Program{path, path.string()};
    }
    return LaunchFailure{"exec: \"" + name + "\": executable file not found in $PATH", {}};
}

std::optional<Program> existing(std::vector<Program> candidates) {
    for (auto& candidate : candidates) {
        if (is_program(candidate.path)) return std::move(candidate);
    }
    return std::nullopt;
}

constexpr const char* rootfs_bootstrap = "/var/runtime/bootstrap";

std::optional<Program> find_program(const FunctionRevision& function) {
    const std::string& rootfs = function.config.rootfs;
    const Program of_rootfs{rootfs + rootfs_bootstrap, rootfs_bootstrap};
    if (!rootfs.empty() && model::language_of(function.config.runtime->family) != nullptr) return existing({of_rootfs});
    const std::string name = program_name(function);
    std::vector<Program> candidates{{function.code.task / name, "/var/task/" + name}};
    if (function.config.runtime->protocol == model::RuntimeProtocol::runtime_api && !function.code.layers.empty()) {
        candidates.push_back({function.code.layers / name, "/opt/" + name});
    }
    if (!rootfs.empty()) candidates.push_back(of_rootfs);
    return existing(std::move(candidates));
}

/// Empty when it cannot be read. Every cold start waits for this, hence no stream.
Result<std::string> head_of(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        std::string reason = std::generic_category().message(errno);
        reason.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(reason.front())));
        return make_error(Errc::io, std::move(reason));
    }
    std::array<char, 256> head{};
    const ssize_t count = ::read(file, head.data(), head.size());
    ::close(file);
    return std::string(head.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
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

std::optional<LaunchFailure> unfit_rootfs(const FunctionRevision& function) {
    const std::string& rootfs = function.config.rootfs;
    std::error_code ignored;
    if (rootfs.empty() || fs::is_directory(rootfs + "/var/task", ignored)) return std::nullopt;
    return LaunchFailure{std::string("fork/exec ") + rootfs_bootstrap + ": no such file or directory",
                         rootfs + " is no unpacked image of Lambda's: it has no folder var/task"};
}

LaunchFailure exec_failure(const Program& program, std::string_view why, std::string advice = {}) {
    return LaunchFailure{"fork/exec " + program.inside + ": " + std::string(why), std::move(advice)};
}

enum class ProgramKind { binary, script };
struct Machine {
    Architecture architecture;
    ProgramKind kind;
};

/// The machine of the program, through `#!` lines as execve(2) follows them (at most four deep); interpreters lie below `root`.
std::variant<Machine, LaunchFailure> machine_of(const Program& program, const std::string& root) {
    fs::path file = program.path;
    for (int depth = 0; depth < 4; ++depth) {
        // Not for what it holds: it may be ours, such as too many open files.
        const auto head = head_of(file);
        if (!head) return exec_failure(program, head.error().message, file.string() + " cannot be read");
        if (const auto machine = wire::elf_machine(*head)) {
            const ProgramKind kind = depth == 0 ? ProgramKind::binary : ProgramKind::script;
            if (const auto architecture = architecture_of(*machine)) return Machine{*architecture, kind};
            return exec_failure(program, "exec format error", file.string() + " is for a machine that Lambda does not have");
        }
        const auto interpreter = wire::script_interpreter(*head);
        if (!interpreter) {
            return exec_failure(program, "exec format error", file.string() + " is neither an ELF program nor a script with a #! line");
        }
        file = fs::path(root + std::string(interpreter->path));
        std::error_code ignored;
        if (!fs::exists(file, ignored)) {
            return exec_failure(program, "no such file or directory", "its interpreter " + file.string() + " is not on this machine");
        }
    }
    return exec_failure(program, "too many levels of symbolic links");
}

struct Wanted {
    std::optional<Architecture> architecture; ///< nothing: whatever the program is for
    std::string rootfs;                       ///< the image that it runs inside; empty = none
};

std::variant<LaunchPlan, LaunchFailure> plan_program(const Program& program, const Wanted& wanted, const Emulators& emulators) {
    if (::access(program.path.c_str(), X_OK) != 0) return exec_failure(program, "permission denied", "chmod +x " + program.path.string());
    const auto machine = machine_of(program, wanted.rootfs);
    if (const auto* failure = std::get_if<LaunchFailure>(&machine)) return *failure;
    const auto architecture = std::get<Machine>(machine).architecture;
    if (wanted.architecture && architecture != *wanted.architecture) {
        return exec_failure(program, "exec format error",
                            program.path.string() + " is for " + std::string(to_string(architecture)) + ", but the function is declared " +
                                std::string(to_string(*wanted.architecture)));
    }
    LaunchPlan plan;
    if (architecture != host_architecture()) {
        if (!wanted.rootfs.empty()) return exec_failure(program, "exec format error", "images of another architecture do not run here");
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

std::variant<Program, LaunchFailure> program_of(const FunctionRevision& function) {
    if (function.code.image) return find_image_program(function);
    if (auto program = find_program(function)) return std::move(*program);
    switch (function.config.runtime->protocol) {
    case model::RuntimeProtocol::runtime_api:
        if (!function.config.rootfs.empty()) {
            return LaunchFailure{std::string("fork/exec ") + rootfs_bootstrap + ": no such file or directory",
                                 function.config.rootfs + " has no " + rootfs_bootstrap + ", as AWS's images have"};
        }
        return LaunchFailure{std::string(model::no_bootstrap_message()),
                             "put an executable file named bootstrap into " + function.code.task.string()};
    case model::RuntimeProtocol::go_rpc: break;
    }
    return LaunchFailure{"fork/exec /var/task/" + program_name(function) + ": no such file or directory",
                         "the handler setting names the binary; " + function.code.task.string() + " has none of that name"};
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
    if (auto failure = unfit_rootfs(function)) return std::move(*failure);
    const auto found = program_of(function);
    if (const auto* failure = std::get_if<LaunchFailure>(&found)) return *failure;
    Wanted wanted{function.config.architecture, function.config.rootfs};
    const auto& image = function.code.image;
    if (image) wanted.architecture.reset(); // nobody declares an image's here
    auto planned = plan_program(std::get<Program>(found), wanted, emulators);
    auto* plan = std::get_if<LaunchPlan>(&planned);
    if (plan != nullptr && image && !image->command.empty()) plan->arguments.assign(image->command.begin() + 1, image->command.end());
    return planned;
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
    const auto machine = machine_of(program, {});
    // A script says nothing of a processor, and there is no interpreter here for another one than ours.
    const auto* known = std::get_if<Machine>(&machine);
    const bool script = known != nullptr && known->kind == ProgramKind::script;
    Wanted wanted;
    if (!script) wanted.architecture = function.config.architecture;
    return plan_program(program, wanted, emulators);
}

} // namespace lambox::engine
