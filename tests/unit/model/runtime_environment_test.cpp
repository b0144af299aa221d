// Goal: a process sees the variables that AWS sets, no others, and the function's own where AWS lets them win. Method: the whole
// environment of a captured function against ours (behaviour §3.1), and the differences of other runtimes.
#include "lambox/model/runtime_environment.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace lambox;
using namespace lambox::model;

namespace {

FunctionConfig function_on(std::string_view runtime) {
    FunctionConfig config;
    config.name = "hello";
    config.runtime = find_runtime(runtime);
    REQUIRE(config.runtime != nullptr);
    config.handler = "app.handler";
    config.memory = Mebibytes{256};
    return config;
}

std::map<std::string, std::string> variables_of(const FunctionConfig& config, const EnvironmentRoots& roots = {"/var/task", "/opt"}) {
    const EnvironmentIdentity identity{"eu-west-1", "2026/01/13/[$LATEST]0123456789abcdef0123456789abcdef", "$LATEST", "AKID", "secret",
                                       "token"};
    std::map<std::string, std::string> map;
    for (const auto& [name, value] : runtime_environment(config, roots, identity)) {
        CAPTURE(name);
        CHECK(map.emplace(name, value).second); // no name twice
    }
    return map;
}

} // namespace

TEST_CASE("a function on provided.al2023 has exactly the captured variables") {
    const std::map<std::string, std::string> captured{
        {"AWS_ACCESS_KEY_ID", "AKID"},
        {"AWS_DEFAULT_REGION", "eu-west-1"},
        {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"},
        {"AWS_LAMBDA_FUNCTION_NAME", "hello"},
        {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
        {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
        {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/hello"},
        {"AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/13/[$LATEST]0123456789abcdef0123456789abcdef"},
        {"AWS_REGION", "eu-west-1"},
        {"AWS_SECRET_ACCESS_KEY", "secret"},
        {"AWS_SESSION_TOKEN", "token"},
        {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},
        {"AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1:2000"},
        {"LAMBDA_RUNTIME_DIR", "/var/runtime"},
        {"LAMBDA_TASK_ROOT", "/var/task"},
        {"LANG", "en_US.UTF-8"},
        {"LD_LIBRARY_PATH", "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"},
        {"PATH", "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"},
        {"TZ", ":UTC"},
        {"_AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1"},
        {"_AWS_XRAY_DAEMON_PORT", "2000"},
        {"_HANDLER", "app.handler"},
    };
    CHECK(variables_of(function_on("provided.al2023")) == captured);
}

TEST_CASE("the runtime is named on managed runtimes only, and provided.al2 has no language folder") {
    CHECK(variables_of(function_on("go1.x")).at("AWS_EXECUTION_ENV") == "AWS_Lambda_go1.x");
    CHECK_FALSE(variables_of(function_on("provided.al2")).contains("AWS_EXECUTION_ENV"));
    CHECK(variables_of(function_on("provided.al2")).at("PATH") == "/usr/local/bin:/usr/bin/:/bin:/opt/bin");
}

TEST_CASE("the function's own variables win where AWS lets them, and never where it reserves the name") {
    auto config = function_on("provided.al2023");
    config.environment = {{"TABLE", "local"}, {"TZ", "Europe/Vienna"}, {"PATH", "/mine"}, {"AWS_REGION", "mars-1"}, {"_HANDLER", "x"}};
    const auto variables = variables_of(config);
    CHECK(variables.at("TABLE") == "local");
    CHECK(variables.at("TZ") == "Europe/Vienna");
    CHECK(variables.at("PATH") == "/mine");
    CHECK(variables.at("AWS_REGION") == "eu-west-1");
    CHECK(variables.at("_HANDLER") == "app.handler");
}

TEST_CASE("where the function has no /tmp of its own it is told of its folder, and roots are where they are") {
    const EnvironmentRoots roots{"/home/dev/build", "", "/var/runtime", "/tmp/mine"};
    const auto variables = variables_of(function_on("provided.al2023"), roots);
    CHECK(variables.at("TMPDIR") == "/tmp/mine");
    CHECK(variables.at("LAMBDA_TASK_ROOT") == "/home/dev/build");
    CHECK(variables.at("LD_LIBRARY_PATH").find("/home/dev/build/lib") != std::string::npos);
}

TEST_CASE("log streams are named by day, version and environment") {
    using namespace std::chrono;
    const WallTime now = sys_days{2026y / 1 / 5} + 23h;
    CHECK(log_stream_name(now, "$LATEST", "ab12") == "2026/01/05/[$LATEST]ab12");
    CHECK(log_stream_name(now, "7", "ff") == "2026/01/05/[7]ff");
}

TEST_CASE("an image's own variables stay, but for what it cannot know") {
    FunctionConfig config = function_on("provided.al2023");
    config.environment = {{"PATH", "/image/bin"},   {"TZ", "Europe/Berlin"}, {"AWS_REGION", "sa-east-1"}, {"AWS_ACCESS_KEY_ID", "own"},
                          {"_HANDLER", "replaced"}, {"LAMBDA_TASK_ROOT", "/app"},
                          {"AWS_LAMBDA_FUNCTION_NAME", "x"}, {"DSN", "a=b=c"}};
    const EnvironmentIdentity identity{"eu-west-1", "stream", "7", "AKID", "secret", "token"};
    std::map<std::string, std::string> map;
    for (const auto& [name, value] : image_environment(config, identity)) {
        CAPTURE(name);
        CHECK(map.emplace(name, value).second);
    }
    const std::map<std::string, std::string> expected{
        {"PATH", "/image/bin"}, {"TZ", "Europe/Berlin"}, {"AWS_REGION", "sa-east-1"}, {"AWS_DEFAULT_REGION", "eu-west-1"},
        {"AWS_ACCESS_KEY_ID", "own"}, {"_HANDLER", "app.handler"}, {"LAMBDA_TASK_ROOT", "/app"}, {"LAMBDA_RUNTIME_DIR", "/var/runtime"},
        {"DSN", "a=b=c"}, {"AWS_EXECUTION_ENV", "AWS_Lambda_Image"}, {"AWS_LAMBDA_FUNCTION_NAME", "hello"},
        {"AWS_LAMBDA_FUNCTION_VERSION", "7"}, {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"}, {"AWS_LAMBDA_LOG_STREAM_NAME", "stream"},
        {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/hello"}, {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
        {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"}, {"AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1:2000"},
        {"_AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1"}, {"_AWS_XRAY_DAEMON_PORT", "2000"}};
    CHECK(map == expected);
}

TEST_CASE("an extension gets what the runtime gets, but for what is the runtime's alone") {
    auto config = function_on("python3.12");
    config.environment = {{"TABLE", "local"}};
    const EnvironmentIdentity identity{"eu-west-1", "stream", "$LATEST", "key", "secret", "token"};
    auto runtime = runtime_environment(config, EnvironmentRoots{"/var/task", "", "/var/runtime", ""}, identity);
    runtime.emplace_back("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
    std::map<std::string, std::string> left;
    for (const auto& [name, value] : extension_environment(runtime))
        left[name] = value;
    for (const auto& [name, value] : runtime) {
        CAPTURE(name);
        const bool withheld = name.starts_with("_") || name == "AWS_EXECUTION_ENV" || name == "AWS_LAMBDA_LOG_GROUP_NAME" ||
                              name == "AWS_LAMBDA_LOG_STREAM_NAME" || name == "AWS_XRAY_CONTEXT_MISSING" ||
                              name == "AWS_XRAY_DAEMON_ADDRESS" || name == "LAMBDA_RUNTIME_DIR" || name == "LAMBDA_TASK_ROOT";
        CHECK(left.contains(name) != withheld);
    }
    CHECK(left.at("TABLE") == "local");
    CHECK(left.at("AWS_LAMBDA_RUNTIME_API") == "127.0.0.1:9001");
    CHECK(left.at("AWS_LAMBDA_FUNCTION_NAME") == config.name);
}

TEST_CASE("a log in JSON is told to the function, and so is a log group of its own") {
    FunctionConfig config = function_on("provided.al2023");
    CHECK_FALSE(variables_of(config).contains("AWS_LAMBDA_LOG_FORMAT"));
    config.logging = {"JSON", "", "", "/mine"};
    auto variables = variables_of(config);
    CHECK(variables["AWS_LAMBDA_LOG_FORMAT"] == "JSON");
    CHECK(variables["AWS_LAMBDA_LOG_LEVEL"] == "INFO");
    CHECK(variables["AWS_LAMBDA_LOG_GROUP_NAME"] == "/mine");
    config.logging.application_level = "DEBUG";
    CHECK(variables_of(config)["AWS_LAMBDA_LOG_LEVEL"] == "DEBUG");
    config.environment = {{"AWS_LAMBDA_LOG_LEVEL", "ERROR"}}; // not reserved
    CHECK(variables_of(config)["AWS_LAMBDA_LOG_LEVEL"] == "ERROR");
}
