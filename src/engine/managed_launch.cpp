#include "lambox/engine/managed_launch.hpp"

#include "lambox/io/sandbox.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>

namespace lambox::engine {
namespace {

namespace fs = std::filesystem;

bool lies_in(const fs::path& path, const fs::path& folder) {
    const auto differing = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
    return differing.first == folder.end();
}

/// Where AWS has the interpreter; for texts alone.
std::string aws_program(const model::Language& language, const model::Runtime& runtime) {
    std::string path(language.lang_program);
    if (language.family == model::RuntimeFamily::python) path += model::version_text(language, model::wanted_version(runtime));
    return path;
}

std::string no_interpreter(const model::Language& language, const model::Runtime& runtime) {
    return std::string(runtime.identifier) + " needs " + std::string(language.name) + " " +
           model::version_text(language, model::wanted_version(runtime)) + ", and there is no `" + std::string(language.program) +
           "` here that could do: " + std::string(language.interpreter_advice) + ", or name its folder with --interpreters";
}

std::string no_client(const model::Language& language, const Interpreter& interpreter) {
    return "the runtime client " + std::string(language.client) + " is missing, for " + std::string(language.name) + " " +
           model::version_text(language, interpreter.version) + ": " + std::string(language.client_advice) +
           ", or put it into the package or a layer";
}

bool readable_by_others(const fs::path& file) {
    struct stat status {};
    if (::geteuid() != 0) return true; // then the user inside is the one outside
    return ::stat(file.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

/// Adds a folder at its own place, or gives the reason why a sandbox cannot show it there.
std::optional<std::string> show(std::vector<io::SandboxMount>& shown, const fs::path& path, bool has_layers) {
    if (io::shown_in_sandboxes(path.string())) return std::nullopt;
    for (const char* taken : {"/tmp", "/var/task", "/proc", "/dev", "/opt"}) {
        if (!lies_in(path, taken)) continue;
        if (std::string_view(taken) == "/opt" && !has_layers) continue;
        return path.string() + " lies below " + taken + ", where a sandbox has the function's own files";
    }
    const auto covers = [&path](const io::SandboxMount& other) { return lies_in(path, other.target); };
    if (!std::any_of(shown.begin(), shown.end(), covers)) shown.push_back({path.string(), path.string()});
    return std::nullopt;
}

/// The folder to show so that the interpreter works: its installation, or the file alone where that would be somebody's whole home.
fs::path needed_for(const fs::path& interpreter) {
    const fs::path prefix = prefix_of(interpreter);
    const char* home = std::getenv("HOME");
    const bool too_much = prefix == prefix.root_path() || (home != nullptr && lies_in(fs::path(home).lexically_normal(), prefix));
    return too_much ? interpreter : prefix;
}

/// Notes what a sandbox has to show; gives the reason when it cannot be.
std::optional<std::string> show_all(ManagedLaunch& launch, const FunctionRevision& function, RuntimeClient::Origin origin) {
    std::error_code error;
    const bool has_layers = !function.code.layers.empty();
    const fs::path real = fs::canonical(launch.interpreter, error);
    for (const fs::path& path : {launch.interpreter, real}) {
        if (auto why = show(launch.shown, needed_for(path), has_layers)) return why;
    }
    if (!readable_by_others(real)) return real.string() + " cannot be read by sbx_user1051, who functions run as in a sandbox";
    if (origin != RuntimeClient::Origin::machine || launch.client.empty()) return std::nullopt;
    if (!readable_by_others(launch.client)) return launch.client.string() + " cannot be read by sbx_user1051: chmod -R a+rX it";
    if (!io::shown_in_sandboxes(launch.client.string())) launch.shown.push_back({launch.client.string(), "/var/runtime/client"});
    return std::nullopt;
}

LaunchFailure missing(const std::string& what, std::string advice) {
    // Nothing of the kind can happen on AWS, so the caller's text says more than AWS's would.
    return LaunchFailure{"fork/exec " + what + ": no such file or directory (" + advice + ")", {}};
}

/// A .NET handler without `::` is a program that brings its client.
bool needs_client(const model::Language& language, const model::FunctionConfig& config) {
    return language.family != model::RuntimeFamily::dotnet || config.handler.find("::") != std::string::npos;
}

std::string different_version(const model::Language& language, const model::Runtime& runtime, const Interpreter& interpreter) {
    const auto wanted = model::wanted_version(runtime);
    if (model::same_version(language, interpreter.version, wanted)) return {};
    return std::string(runtime.identifier) + " is run by " + std::string(language.name) + " " + interpreter.text + " (" +
           interpreter.path.string() + "), because " + std::string(language.name) + " " + model::version_text(language, wanted) +
           " is not here";
}

std::string as_seen(const fs::path& path, const FunctionRevision& function, const ManagedLaunch& launch,
                    const model::EnvironmentRoots& roots) {
    const auto below = [&path](const fs::path& folder, const std::string& root) {
        const std::string rest = path.lexically_relative(folder).string();
        return rest == "." ? root : root + "/" + rest;
    };
    if (path.empty()) return {};
    if (lies_in(path, function.code.task)) return below(function.code.task, roots.task);
    if (!function.code.layers.empty() && lies_in(path, function.code.layers))
        return below(function.code.layers, roots.layers.empty() ? "/opt" : roots.layers);
    for (const auto& mount : launch.shown) {
        if (lies_in(path, mount.source)) return below(mount.source, mount.target);
    }
    return path.string();
}

} // namespace

std::variant<LaunchPlan, LaunchFailure> plan_managed_launch(const FunctionRevision& function, const model::Language& language,
                                                            LanguageFinder& finder, SeesFiles sees) {
    const model::Runtime& runtime = *function.config.runtime;
    const std::string program = aws_program(language, runtime);
    if (function.config.architecture != host_architecture()) {
        return LaunchFailure{"fork/exec " + program + ": exec format error",
                             "interpreters of this machine are for " + std::string(to_string(host_architecture())) +
                                 ", and the function is declared " + std::string(to_string(function.config.architecture))};
    }
    const auto interpreter = finder.interpreter(language, runtime);
    if (!interpreter) return missing(program, no_interpreter(language, runtime));
    ManagedLaunch launch{&language,
                         interpreter->path,
                         interpreter->version,
                         {},
                         {},
                         finder.folders().launchers,
                         {},
                         different_version(language, runtime, *interpreter)};
    auto origin = RuntimeClient::Origin::package;
    if (needs_client(language, function.config)) {
        const auto client = finder.client(language, *interpreter, &function.code);
        if (!client) return missing("/var/runtime/bootstrap", no_client(language, *interpreter));
        launch.client = client->folder;
        launch.native_library = client->native_library;
        origin = client->origin;
    }
    switch (sees) {
    case SeesFiles::all: break;
    case SeesFiles::of_sandbox:
        if (const auto why = show_all(launch, function, origin)) {
            return LaunchFailure{"fork/exec " + program + ": permission denied", *why + "; or use --isolation process"};
        }
        break;
    }
    LaunchPlan plan;
    plan.managed = std::move(launch);
    return plan;
}

model::LaunchRecipe recipe_of(const FunctionRevision& function, const ManagedLaunch& launch, const model::EnvironmentRoots& roots) {
    const model::InstalledLanguage installed{launch.interpreter.string(), launch.version, as_seen(launch.client, function, launch, roots),
                                             as_seen(launch.native_library, function, launch, roots)};
    return model::launch_recipe(*launch.language, function.config, installed, roots);
}

LanguageStatus language_status(const model::Language& language, const model::Runtime& runtime, LanguageFinder& finder) {
    const auto interpreter = finder.interpreter(language, runtime);
    if (!interpreter) return {false, no_interpreter(language, runtime)};
    const std::string found = std::string(language.name) + " " + interpreter->text + " (" + interpreter->path.string() + ")";
    const auto client = finder.client(language, *interpreter, nullptr);
    const bool exact = model::same_version(language, interpreter->version, model::wanted_version(runtime));
    if (client) return {true, found + ", " + std::string(language.client) + " " + client->version + (exact ? "" : "; another version")};
    return {false, found + ", but " + no_client(language, *interpreter)};
}

} // namespace lambox::engine
