#include "emulator/config.hpp"

#include "emulator/config_reader.hpp"
#include "emulator/setting_rules.hpp"
#include "emulator/suggestion.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <system_error>

namespace lambox::emulator {
namespace {

constexpr std::array<std::string_view, 5> file_keys{"region", "account", "era", "functions", "comparison"};
constexpr std::array<std::string_view, 14> function_keys{"runtime",
                                                         "handler",
                                                         "architectures",
                                                         "code",
                                                         "memory_size",
                                                         "timeout",
                                                         "environment",
                                                         "layers",
                                                         "ephemeral_storage",
                                                         "reserved_concurrent_executions",
                                                         "rootfs",
                                                         "per_execution_environment_max_concurrency",
                                                         "logging_config",
                                                         "snap_start"};
constexpr std::array<std::string_view, 4> logging_keys{"log_format", "application_log_level", "system_log_level", "log_group"};
constexpr std::array<std::string_view, 1> snap_start_keys{"apply_on"};
constexpr std::size_t message_bytes_max = 512;

constexpr std::array<std::string_view, 4> comparison_keys{"event", "requests", "cold", "cold_share"};

std::string range(std::int64_t least, std::int64_t most) { return std::to_string(least) + " to " + std::to_string(most); }

/// `environment.TABLE` and `layers[2]` → the key that they belong to.
std::string first_part(std::string_view member) { return std::string(member.substr(0, member.find_first_of(".["))); }

const Entry* find(const std::vector<Entry>& entries, std::string_view key) {
    const auto found = std::find_if(entries.begin(), entries.end(), [key](const Entry& entry) { return entry.key == key; });
    return found == entries.end() ? nullptr : &*found;
}

/// Reads one function: YAML's mistakes first, then the model's rules on what could be read.
class FunctionReader {
public:
    FunctionReader(ConfigReader& reader, const ConfigSource& source, const Entry& function)
        : reader_(reader), source_(source), function_(function), member_("functions." + in_ticks_if_odd(function.key)) {}

    [[nodiscard]] std::optional<ConfiguredFunction> read(const model::Era& era, model::RuntimePolicy policy) {
        const std::size_t before = reader_.violation_count();
        const NodeKind kind = reader_.visit(function_.value).kind;
        entries_ = reader_.entries(function_.value, member_);
        if (kind != NodeKind::mapping && kind != NodeKind::null) return std::nullopt; // said already; what is missing in it is no news
        reader_.refuse_unknown(entries_, function_keys, member_);
        model::FunctionSpec spec;
        spec.name = function_.key;
        require("runtime", "the identifier of a runtime, see `lambox runtimes`");
        require("code", "a folder, zip or single binary");
        read_texts(spec);
        read_numbers(spec, era);
        read_environment(spec);
        read_layers(spec);
        read_logging(spec);
        read_snap_start(spec);
        auto outcome = model::make_function_config(spec, era, policy);
        if (const auto* violations = std::get_if<std::vector<model::Violation>>(&outcome)) {
            for (const model::Violation& violation : *violations)
                report(violation);
            return std::nullopt;
        }
        if (reader_.violation_count() != before || reader_.exhausted()) return std::nullopt;
        return ConfiguredFunction{std::get<model::FunctionConfig>(std::move(outcome)), function_.key_at.line};
    }

private:
    static std::string in_ticks_if_odd(const std::string& key) {
        const bool plain = key.size() <= limits::function_name_chars_max && key.find_first_of(" .:\t") == std::string::npos && !key.empty();
        return plain && in_ticks(key).size() == key.size() + 2 ? key : in_ticks(key);
    }
    [[nodiscard]] std::string path(std::string_view key) const { return member_ + "." + std::string(key); }

    void complain(Position at, std::string_view key, std::string message) {
        flagged_.insert(first_part(key));
        reader_.complain(at, path(key), std::move(message));
    }
    /// Runs one typed read and remembers whether it complained, so that the model does not complain again.
    template <class Read>
    auto guarded(std::string_view key, Read read) {
        const std::size_t before = reader_.violation_count();
        auto value = read();
        if (reader_.violation_count() != before) flagged_.insert(first_part(key));
        return value;
    }
    void require(std::string_view key, const std::string& what) {
        if (find(entries_, key) == nullptr) complain(function_.key_at, key, "is missing: " + what);
    }
    void report(const model::Violation& violation) {
        const std::string key = first_part(violation.member);
        if (flagged_.contains(key)) return;
        const Entry* entry = find(entries_, key);
        const std::string member = key == "name" || key.empty() ? member_ : path(printable(violation.member, message_bytes_max));
        const Position at = entry != nullptr ? reader_.position(entry->value) : function_.key_at;
        reader_.complain(
            at, member,
            printable(std::string(model::message_alone(violation)), message_bytes_max)); // the model quotes what was written, in full
    }
    [[nodiscard]] std::optional<std::string> text(std::string_view key) {
        const Entry* entry = find(entries_, key);
        if (entry == nullptr) return std::nullopt;
        return guarded(key, [&] { return reader_.text(entry->value, path(key)); });
    }
    /// The path as the host knows it, when it leads to something that can hold code.
    [[nodiscard]] std::optional<std::string> host_path(std::size_t value, const std::string& key) {
        const auto written = guarded(key, [&] { return reader_.text(value, path(key)); });
        if (!written) return std::nullopt;
        const Position at = reader_.position(value);
        if (written->empty()) {
            complain(at, key, "is empty; expected a path");
            return std::nullopt;
        }
        const std::filesystem::path full = (source_.folder / *written).lexically_normal();
        const PathKind kind = source_.look(full);
        if (kind == PathKind::missing)
            complain(at, key, in_ticks(*written) + " does not exist; paths start from the folder of this file");
        else if (kind == PathKind::other)
            complain(at, key, in_ticks(*written) + " is neither a file nor a folder");
        return full.string();
    }
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, const std::string& allowed) {
        const Entry* entry = find(entries_, key);
        if (entry == nullptr) return std::nullopt;
        return guarded(key, [&] { return reader_.integer(entry->value, path(key), allowed); });
    }
    void read_texts(model::FunctionSpec& spec) {
        spec.runtime = text("runtime").value_or("");
        spec.handler = text("handler").value_or("");
        if (const Entry* code = find(entries_, "code")) spec.code = host_path(code->value, "code").value_or("");
        if (const Entry* rootfs = find(entries_, "rootfs")) spec.rootfs = host_path(rootfs->value, "rootfs").value_or("");
        const Entry* architectures = find(entries_, "architectures");
        if (architectures == nullptr) return;
        const std::string key = "architectures";
        for (const std::size_t item : guarded(key, [&] { return reader_.items(architectures->value, path(key)); })) {
            if (reader_.exhausted()) return;
            if (auto value = guarded(key, [&] { return reader_.text(item, path(key)); })) spec.architectures.push_back(*std::move(value));
        }
    }
    void read_numbers(model::FunctionSpec& spec, const model::Era& era) {
        spec.memory_size = integer("memory_size", range(limits::memory_mib_min, static_cast<std::int64_t>(era.memory_mib_max())) + " MB");
        spec.timeout = integer("timeout", range(1, limits::timeout_seconds_max) + " seconds");
        const auto storage_max = static_cast<std::int64_t>(era.ephemeral_storage_mib_max());
        spec.ephemeral_storage = integer("ephemeral_storage", range(limits::ephemeral_storage_mib_min, storage_max) + " MB");
        spec.reserved_concurrent_executions = integer("reserved_concurrent_executions", range(0, limits::account_concurrency));
        const auto most = integer("per_execution_environment_max_concurrency", range(1, limits::environment_concurrency_max));
        if (most) spec.managed_instances = model::ManagedInstancesSpec{"", most, std::nullopt};
    }
    void read_environment(model::FunctionSpec& spec) {
        const Entry* environment = find(entries_, "environment");
        if (environment == nullptr) return;
        const std::string key = "environment";
        for (const Entry& entry : guarded(key, [&] { return reader_.entries(environment->value, path(key)); })) {
            if (reader_.exhausted()) return;
            const std::string full = key + "." + printable(entry.key, limits::function_name_chars_max);
            if (auto value = guarded(key, [&] { return reader_.text(entry.value, path(full)); }))
                spec.environment.emplace_back(entry.key, *std::move(value));
        }
    }
    void read_layers(model::FunctionSpec& spec) {
        const Entry* layers = find(entries_, "layers");
        if (layers == nullptr) return;
        std::size_t count = 0;
        for (const std::size_t item : guarded("layers", [&] { return reader_.items(layers->value, path("layers")); })) {
            if (reader_.exhausted()) return;
            const std::string key = "layers[" + std::to_string(count++) + "]";
            if (auto full = host_path(item, key)) spec.layers.push_back(*std::move(full));
        }
    }
    void read_logging(model::FunctionSpec& spec) {
        const Entry* logging = find(entries_, "logging_config");
        if (logging == nullptr) return;
        const std::string key = "logging_config";
        const auto entries = guarded(key, [&] { return reader_.entries(logging->value, path(key)); });
        reader_.refuse_unknown(entries, logging_keys, path(key));
        take_text(entries, key, "log_format", spec.logging.format);
        if (const Entry* format = find(entries, "log_format"); format != nullptr && spec.managed_instances && !spec.logging.json()) {
            complain(reader_.position(format->value), key + ".log_format",
                     "must be JSON beside per_execution_environment_max_concurrency: Managed Instances have no other");
        }
        take_text(entries, key, "application_log_level", spec.logging.application_level);
        take_text(entries, key, "system_log_level", spec.logging.system_level);
        take_text(entries, key, "log_group", spec.logging.group);
    }
    void read_snap_start(model::FunctionSpec& spec) {
        const Entry* setting = find(entries_, "snap_start");
        if (setting == nullptr) return;
        const std::string key = "snap_start";
        const auto entries = guarded(key, [&] { return reader_.entries(setting->value, path(key)); });
        reader_.refuse_unknown(entries, snap_start_keys, path(key));
        take_text(entries, key, "apply_on", spec.snap_start);
    }
    /// A text inside the mapping under `key`.
    void take_text(const std::vector<Entry>& entries, const std::string& key, std::string_view name, std::string& into) {
        const Entry* entry = find(entries, name);
        if (entry == nullptr) return;
        const std::string full = key + "." + std::string(name);
        if (auto value = guarded(key, [&] { return reader_.text(entry->value, path(full)); })) into = *std::move(value);
    }

    ConfigReader& reader_;
    const ConfigSource& source_;
    const Entry& function_;
    std::string member_;
    std::vector<Entry> entries_;
    std::set<std::string> flagged_; ///< keys that have been complained about
};

std::optional<std::string> read_shaped(ConfigReader& reader, const Entry* entry, bool (*matches)(std::string_view),
                                       std::string_view shape) {
    if (entry == nullptr) return std::nullopt;
    const auto text = reader.text(entry->value, entry->key);
    if (!text || matches(*text)) return text;
    reader.complain(reader.position(entry->value), entry->key, in_ticks(*text) + " does not fit; allowed: " + std::string(shape));
    return std::nullopt;
}

std::uint32_t read_count(ConfigReader& reader, const Entry* entry, std::uint32_t absent) {
    if (entry == nullptr) return absent;
    const std::string member = "comparison." + entry->key;
    const std::string allowed = range(1, limits::comparison_requests_max);
    const auto value = reader.integer(entry->value, member, allowed);
    if (!value) return absent;
    if (*value >= 1 && *value <= limits::comparison_requests_max) return static_cast<std::uint32_t>(*value);
    reader.complain(reader.position(entry->value), member, std::to_string(*value) + " is out of range; allowed: " + allowed);
    return absent;
}

ComparisonPlan read_comparison(ConfigReader& reader, const Entry& comparison) {
    const std::vector<Entry> entries = reader.entries(comparison.value, "comparison");
    reader.refuse_unknown(entries, comparison_keys, "comparison");
    ComparisonPlan plan;
    if (const Entry* event = find(entries, "event")) plan.event = event_json(reader, event->value, "comparison.event").value_or(plan.event);
    plan.requests = read_count(reader, find(entries, "requests"), plan.requests);
    plan.cold = read_count(reader, find(entries, "cold"), plan.cold);
    const Entry* share = find(entries, "cold_share");
    if (share == nullptr) return plan;
    const auto value = reader.number(share->value, "comparison.cold_share", "0 to 1");
    if (value && (*value < 0 || *value > 1))
        reader.complain(reader.position(share->value), "comparison.cold_share", "is out of range; allowed: 0 to 1");
    plan.cold_share = value.value_or(plan.cold_share);
    return plan;
}

void read_functions(ConfigReader& reader, const ConfigSource& source, const Entry& functions, const ConfigDefaults& defaults,
                    Config& config) {
    const std::vector<Entry> entries = reader.entries(functions.value, "functions");
    if (entries.size() > limits::functions_max) {
        const std::string found = std::to_string(entries.size()) + " functions; allowed: at most " + std::to_string(limits::functions_max);
        return reader.complain(reader.position(functions.value), "functions", found);
    }
    const model::Era era = defaults.era_override.value_or(config.era.value_or(defaults.era));
    for (const Entry& entry : entries) {
        if (reader.exhausted()) return;
        FunctionReader function(reader, source, entry);
        if (auto configured = function.read(era, defaults.policy)) config.functions.push_back(*std::move(configured));
    }
}

Config read_config(ConfigReader& reader, const ConfigSource& source, const ConfigDefaults& defaults) {
    Config config;
    if (reader.visit(0).kind == NodeKind::null) {
        reader.complain(reader.position(0), "", "the file is empty; expected a mapping with `functions`");
        return config;
    }
    const std::vector<Entry> entries = reader.entries(0, "");
    reader.refuse_unknown(entries, file_keys, "");
    config.region = read_shaped(reader, find(entries, "region"), is_region, region_shape);
    config.account = read_shaped(reader, find(entries, "account"), is_account, account_shape);
    if (const auto era = read_shaped(reader, find(entries, "era"), is_era, era_shape)) config.era = model::Era::parse(*era);
    const Entry* functions = find(entries, "functions");
    if (functions != nullptr) read_functions(reader, source, *functions, defaults, config);
    const Entry* comparison = find(entries, "comparison");
    if (comparison == nullptr) return config;
    config.comparison = read_comparison(reader, *comparison);
    const bool nothing_to_compare = config.functions.empty() && reader.violation_count() == 0;
    if (nothing_to_compare) reader.complain(comparison->key_at, "comparison", "needs a function under `functions` to compare");
    return config;
}

PathKind look_at_disk(const std::filesystem::path& path) {
    std::error_code error;
    switch (std::filesystem::status(path, error).type()) {
    case std::filesystem::file_type::regular: return PathKind::file;
    case std::filesystem::file_type::directory: return PathKind::folder;
    case std::filesystem::file_type::none:
    case std::filesystem::file_type::not_found: return PathKind::missing;
    case std::filesystem::file_type::symlink:
    case std::filesystem::file_type::block:
    case std::filesystem::file_type::character:
    case std::filesystem::file_type::fifo:
    case std::filesystem::file_type::socket:
    case std::filesystem::file_type::unknown: return PathKind::other;
    }
    return PathKind::other;
}

/// At most one byte more than a file may have; or the reason why it cannot be read. Pipes are read too, for `<(…)`.
std::variant<std::string, ConfigViolation> read_file(const std::filesystem::path& file) {
    const auto failed = [&file](int number) {
        return ConfigViolation{file.string(), 0, 0, "", std::string("cannot be read: ") + std::strerror(number)};
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rbe"), std::fclose);
    if (!stream) return failed(errno);
    std::string text;
    std::array<char, 65'536> chunk{};
    while (text.size() <= limits::config_bytes_max) {
        const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), stream.get());
        text.append(chunk.data(), got);
        if (got < chunk.size()) break;
    }
    if (std::ferror(stream.get()) != 0) return failed(errno);
    return text;
}

} // namespace

std::string ConfigViolation::str() const {
    std::string text = file;
    if (line > 0) text.append(":").append(std::to_string(line)).append(":").append(std::to_string(column));
    if (!member.empty()) text.append(": ").append(member);
    return text.append(": ").append(message);
}

ConfigOutcome parse_config(std::string_view text, const ConfigSource& source, const ConfigDefaults& defaults) {
    const auto parsed = parse_document(text);
    if (const auto* error = std::get_if<DocumentError>(&parsed)) {
        return std::vector{ConfigViolation{source.file, error->at.line, error->at.column, "", error->message}};
    }
    ConfigReader reader(std::get<Document>(parsed), source.file);
    Config config = read_config(reader, source, defaults);
    auto violations = reader.take_violations();
    if (!violations.empty()) return violations;
    return config;
}

ConfigOutcome load_config(const std::filesystem::path& file, const ConfigDefaults& defaults) {
    const auto text = read_file(file);
    if (const auto* violation = std::get_if<ConfigViolation>(&text)) return std::vector{*violation};
    std::error_code error;
    const std::filesystem::path full = std::filesystem::absolute(file, error);
    const ConfigSource source{file.string(), full.parent_path(), look_at_disk};
    return parse_config(std::get<std::string>(text), source, defaults);
}

} // namespace lambox::emulator
