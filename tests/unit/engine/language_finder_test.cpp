// Goal: interpreters and runtime clients are found where they may lie, the best ones first, and what a sandbox cannot show is refused.
// Method: folders with small ELF files that stand for interpreters; what they would print of their version is made up.
#include "lambox/engine/managed_launch.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

using namespace lambox;
using namespace lambox::engine;

namespace fs = std::filesystem;

namespace {

class Machine {
public:
    Machine() { fs::create_directories(root_); }
    ~Machine() {
        std::error_code ignored;
        fs::remove_all(root_, ignored);
    }
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    fs::path file(const std::string& name, const std::string& text = "") {
        const fs::path path = root_ / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
        return path;
    }
    /// The first bytes of an ELF file for x86_64, and the answer to `--version` behind them.
    fs::path interpreter(const std::string& name, const std::string& version) {
        std::string head("\x7f\x45\x4c\x46\x02\x01\x01", 7);
        head.resize(64, '\0');
        head[18] = 62;
        const fs::path path = file(name, head + version);
        fs::permissions(path, fs::perms(0755));
        return path;
    }
    LanguageFinder finder() {
        return LanguageFinder({{root_ / "first", root_ / "second"}, {root_ / "clients"}, root_ / "launchers"},
                              [this](const fs::path& program, const std::string&) {
                                  ++asked;
                                  std::ifstream stream(program);
                                  const std::string text((std::istreambuf_iterator<char>(stream)), {});
                                  return text.substr(64);
                              });
    }
    FunctionRevision function(std::string_view runtime, const std::string& handler = "app.handler") {
        FunctionRevision made;
        made.config.runtime = model::find_runtime(runtime);
        made.config.architecture = host_architecture();
        made.config.handler = handler;
        made.code.task = root_ / "task";
        fs::create_directories(made.code.task);
        return made;
    }
    [[nodiscard]] const fs::path& root() const { return root_; }

    int asked = 0;

private:
    fs::path root_ = fs::temp_directory_path() / ("lambox-finder-" + std::to_string(::getpid()));
};

const model::Language& python() { return *model::language_of(model::RuntimeFamily::python); }
const model::Runtime& runtime(std::string_view identifier) { return *model::find_runtime(identifier); }

std::string message_of(const std::variant<LaunchPlan, LaunchFailure>& planned) {
    const auto* failure = std::get_if<LaunchFailure>(&planned);
    return failure == nullptr ? "" : failure->message + " / " + failure->advice;
}

} // namespace

TEST_CASE("the interpreter of the wanted version is taken wherever it lies, scripts are not, and each is asked once") {
    Machine machine;
    machine.interpreter("first/python3", "Python 3.9.1");
    machine.interpreter("second/python3", "Python 3.11.2");
    fs::permissions(machine.file("first/python3.12", "#!/bin/sh\necho Python 3.12.0\n"), fs::perms(0755));
    auto finder = machine.finder();
    const auto exact = finder.interpreter(python(), runtime("python3.11"));
    REQUIRE(exact.has_value());
    CHECK(exact->path == machine.root() / "second" / "python3");
    CHECK(exact->text == "3.11.2");
    const int asked = machine.asked;
    const auto nearest = finder.interpreter(python(), runtime("python3.12"));
    REQUIRE(nearest.has_value());
    CHECK(nearest->version == model::LanguageVersion{3, 11});
    CHECK(machine.asked == asked);
    CHECK_FALSE(finder.interpreter(python(), runtime("python2.7")).has_value());
    CHECK_FALSE(finder.interpreter(*model::language_of(model::RuntimeFamily::ruby), runtime("ruby3.3")).has_value());
}

TEST_CASE("what is installed later is found without a restart") {
    Machine machine;
    auto finder = machine.finder();
    CHECK_FALSE(finder.interpreter(python(), runtime("python3.11")).has_value());
    machine.interpreter("first/python3.11", "Python 3.11.2");
    CHECK(finder.interpreter(python(), runtime("python3.11")).has_value());
}

TEST_CASE("a client of the package beats one of a layer, which beats the machine's") {
    Machine machine;
    machine.interpreter("first/python3", "Python 3.11.2");
    machine.file("clients/python3.11/awslambdaric/__main__.py");
    machine.file("clients/python3.11/awslambdaric-4.2.2.dist-info/METADATA");
    machine.file("clients/python3.9/awslambdaric/__main__.py");
    auto finder = machine.finder();
    auto function = machine.function("python3.11");
    const auto interpreter = finder.interpreter(python(), runtime("python3.11"));
    REQUIRE(interpreter.has_value());
    const auto found = [&] { return finder.client(python(), *interpreter, &function.code); };
    REQUIRE(found().has_value());
    CHECK(found()->folder == machine.root() / "clients" / "python3.11");
    CHECK(found()->version == "4.2.2");
    function.code.layers = machine.root() / "layers";
    machine.file("layers/python/awslambdaric/__main__.py");
    CHECK(found()->origin == RuntimeClient::Origin::layers);
    machine.file("task/awslambdaric/__main__.py");
    CHECK(found()->origin == RuntimeClient::Origin::package);
}

TEST_CASE("clients say their version in their own ways") {
    Machine machine;
    machine.file("clients/node/node_modules/aws-lambda-ric/package.json", "{\"name\": \"aws-lambda-ric\", \"version\": \"3.3.0\"}");
    machine.file("clients/java/aws-lambda-java-runtime-interface-client-2.6.0.jar");
    machine.file("clients/java/libaws-lambda-jni.linux-x86_64.so");
    machine.file("clients/ruby/gems/aws_lambda_ric-3.1.3/lib/aws_lambda_ric/bootstrap.rb");
    auto finder = machine.finder();
    const auto client = [&](model::RuntimeFamily family) {
        return finder.client(*model::language_of(family), Interpreter{"/usr/bin/none", {3, 1}, ""}, nullptr);
    };
    CHECK(client(model::RuntimeFamily::nodejs)->version == "3.3.0");
    CHECK(client(model::RuntimeFamily::java)->version == "2.6.0");
    CHECK(client(model::RuntimeFamily::java)->native_library.filename() == "libaws-lambda-jni.linux-x86_64.so");
    CHECK(client(model::RuntimeFamily::ruby)->version == "3.1.3");
    CHECK_FALSE(client(model::RuntimeFamily::dotnet).has_value());
}

TEST_CASE("what is missing is named, with what installs it") {
    Machine machine;
    auto finder = machine.finder();
    const auto function = machine.function("python3.11");
    CHECK(message_of(plan_managed_launch(function, python(), finder, SeesFiles::all)).find("apt-get install python3") != std::string::npos);
    machine.interpreter("first/python3", "Python 3.11.2");
    CHECK(message_of(plan_managed_launch(function, python(), finder, SeesFiles::all)).find("install-runtime-clients python") !=
          std::string::npos);
    CHECK(language_status(python(), runtime("python3.11"), finder).runs == false);
    machine.file("clients/python3.11/awslambdaric/__main__.py");
    CHECK(message_of(plan_managed_launch(function, python(), finder, SeesFiles::all)).empty());
    CHECK(language_status(python(), runtime("python3.11"), finder).runs == true);
    // A temporary folder is not where a sandbox can show an interpreter.
    const std::string refused = message_of(plan_managed_launch(function, python(), finder, SeesFiles::of_sandbox));
    if (machine.root().string().starts_with("/tmp/")) CHECK(refused.find("lies below /tmp") != std::string::npos);
}

TEST_CASE("another version is remarked, and another architecture refused") {
    Machine machine;
    machine.interpreter("first/python3", "Python 3.11.2");
    machine.file("clients/python3.11/awslambdaric/__main__.py");
    auto finder = machine.finder();
    const auto planned = plan_managed_launch(machine.function("python3.13"), python(), finder, SeesFiles::all);
    REQUIRE(std::holds_alternative<LaunchPlan>(planned));
    CHECK(std::get<LaunchPlan>(planned).managed->remark.find("python3.13 is run by Python 3.11.2") == 0);
    auto foreign = machine.function("python3.11");
    const bool native_arm = host_architecture() == model::Architecture::arm64;
    foreign.config.architecture = native_arm ? model::Architecture::x86_64 : model::Architecture::arm64;
    CHECK(message_of(plan_managed_launch(foreign, python(), finder, SeesFiles::all)).find("exec format error") != std::string::npos);
    CHECK(finder.first_time("once"));
    CHECK_FALSE(finder.first_time("once"));
}

TEST_CASE("a function sees its client where its isolation has it") {
    Machine machine;
    auto function = machine.function("python3.11");
    ManagedLaunch launch;
    launch.language = &python();
    launch.interpreter = "/usr/bin/python3";
    launch.client = machine.root() / "task" / "vendor";
    const auto client = [&](const model::EnvironmentRoots& roots) {
        for (const auto& [name, value] : recipe_of(function, launch, roots).defaults) {
            if (name == "LAMBOX_RUNTIME_CLIENT") return value;
        }
        return std::string();
    };
    CHECK(client({"/var/task", "", "/var/runtime", ""}) == "/var/task/vendor");
    launch.client = "/somewhere/python3.11";
    launch.shown = {{"/somewhere/python3.11", "/var/runtime/client"}};
    CHECK(client({"/var/task", "", "/var/runtime", ""}) == "/var/runtime/client");
    launch.shown.clear();
    CHECK(client({function.code.task.string(), "", "/scratch/runtime", ""}) == "/somewhere/python3.11");
}
