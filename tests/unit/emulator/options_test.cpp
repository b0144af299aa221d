// Goal: a command line and its variables become one typed action, or every complaint at once. Method: whole command
// lines with a map for the environment.
#include "emulator/option_table.hpp"
#include "emulator/options.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

using namespace lambox;
using namespace lambox::emulator;

namespace {

using Variables = std::map<std::string, std::string>;

Action parse(std::vector<const char*> arguments, const Variables& variables = {}) {
    arguments.insert(arguments.begin(), "lambox");
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data(), [&variables](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
}

template <class Expected>
Expected expect(const Action& action) {
    const auto* errors = std::get_if<UsageErrors>(&action);
    if (errors != nullptr && !std::is_same_v<Expected, UsageErrors>) {
        for (const auto& message : errors->messages)
            MESSAGE(message);
    }
    REQUIRE(std::holds_alternative<Expected>(action));
    return std::get<Expected>(action);
}

std::vector<std::string> errors_of(std::vector<const char*> arguments, const Variables& variables = {}) {
    return expect<UsageErrors>(parse(std::move(arguments), variables)).messages;
}

bool any_contains(const std::vector<std::string>& messages, std::string_view part) {
    return std::any_of(messages.begin(), messages.end(),
                       [part](const std::string& message) { return message.find(part) != std::string::npos; });
}

std::string help_of(std::vector<const char*> arguments) { return expect<HelpShown>(parse(std::move(arguments))).text; }

} // namespace

TEST_CASE("serve without options has the documented defaults") {
    const auto action = expect<ServeAction>(parse({"serve"}));
    CHECK(action.host == "127.0.0.1");
    CHECK(action.port == 4566);
    CHECK(action.keep_alive == Seconds{600});
    CHECK_FALSE(action.config.has_value());
    CHECK(action.output == Output::text);
    CHECK_FALSE(action.common.era.has_value());
    CHECK_FALSE(action.common.region.has_value());
    CHECK_FALSE(action.common.account.has_value());
    CHECK(action.common.containment.isolation == Isolation::automatic);
    CHECK(action.common.containment.memory_limit == Switch::on);
    CHECK(action.common.containment.freeze == Switch::on);
    CHECK(action.common.containment.cpu_share == Switch::off);
    CHECK(action.common.containment.cgroups == Switch::on);
    CHECK(action.common.containment.init_cpus == 2);
    CHECK(action.common.profile == Profile::fast);
    CHECK(action.common.log_level == LogLevel::info);
    CHECK(action.common.runtimes == model::RuntimePolicy::lenient);
    CHECK(action.common.price_rounding == model::PriceRounding::exact);
    CHECK_FALSE(action.common.qemu_aarch64.has_value());
    CHECK_FALSE(action.common.qemu_x86_64.has_value());
}

TEST_CASE("serve takes every option as a flag") {
    const auto action = expect<ServeAction>(parse({"serve",
                                                   "--config",
                                                   "l.yaml",
                                                   "--host=::1",
                                                   "--port",
                                                   "0",
                                                   "--keep-alive",
                                                   "5",
                                                   "--json",
                                                   "--era",
                                                   "2022-11-19",
                                                   "--region",
                                                   "eu-west-1",
                                                   "--account",
                                                   "123456789012",
                                                   "--isolation",
                                                   "process",
                                                   "--profile",
                                                   "faithful",
                                                   "--log-level",
                                                   "debug",
                                                   "--strict-runtimes",
                                                   "--price-rounding",
                                                   "printed10",
                                                   "--qemu-aarch64",
                                                   "/q/a",
                                                   "--qemu-x86_64",
                                                   "/q/x"}));
    CHECK(action.config == "l.yaml");
    CHECK(action.host == "::1");
    CHECK(action.port == 0);
    CHECK(action.keep_alive == Seconds{5});
    CHECK(action.output == Output::json);
    REQUIRE(action.common.era.has_value());
    CHECK(action.common.era->str() == "2022-11-19");
    CHECK(action.common.region == "eu-west-1");
    CHECK(action.common.account == "123456789012");
    CHECK(action.common.containment.isolation == Isolation::process);
    CHECK(action.common.containment.cpu_share == Switch::on);
    CHECK(action.common.profile == Profile::faithful);
    CHECK(action.common.log_level == LogLevel::debug);
    CHECK(action.common.runtimes == model::RuntimePolicy::strict);
    CHECK(action.common.price_rounding == model::PriceRounding::printed10);
    CHECK(action.common.qemu_aarch64 == "/q/a");
    CHECK(action.common.qemu_x86_64 == "/q/x");
}

TEST_CASE("a flag beats its variable, the variable beats the default, an empty variable is none") {
    const Variables variables{{"LAMBOX_PORT", "9000"}, {"LAMBOX_HOST", ""}, {"LAMBOX_JSON", "yes"}, {"LAMBOX_STRICT_RUNTIMES", "0"}};
    const auto from_variable = expect<ServeAction>(parse({"serve"}, variables));
    CHECK(from_variable.port == 9000);
    CHECK(from_variable.host == "127.0.0.1");
    CHECK(from_variable.output == Output::json);
    CHECK(from_variable.common.runtimes == model::RuntimePolicy::lenient);
    CHECK(expect<ServeAction>(parse({"serve", "--port", "9001"}, variables)).port == 9001);
    CHECK(expect<ServeAction>(parse({"serve", "--json=false"}, variables)).output == Output::text);
}

TEST_CASE("LocalStack's variables are understood where neither flag nor our own variable speaks") {
    const Variables theirs{{"GATEWAY_LISTEN", "0.0.0.0:4567,0.0.0.0:443"},
                           {"LOCALSTACK_HOST", "emulator.internal:4566"},
                           {"EXTRA_CORS_ALLOWED_ORIGINS", "http://a:1,http://b:2"},
                           {"LAMBDA_RETRY_BASE_DELAY_SECONDS", "2"},
                           {"LAMBDA_KEEPALIVE_MS", "1500"}};
    const auto action = expect<ServeAction>(parse({"serve"}, theirs));
    CHECK(action.host == "0.0.0.0");
    CHECK(action.port == 4567);
    CHECK(action.keep_alive == Seconds(2));
    CHECK(action.async_retry_pause == Milliseconds(2000));
    CHECK(action.access.allowed_hosts == std::vector<std::string>{"emulator.internal"});
    CHECK(action.access.allowed_origins == std::vector<std::string>{"http://a:1", "http://b:2"});
    auto both = theirs;
    both["LAMBOX_PORT"] = "1";
    CHECK(expect<ServeAction>(parse({"serve", "--host", "127.0.0.1"}, both)).host == "127.0.0.1");
    CHECK(expect<ServeAction>(parse({"serve"}, both)).port == 1);
    CHECK(any_contains(errors_of({"serve"}, {{"GATEWAY_LISTEN", ":nonsense"}}), "GATEWAY_LISTEN: `nonsense` is not a whole number"));
}

TEST_CASE("who may call the service is read into lists, and a check without keys is refused") {
    const auto action = expect<ServeAction>(parse({"serve", "--auth", "sigv4", "--credentials", "A:s/+=:x,B:t", "--allowed-hosts", "*",
                                                   "--forward-endpoint", "http://other:4000", "--async-retry-pause", "0.25"}));
    CHECK(action.access.authentication == Authentication::sigv4);
    REQUIRE(action.access.keys.size() == 2);
    CHECK(action.access.keys[0].id == "A");
    CHECK(action.access.keys[0].secret == "s/+=:x");
    CHECK(action.access.forward_endpoint->host == "other");
    CHECK(action.async_retry_pause == Milliseconds(250));
    CHECK(any_contains(errors_of({"serve", "--auth", "sigv4"}), "--credentials"));
    for (const char* pair : {"A", "A:", ":s", "A:s,", "A:s,,B:t"}) {
        CAPTURE(pair);
        CHECK(any_contains(errors_of({"serve", "--credentials", pair}), "--credentials"));
    }
}

TEST_CASE("variables of other commands are not looked at") {
    CHECK(expect<RuntimesAction>(parse({"runtimes"}, {{"LAMBOX_PORT", "nonsense"}})).output == Output::text);
}

TEST_CASE("run makes a function out of flags") {
    const auto action = expect<RunAction>(parse({"run",
                                                 "build/my hello.zip",
                                                 "--event",
                                                 "-",
                                                 "--runtime",
                                                 "nodejs22.x",
                                                 "--handler",
                                                 "index.handler",
                                                 "--architecture",
                                                 "arm64",
                                                 "--memory-size",
                                                 "512",
                                                 "--timeout",
                                                 "9",
                                                 "--env",
                                                 "A=1",
                                                 "--env",
                                                 "B=x=y",
                                                 "--env",
                                                 "A=2",
                                                 "--layer",
                                                 "l1",
                                                 "--layer",
                                                 "l2.zip",
                                                 "--json"}));
    CHECK(action.function.name == "my-hello");
    CHECK(action.function.code == "build/my hello.zip");
    CHECK(action.function.runtime == "nodejs22.x");
    CHECK(action.function.handler == "index.handler");
    CHECK(action.function.architectures == std::vector<std::string>{"arm64"});
    CHECK(action.function.memory_size == 512);
    CHECK(action.function.timeout == 9);
    CHECK(action.function.environment == std::vector<std::pair<std::string, std::string>>{{"B", "x=y"}, {"A", "2"}});
    CHECK(action.function.layers == std::vector<std::string>{"l1", "l2.zip"});
    REQUIRE(action.event.has_value());
    CHECK(std::holds_alternative<StandardInput>(*action.event));
    CHECK(action.output == Output::json);
    CHECK(action.common.log_level == LogLevel::warn);
}

TEST_CASE("run can be told where languages and images are") {
    const auto named = expect<RunAction>(
        parse({"run", "f", "--rootfs", "image", "--interpreters", "/a:/b"}, {{"LAMBOX_RUNTIME_CLIENTS", "/clients"}}));
    CHECK(named.function.rootfs == "image");
    CHECK(named.common.languages.interpreters == "/a:/b");
    CHECK(named.common.languages.clients == "/clients");
    const auto plain = expect<RunAction>(parse({"run", "f"}));
    CHECK(plain.function.rootfs.empty());
    CHECK_FALSE(plain.common.languages.interpreters.has_value());
}

TEST_CASE("run without flags is a small custom runtime, named after its file or folder") {
    const auto action = expect<RunAction>(parse({"run", "build/go1/"}));
    CHECK(action.function.name == "go1");
    CHECK(action.function.runtime == "provided.al2023");
    CHECK(action.function.handler == "bootstrap");
    CHECK(action.function.architectures.empty());
    CHECK_FALSE(action.event.has_value());
    CHECK(expect<RunAction>(parse({"run", "."})).function.name == "function");
    CHECK(expect<RunAction>(parse({"run", "/"})).function.name == "function");
    CHECK(expect<RunAction>(parse({"run", "…"})).function.name == "function");
    const std::string longest(200, 'n');
    CHECK(expect<RunAction>(parse({"run", longest.c_str()})).function.name == std::string(64, 'n'));
}

TEST_CASE("invoke talks to a service") {
    const auto plain = expect<InvokeAction>(parse({"invoke", "hello"}));
    CHECK(plain.function == "hello");
    CHECK(plain.endpoint.host == "127.0.0.1");
    CHECK(plain.endpoint.port == 4566);
    CHECK(plain.invocation_type == InvocationType::request_response);
    CHECK(plain.log_type == LogType::tail);
    CHECK_FALSE(plain.qualifier.has_value());
    CHECK_FALSE(plain.client_context.has_value());
    const auto full = expect<InvokeAction>(
        parse({"invoke", "arn:aws:lambda:us-east-1:000000000000:function:f", "--event", "e.json", "--endpoint", "http://[::1]:1",
               "--qualifier", "$LATEST", "--invocation-type", "Event", "--log-type", "None", "--client-context", "{}"}));
    REQUIRE(full.event.has_value());
    CHECK(std::get<std::filesystem::path>(*full.event) == "e.json");
    CHECK(full.endpoint.host == "::1");
    CHECK(full.endpoint.port == 1);
    CHECK(full.qualifier == "$LATEST");
    CHECK(full.invocation_type == InvocationType::event);
    CHECK(full.log_type == LogType::none);
    CHECK(full.client_context == "{}");
    CHECK(expect<InvokeAction>(parse({"invoke", "f", "--invocation-type", "DryRun"})).invocation_type == InvocationType::dry_run);
}

TEST_CASE("compare is faithful by default, and its --json takes a file") {
    const auto plain = expect<CompareAction>(parse({"compare", "l.yaml"}, {{"LAMBOX_JSON", "1"}}));
    CHECK(plain.config == "l.yaml");
    CHECK(plain.common.profile == Profile::faithful);
    CHECK_FALSE(plain.requests.has_value());
    CHECK_FALSE(plain.json.has_value());
    const auto full = expect<CompareAction>(parse({"compare", "l.yaml", "--requests", "20", "--cold", "3", "--cold-share", "0.25", "--html",
                                                   "o.html", "--json", "o.json", "--profile", "fast"}));
    CHECK(full.requests == 20U);
    CHECK(full.cold == 3U);
    CHECK(full.cold_share == 0.25);
    CHECK(full.html == "o.html");
    CHECK(full.json == "o.json");
    CHECK(full.common.profile == Profile::fast);
    CHECK(expect<CompareAction>(parse({"compare", "l.yaml"}, {{"LAMBOX_COMPARE_JSON", "v.json"}})).json == "v.json");
}

TEST_CASE("runtimes takes an era") {
    const auto action = expect<RuntimesAction>(parse({"runtimes", "--era", "2022-11-19", "--json"}));
    CHECK(action.common.era->str() == "2022-11-19");
    CHECK(action.output == Output::json);
}

TEST_CASE("the settings that every command takes are taken by every command") {
    for (const CommandRow& command : command_table()) {
        const std::string name(command.name);
        // An image is its own isolation, and a health check runs nothing.
        if (command.command == Command::rie || command.command == Command::health) continue;
        std::vector<const char*> arguments{name.c_str(), "--era",    "2022-11-19", "--isolation", "auto", "--profile",
                                           "fast",       "--region", "us-east-1",  "--log-level", "off"};
        if (!command.argument.empty()) arguments.insert(arguments.begin() + 1, "argument");
        CHECK_FALSE(std::holds_alternative<UsageErrors>(parse(arguments)));
    }
}

TEST_CASE("all mistakes of a command line are reported in one go") {
    const auto errors = errors_of({"serve", "--port", "70000", "--prot", "1", "--era", "yesterday", "--json", "--json", "--cold", "3"},
                                  {{"LAMBOX_HOST", "nowhere"}, {"LAMBOX_STRICT_RUNTIMES", "maybe"}});
    CHECK(any_contains(errors, "unknown option `--prot`; did you mean `--port`?"));
    CHECK(any_contains(errors, "unexpected argument `1`"));
    CHECK(any_contains(errors, "unknown option `--cold`; it belongs to: compare"));
    CHECK(any_contains(errors, "--port: `70000` is out of range; allowed: 0 to 65535"));
    CHECK(any_contains(errors, "--era: `yesterday` does not fit; allowed: a date as YYYY-MM-DD, 2014-11-13 or later"));
    CHECK(any_contains(errors, "LAMBOX_HOST: `nowhere` does not fit"));
    CHECK(any_contains(errors, "LAMBOX_STRICT_RUNTIMES: `maybe` is neither yes nor no"));
    CHECK(any_contains(errors, "--json: given more than once"));
    CHECK(errors.back() == "see `lambox serve --help`");
}

TEST_CASE("a switch beats what the profile says, and each goes alone") {
    CHECK(expect<CompareAction>(parse({"compare", "x.yaml"})).common.containment.cpu_share == Switch::on);
    CHECK(expect<CompareAction>(parse({"compare", "x.yaml", "--profile", "fast"})).common.containment.cpu_share == Switch::off);
    const auto action = expect<ServeAction>(parse({"serve", "--profile", "faithful", "--cpu-share", "off", "--isolation", "sandbox"}));
    CHECK(action.common.containment.cpu_share == Switch::off);
    CHECK(action.common.containment.isolation == Isolation::sandbox);
    CHECK(action.common.containment.freeze == Switch::on);
    const Variables variables{
        {"LAMBOX_FREEZE", "off"}, {"LAMBOX_MEMORY_LIMIT", "off"}, {"LAMBOX_INIT_CPUS", "0.5"}, {"LAMBOX_CGROUPS", "off"}};
    const auto containment = expect<ServeAction>(parse({"serve"}, variables)).common.containment;
    CHECK(containment.freeze == Switch::off);
    CHECK(containment.memory_limit == Switch::off);
    CHECK(containment.init_cpus == 0.5);
    CHECK(containment.cgroups == Switch::off);
    CHECK(errors_of({"serve", "--freeze", "maybe"}).front() == "--freeze: `maybe` is not one of the choices; allowed: on, off");
}

TEST_CASE("a missing argument is named") {
    CHECK(errors_of({"run"}).front() == "PATH is missing: Folder, zip or single binary of the function");
    CHECK(any_contains(errors_of({"invoke", "--qualifier", "a b"}), "NAME is missing"));
    CHECK(any_contains(errors_of({"invoke", "--qualifier", "a b"}), "--qualifier: `a b` does not fit"));
    CHECK(any_contains(errors_of({"compare"}), "FILE is missing"));
}

TEST_CASE("a second argument is unexpected") {
    CHECK(any_contains(errors_of({"run", "a", "b"}), "unexpected argument `b`"));
    CHECK(any_contains(errors_of({"serve", "a"}), "unexpected argument `a`"));
    CHECK(any_contains(errors_of({"serve", "run"}), "unexpected argument `run`"));
}

TEST_CASE("an option without its value is said to need one") {
    CHECK(errors_of({"serve", "--port"}).front() == "--port: needs a value");
    CHECK(any_contains(errors_of({"serve", "--config", "--json"}), "--config: needs a value, found the option `--json`"));
    const auto errors = errors_of({"serve", "--host", "nowhere", "--port"});
    CHECK(any_contains(errors, "--host: `nowhere` does not fit"));
    CHECK(any_contains(errors, "--port: needs a value"));
}

TEST_CASE("an option given twice is refused unless it repeats") {
    CHECK(any_contains(errors_of({"serve", "--port", "1", "--port", "2"}), "--port: given more than once"));
}

TEST_CASE("values may look like numbers, flags or nothing much") {
    CHECK(any_contains(errors_of({"compare", "f", "--requests", "-5"}), "--requests: `-5` is out of range"));
    CHECK(any_contains(errors_of({"run", "x", "--env", "=1"}), "--env: `=1` does not fit; allowed: NAME=VALUE"));
    CHECK(expect<RunAction>(parse({"run", "x", "--env", "A=--json"})).function.environment.front().second == "--json");
    CHECK(expect<RunAction>(parse({"run", "x", "--env", "A=[1,2]"})).function.environment.front().second == "[1,2]");
    CHECK(expect<RunAction>(parse({"run", "--", "-x"})).function.code == "-x");
}

TEST_CASE("without a command, or with a wrong one, the commands are listed") {
    CHECK(errors_of({}).front() == "a command is needed: serve, run, invoke, compare, runtimes, rie, health; see `lambox --help`");
    CHECK(any_contains(errors_of({"srve"}),
                       "unknown command `srve`; did you mean `serve`?; the commands are serve, run, invoke, compare, runtimes"));
    CHECK(any_contains(errors_of({"--port", "1"}), "unknown option `--port`"));
    CHECK(any_contains(errors_of({"--port=1", "serve"}), "`--port=1` stands before the command"));
}

TEST_CASE("help of a command shows each of its options, its variable and an example, and nothing of the others") {
    for (const CommandRow& command : command_table()) {
        const std::string name(command.name);
        const std::string help = help_of({name.c_str(), "--help"});
        CAPTURE(help);
        CHECK(help.find("Usage: lambox " + name) != std::string::npos);
        CHECK(help.find(command.argument) != std::string::npos);
        CHECK(help.find(command.examples) != std::string::npos);
        for (const OptionRow& row : option_table()) {
            if (!row.commands.contains(command.command)) continue;
            CHECK_MESSAGE(help.find(row.flag) != std::string::npos, row.flag);
            CHECK_MESSAGE(help.find(row.environment) != std::string::npos, row.environment);
        }
    }
    CHECK(help_of({"runtimes", "--help"}).find("--port") == std::string::npos);
}

TEST_CASE("help of the program lists the commands and the exit codes") {
    const std::string help = help_of({"--help"});
    for (const CommandRow& command : command_table())
        CHECK(help.find(command.name) != std::string::npos);
    CHECK(help.find("Exit codes: 0 ok, 1 the function failed, 2 wrong usage, 3 could not start, 4") != std::string::npos);
    CHECK(help_of({"-h"}) == help);
}

TEST_CASE("the version is shown") {
    CHECK(help_of({"--version"}).starts_with(version_text() + "\ncommit "));
    CHECK(version_text().starts_with("lambox "));
}
