// Goal: lambox.yaml becomes a Config, or every mistake in it with its place. Method: small texts over a pretended disk.
#include "unit/emulator/config_fixture.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <unistd.h>

using namespace lambox;
using namespace lambox::emulator;

namespace {

struct BadMember {
    const char* members;
    const char* violation; ///< after `l.yaml:`
};

struct TemporaryFolder {
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "lambox-config-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }

    std::filesystem::path path;
};

} // namespace

TEST_CASE("the documented example is read in full") {
    const Config config = config_of("region: us-east-1\n"
                                    "account: \"000000000000\"\n"
                                    "era: 2022-11-19\n"
                                    "functions:\n"
                                    "  hello-go1:\n"
                                    "    runtime: go1.x\n"
                                    "    handler: sample-lambda\n"
                                    "    architectures: [x86_64]\n"
                                    "    code: build/here-go1            # folder, zip or single binary; paths are relative to this file\n"
                                    "    memory_size: 128\n"
                                    "    timeout: 3\n"
                                    "    environment: {TABLE: local}\n"
                                    "    layers: [./layers/here-agent]   # folder or zip\n"
                                    "    ephemeral_storage: 512\n"
                                    "    reserved_concurrent_executions: 8\n"
                                    "comparison:                    # what `lambox compare` does with the functions above\n"
                                    "  event: {foo: bar}\n"
                                    "  requests: 20000\n"
                                    "  cold: 200\n");
    CHECK(config.region == "us-east-1");
    CHECK(config.account == "000000000000");
    REQUIRE(config.era.has_value());
    CHECK(config.era->str() == "2022-11-19");
    REQUIRE(config.functions.size() == 1);
    CHECK(config.functions.front().line == 5);
    const model::FunctionConfig& function = config.functions.front().config;
    CHECK(function.name == "hello-go1");
    CHECK(function.runtime->identifier == "go1.x");
    CHECK(function.handler == "sample-lambda");
    CHECK(function.architecture == model::Architecture::x86_64);
    CHECK(function.code == "/work/build/here-go1");
    CHECK(function.memory == Mebibytes{128});
    CHECK(function.timeout == Seconds{3});
    CHECK(function.environment == std::vector<std::pair<std::string, std::string>>{{"TABLE", "local"}});
    CHECK(function.layers == std::vector<std::string>{"/work/layers/here-agent"});
    CHECK(function.ephemeral_storage == Mebibytes{512});
    CHECK(function.reserved_concurrency == 8U);
    REQUIRE(config.comparison.has_value());
    CHECK(config.comparison->event == R"({"foo":"bar"})");
    CHECK(config.comparison->requests == 20'000);
    CHECK(config.comparison->cold == 200);
    CHECK(config.comparison->cold_share == 0.01);
}

TEST_CASE("what is left out takes its default") {
    const Config config = config_of(function_with(""));
    CHECK_FALSE(config.region.has_value());
    CHECK_FALSE(config.account.has_value());
    CHECK_FALSE(config.era.has_value());
    CHECK_FALSE(config.comparison.has_value());
    const model::FunctionConfig& function = config.functions.front().config;
    CHECK(function.memory == Mebibytes{128});
    CHECK(function.timeout == Seconds{3});
    CHECK(function.architecture == model::Architecture::x86_64);
    CHECK_FALSE(function.reserved_concurrency.has_value());
    const auto plan = config_of(function_with("comparison:\n")).comparison;
    REQUIRE(plan.has_value());
    CHECK(plan->event == "{}");
    CHECK(plan->requests == 10'000);
    CHECK(plan->cold == 100);
}

TEST_CASE("functions are optional, and empty collections are none") {
    CHECK(config_of("region: eu-west-1\n").functions.empty());
    CHECK(config_of("functions:\n").functions.empty());
    CHECK(config_of("functions: {}\n").functions.empty());
    CHECK(config_of(function_with("    environment:\n    layers:\n    architectures:\n")).functions.size() == 1);
}

TEST_CASE("functions keep the file's order") {
    const auto config = config_of("functions:\n  z: {runtime: provided.al2, code: here}\n  a: {runtime: provided.al2, code: here.zip}\n"
                                  "  m: {runtime: provided.al2, code: here-bin}\n");
    REQUIRE(config.functions.size() == 3);
    CHECK(config.functions[0].config.name == "z");
    CHECK(config.functions[1].config.name == "a");
    CHECK(config.functions[2].config.name == "m");
}

TEST_CASE("values of variables are taken by their letters") {
    const auto config =
        config_of(function_with("    environment: {PORT: 8080, FLAG: true, HEX: 0x1F, OCTAL: 007, EMPTY: '', QUOTED: \"a\\nb\"}\n"));
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    CHECK(config.functions.front().config.environment ==
          Pairs{{"PORT", "8080"}, {"FLAG", "true"}, {"HEX", "0x1F"}, {"OCTAL", "007"}, {"EMPTY", ""}, {"QUOTED", "a\nb"}});
}

TEST_CASE("an account may stand without quotes, and absolute paths stay") {
    CHECK(config_of("account: 000000000000\n").account == "000000000000");
    CHECK(config_of("functions: {f: {runtime: provided.al2, code: /x/../here}}\n").functions.front().config.code == "/here");
}

TEST_CASE("members may be merged from another function, own ones win") {
    const auto config = config_of("functions:\n"
                                  "  one: &base\n"
                                  "    runtime: provided.al2\n"
                                  "    code: here\n"
                                  "    memory_size: 256\n"
                                  "    environment: &vars {AA: '1'}\n"
                                  "  two:\n"
                                  "    <<: *base\n"
                                  "    memory_size: 512\n"
                                  "    environment: {<<: [*vars, {AA: '2', BB: '3'}], CC: '4'}\n");
    REQUIRE(config.functions.size() == 2);
    CHECK(config.functions[1].config.memory == Mebibytes{512});
    CHECK(config.functions[1].config.runtime->identifier == "provided.al2");
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    CHECK(config.functions[1].config.environment == Pairs{{"CC", "4"}, {"AA", "1"}, {"BB", "3"}});
}

TEST_CASE("a wrong member of a function is named with its place and what is allowed") {
    const BadMember table[] = {
        {"    memory_size: 64\n", "5:18: functions.hello.memory_size: must be between 128 and 10240 MB, got 64"},
        {"    memory_size: 20000\n", "5:18: functions.hello.memory_size: must be between 128 and 10240 MB, got 20000"},
        {"    memory_size: \"128\"\n", "5:18: functions.hello.memory_size: expected a whole number, 128 to 10240 MB, found the text `128`"},
        {"    memory_size: 128MB\n", "5:18: functions.hello.memory_size: expected a whole number, 128 to 10240 MB, found the text `128MB`"},
        {"    memory_size: 128.5\n",
         "5:18: functions.hello.memory_size: expected a whole number, 128 to 10240 MB, found the number `128.5`"},
        {"    memory_size: [128]\n", "5:18: functions.hello.memory_size: expected a whole number, 128 to 10240 MB, found a list"},
        {"    memory_size: true\n", "5:18: functions.hello.memory_size: expected a whole number, 128 to 10240 MB, found `true`"},
        {"    memory_size: 99999999999999999999\n",
         "5:18: functions.hello.memory_size: `99999999999999999999` is out of range; allowed: 128 to 10240 MB"},
        {"    memory_size: !!set 128\n",
         "5:18: functions.hello.memory_size: expected a whole number, 128 to 10240 MB, found the number `128`"},
        {"    timeout: 0\n", "5:14: functions.hello.timeout: must be between 1 and 900 seconds, got 0"},
        {"    timeout: 901\n", "5:14: functions.hello.timeout: must be between 1 and 900 seconds, got 901"},
        {"    timeout: {}\n", "5:14: functions.hello.timeout: expected a whole number, 1 to 900 seconds, found a mapping"},
        {"    ephemeral_storage: 100\n", "5:24: functions.hello.ephemeral_storage: must be between 512 and 10240 MB, got 100"},
        {"    reserved_concurrent_executions: -1\n",
         "5:37: functions.hello.reserved_concurrent_executions: must be between 0 and 1000, got -1"},
        {"    handler: [a]\n", "5:14: functions.hello.handler: expected a text, found a list"},
        {"    handler: \"a\\0b\"\n", "5:14: functions.hello.handler: holds a zero byte"},
        {"    architectures: x86_64\n", "5:20: functions.hello.architectures: expected a list, found the text `x86_64`"},
        {"    architectures: [mips]\n", "5:20: functions.hello.architectures: must be x86_64 or arm64, got \"mips\""},
        {"    architectures: [[x86_64]]\n", "5:21: functions.hello.architectures: expected a text, found a list"},
        {"    environment: [A]\n", "5:18: functions.hello.environment: expected a mapping, found a list"},
        {"    environment: {AWS_REGION: x}\n", "5:18: functions.hello.environment: Lambda was unable"},
        {"    environment: {TABLE: [x]}\n", "5:26: functions.hello.environment.TABLE: expected a text, found a list"},
        {"    environment: {TABLE: }\n", "5:26: functions.hello.environment.TABLE: expected a text, found nothing"},
        {"    environment: {AA: 1, AA: 2}\n", "5:26: functions.hello.environment: key `AA` is given twice, first on line 5"},
        {"    environment: {[a]: 1}\n", "5:19: functions.hello.environment: a key must be a plain text, found a list"},
        {"    layers: ./here\n", "5:13: functions.hello.layers: expected a list, found the text `./here`"},
        {"    layers: [here, gone]\n", "5:20: functions.hello.layers[1]: `gone` does not exist; paths start from the folder of this file"},
        {"    layers: [here-pipe]\n", "5:14: functions.hello.layers[0]: `here-pipe` is neither a file nor a folder"},
        {"    layers: [here, here, here, here, here, here]\n", "5:13: functions.hello.layers: must be at most 5, got 6"},
        {"    memory-size: 128\n", "5:5: functions.hello: unknown key `memory-size`; did you mean `memory_size`?"},
        {"    MemorySize: 128\n", "5:5: functions.hello: unknown key `MemorySize`; did you mean `memory_size`?"},
        {"    colour: red\n",
         "5:5: functions.hello: unknown key `colour`; allowed: runtime, handler, architectures, code, memory_size, timeout, "},
        {"    timeout: 3\n    timeout: 4\n", "6:5: functions.hello: key `timeout` is given twice, first on line 5"},
    };
    for (const auto& [members, violation] : table) {
        CAPTURE(members);
        const auto violations = violations_of(function_with(members));
        REQUIRE(violations.size() == 1);
        CHECK_MESSAGE(violations.front().starts_with(std::string("l.yaml:") + violation), violations.front());
    }
}

TEST_CASE("an image to run inside is a path from the file's folder") {
    CHECK(config_of(function_with("    rootfs: here/image-here/here\n")).functions.front().config.rootfs == "/work/here/image-here/here");
    const auto missing = violations_of(function_with("    rootfs: nowhere\n"));
    REQUIRE(missing.size() == 1);
    CHECK_MESSAGE(missing.front().find("functions.hello.rootfs: `nowhere` does not exist") != std::string::npos, missing.front());
}

TEST_CASE("what a function must have is asked for at its name") {
    CHECK(violations_of("functions:\n  hello:\n") ==
          std::vector<std::string>{"l.yaml:2:3: functions.hello.runtime: is missing: the identifier of a runtime, see `lambox runtimes`",
                                   "l.yaml:2:3: functions.hello.code: is missing: a folder, zip or single binary"});
    const auto missing_handler = violations_of("functions:\n  hello: {runtime: nodejs22.x, code: here}\n");
    CHECK(missing_handler == std::vector<std::string>{"l.yaml:2:3: functions.hello.handler: is required for runtime nodejs22.x"});
}

TEST_CASE("code must exist") {
    CHECK(violations_of("functions:\n  hello: {runtime: provided.al2, code: gone}\n") ==
          std::vector<std::string>{"l.yaml:2:40: functions.hello.code: `gone` does not exist; paths start from the folder of this file"});
    CHECK(violations_of("functions:\n  hello: {runtime: provided.al2, code: ''}\n") ==
          std::vector<std::string>{"l.yaml:2:40: functions.hello.code: is empty; expected a path"});
}

TEST_CASE("names of functions are checked, and odd ones cannot disturb the message") {
    const auto dotted = violations_of("functions:\n  a.b: {runtime: provided.al2, code: here}\n");
    REQUIRE(dotted.size() == 1);
    CHECK(dotted.front().starts_with("l.yaml:2:3: functions.`a.b`: must be 1 to 64 characters"));
    const auto forged = violations_of("functions:\n  \"a\\nl.yaml:1:1: b\": {runtime: provided.al2, code: here}\n");
    REQUIRE(forged.size() == 1);
    CHECK(forged.front().find('\n') == std::string::npos);
    const auto endless = violations_of("functions:\n  " + std::string(1'000, 'n') + ": {runtime: provided.al2, code: here}\n");
    REQUIRE(endless.size() == 1);
    CHECK(endless.front().size() < 800);
}

TEST_CASE("settings of the file are checked") {
    CHECK(violations_of("region: mars\n").front() == "l.yaml:1:9: region: `mars` does not fit; allowed: an AWS region such as us-east-1");
    CHECK(violations_of("account: 12\n").front() == "l.yaml:1:10: account: `12` does not fit; allowed: 12 digits");
    CHECK(violations_of("era: 2022-13-01\n").front() ==
          "l.yaml:1:6: era: `2022-13-01` does not fit; allowed: a date as YYYY-MM-DD, 2014-11-13 or later");
    CHECK(violations_of("era: [2022]\n").front() == "l.yaml:1:6: era: expected a text, found a list");
    CHECK(violations_of("region:\n").front().ends_with("region: expected a text, found nothing"));
    CHECK(violations_of("funktions: {}\n").front() == "l.yaml:1:1: unknown key `funktions`; did you mean `functions`?");
    CHECK(violations_of("functions: [a]\n").front() == "l.yaml:1:12: functions: expected a mapping, found a list");
    CHECK(violations_of("functions: {f: 3}\n").front() == "l.yaml:1:16: functions.f: expected a mapping, found the number `3`");
}

TEST_CASE("a comparison is checked") {
    const BadMember table[] = {
        {"  requests: 0\n", "6:13: comparison.requests: 0 is out of range; allowed: 1 to 1000000"},
        {"  requests: 1000001\n", "6:13: comparison.requests: 1000001 is out of range; allowed: 1 to 1000000"},
        {"  cold: ten\n", "6:9: comparison.cold: expected a whole number, 1 to 1000000, found the text `ten`"},
        {"  cold_share: 1.5\n", "6:15: comparison.cold_share: is out of range; allowed: 0 to 1"},
        {"  cold_share: -0.5\n", "6:15: comparison.cold_share: is out of range; allowed: 0 to 1"},
        {"  cold_share: .nan\n", "6:15: comparison.cold_share: expected a number, 0 to 1, found the number `.nan`"},
        {"  cold_share: 1%\n", "6:15: comparison.cold_share: expected a number, 0 to 1, found the text `1%`"},
        {"  events: {}\n", "6:3: comparison: unknown key `events`; did you mean `event`?"},
    };
    for (const auto& [members, violation] : table) {
        CHECK(violations_of(function_with("comparison:\n") + members) == std::vector<std::string>{std::string("l.yaml:") + violation});
    }
    CHECK(violations_of("comparison: {requests: 5}\n") ==
          std::vector<std::string>{"l.yaml:1:1: comparison: needs a function under `functions` to compare"});
}

TEST_CASE("all mistakes come at once, in the text's order") {
    const auto violations = violations_of("regoin: us-east-1\n"
                                          "account: x\n"
                                          "functions:\n"
                                          "  one: {runtime: cobol, code: gone, timeout: 0}\n"
                                          "  two: {runtime: provided.al2, code: here, memory_size: lots}\n"
                                          "comparison: {cold: -1}\n");
    REQUIRE(violations.size() == 7);
    CHECK(violations[0].starts_with("l.yaml:1:1: unknown key `regoin`; did you mean `region`?"));
    CHECK(violations[1].starts_with("l.yaml:2:10: account: "));
    CHECK(violations[2].starts_with("l.yaml:4:18: functions.one.runtime: must be an identifier of AWS, got \"cobol\""));
    CHECK(violations[3].starts_with("l.yaml:4:31: functions.one.code: `gone` does not exist"));
    CHECK(violations[4].starts_with("l.yaml:4:46: functions.one.timeout: "));
    CHECK(violations[5].starts_with("l.yaml:5:57: functions.two.memory_size: "));
    CHECK(violations[6].starts_with("l.yaml:6:20: comparison.cold: -1 is out of range"));
}

TEST_CASE("the era of the flag beats the file's, which beats the default") {
    const std::string text = function_with("    memory_size: 4096\n");
    CHECK(config_of(text).functions.size() == 1);
    CHECK(violations_of("era: 2019-01-01\n" + text).front().find("between 128 and 3008 MB") != std::string::npos);
    ConfigDefaults defaults = defaults_in("2019-01-01");
    CHECK(violations_of(text, defaults).front().find("between 128 and 3008 MB") != std::string::npos);
    CHECK(config_of("era: 2023-01-01\n" + text, defaults).functions.size() == 1);
    defaults.era_override = era_of("2024-01-01");
    CHECK(config_of("era: 2019-01-01\n" + text, defaults).functions.size() == 1);
}

TEST_CASE("strict runtimes refuse what AWS no longer creates") {
    ConfigDefaults defaults = defaults_in("2026-11-24");
    const std::string text = "functions: {f: {runtime: go1.x, handler: main, code: here}}\n";
    CHECK(config_of(text, defaults).functions.size() == 1);
    defaults.policy = model::RuntimePolicy::strict;
    CHECK(violations_of(text, defaults).front().find("functions.f.runtime: must be one that AWS still creates") != std::string::npos);
}

TEST_CASE("a file is read from disk, and paths start from its folder") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path / "code");
    folder.write("l.yaml", "functions: {f: {runtime: provided.al2, code: code}}\n");
    auto outcome = load_config(folder.path / "l.yaml", defaults_in("2026-11-24"));
    REQUIRE(std::holds_alternative<Config>(outcome));
    CHECK(std::get<Config>(outcome).functions.front().config.code == (folder.path / "code").string());
    std::filesystem::remove(folder.path / "code");
    outcome = load_config(folder.path / "l.yaml", defaults_in("2026-11-24"));
    REQUIRE(std::holds_alternative<std::vector<ConfigViolation>>(outcome));
    const std::string violation = std::get<std::vector<ConfigViolation>>(outcome).front().str();
    CHECK(violation.starts_with((folder.path / "l.yaml").string() + ":1:46: functions.f.code: `code` does not exist"));
}

TEST_CASE("a file that cannot be read is a violation") {
    const TemporaryFolder folder;
    const auto missing = load_config(folder.path / "none.yaml", defaults_in("2026-11-24"));
    REQUIRE(std::holds_alternative<std::vector<ConfigViolation>>(missing));
    CHECK(std::get<std::vector<ConfigViolation>>(missing).front().str() ==
          (folder.path / "none.yaml").string() + ": cannot be read: No such file or directory");
    const auto directory = load_config(folder.path, defaults_in("2026-11-24"));
    REQUIRE(std::holds_alternative<std::vector<ConfigViolation>>(directory));
    CHECK(std::get<std::vector<ConfigViolation>>(directory).front().str() == folder.path.string() + ": cannot be read: Is a directory");
}

TEST_CASE("logging_config is read member by member") {
    const std::string settings = "{log_format: JSON, application_log_level: DEBUG, system_log_level: WARN, log_group: /mine}";
    const auto config = config_of(function_with("    logging_config: " + settings + "\n"));
    CHECK(config.functions.front().config.logging == model::LoggingSettings{"JSON", "DEBUG", "WARN", "/mine"});
    CHECK(violations_of(function_with("    logging_config: {log_format: XML}\n")).front().find("must be one of Text, JSON, got \"XML\"") !=
          std::string::npos);
    CHECK(violations_of(function_with("    logging_config: {format: JSON}\n")).front().find("logging_config") != std::string::npos);
    CHECK(violations_of(function_with("    logging_config: JSON\n")).size() == 1);
}

TEST_CASE("snap_start is AWS's member, for the runtimes that can have it") {
    const std::string python = "functions:\n  hello:\n    runtime: python3.12\n    handler: a.b\n    code: here\n";
    const auto setting_of = [](const std::string& text) { return config_of(text).functions.front().config.snap_start; };
    CHECK(setting_of(python + "    snap_start: {apply_on: PublishedVersions}\n") == model::SnapStart::published_versions);
    CHECK(setting_of(python + "    snap_start: {apply_on: None}\n") == model::SnapStart::none);
    CHECK(setting_of(python) == model::SnapStart::none);
    const auto complaint_about = [](const std::string& text) { return violations_of(text).front(); };
    CHECK(complaint_about(function_with("    snap_start: {apply_on: PublishedVersions}\n")) ==
          "l.yaml:5:17: functions.hello.snap_start: provided.al2023 is not supported for SnapStart enabled functions.");
    CHECK(complaint_about(python + "    snap_start: {apply_on: Always}\n").find("must be PublishedVersions or None, got \"Always\"") !=
          std::string::npos);
    CHECK(violations_of(python + "    snap_start: {applyon: None}\n").size() == 1);
    CHECK(violations_of(python + "    snap_start: yes\n").size() == 1);
}

TEST_CASE("per_execution_environment_max_concurrency makes a function one of Managed Instances, whose log is JSON") {
    const std::string setting = "    per_execution_environment_max_concurrency: 12\n";
    const auto config = config_of(function_with(setting));
    REQUIRE(config.functions.front().config.managed_instances);
    CHECK(config.functions.front().config.managed_instances->concurrency == 12);
    CHECK(config.functions.front().config.logging.json());
    const auto text = violations_of(function_with(setting + "    logging_config: {log_format: Text}\n"));
    REQUIRE(text.size() == 1);
    CHECK(text.front().find("logging_config.log_format: must be JSON") != std::string::npos);
    const auto many = violations_of(function_with("    per_execution_environment_max_concurrency: 1601\n"));
    REQUIRE(many.size() == 1);
    CHECK(many.front().find("must be between 1 and 1600, got 1601") != std::string::npos);
}
