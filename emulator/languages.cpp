#include "emulator/languages.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/io/program_output.hpp"

#include <cstdlib>
#include <sstream>
#include <system_error>

namespace lambox::emulator {
namespace {

namespace fs = std::filesystem;

void add_list(std::vector<fs::path>& folders, const std::string& list) {
    std::istringstream stream(list);
    for (std::string folder; std::getline(stream, folder, ':');) {
        std::error_code ignored;
        if (!folder.empty()) folders.push_back(fs::absolute(folder, ignored).lexically_normal());
    }
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

void add_jdks(std::vector<fs::path>& folders) {
    if (const std::string home = variable("JAVA_HOME"); !home.empty()) folders.push_back(fs::path(home) / "bin");
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/usr/lib/jvm", error)) {
        if (!fs::is_symlink(entry.path(), error)) folders.push_back(entry.path() / "bin");
    }
}

} // namespace

engine::LanguageFolders language_folders(const LanguageOptions& options, fs::path launchers) {
    engine::LanguageFolders folders;
    folders.launchers = std::move(launchers);
    if (options.interpreters) add_list(folders.interpreters, *options.interpreters);
    add_list(folders.interpreters, variable("PATH"));
    add_list(folders.interpreters, "/usr/local/bin:/usr/bin");
    add_jdks(folders.interpreters);
    if (options.clients) {
        add_list(folders.clients, *options.clients);
        return folders;
    }
    // The XDG base directory specification's place for a user's data.
    std::string data = variable("XDG_DATA_HOME");
    if (data.empty() && !variable("HOME").empty()) data = variable("HOME") + "/.local/share";
    if (!data.empty()) folders.clients.push_back(fs::path(data) / "lambox" / "runtimes");
    add_list(folders.clients, "/usr/local/lib/lambox/runtimes:/usr/lib/lambox/runtimes");
    return folders;
}

std::string ask_version(const fs::path& program, const std::string& flag) {
    auto said = io::program_output({program.string(), flag}, limits::interpreter_patience);
    return said ? std::move(*said) : std::string();
}

} // namespace lambox::emulator
