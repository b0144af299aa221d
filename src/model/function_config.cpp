#include "lambox/model/function_config.hpp"

#include "lambox/base/limits.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <string_view>

namespace lambox::model {
namespace {

/// Variables that AWS sets itself and refuses in a configuration (behaviour §3.1). Those that begin with `_` need no
/// row: the pattern of names refuses them.
constexpr auto reserved_variables = std::to_array<std::string_view>({
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
});

constexpr std::chrono::year_month_day managed_instances_date = std::chrono::year{2025} / 11 / 30;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// A caller's text inside a message: in quotes, on one line, cut where it gets long.
std::string shown(std::string_view text) {
    constexpr std::size_t bytes_max = 80;
    std::size_t length = std::min(text.size(), bytes_max);
    while (length < text.size() && length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
    std::string out = "\"";
    for (const char c : text.substr(0, length)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return out + (length < text.size() ? "...\"" : "\"");
}

std::size_t character_count(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string join(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

/// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row[b.size()];
}

/// The identifiers closest to `text`, all equally close ones, in the catalogue's order; none when nothing is close.
std::vector<std::string> nearest_identifiers(std::string_view text) {
    std::size_t best = 4; // past three slips it is another word
    std::vector<std::string> found;
    if (text.size() > limits::function_name_chars_max) return found;
    for (const Runtime& row : runtime_catalogue()) {
        const std::size_t away = distance(text, row.identifier);
        if (away < best) found.clear();
        best = std::min(best, away);
        if (away == best && away < 4) found.emplace_back(row.identifier);
    }
    return found;
}

/// Reads a spec into a config, member by member, noting every rule that is broken on the way.
class Reader {
public:
    Reader(const FunctionSpec& spec, const Era& era) : spec_(spec), era_(era) {}

    std::variant<FunctionConfig, std::vector<Violation>> read(RuntimePolicy policy) {
        read_name();
        read_runtime(policy);
        read_handler();
        read_architecture();
        read_code();
        read_memory();
        read_timeout();
        read_environment();
        read_layers();
        read_ephemeral_storage();
        read_reserved_concurrency();
        read_logging();
        read_snap_start();
        read_managed_instances();
        if (!violations_.empty()) return std::move(violations_);
        return std::move(config_);
    }

private:
    void broken(std::string member, std::string message) { violations_.push_back({std::move(member), std::move(message)}); }

    void read_name();
    void read_runtime(RuntimePolicy policy);
    void read_handler();
    void read_architecture();
    void read_code();
    void read_memory();
    void read_timeout();
    void read_environment();
    void read_variable_names();
    void read_layers();
    void read_ephemeral_storage();
    void read_reserved_concurrency();
    void read_logging();
    void read_snap_start();
    void read_managed_instances();

    const FunctionSpec& spec_;
    const Era& era_;
    FunctionConfig config_;
    std::vector<Violation> violations_;
};

void Reader::read_name() {
    const bool good = !spec_.name.empty() && spec_.name.size() <= limits::function_name_chars_max &&
                      std::all_of(spec_.name.begin(), spec_.name.end(), [](char c) { return is_word(c) || c == '-'; });
    if (!good) broken("name", "name must be 1 to 64 characters of a-z, A-Z, 0-9, - and _, got " + shown(spec_.name));
    config_.name = spec_.name;
}

void Reader::read_runtime(RuntimePolicy policy) {
    const std::string see = "`lambox runtimes` lists all";
    if (spec_.runtime.empty()) return broken("runtime", "runtime is required; " + see);
    const Runtime* row = find_runtime(spec_.runtime);
    if (row == nullptr) {
        const auto near = nearest_identifiers(spec_.runtime);
        const std::string hint = near.empty() ? "" : "did you mean " + join(near) + "? ";
        return broken("runtime", "runtime must be an identifier of AWS, got " + shown(spec_.runtime) + "; " + hint + see);
    }
    config_.runtime = row;
    if (row->image_only) {
        broken("runtime", "runtime must come as a zip package; " + spec_.runtime + " exists only in container images");
    }
    if (policy == RuntimePolicy::strict && row->create_blocked && era_.reached(*row->create_blocked)) {
        broken("runtime", "runtime must be one that AWS still creates; " + spec_.runtime + " is refused since " +
                              Era{*row->create_blocked}.str() + " and strict runtimes are asked for");
    }
}

void Reader::read_handler() {
    const std::string& handler = spec_.handler;
    // For a runtime that is unknown nobody can say whether a handler is needed.
    if (handler.empty() && config_.runtime != nullptr && config_.runtime->family != RuntimeFamily::os_only) {
        broken("handler", "handler is required for runtime " + spec_.runtime);
    }
    const auto count = character_count(handler);
    if (count > limits::handler_chars_max) {
        broken("handler", "handler must be at most 128 characters, got " + std::to_string(count));
    }
    if (std::any_of(handler.begin(), handler.end(), [](char c) { return is_space(c) || c == '\0'; })) {
        broken("handler", "handler must not contain white space, got " + shown(handler));
    }
    config_.handler = handler;
}

void Reader::read_architecture() {
    if (spec_.architectures.empty()) return;
    if (spec_.architectures.size() > 1) {
        broken("architectures", "architectures must hold one of x86_64 and arm64, got " + std::to_string(spec_.architectures.size()));
    }
    for (const auto& text : spec_.architectures) {
        const auto architecture = parse_architecture(text);
        if (!architecture) {
            broken("architectures", "architectures must be x86_64 or arm64, got " + shown(text));
            continue;
        }
        config_.architecture = *architecture;
        if (*architecture == Architecture::x86_64) continue;
        if (config_.runtime != nullptr && !config_.runtime->arm64) {
            broken("architectures", "architectures must be x86_64 for runtime " + spec_.runtime + ", got arm64");
        }
        if (!era_.arm64_available()) {
            broken("architectures", "architectures must be x86_64 before 2021-09-29, got arm64 in era " + era_.str());
        }
    }
}

void Reader::read_code() {
    if (spec_.code.empty()) broken("code", "code is required: a folder, a zip or a single binary");
    config_.code = spec_.code;
    config_.rootfs = spec_.rootfs;
}

void Reader::read_memory() {
    if (!spec_.memory_size) return;
    const auto smallest = static_cast<std::int64_t>(limits::memory_mib_min);
    const auto largest = static_cast<std::int64_t>(era_.memory_mib_max());
    const auto step = static_cast<std::int64_t>(era_.memory_mib_step());
    const std::int64_t asked = *spec_.memory_size;
    const std::string range = "between 128 and " + std::to_string(largest) + " MB, got " + std::to_string(asked);
    if (asked < smallest || asked > largest) return broken("memory_size", "memory_size must be " + range);
    if (asked % step != 0) return broken("memory_size", "memory_size must be a multiple of " + std::to_string(step) + " MB " + range);
    config_.memory = Mebibytes{static_cast<std::uint64_t>(asked)};
}

void Reader::read_timeout() {
    if (!spec_.timeout) return;
    if (*spec_.timeout < 1 || *spec_.timeout > limits::timeout_seconds_max) {
        return broken("timeout", "timeout must be between 1 and 900 seconds, got " + std::to_string(*spec_.timeout));
    }
    config_.timeout = Seconds{*spec_.timeout};
}

void Reader::read_variable_names() {
    std::vector<std::string> reserved;
    std::set<std::string_view> seen;
    for (const auto& [name, value] : spec_.environment) {
        if (name.size() < 2 || !is_letter(name[0]) || !std::all_of(name.begin(), name.end(), is_word)) {
            broken("environment", "environment: a variable's name must be a letter and then one or more letters, digits and _, got " +
                                      shown(name));
        } else if (std::find(reserved_variables.begin(), reserved_variables.end(), name) != reserved_variables.end()) {
            reserved.push_back(name);
        }
        if (!seen.insert(name).second) {
            broken("environment", "environment must hold each variable once, got " + shown(name) + " again");
        }
        if (value.find('\0') != std::string::npos) {
            broken("environment", "environment: the value of " + shown(name) + " must not contain a NUL character");
        }
    }
    if (reserved.empty()) return;
    // AWS's own wording (InvalidParameterValueException of CreateFunction), which people search for.
    broken("environment", "Lambda was unable to configure your environment variables because the environment variables you have provided "
                          "contains reserved keys that are currently not supported for modification. Reserved keys used in this request: " +
                              join(reserved));
}

void Reader::read_environment() {
    std::size_t bytes = 0;
    for (const auto& [name, value] : spec_.environment) bytes += name.size() + value.size();
    if (bytes > limits::environment_variables_bytes_max) {
        broken("environment", "environment must be at most 4096 bytes of names and values, got " + std::to_string(bytes));
    }
    read_variable_names();
    config_.environment = spec_.environment;
}

void Reader::read_layers() {
    if (spec_.layers.size() > limits::layers_max) {
        broken("layers", "layers must be at most 5, got " + std::to_string(spec_.layers.size()));
    }
    if (std::any_of(spec_.layers.begin(), spec_.layers.end(), [](const std::string& layer) { return layer.empty(); })) {
        broken("layers", "layers must each name a folder or a zip, got an empty text");
    }
    config_.layers = spec_.layers;
}

void Reader::read_ephemeral_storage() {
    if (!spec_.ephemeral_storage) return;
    const auto smallest = static_cast<std::int64_t>(limits::ephemeral_storage_mib_min);
    const auto largest = static_cast<std::int64_t>(era_.ephemeral_storage_mib_max());
    const std::int64_t asked = *spec_.ephemeral_storage;
    if (asked < smallest || asked > largest) {
        const std::string range = largest == smallest ? "512 MB before 2022-03-24" : "between 512 and " + std::to_string(largest) + " MB";
        return broken("ephemeral_storage", "ephemeral_storage must be " + range + ", got " + std::to_string(asked));
    }
    config_.ephemeral_storage = Mebibytes{static_cast<std::uint64_t>(asked)};
}

void Reader::read_reserved_concurrency() {
    if (!spec_.reserved_concurrent_executions) return;
    const std::int64_t asked = *spec_.reserved_concurrent_executions;
    if (asked < 0 || asked > static_cast<std::int64_t>(limits::account_concurrency)) {
        return broken("reserved_concurrent_executions",
                      "reserved_concurrent_executions must be between 0 and 1000, got " + std::to_string(asked));
    }
    config_.reserved_concurrency = static_cast<std::uint32_t>(asked);
}

void Reader::read_logging() {
    LoggingSettings logging = spec_.logging;
    if (spec_.managed_instances) logging.format = "JSON";
    const auto one_of = [this](const char* member, const std::string& value, const std::vector<std::string>& allowed) {
        if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
        const std::string name = std::string("logging_config.") + member;
        broken(name, name + " must be one of " + join(allowed) + ", got " + shown(value));
    };
    one_of("log_format", logging.format, {"Text", "JSON"});
    if (!logging.application_level.empty())
        one_of("application_log_level", logging.application_level, {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"});
    if (!logging.system_level.empty()) one_of("system_log_level", logging.system_level, {"DEBUG", "INFO", "WARN"});
    if (!logging.json() && (!logging.application_level.empty() || !logging.system_level.empty()))
        broken("logging_config", "logging_config can have levels with log_format JSON alone");
    if (logging.group.size() > limits::log_name_chars_max)
        broken("logging_config.log_group", "logging_config.log_group must be at most 512 characters");
    config_.logging = logging;
}

void Reader::read_snap_start() {
    const auto setting = parse_snap_start(spec_.snap_start);
    if (!setting)
        return broken("snap_start.apply_on", "snap_start.apply_on must be PublishedVersions or None, got " + shown(spec_.snap_start));
    config_.snap_start = *setting;
    if (*setting == SnapStart::none) return;
    // AWS's own wording, which people search for.
    if (config_.runtime != nullptr && !supports_snap_start(*config_.runtime, era_))
        broken("snap_start", spec_.runtime + " is not supported for SnapStart enabled functions.");
    if (config_.ephemeral_storage.count > limits::ephemeral_storage_mib_min)
        broken("ephemeral_storage",
               "ephemeral_storage must be 512 MB with SnapStart, got " + std::to_string(config_.ephemeral_storage.count));
}

void Reader::read_managed_instances() {
    if (!spec_.managed_instances) return;
    const ManagedInstancesSpec& asked = *spec_.managed_instances;
    const std::string member = "per_execution_environment_max_concurrency";
    if (config_.runtime != nullptr && !supports_managed_instances(*config_.runtime)) {
        broken(member, member + " needs Managed Instances, which are there for nodejs22.x, python3.13, java21, dotnet8 and later ones, and "
                                "provided.al2023; not for " +
                           spec_.runtime);
    }
    if (!era_.reached(managed_instances_date)) {
        broken(member, member + " must not be set before 2025-11-30, when Managed Instances began; the era is " + era_.str());
    }
    if (asked.concurrency && (*asked.concurrency < 1 || *asked.concurrency > limits::environment_concurrency_max)) {
        return broken(member, member + " must be between 1 and 1600, got " + std::to_string(*asked.concurrency));
    }
    if (config_.runtime == nullptr) return;
    ManagedInstances& made = config_.managed_instances.emplace();
    made.capacity_provider_arn = asked.capacity_provider_arn;
    made.memory_gib_per_vcpu = asked.memory_gib_per_vcpu;
    if (asked.concurrency) made.asked_concurrency = static_cast<std::uint32_t>(*asked.concurrency);
    made.concurrency =
        made.asked_concurrency.value_or(default_environment_concurrency(*config_.runtime, config_.memory, asked.memory_gib_per_vcpu));
}

} // namespace

std::uint64_t FunctionConfig::open_files_max() const {
    return managed_instances ? limits::managed_instances_open_files_max : limits::open_files_max;
}

std::string_view message_alone(const Violation& violation) {
    std::string_view message = violation.message;
    if (message.starts_with(violation.member + " ")) message.remove_prefix(violation.member.size() + 1);
    return message;
}

std::variant<FunctionConfig, std::vector<Violation>> make_function_config(const FunctionSpec& spec, const Era& era, RuntimePolicy policy) {
    return Reader{spec, era}.read(policy);
}

} // namespace lambox::model
