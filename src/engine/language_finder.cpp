#include "lambox/engine/language_finder.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/wire/elf.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>

namespace lambox::engine {
namespace {

namespace fs = std::filesystem;
using F = model::RuntimeFamily;

std::string head_of(const fs::path& path, std::size_t bytes) {
    std::ifstream file(path, std::ios::binary);
    std::string head(bytes, '\0');
    file.read(head.data(), static_cast<std::streamsize>(bytes));
    head.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return head;
}

bool is_program(const fs::path& path) {
    std::error_code ignored;
    return ::access(path.c_str(), X_OK) == 0 && fs::is_regular_file(path, ignored) && wire::elf_machine(head_of(path, 64)).has_value();
}

/// `17.0.15` in `JAVA_VERSION="17.0.15"`: what begins with the first digit and goes on with digits, dots and the like.
std::string version_words(std::string_view text) {
    const auto first = text.find_first_of("0123456789");
    if (first == std::string_view::npos) return {};
    const auto end = text.find_first_not_of("0123456789._+p-", first);
    return std::string(text.substr(first, end == std::string_view::npos ? end : end - first));
}

/// JDKs write their version down, so the slowest of all to start need not be.
std::string java_release(const fs::path& program) {
    std::ifstream file(prefix_of(program) / "release");
    for (std::string line; std::getline(file, line) && line.size() < limits::config_bytes_max;) {
        if (line.starts_with("JAVA_VERSION=")) return line;
    }
    return {};
}

/// The path that a pattern with at most one `*` leads to below `folder`; with several, the last in the order of names.
fs::path match(const fs::path& folder, std::string_view pattern) {
    std::error_code error;
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) {
        const fs::path file = folder / pattern;
        return fs::exists(file, error) ? file : fs::path{};
    }
    const auto slash = pattern.rfind('/', star);
    const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
    const std::size_t end = std::min(pattern.find('/', star), pattern.size());
    const std::string_view before = pattern.substr(begin, star - begin);
    const std::string_view after = pattern.substr(star + 1, end - star - 1);
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder / pattern.substr(0, begin), error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(before) || !name.ends_with(after) || name.size() < before.size() + after.size()) continue;
        const fs::path whole = end == pattern.size() ? entry.path() : entry.path() / pattern.substr(end + 1);
        if (fs::exists(whole, error)) found.push_back(whole);
    }
    if (found.empty()) return {};
    return *std::max_element(found.begin(), found.end());
}

/// `4.2.2` of `awslambdaric-4.2.2.dist-info`.
std::string between(const std::string& name, std::string_view before, std::string_view after) {
    if (!name.starts_with(before) || !name.ends_with(after) || name.size() < before.size() + after.size()) return {};
    return name.substr(before.size(), name.size() - before.size() - after.size());
}

std::string client_version(const model::Language& language, const fs::path& folder, const fs::path& file) {
    switch (language.family) {
    case F::python: {
        const fs::path info = match(folder, "awslambdaric-*.dist-info");
        return between(info.filename().string(), "awslambdaric-", ".dist-info");
    }
    case F::nodejs: {
        const std::string package = head_of(file, 4'096);
        const auto at = package.find("\"version\"");
        return at == std::string::npos ? "" : version_words(std::string_view(package).substr(at));
    }
    case F::java: return between(file.filename().string(), std::string(language.client) + "-", ".jar");
    case F::ruby: return between(file.parent_path().parent_path().parent_path().filename().string(), "aws_lambda_ric-", "");
    case F::dotnet:
    case F::go:
    case F::os_only: break;
    }
    return {};
}

std::optional<RuntimeClient> client_in(const model::Language& language, const fs::path& folder, RuntimeClient::Origin origin) {
    const fs::path file = match(folder, language.client_file);
    if (file.empty()) return std::nullopt;
    RuntimeClient client{folder, client_version(language, folder, file), {}, origin};
    if (language.family == F::java) client.native_library = match(folder, "libaws-lambda-jni.*.so");
    return client;
}

} // namespace

fs::path prefix_of(const fs::path& interpreter) { return interpreter.parent_path().parent_path(); }

bool LanguageFinder::first_time(const std::string& text) {
    if (told_.size() >= limits::functions_max) told_.clear(); // functions come and go; saying it again does no harm
    return told_.insert(text).second;
}

std::optional<Interpreter> LanguageFinder::look_at(const model::Language& language, const fs::path& program) {
    std::error_code error;
    if (!is_program(program)) return std::nullopt;
    const fs::path real = fs::canonical(program, error);
    if (error) return std::nullopt;
    auto known = asked_.find(real);
    if (known == asked_.end()) {
        std::string said = language.family == F::java ? java_release(real) : std::string();
        if (said.empty()) said = ask_(program, language.family == F::java ? "-version" : "--version");
        const auto version = model::version_in(said);
        if (!version) return std::nullopt;
        known = asked_.emplace(real, Interpreter{real, *version, version_words(said)}).first;
    }
    Interpreter interpreter = known->second;
    interpreter.path = program; // by this name: a virtual environment of Python is one by its path
    return interpreter;
}

std::optional<Interpreter> LanguageFinder::interpreter(const model::Language& language, const model::Runtime& runtime) {
    const auto wanted = model::wanted_version(runtime);
    std::vector<Interpreter> found;
    std::vector<model::LanguageVersion> versions;
    const auto names = model::interpreter_names(language, wanted);
    for (const auto& folder : folders_.interpreters) {
        for (const auto& name : names) {
            auto interpreter = look_at(language, folder / name);
            if (!interpreter) continue;
            if (model::same_version(language, interpreter->version, wanted)) return interpreter;
            versions.push_back(interpreter->version);
            found.push_back(std::move(*interpreter));
        }
    }
    const auto best = model::best_version(language, wanted, versions);
    if (!best) return std::nullopt;
    return std::move(found[*best]);
}

std::optional<RuntimeClient> LanguageFinder::client(const model::Language& language, const Interpreter& interpreter,
                                                    const PreparedCode* code) const {
    const auto places = model::client_places(language, interpreter.version);
    const auto look = [&language](const fs::path& root, const std::vector<std::string>& below,
                                  RuntimeClient::Origin origin) -> std::optional<RuntimeClient> {
        if (root.empty()) return std::nullopt;
        for (const auto& folder : below) {
            if (auto client = client_in(language, folder.empty() ? root : root / folder, origin)) return client;
        }
        return std::nullopt;
    };
    if (code != nullptr) {
        if (auto client = look(code->task, places.package, RuntimeClient::Origin::package)) return client;
        if (auto client = look(code->layers, places.layers, RuntimeClient::Origin::layers)) return client;
    }
    for (const auto& folder : folders_.clients) {
        if (auto client = look(folder, places.clients, RuntimeClient::Origin::machine)) return client;
    }
    std::error_code error;
    for (const fs::path& prefix : {prefix_of(interpreter.path), prefix_of(fs::canonical(interpreter.path, error))}) {
        if (auto client = look(prefix, places.prefix, RuntimeClient::Origin::machine)) return client;
    }
    return std::nullopt;
}

} // namespace lambox::engine
