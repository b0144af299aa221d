// Goal: a managed function is started as its language wants it, on this machine's interpreter, with AWS's variables.
// Method: the table and the pure functions over it, with versions and paths made up.
#include "lambox/model/runtime_recipe.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace lambox;
using namespace lambox::model;

namespace {

FunctionConfig function(std::string_view runtime, std::string handler = "app.handler") {
    FunctionConfig config;
    config.runtime = find_runtime(runtime);
    config.handler = std::move(handler);
    return config;
}

const EnvironmentRoots sandbox{"/var/task", "", "/var/runtime", ""};
const EnvironmentRoots process{"/home/u/f", "/scratch/layers", "/scratch/runtime", "/scratch/tmp"};

LaunchRecipe recipe(const FunctionConfig& config, const InstalledLanguage& installed, const EnvironmentRoots& roots = sandbox) {
    return launch_recipe(*language_of(config.runtime->family), config, installed, roots);
}

std::string value_of(const LaunchRecipe& made, std::string_view name) {
    const auto found = std::find_if(made.defaults.begin(), made.defaults.end(), [&](const auto& one) { return one.first == name; });
    return found == made.defaults.end() ? "absent" : found->second;
}

bool has(const LaunchRecipe& made, std::string_view argument) {
    return std::find(made.arguments.begin(), made.arguments.end(), argument) != made.arguments.end();
}

std::optional<std::size_t> best(RuntimeFamily family, LanguageVersion wanted, const std::vector<LanguageVersion>& found) {
    return best_version(*language_of(family), wanted, found);
}

} // namespace

TEST_CASE("every identifier has a row in the table of languages, or brings its program") {
    for (const auto& runtime : runtime_catalogue()) {
        CAPTURE(runtime.identifier);
        const bool own_program = runtime.family == RuntimeFamily::os_only || runtime.family == RuntimeFamily::go;
        CHECK((language_of(runtime.family) == nullptr) == own_program);
        if (own_program) continue;
        CHECK(wanted_version(runtime) > LanguageVersion{});
    }
}

TEST_CASE("identifiers and what interpreters print are versions") {
    const auto wanted = [](std::string_view identifier) { return wanted_version(*find_runtime(identifier)); };
    CHECK(wanted("python3.11") == LanguageVersion{3, 11});
    CHECK(wanted("nodejs20.x") == LanguageVersion{20, 0});
    CHECK(wanted("nodejs8.10") == LanguageVersion{8, 10});
    CHECK(wanted("java8.al2") == LanguageVersion{8, 0});
    CHECK(wanted("java17.al2023") == LanguageVersion{17, 0});
    CHECK(wanted("dotnetcore3.1") == LanguageVersion{3, 1});
    CHECK(wanted("ruby3.4") == LanguageVersion{3, 4});
    CHECK(version_in("Python 3.11.2\n") == LanguageVersion{3, 11});
    CHECK(version_in("v20.20.2") == LanguageVersion{20, 20});
    CHECK(version_in("JAVA_VERSION=\"17.0.15\"") == LanguageVersion{17, 0});
    CHECK(version_in("JAVA_VERSION=\"1.8.0_392\"") == LanguageVersion{8, 0});
    CHECK(version_in("ruby 3.1.2p20 (2022-04-12)") == LanguageVersion{3, 1});
    CHECK_FALSE(version_in("no such thing").has_value());
    CHECK_FALSE(version_in("").has_value());
}

TEST_CASE("the exact version is taken, else the nearest newer, else the newest") {
    using F = RuntimeFamily;
    CHECK(best(F::python, {3, 11}, {{3, 9}, {3, 11}, {3, 13}}) == 1U);
    CHECK(best(F::python, {3, 12}, {{3, 9}, {3, 14}, {3, 13}}) == 2U);
    CHECK(best(F::python, {3, 13}, {{3, 9}, {3, 11}, {3, 10}}) == 1U);
    CHECK(best(F::nodejs, {18, 0}, {{22, 1}, {18, 20}}) == 1U);
    CHECK(best(F::java, {21, 0}, {{17, 0}, {25, 0}}) == 1U);
    CHECK_FALSE(best(F::python, {2, 7}, {{3, 11}}).has_value());
    CHECK_FALSE(best(F::java, {21, 0}, {}).has_value());
}

TEST_CASE("Python runs the launcher, and finds its client where it was found") {
    const auto made = recipe(function("python3.11"), {"/usr/bin/python3", {3, 11}, "/clients/python3.11", ""});
    CHECK(made.arguments == std::vector<std::string>{"/usr/bin/python3", "/var/runtime/bootstrap.py"});
    CHECK(value_of(made, "PYTHONPATH") == "/var/runtime");
    CHECK(value_of(made, "LAMBOX_RUNTIME_CLIENT") == "/clients/python3.11");
    CHECK(value_of(made, "PWD") == "/var/task");
    const auto places = client_places(*language_of(RuntimeFamily::python), {3, 11});
    CHECK(places.package == std::vector<std::string>{""});
    CHECK(places.layers == std::vector<std::string>{"python", "python/lib/python3.11/site-packages"});
}

TEST_CASE("Node.js has its heap bounded by the memory size, and looks for modules where AWS's does") {
    auto config = function("nodejs20.x");
    config.memory = Mebibytes{512};
    const auto made = recipe(config, {"/usr/bin/node", {20, 20}, "/clients/node", ""}, process);
    CHECK(made.arguments.front() == "/usr/bin/node");
    CHECK(made.arguments.back() == "/scratch/runtime/bootstrap.mjs");
    CHECK(has(made, "--max-old-space-size=460"));
    CHECK(has(made, "--max-semi-space-size=25"));
    CHECK(value_of(made, "NODE_PATH") == "/scratch/layers/nodejs/node20/node_modules:/scratch/layers/nodejs/node_modules:"
                                         "/scratch/runtime/node_modules:/scratch/runtime:/home/u/f");
}

TEST_CASE("the JVM keeps to the memory size, and sees task, libraries, layers and client in that order") {
    auto config = function("java17", "example.Handler::handleRequest");
    config.memory = Mebibytes{512};
    const auto made = recipe(config, {"/usr/bin/java", {17, 0}, "/clients/java", "/clients/java/jni.so"});
    CHECK(has(made, "-XX:MaxHeapSize=445644k"));
    CHECK(has(made, "-XX:MaxMetaspaceSize=52428k"));
    CHECK(has(made, "-XX:ReservedCodeCacheSize=26214k"));
    CHECK(has(made, "-XX:+UseSerialGC"));
    CHECK(has(made, "/var/task:/var/task/lib/*:/opt/java/lib/*:/clients/java/*"));
    CHECK(has(made, "-Dcom.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI=/clients/java/jni.so"));
    CHECK(made.arguments.back() == "example.Handler::handleRequest");
    config.memory = Mebibytes{128};
    CHECK(has(recipe(config, {"/usr/bin/java", {17, 0}, "/c", ""}), "-XX:MaxMetaspaceSize=32768k"));
}

TEST_CASE("Ruby looks for gems in the package, the layers and the client's folder") {
    const auto made = recipe(function("ruby3.3"), {"/usr/bin/ruby", {3, 1}, "/clients/ruby", ""});
    CHECK(made.arguments == std::vector<std::string>{"/usr/bin/ruby", "/var/runtime/bootstrap.rb"});
    CHECK(value_of(made, "GEM_PATH") == "/var/task/vendor/bundle/ruby/3.1.0:/opt/ruby/gems/3.1.0:/clients/ruby");
    CHECK(value_of(made, "RUBYLIB") == "/var/task:/var/runtime/lib:/opt/ruby/lib");
}

TEST_CASE(".NET runs a class library through its client, and a program as it is") {
    const auto library = recipe(function("dotnet8", "App::App.Function::Handle"), {"/usr/bin/dotnet", {8, 0}, "/var/task", ""});
    CHECK(library.arguments == std::vector<std::string>{"/usr/bin/dotnet", "exec", "--depsfile", "/var/task/App.deps.json",
                                                        "--runtimeconfig", "/var/task/App.runtimeconfig.json",
                                                        "/var/task/Amazon.Lambda.RuntimeSupport.dll", "App::App.Function::Handle"});
    const auto program = recipe(function("dotnet8", "App"), {"/usr/bin/dotnet", {8, 0}, "", ""});
    CHECK(program.arguments == std::vector<std::string>{"/usr/bin/dotnet", "exec", "/var/task/App.dll"});
}

TEST_CASE("an exec wrapper gets the command, through a shell that knows 127") {
    auto config = function("python3.11");
    config.environment = {{"AWS_LAMBDA_EXEC_WRAPPER", "/opt/wrapper"}};
    const InstalledLanguage installed{"/usr/bin/python3", {3, 11}, "", ""};
    const auto made = recipe(config, installed);
    CHECK(made.arguments == std::vector<std::string>{"/bin/sh", "-c", "exec \"$@\"", "/var/runtime/bootstrap", "/opt/wrapper",
                                                     "/usr/bin/python3", "/var/runtime/bootstrap.py"});
    CHECK(recipe(config, installed, process).arguments.at(4) == "/scratch/layers/wrapper");
    config.environment = {{"AWS_LAMBDA_EXEC_WRAPPER", "/var/task/wrap"}};
    CHECK(recipe(config, installed, process).arguments.at(4) == "/home/u/f/wrap");
    config.environment = {{"AWS_LAMBDA_EXEC_WRAPPER", ""}};
    CHECK(recipe(config, installed).arguments.front() == "/usr/bin/python3");
}

TEST_CASE("a function may override the variables of its language, and not those of the platform") {
    auto config = function("python3.11");
    config.environment = {{"PYTHONPATH", "/mine"}};
    const auto variables = runtime_environment(config, sandbox, {}, {{"PYTHONPATH", "/var/runtime"}, {"_HANDLER", "no"}});
    const auto find = [&](std::string_view name) {
        return std::find_if(variables.begin(), variables.end(), [&](const auto& one) { return one.first == name; })->second;
    };
    CHECK(find("PYTHONPATH") == "/mine");
    CHECK(find("_HANDLER") == "app.handler");
    CHECK(find("AWS_EXECUTION_ENV") == "AWS_Lambda_python3.11");
}
