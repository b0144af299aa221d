// Goal: a definition is accepted as AWS would, or refused with every broken rule named at once. Method: one good
// definition, changed member by member, around each bound.
#include "lambox/model/function_config.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::model;
using namespace std::chrono;

namespace {

const Era now{2026y / 11 / 24};

FunctionSpec good() {
    FunctionSpec spec;
    spec.name = "hello";
    spec.runtime = "provided.al2023";
    spec.code = "build/hello";
    return spec;
}

/// `good()` after `change`.
FunctionSpec with(const std::function<void(FunctionSpec&)>& change) {
    FunctionSpec spec = good();
    change(spec);
    return spec;
}

FunctionConfig accepted(const FunctionSpec& spec, const Era& era = now, RuntimePolicy policy = RuntimePolicy::lenient) {
    const auto result = make_function_config(spec, era, policy);
    if (const auto* broken = std::get_if<std::vector<Violation>>(&result)) FAIL(broken->front().message);
    return std::get<FunctionConfig>(result);
}

/// `member: message` of each violation, none when the definition is accepted.
std::vector<std::string> broken(const FunctionSpec& spec, const Era& era = now, RuntimePolicy policy = RuntimePolicy::lenient) {
    const auto result = make_function_config(spec, era, policy);
    std::vector<std::string> out;
    if (const auto* violations = std::get_if<std::vector<Violation>>(&result)) {
        CHECK_FALSE(violations->empty());
        for (const auto& violation : *violations) out.push_back(violation.member + ": " + violation.message);
    }
    return out;
}

std::string only_violation(const FunctionSpec& spec, const Era& era = now, RuntimePolicy policy = RuntimePolicy::lenient) {
    const auto all = broken(spec, era, policy);
    REQUIRE(all.size() == 1);
    return all.front();
}

FunctionSpec on_runtime(const std::string& runtime, const std::string& handler = "app.handler") {
    return with([&](FunctionSpec& spec) {
        spec.runtime = runtime;
        spec.handler = handler;
    });
}

FunctionSpec with_variable(const std::string& name, const std::string& value = "x") {
    return with([&](FunctionSpec& spec) { spec.environment = {{name, value}}; });
}

} // namespace

TEST_CASE("what is left out takes AWS's defaults") {
    const FunctionConfig config = accepted(good());
    CHECK(config.name == "hello");
    CHECK(config.runtime == find_runtime("provided.al2023"));
    CHECK(config.handler.empty());
    CHECK(config.architecture == Architecture::x86_64);
    CHECK(config.code == "build/hello");
    CHECK(config.memory == Mebibytes{128});
    CHECK(config.timeout == 3s);
    CHECK(config.environment.empty());
    CHECK(config.layers.empty());
    CHECK(config.ephemeral_storage == Mebibytes{512});
    CHECK_FALSE(config.reserved_concurrency.has_value());
}

TEST_CASE("what is given arrives") {
    const FunctionConfig config = accepted(with([](FunctionSpec& spec) {
        spec.runtime = "python3.13";
        spec.handler = "app.handler";
        spec.architectures = {"arm64"};
        spec.memory_size = 1'769;
        spec.timeout = 900;
        spec.environment = {{"TABLE", "local"}, {"B2", ""}};
        spec.layers = {"./layers/agent"};
        spec.ephemeral_storage = 10'240;
        spec.reserved_concurrent_executions = 8;
    }));
    CHECK(config.runtime == find_runtime("python3.13"));
    CHECK(config.handler == "app.handler");
    CHECK(config.architecture == Architecture::arm64);
    CHECK(config.memory == Mebibytes{1'769});
    CHECK(config.timeout == 900s);
    CHECK(config.environment == std::vector<std::pair<std::string, std::string>>{{"TABLE", "local"}, {"B2", ""}});
    CHECK(config.layers == std::vector<std::string>{"./layers/agent"});
    CHECK(config.ephemeral_storage == Mebibytes{10'240});
    CHECK(config.reserved_concurrency == 8);
}

TEST_CASE("every broken rule is reported at once, in the order of the members") {
    FunctionSpec spec;
    spec.name = "no spaces";
    spec.runtime = "go1.x";
    spec.architectures = {"arm64"};
    spec.memory_size = 64;
    spec.timeout = 0;
    spec.environment = {{"_HANDLER", "x"}, {"AWS_REGION", "x"}, {"BIG", std::string(5'000, 'x')}};
    spec.layers = {"1", "2", "3", "4", "5", "6"};
    spec.ephemeral_storage = 100;
    spec.reserved_concurrent_executions = -1;
    CHECK(broken(spec) ==
          std::vector<std::string>{
              "name: name must be 1 to 64 characters of a-z, A-Z, 0-9, - and _, got \"no spaces\"",
              "handler: handler is required for runtime go1.x",
              "architectures: architectures must be x86_64 for runtime go1.x, got arm64",
              "code: code is required: a folder, a zip or a single binary",
              "memory_size: memory_size must be between 128 and 10240 MB, got 64",
              "timeout: timeout must be between 1 and 900 seconds, got 0",
              "environment: environment must be at most 4096 bytes of names and values, got 5023",
              "environment: environment: a variable's name must be a letter and then one or more letters, digits and _, got \"_HANDLER\"",
              "environment: Lambda was unable to configure your environment variables because the environment variables you have provided "
              "contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION",
              "layers: layers must be at most 5, got 6",
              "ephemeral_storage: ephemeral_storage must be between 512 and 10240 MB, got 100",
              "reserved_concurrent_executions: reserved_concurrent_executions must be between 0 and 1000, got -1",
          });
}

TEST_CASE("an empty definition misses its name, runtime and code") {
    CHECK(broken(FunctionSpec{}) == std::vector<std::string>{
                                        "name: name must be 1 to 64 characters of a-z, A-Z, 0-9, - and _, got \"\"",
                                        "runtime: runtime is required; `lambox runtimes` lists all",
                                        "code: code is required: a folder, a zip or a single binary",
                                    });
}

TEST_CASE("names are 1 to 64 of letters, digits, - and _") {
    for (const std::string& name : {std::string{"a"}, std::string{"-"}, std::string{"My_Function-9"}, std::string(64, 'x')}) {
        CAPTURE(name);
        CHECK(accepted(with([&](FunctionSpec& spec) { spec.name = name; })).name == name);
    }
    for (const std::string& name : {std::string{}, std::string(65, 'x'), std::string{"a.b"}, std::string{"a:b"}, std::string{"a/b"},
                                    std::string{"näh"}, std::string{"a\n"}, std::string{"a\0b", 3}}) {
        CAPTURE(name);
        CHECK(only_violation(with([&](FunctionSpec& spec) { spec.name = name; })).starts_with("name: name must be 1 to 64 characters"));
    }
}

TEST_CASE("foreign text in a message stays on one line and short") {
    const auto message_for = [](const std::string& name) { return only_violation(with([&](FunctionSpec& spec) { spec.name = name; })); };
    CHECK(message_for("a\nb\x1b\x7f").ends_with("got \"a?b??\""));
    CHECK(message_for(std::string(500, 'x')).ends_with("got \"" + std::string(80, 'x') + "...\""));
    CHECK(message_for(std::string(79, 'x') + "€€").ends_with("got \"" + std::string(79, 'x') + "...\""));
}

TEST_CASE("an unknown runtime is answered with the nearest ones and the command that lists all") {
    CHECK(only_violation(on_runtime("go1x")) ==
          "runtime: runtime must be an identifier of AWS, got \"go1x\"; did you mean go1.x? `lambox runtimes` lists all");
    CHECK(only_violation(on_runtime("provided.al2032")).find("provided.al2023") != std::string::npos);
    CHECK(only_violation(on_runtime("nodejs18")).find("nodejs18.x") != std::string::npos);
    CHECK(only_violation(on_runtime("Python3.12")).find("did you mean python3.12?") != std::string::npos);
    for (const std::string& text : {std::string{"fortran-and-friends"}, std::string(1'000, 'x')}) {
        const std::string message = only_violation(on_runtime(text));
        CHECK(message.find("did you mean") == std::string::npos);
        CHECK(message.ends_with("`lambox runtimes` lists all"));
    }
}

TEST_CASE("runtimes that exist only as images are refused") {
    CHECK(only_violation(on_runtime("dotnet7")) ==
          "runtime: runtime must come as a zip package; dotnet7 exists only in container images");
}

TEST_CASE("a runtime that AWS no longer creates is refused only under the strict policy and from its day on") {
    const FunctionSpec spec = on_runtime("go1.x", "sample-lambda");
    CHECK(broken(spec).empty());
    CHECK(broken(spec, Era{2024y / 2 / 7}, RuntimePolicy::strict).empty());
    CHECK(only_violation(spec, Era{2024y / 2 / 8}, RuntimePolicy::strict) ==
          "runtime: runtime must be one that AWS still creates; go1.x is refused since 2024-02-08 and strict runtimes are asked for");
    CHECK(broken(good(), now, RuntimePolicy::strict).empty());
    CHECK(broken(on_runtime("java17.al2023"), now, RuntimePolicy::strict).empty());
}

TEST_CASE("managed runtimes need a handler, go1.x too; OS-only ones do not") {
    for (const Runtime& row : runtime_catalogue()) {
        if (row.image_only) continue;
        CAPTURE(row.identifier);
        const auto violations = broken(on_runtime(std::string{row.identifier}, ""));
        if (row.family == RuntimeFamily::os_only) {
            CHECK(violations.empty());
        } else {
            CHECK(violations == std::vector<std::string>{"handler: handler is required for runtime " + std::string{row.identifier}});
        }
    }
}

TEST_CASE("handlers have at most 128 characters and no white space") {
    CHECK(accepted(on_runtime("python3.13", std::string(128, 'h'))).handler.size() == 128);
    std::string umlauts;
    for (int i = 0; i < 128; ++i) umlauts += "ü";
    CHECK(accepted(on_runtime("python3.13", umlauts)).handler == umlauts);
    CHECK(only_violation(on_runtime("python3.13", std::string(129, 'h'))) == "handler: handler must be at most 128 characters, got 129");
    for (const char* handler : {"a b", " ", "a\t", "a\n", "\ra", "a\vb", "a\fb"}) {
        CHECK(only_violation(on_runtime("python3.13", handler)).starts_with("handler: handler must not contain white space, got "));
    }
}

TEST_CASE("architectures hold one of two names") {
    const auto on = [](std::vector<std::string> architectures) {
        return with([&](FunctionSpec& spec) { spec.architectures = std::move(architectures); });
    };
    CHECK(accepted(on({"x86_64"})).architecture == Architecture::x86_64);
    CHECK(accepted(on({"arm64"})).architecture == Architecture::arm64);
    CHECK(only_violation(on({"x86_64", "arm64"})) == "architectures: architectures must hold one of x86_64 and arm64, got 2");
    CHECK(only_violation(on({"amd64"})) == "architectures: architectures must be x86_64 or arm64, got \"amd64\"");
    CHECK(only_violation(on({""})) == "architectures: architectures must be x86_64 or arm64, got \"\"");
}

TEST_CASE("arm64 is refused for runtimes that lack it and in eras before it") {
    for (const Runtime& row : runtime_catalogue()) {
        if (row.image_only) continue;
        CAPTURE(row.identifier);
        FunctionSpec spec = on_runtime(std::string{row.identifier});
        spec.architectures = {"arm64"};
        CHECK(broken(spec).empty() == row.arm64);
    }
    const FunctionSpec arm = with([](FunctionSpec& spec) { spec.architectures = {"arm64"}; });
    CHECK(only_violation(arm, Era{2021y / 9 / 28}) ==
          "architectures: architectures must be x86_64 before 2021-09-29, got arm64 in era 2021-09-28");
    CHECK(broken(arm, Era{2021y / 9 / 29}).empty());
}

TEST_CASE("memory is bounded by the era") {
    const auto with_memory = [](std::int64_t mib) { return with([&](FunctionSpec& spec) { spec.memory_size = mib; }); };
    const Era old{2020y / 11 / 30};
    for (const int mib : {128, 129, 1'769, 10'240}) CHECK(accepted(with_memory(mib)).memory.count == static_cast<std::uint64_t>(mib));
    for (const int mib : {128, 192, 3'008}) CHECK(accepted(with_memory(mib), old).memory.count == static_cast<std::uint64_t>(mib));
    for (const std::int64_t mib : {-128, 0, 64, 127, 10'241}) {
        CHECK(only_violation(with_memory(mib)) ==
              "memory_size: memory_size must be between 128 and 10240 MB, got " + std::to_string(mib));
    }
    CHECK(only_violation(with_memory(3'072), old) == "memory_size: memory_size must be between 128 and 3008 MB, got 3072");
    CHECK(only_violation(with_memory(129), old) == "memory_size: memory_size must be a multiple of 64 MB between 128 and 3008 MB, got 129");
    CHECK(only_violation(with_memory(INT64_MIN)).ends_with("got -9223372036854775808"));
}

TEST_CASE("the timeout is 1 to 900 seconds") {
    const auto with_timeout = [](std::int64_t seconds) { return with([&](FunctionSpec& spec) { spec.timeout = seconds; }); };
    CHECK(accepted(with_timeout(1)).timeout == 1s);
    CHECK(accepted(with_timeout(900)).timeout == 900s);
    for (const std::int64_t seconds : {-1, 0, 901}) {
        CHECK(only_violation(with_timeout(seconds)) ==
              "timeout: timeout must be between 1 and 900 seconds, got " + std::to_string(seconds));
    }
}

TEST_CASE("ephemeral storage is bounded by the era") {
    const auto with_storage = [](std::int64_t mib) { return with([&](FunctionSpec& spec) { spec.ephemeral_storage = mib; }); };
    const Era fixed{2022y / 3 / 23};
    CHECK(accepted(with_storage(512)).ephemeral_storage == Mebibytes{512});
    CHECK(accepted(with_storage(10'240)).ephemeral_storage == Mebibytes{10'240});
    CHECK(accepted(with_storage(512), fixed).ephemeral_storage == Mebibytes{512});
    CHECK(only_violation(with_storage(511)) == "ephemeral_storage: ephemeral_storage must be between 512 and 10240 MB, got 511");
    CHECK(only_violation(with_storage(10'241)) == "ephemeral_storage: ephemeral_storage must be between 512 and 10240 MB, got 10241");
    CHECK(only_violation(with_storage(513), fixed) == "ephemeral_storage: ephemeral_storage must be 512 MB before 2022-03-24, got 513");
}

TEST_CASE("reserved concurrency is 0 to 1000, and 0 is not nothing") {
    const auto reserving = [](std::int64_t count) {
        return with([&](FunctionSpec& spec) { spec.reserved_concurrent_executions = count; });
    };
    CHECK(accepted(reserving(0)).reserved_concurrency == 0);
    CHECK(accepted(reserving(1'000)).reserved_concurrency == 1'000);
    CHECK(only_violation(reserving(1'001)) ==
          "reserved_concurrent_executions: reserved_concurrent_executions must be between 0 and 1000, got 1001");
}

TEST_CASE("layers are at most five, each with a path") {
    const auto with_layers = [](std::vector<std::string> layers) {
        return with([&](FunctionSpec& spec) { spec.layers = std::move(layers); });
    };
    CHECK(accepted(with_layers({"1", "2", "3", "4", "5"})).layers.size() == 5);
    CHECK(only_violation(with_layers({"1", "2", "3", "4", "5", "6"})) == "layers: layers must be at most 5, got 6");
    CHECK(only_violation(with_layers({"a", ""})) == "layers: layers must each name a folder or a zip, got an empty text");
}

TEST_CASE("variables have names of two or more letters, digits and _, beginning with a letter") {
    for (const char* name : {"AB", "a1", "T_", "lower_Case9", "LANG", "PATH", "TZ", "NODE_OPTIONS", "NODE_PATH", "LD_LIBRARY_PATH",
                             "PYTHONPATH", "GEM_PATH", "AWS_LAMBDA_EXEC_WRAPPER", "AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS",
                             "AWS_LAMBDA_DOTNET_PREJIT"}) {
        CAPTURE(name);
        CHECK(broken(with_variable(name)).empty());
    }
    for (const char* name : {"", "A", "1A", "_A", "_HANDLER", "_X_AMZN_TRACE_ID", "_AWS_XRAY_DAEMON_PORT", "A-B", "A.B", "A=B", "A B",
                             "ÄB"}) {
        CAPTURE(name);
        CHECK(only_violation(with_variable(name)).starts_with("environment: environment: a variable's name must be a letter and then"));
    }
}

TEST_CASE("variables that the platform sets are refused in AWS's words") {
    for (const std::string name :
         {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
          "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
          "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT",
          "LAMBDA_RUNTIME_DIR", "AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN"}) {
        CHECK(only_violation(with_variable(name)) ==
              "environment: Lambda was unable to configure your environment variables because the environment variables you have provided "
              "contains reserved keys that are currently not supported for modification. Reserved keys used in this request: " + name);
    }
    const FunctionSpec two = with([](FunctionSpec& spec) {
        spec.environment = {{"AWS_REGION", "x"}, {"OK", "x"}, {"LAMBDA_TASK_ROOT", "x"}};
    });
    CHECK(only_violation(two).ends_with("Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT"));
}

TEST_CASE("names and values of all variables have 4096 bytes together") {
    CHECK(broken(with_variable("AB", std::string(4'094, 'x'))).empty());
    CHECK(only_violation(with_variable("AB", std::string(4'095, 'x'))) ==
          "environment: environment must be at most 4096 bytes of names and values, got 4097");
}

TEST_CASE("a variable given twice, or with a NUL in its value, is refused") {
    const FunctionSpec twice = with([](FunctionSpec& spec) { spec.environment = {{"AB", "1"}, {"AB", "2"}}; });
    CHECK(only_violation(twice) == "environment: environment must hold each variable once, got \"AB\" again");
    CHECK(only_violation(with_variable("AB", std::string{"a\0b", 3})) ==
          "environment: environment: the value of \"AB\" must not contain a NUL character");
}

TEST_CASE("logging has AWS's formats, and levels with JSON alone") {
    const auto logging = [](LoggingSettings settings) { return with([&](FunctionSpec& spec) { spec.logging = settings; }); };
    const FunctionConfig config = accepted(logging({"JSON", "TRACE", "WARN", "/mine"}));
    CHECK(config.logging == LoggingSettings{"JSON", "TRACE", "WARN", "/mine"});
    CHECK(config.logging.json());
    CHECK_FALSE(accepted(good()).logging.json());
    CHECK(only_violation(logging({"json", "", "", ""})) ==
          "logging_config.log_format: logging_config.log_format must be one of Text, JSON, got \"json\"");
    CHECK(only_violation(logging({"JSON", "VERBOSE", "", ""})) ==
          "logging_config.application_log_level: logging_config.application_log_level must be one of TRACE, DEBUG, INFO, WARN, ERROR, "
          "FATAL, got \"VERBOSE\"");
    CHECK(only_violation(logging({"JSON", "", "ERROR", ""})) ==
          "logging_config.system_log_level: logging_config.system_log_level must be one of DEBUG, INFO, WARN, got \"ERROR\"");
    CHECK(only_violation(logging({"Text", "INFO", "", ""})) ==
          "logging_config: logging_config can have levels with log_format JSON alone");
    CHECK(only_violation(logging({"Text", "", "", std::string(513, 'x')})) ==
          "logging_config.log_group: logging_config.log_group must be at most 512 characters");
}
