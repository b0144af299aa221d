#include "lambox/model/runtime_recipe.hpp"

#include <algorithm>
#include <array>

namespace lambox::model {
namespace {

using F = RuntimeFamily;

constexpr std::array languages = {
    Language{F::nodejs, "Node.js", "node", "/var/lang/bin/node", "aws-lambda-ric", "node_modules/aws-lambda-ric/package.json",
             "bootstrap.mjs", "apt-get install nodejs", "scripts/install-runtime-clients node"},
    Language{F::python, "Python", "python3", "/var/lang/bin/python", "awslambdaric", "awslambdaric/__main__.py", "bootstrap.py",
             "apt-get install python3", "scripts/install-runtime-clients python"},
    Language{F::java, "Java", "java", "/var/lang/bin/java", "aws-lambda-java-runtime-interface-client",
             "aws-lambda-java-runtime-interface-client-*.jar", "", "apt-get install default-jre-headless",
             "scripts/install-runtime-clients java"},
    Language{F::dotnet, ".NET", "dotnet", "/var/lang/bin/dotnet", "Amazon.Lambda.RuntimeSupport", "Amazon.Lambda.RuntimeSupport.dll", "",
             "install the .NET runtime of that version", "dotnet add package Amazon.Lambda.RuntimeSupport, in the function's own project"},
    Language{F::ruby, "Ruby", "ruby", "/var/lang/bin/ruby", "aws_lambda_ric", "gems/aws_lambda_ric-*/lib/aws_lambda_ric/bootstrap.rb",
             "bootstrap.rb", "apt-get install ruby", "scripts/install-runtime-clients ruby"},
};

bool minor_counts(const Language& language) { return language.family == F::python || language.family == F::ruby; }

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string text;
    for (const auto& part : parts) {
        if (part.empty()) continue;
        if (!text.empty()) text += between;
        text += part;
    }
    return text;
}

std::string major_text(LanguageVersion version) { return std::to_string(version.major); }
std::string full_text(LanguageVersion version) { return major_text(version) + "." + std::to_string(version.minor); }
std::string python_packages(LanguageVersion version, std::string_view kind) {
    return "lib/python" + full_text(version) + "/" + std::string(kind);
}
/// RubyGems counts the interface of extensions, which is `3.3.0` for all of 3.3.
std::string ruby_interface(LanguageVersion version) { return full_text(version) + ".0"; }

/// Layers lie at /opt, also for who has none.
std::string layers_of(const EnvironmentRoots& roots) { return roots.layers.empty() ? "/opt" : roots.layers; }

class RecipeMaker {
public:
    RecipeMaker(const Language& language, const FunctionConfig& config, const InstalledLanguage& installed, const EnvironmentRoots& roots)
        : language_(language), config_(config), installed_(installed), roots_(roots), layers_(layers_of(roots)) {}

    [[nodiscard]] LaunchRecipe make() {
        add(installed_.interpreter);
        switch (language_.family) {
        case F::nodejs: node(); break;
        case F::python: python(); break;
        case F::java: java(); break;
        case F::dotnet: dotnet(); break;
        case F::ruby: ruby(); break;
        case F::go:
        case F::os_only: break;
        }
        // AWS's bootstraps are shell scripts, and these are what a shell adds.
        set("PWD", roots_.task);
        set("SHLVL", "0");
        wrap();
        return std::move(recipe_);
    }

private:
    void add(std::string argument) { recipe_.arguments.push_back(std::move(argument)); }
    void set(std::string name, std::string value) { recipe_.defaults.emplace_back(std::move(name), std::move(value)); }
    [[nodiscard]] std::uint64_t share_of_memory(std::uint64_t hundredths) const { return config_.memory.count * hundredths / 100; }
    void launcher() {
        add(roots_.runtime + "/" + std::string(language_.launcher));
        // The launcher takes these away before the function sees them.
        set("LAMBOX_RUNTIME_CLIENT", installed_.client);
        set("LAMBOX_LAYERS", layers_);
    }

    void node() {
        add("--expose-gc");
        add("--max-http-header-size=81920");
        add("--max-semi-space-size=" + std::to_string(std::max<std::uint64_t>(1, share_of_memory(5))));
        add("--max-old-space-size=" + std::to_string(share_of_memory(90)));
        launcher();
        const std::string folder = "/nodejs/node" + major_text(installed_.version) + "/node_modules";
        const std::string modules = roots_.runtime + "/node_modules";
        set("NODE_PATH", joined({layers_ + folder, layers_ + "/nodejs/node_modules", modules, roots_.runtime, roots_.task}, ":"));
    }

    void python() {
        launcher();
        set("PYTHONPATH", roots_.runtime);
    }

    void java() {
        // As AWS's runtime: 85 % of the memory for the heap, 10 % and 5 % for what the JVM keeps about classes and compiled code, with
        // floors, because with the smallest sizes the client's own classes would not fit.
        const auto kilobytes = [this](std::uint64_t hundredths, std::uint64_t least) {
            return std::to_string(std::max(config_.memory.count * 1024 * hundredths / 100, least * 1024)) + "k";
        };
        add("-XX:MaxHeapSize=" + kilobytes(85, 0));
        add("-XX:MaxMetaspaceSize=" + kilobytes(10, 32));
        add("-XX:ReservedCodeCacheSize=" + kilobytes(5, 16));
        add("-XX:+UseSerialGC");
        add("-XX:+TieredCompilation");
        add("-XX:TieredStopAtLevel=1");
        add("-Xshare:auto");
        add("-Djava.net.preferIPv4Stack=true");
        // Else the client unpacks its library to one fixed path below /tmp, where JVMs that share a /tmp spoil it for each other.
        if (!installed_.native_library.empty())
            add("-Dcom.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI=" + installed_.native_library);
        add("-cp");
        std::vector<std::string> path{roots_.task, roots_.task + "/lib/*", layers_ + "/java/lib/*"};
        if (!installed_.client.empty() && installed_.client != roots_.task) path.push_back(installed_.client + "/*");
        add(joined(path, ":"));
        add("com.amazonaws.services.lambda.runtime.api.client.AWSLambda");
        add(config_.handler);
    }

    void dotnet() {
        add("exec");
        const auto assembly = config_.handler.substr(0, config_.handler.find("::"));
        const bool is_class_library = assembly.size() < config_.handler.size();
        if (!is_class_library) {
            add(roots_.task + "/" + assembly + ".dll");
            return;
        }
        add("--depsfile");
        add(roots_.task + "/" + assembly + ".deps.json");
        add("--runtimeconfig");
        add(roots_.task + "/" + assembly + ".runtimeconfig.json");
        add(installed_.client + "/Amazon.Lambda.RuntimeSupport.dll");
        add(config_.handler);
    }

    void ruby() {
        launcher();
        const std::string interface = ruby_interface(installed_.version);
        set("GEM_HOME", roots_.runtime);
        set("GEM_PATH",
            joined({roots_.task + "/vendor/bundle/ruby/" + interface, layers_ + "/ruby/gems/" + interface, installed_.client}, ":"));
        set("RUBYLIB", joined({roots_.task, roots_.runtime + "/lib", layers_ + "/ruby/lib"}, ":"));
    }

    /// AWS's paths in what a person wrote, where the function does not see them.
    [[nodiscard]] std::string real_path(const std::string& path) const {
        if (path.starts_with("/opt/")) return layers_ + path.substr(4);
        if (path.starts_with("/var/task/")) return roots_.task + path.substr(9);
        return path;
    }

    void wrap() {
        const auto& variables = config_.environment;
        const auto wrapper = std::find_if(variables.begin(), variables.end(),
                                          [](const auto& variable) { return variable.first == "AWS_LAMBDA_EXEC_WRAPPER"; });
        if (wrapper == variables.end() || wrapper->second.empty()) return;
        std::vector<std::string> shell{"/bin/sh", "-c", R"(exec "$@")", roots_.runtime + "/bootstrap", real_path(wrapper->second)};
        recipe_.arguments.insert(recipe_.arguments.begin(), shell.begin(), shell.end());
    }

    const Language& language_;
    const FunctionConfig& config_;
    const InstalledLanguage& installed_;
    const EnvironmentRoots& roots_;
    std::string layers_;
    LaunchRecipe recipe_;
};

} // namespace

std::span<const Language> language_table() { return languages; }

const Language* language_of(RuntimeFamily family) {
    const auto* row = std::find_if(languages.begin(), languages.end(), [family](const Language& one) { return one.family == family; });
    return row == languages.end() ? nullptr : row;
}

std::optional<LanguageVersion> version_in(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto number_at = [&](std::size_t& at) {
        int value = 0;
        for (; at < text.size() && is_digit(text[at]) && value < 100'000; ++at)
            value = value * 10 + (text[at] - '0');
        return value;
    };
    const auto first = std::find_if(text.begin(), text.end(), is_digit);
    if (first == text.end()) return std::nullopt;
    auto at = static_cast<std::size_t>(first - text.begin());
    LanguageVersion version;
    version.major = number_at(at);
    if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) version.minor = number_at(++at);
    // Java 8 calls itself 1.8; .NET Core 1.0 was one.
    if (version.major == 1 && version.minor >= 5) return LanguageVersion{version.minor, 0};
    return version;
}

LanguageVersion wanted_version(const Runtime& runtime) {
    const std::string_view identifier = runtime.identifier;
    if (identifier == "nodejs") return {0, 10};
    if (const auto version = version_in(identifier)) return *version;
    return {};
}

std::string version_text(const Language& language, LanguageVersion version) {
    return minor_counts(language) || version.major == 0 ? full_text(version) : major_text(version);
}

bool same_version(const Language& language, LanguageVersion a, LanguageVersion b) {
    return a.major == b.major && (!minor_counts(language) || a.minor == b.minor);
}

std::optional<std::size_t> best_version(const Language& language, LanguageVersion wanted, std::span<const LanguageVersion> found) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (same_version(language, found[i], wanted)) return i;
        // Python 2 and 3 are two languages.
        if (language.family == F::python && found[i].major != wanted.major) continue;
        const bool newer = found[i] > wanted;
        if (!best) {
            best = i;
            continue;
        }
        const bool best_is_newer = found[*best] > wanted;
        const bool better = newer == best_is_newer ? (newer ? found[i] < found[*best] : found[i] > found[*best]) : newer;
        if (better) best = i;
    }
    return best;
}

std::vector<std::string> interpreter_names(const Language& language, LanguageVersion wanted) {
    const std::string program(language.program);
    switch (language.family) {
    case F::python: return {"python" + full_text(wanted), program, "python"};
    case F::ruby: return {"ruby" + full_text(wanted), program};
    case F::nodejs: return {program, "nodejs"};
    case F::java:
    case F::dotnet:
    case F::go:
    case F::os_only: break;
    }
    return {program};
}

ClientPlaces client_places(const Language& language, LanguageVersion version) {
    const std::string interface = ruby_interface(version);
    switch (language.family) {
    case F::nodejs: return {{""}, {"nodejs", "nodejs/node" + major_text(version)}, {"node"}, {}};
    case F::python:
        // Clients have a compiled part, which fits one minor version alone.
        return {
            {""},
            {"python", "python/" + python_packages(version, "site-packages")},
            {"python" + full_text(version)},
            {python_packages(version, "site-packages"), "local/" + python_packages(version, "dist-packages"), "lib/python3/dist-packages"}};
    case F::java: return {{"lib", ""}, {"java/lib"}, {"java"}, {}};
    case F::dotnet: return {{""}, {}, {"dotnet"}, {}};
    case F::ruby: return {{"vendor/bundle/ruby/" + interface}, {"ruby/gems/" + interface}, {"ruby"}, {}};
    case F::go:
    case F::os_only: break;
    }
    return {};
}

LaunchRecipe launch_recipe(const Language& language, const FunctionConfig& config, const InstalledLanguage& installed,
                           const EnvironmentRoots& roots) {
    return RecipeMaker(language, config, installed, roots).make();
}

} // namespace lambox::model
