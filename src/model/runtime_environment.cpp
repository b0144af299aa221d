#include "lambox/model/runtime_environment.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace lambox::model {
namespace {

void set(EnvironmentVariables& variables, std::string name, std::string value) {
    const auto there = std::find_if(variables.begin(), variables.end(), [&](const auto& variable) { return variable.first == name; });
    if (there != variables.end()) there->second = std::move(value);
    else variables.emplace_back(std::move(name), std::move(value));
}

/// `/var/lang` is where managed runtimes of AL2 and later keep their language; OS-only AL2 and AL1 have none.
bool has_lang_folder(const Runtime& runtime) {
    if (runtime.family != RuntimeFamily::os_only) return runtime.family != RuntimeFamily::go;
    return runtime.system == OperatingSystem::amazon_linux_2023;
}

void set_defaults(EnvironmentVariables& variables, const Runtime& runtime, const EnvironmentRoots& roots) {
    const std::string layers = roots.layers.empty() ? "/opt" : roots.layers;
    std::string path = has_lang_folder(runtime) ? "/var/lang/bin:" : "";
    path += "/usr/local/bin:/usr/bin/:/bin:" + layers + "/bin";
    std::string libraries = has_lang_folder(runtime) ? "/var/lang/lib:" : "";
    libraries +=
        "/lib64:/usr/lib64:" + roots.runtime + ":" + roots.runtime + "/lib:" + roots.task + ":" + roots.task + "/lib:" + layers + "/lib";
    set(variables, "LANG", "en_US.UTF-8");
    set(variables, "TZ", ":UTC");
    set(variables, "PATH", path);
    set(variables, "LD_LIBRARY_PATH", libraries);
    set(variables, "AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR");
    set(variables, "AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1:2000");
    if (!roots.temporary.empty()) set(variables, "TMPDIR", roots.temporary);
}

} // namespace

EnvironmentVariables runtime_environment(const FunctionConfig& config, const EnvironmentRoots& roots, const EnvironmentIdentity& identity,
                                         const EnvironmentVariables& language) {
    EnvironmentVariables variables;
    variables.reserve(config.environment.size() + 30);
    set_defaults(variables, *config.runtime, roots);
    for (const auto& [name, value] : language) set(variables, name, value);
    if (config.logging.json()) {
        set(variables, "AWS_LAMBDA_LOG_FORMAT", config.logging.format);
        set(variables, "AWS_LAMBDA_LOG_LEVEL", config.logging.application_level.empty() ? "INFO" : config.logging.application_level);
    }
    for (const auto& [name, value] : config.environment) set(variables, name, value);
    // A snapshot must hold nothing that is one environment's alone (behaviour §1.10).
    const bool in_snapshot = identity.initialization_type == "snap-start";
    if (!in_snapshot) {
        set(variables, "AWS_ACCESS_KEY_ID", identity.access_key_id);
        set(variables, "AWS_SECRET_ACCESS_KEY", identity.secret_access_key);
        set(variables, "AWS_SESSION_TOKEN", identity.session_token);
    }
    set(variables, "_HANDLER", config.handler);
    if (config.runtime->family != RuntimeFamily::os_only) {
        set(variables, "AWS_EXECUTION_ENV", "AWS_Lambda_" + std::string(config.runtime->identifier));
    }
    if (!in_snapshot) {
        set(variables, "AWS_LAMBDA_LOG_GROUP_NAME", config.logging.group.empty() ? "/aws/lambda/" + config.name : config.logging.group);
        set(variables, "AWS_LAMBDA_LOG_STREAM_NAME", identity.log_stream);
    }
    set(variables, "LAMBDA_TASK_ROOT", roots.task);
    set(variables, "LAMBDA_RUNTIME_DIR", roots.runtime);
    set(variables, "AWS_REGION", identity.region);
    set(variables, "AWS_DEFAULT_REGION", identity.region);
    set(variables, "AWS_LAMBDA_FUNCTION_NAME", config.name);
    set(variables, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(config.memory.count));
    set(variables, "AWS_LAMBDA_FUNCTION_VERSION", identity.version);
    set(variables, "AWS_LAMBDA_INITIALIZATION_TYPE", identity.initialization_type);
    if (config.managed_instances) set(variables, "AWS_LAMBDA_MAX_CONCURRENCY", std::to_string(config.managed_instances->concurrency));
    set(variables, "_AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1");
    set(variables, "_AWS_XRAY_DAEMON_PORT", "2000");
    return variables;
}

EnvironmentVariables image_environment(const FunctionConfig& config, const EnvironmentIdentity& identity) {
    EnvironmentVariables variables;
    variables.reserve(config.environment.size() + 20);
    set(variables, "TZ", ":UTC");
    set(variables, "AWS_EXECUTION_ENV", "AWS_Lambda_Image");
    set(variables, "AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR");
    set(variables, "AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1:2000");
    set(variables, "_AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1");
    set(variables, "_AWS_XRAY_DAEMON_PORT", "2000");
    set(variables, "LAMBDA_TASK_ROOT", "/var/task");
    set(variables, "LAMBDA_RUNTIME_DIR", "/var/runtime");
    set(variables, "AWS_REGION", identity.region);
    set(variables, "AWS_DEFAULT_REGION", identity.region);
    set(variables, "AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + config.name);
    for (const auto& [name, value] : config.environment) set(variables, name, value);
    if (!config.handler.empty()) set(variables, "_HANDLER", config.handler);
    set(variables, "AWS_LAMBDA_LOG_STREAM_NAME", identity.log_stream);
    set(variables, "AWS_LAMBDA_FUNCTION_NAME", config.name);
    set(variables, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(config.memory.count));
    set(variables, "AWS_LAMBDA_FUNCTION_VERSION", identity.version);
    set(variables, "AWS_LAMBDA_INITIALIZATION_TYPE", identity.initialization_type);
    return variables;
}

EnvironmentVariables extension_environment(const EnvironmentVariables& runtime) {
    constexpr std::array<std::string_view, 7> withheld = {
        "AWS_EXECUTION_ENV",        "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS",   "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT"};
    EnvironmentVariables left;
    for (const auto& variable : runtime) {
        const bool listed = std::find(withheld.begin(), withheld.end(), variable.first) != withheld.end();
        if (!listed && !variable.first.starts_with("_")) left.push_back(variable);
    }
    return left;
}

std::string log_stream_name(WallTime now, std::string_view version, std::string_view hex) {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(now)};
    char day[32];
    std::snprintf(day, sizeof day, "%04d/%02u/%02u/[", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()));
    std::string name(day);
    name.append(version).append("]").append(hex);
    return name;
}

} // namespace lambox::model
