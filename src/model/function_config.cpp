#include "lambox/model/function_config.hpp"

#include "lambox/base/limits.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace lambox::model {
namespace {

/// Behaviour §3.1, column R: names that a function may not set.
constexpr std::array<std::string_view, 20> reserved_names{
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
};

class Checker {
public:
    Checker(const FunctionSpec& spec, const Era& era, RuntimePolicy policy) : spec_(spec), era_(era), policy_(policy) {}

    std::variant<FunctionConfig, std::vector<Violation>> check() {
        check_name();
        check_runtime();
        check_handler();
        check_architectures();
        config_.code = spec_.code;
        if (spec_.code.empty()) refuse("code", "is required: a folder, a zip or a single program");
        check_numbers();
        check_environment();
        config_.layers = spec_.layers;
        if (spec_.layers.size() > limits::layers_max) {
            refuse("layers", "must be at most " + std::to_string(limits::layers_max) + ", got " + std::to_string(spec_.layers.size()));
        }
        if (!violations_.empty()) return std::move(violations_);
        return std::move(config_);
    }

private:
    void refuse(std::string member, std::string message) { violations_.push_back({std::move(member), std::move(message)}); }

    void check_name() {
        const auto allowed = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; };
        config_.name = spec_.name;
        if (spec_.name.empty() || spec_.name.size() > limits::function_name_chars_max || !std::all_of(spec_.name.begin(), spec_.name.end(), allowed)) {
            refuse("name", "must be 1 to " + std::to_string(limits::function_name_chars_max) + " characters of a-z, A-Z, 0-9, - and _, got '" + spec_.name + "'");
        }
    }

    void check_runtime() {
        config_.runtime = find_runtime(spec_.runtime);
        if (spec_.runtime.empty()) {
            refuse("runtime", "is required, for example provided.al2023; `lambox runtimes` lists all");
        } else if (config_.runtime == nullptr) {
            refuse("runtime", "'" + spec_.runtime + "' is not a runtime identifier; `lambox runtimes` lists all");
        } else if (config_.runtime->image_only) {
            refuse("runtime", "'" + spec_.runtime + "' exists for container images only");
        } else if (policy_ == RuntimePolicy::strict && config_.runtime->create_blocked && era_.reached(*config_.runtime->create_blocked)) {
            refuse("runtime", "'" + spec_.runtime + "' is no longer supported for creating functions since " +
                                  Era(*config_.runtime->create_blocked).str() + "; without strict runtimes lambox still takes it");
        }
    }

    void check_handler() {
        config_.handler = spec_.handler;
        const bool spaced = std::any_of(spec_.handler.begin(), spec_.handler.end(), [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; });
        if (spec_.handler.size() > limits::handler_chars_max || spaced) {
            refuse("handler", "must be at most " + std::to_string(limits::handler_chars_max) + " characters without white space");
        }
        const bool needed = config_.runtime != nullptr && config_.runtime->family != RuntimeFamily::os_only;
        if (needed && spec_.handler.empty()) refuse("handler", "is required for runtime " + spec_.runtime);
        const bool escapes = spec_.handler.find("..") != std::string::npos || spec_.handler.starts_with("/");
        if (config_.runtime != nullptr && config_.runtime->protocol == RuntimeProtocol::go_rpc && escapes) {
            refuse("handler", "must name a file inside the package, got '" + spec_.handler + "'");
        }
    }

    void check_architectures() {
        if (spec_.architectures.size() > 1) {
            refuse("architectures", "must hold exactly one of x86_64, arm64, got " + std::to_string(spec_.architectures.size()));
            return;
        }
        if (spec_.architectures.empty()) return;
        const auto architecture = parse_architecture(spec_.architectures.front());
        if (!architecture) {
            refuse("architectures", "must be x86_64 or arm64, got '" + spec_.architectures.front() + "'");
            return;
        }
        config_.architecture = *architecture;
        if (*architecture != Architecture::arm64) return;
        if (config_.runtime != nullptr && !config_.runtime->arm64) refuse("architectures", "runtime " + spec_.runtime + " has no arm64, only x86_64");
        if (!era_.arm64_available()) refuse("architectures", "arm64 exists from 2021-09-29 on; the era is " + era_.str());
    }

    /// The value within [least, most], else nothing and a violation.
    std::optional<std::uint64_t> number(const std::optional<std::int64_t>& value, std::string_view member, std::uint64_t least, std::uint64_t most,
                                        std::string_view unit) {
        if (!value) return std::nullopt;
        if (*value >= 0 && static_cast<std::uint64_t>(*value) >= least && static_cast<std::uint64_t>(*value) <= most) {
            return static_cast<std::uint64_t>(*value);
        }
        std::string message = "must be between " + std::to_string(least) + " and " + std::to_string(most);
        if (!unit.empty()) message.append(" ").append(unit);
        refuse(std::string(member), message + ", got " + std::to_string(*value));
        return std::nullopt;
    }

    void check_numbers() {
        if (const auto memory = number(spec_.memory_size, "memory_size", limits::memory_mib_min, era_.memory_mib_max(), "MB")) {
            config_.memory = Mebibytes{*memory};
            if (*memory % era_.memory_mib_step() != 0) {
                refuse("memory_size", "must be a multiple of " + std::to_string(era_.memory_mib_step()) + " MB in era " + era_.str() + ", got " +
                                          std::to_string(*memory));
            }
        }
        if (const auto timeout = number(spec_.timeout, "timeout", 1, limits::timeout_seconds_max, "seconds")) {
            config_.timeout = Seconds(static_cast<Seconds::rep>(*timeout));
        }
        const auto storage_max = era_.ephemeral_storage_mib_max();
        if (const auto storage = number(spec_.ephemeral_storage, "ephemeral_storage", limits::ephemeral_storage_mib_min, storage_max, "MB")) {
            config_.ephemeral_storage = Mebibytes{*storage};
        }
        if (const auto reserved = number(spec_.reserved_concurrent_executions, "reserved_concurrent_executions", 0, limits::account_concurrency, "")) {
            config_.reserved_concurrency = static_cast<std::uint32_t>(*reserved);
        }
    }

    void check_environment() {
        std::size_t bytes = 0;
        std::set<std::string_view> seen;
        for (const auto& [name, value] : spec_.environment) {
            bytes += name.size() + value.size();
            const std::string member = "environment." + name;
            const auto allowed = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
            const bool shaped = name.size() >= 2 && std::isalpha(static_cast<unsigned char>(name[0])) != 0 && std::all_of(name.begin(), name.end(), allowed);
            if (!shaped) refuse(member, "a variable's name must match [a-zA-Z][a-zA-Z0-9_]+");
            if (value.find('\0') != std::string::npos) refuse(member, "a variable's value must not hold NUL");
            if (!seen.insert(name).second) refuse(member, "is set twice");
            if (std::find(reserved_names.begin(), reserved_names.end(), name) != reserved_names.end()) {
                refuse(member, "Lambda was unable to configure your environment variables because the environment variables you have provided "
                               "contains reserved keys that are currently not supported for modification. Reserved keys used in this request: " +
                                   name);
            }
        }
        config_.environment = spec_.environment;
        if (bytes > limits::environment_variables_bytes_max) {
            refuse("environment", "names and values must be at most " + std::to_string(limits::environment_variables_bytes_max) +
                                      " bytes together, got " + std::to_string(bytes));
        }
    }

    const FunctionSpec& spec_;
    const Era& era_;
    RuntimePolicy policy_;
    FunctionConfig config_;
    std::vector<Violation> violations_;
};

} // namespace

std::variant<FunctionConfig, std::vector<Violation>> make_function_config(const FunctionSpec& spec, const Era& era, RuntimePolicy policy) {
    return Checker(spec, era, policy).check();
}

} // namespace lambox::model
