#include "api/codec/function_json.hpp"

#include <nlohmann/json.hpp>

namespace lambox::api::codec {

using Json = nlohmann::json;

namespace {

std::string modified_text(WallTime at) {
    std::string text = format_iso8601_ms(at);
    return text.replace(text.size() - 1, 1, "+0000");
}

void write_progress(Json& json, Progress progress) {
    switch (progress) {
    case Progress::listed: return;
    case Progress::settled:
        json["State"] = "Active";
        json["LastUpdateStatus"] = "Successful";
        return;
    case Progress::creating:
        json["State"] = "Pending";
        json["StateReason"] = "The function is being created.";
        json["StateReasonCode"] = "Creating";
        return;
    case Progress::updating:
        json["State"] = "Active";
        json["LastUpdateStatus"] = "InProgress";
        json["LastUpdateStatusReason"] = "The function is being created.";
        json["LastUpdateStatusReasonCode"] = "Creating";
        return;
    }
}

Json logging_json(const model::FunctionState& state, const model::LoggingSettings& logging) {
    Json json{{"LogFormat", logging.format}, {"LogGroup", logging.group.empty() ? "/aws/lambda/" + state.key.name : logging.group}};
    if (logging.format == "JSON") {
        json["ApplicationLogLevel"] = logging.application_level.empty() ? "INFO" : logging.application_level;
        json["SystemLogLevel"] = logging.system_level.empty() ? "INFO" : logging.system_level;
    }
    return json;
}

void write_managed_instances(Json& json, const model::ManagedInstances& managed) {
    Json config{{"CapacityProviderArn", managed.capacity_provider_arn}};
    if (managed.asked_concurrency) config["PerExecutionEnvironmentMaxConcurrency"] = *managed.asked_concurrency;
    if (managed.memory_gib_per_vcpu) config["ExecutionEnvironmentMemoryGiBPerVCpu"] = *managed.memory_gib_per_vcpu;
    json["CapacityProviderConfig"]["LambdaManagedInstancesCapacityProviderConfig"] = std::move(config);
}

void write_settings(Json& json, const model::FunctionState& state, const model::FunctionSettings& settings) {
    json["Description"] = settings.description;
    json["Role"] = settings.role;
    json["TracingConfig"] = {{"Mode", settings.tracing_mode}};
    json["LoggingConfig"] = logging_json(state, settings.logging);
    if (!settings.kms_key.empty()) json["KMSKeyArn"] = settings.kms_key;
    if (!settings.dead_letter_target.empty()) json["DeadLetterConfig"] = {{"TargetArn", settings.dead_letter_target}};
    if (!settings.vpc.subnets.empty() || !settings.vpc.security_groups.empty()) {
        json["VpcConfig"] = {{"SubnetIds", settings.vpc.subnets},
                             {"SecurityGroupIds", settings.vpc.security_groups},
                             {"VpcId", ""},
                             {"Ipv6AllowedForDualStack", settings.vpc.ipv6 == model::VpcSettings::DualStack::allowed}};
    }
    for (const auto& mount : settings.file_systems) {
        json["FileSystemConfigs"].push_back({{"Arn", mount.arn}, {"LocalMountPath", mount.path}});
    }
}

} // namespace

Json function_configuration(const model::FunctionState& state, const model::FunctionRecord& record, const std::string& arn,
                            Progress progress) {
    const model::FunctionConfig& config = record.config;
    Json json{{"FunctionName", state.key.name},
              {"FunctionArn", arn},
              {"Runtime", std::string(config.runtime->identifier)},
              {"Handler", config.handler},
              {"CodeSize", record.package.size},
              {"CodeSha256", record.package.sha256},
              {"Timeout", config.timeout.count()},
              {"MemorySize", config.memory.count},
              {"EphemeralStorage", {{"Size", config.ephemeral_storage.count}}},
              {"LastModified", modified_text(record.last_modified)},
              {"Version", record.version},
              {"RevisionId", record.revision_id},
              {"PackageType", "Zip"},
              {"Architectures", {std::string(model::to_string(config.architecture))}}};
    write_settings(json, state, record.settings);
    const bool snapshot = record.settings.snap_start == to_string(model::SnapStart::published_versions) && record.version != "$LATEST";
    json["SnapStart"] = {{"ApplyOn", record.settings.snap_start}, {"OptimizationStatus", snapshot ? "On" : "Off"}};
    if (config.managed_instances) write_managed_instances(json, *config.managed_instances);
    if (!config.environment.empty()) {
        Json& variables = json["Environment"]["Variables"];
        for (const auto& [name, value] : config.environment)
            variables[name] = value;
    }
    for (const auto& layer : record.layers) {
        if (!layer.arn.empty()) json["Layers"].push_back({{"Arn", layer.arn}, {"CodeSize", layer.package.size}});
    }
    write_progress(json, progress);
    return json;
}

namespace {

/// Calls `take` with the member, where it is there.
template <class Take>
void with(const Json& input, const char* name, Take take) {
    const auto found = input.find(name);
    if (found != input.end()) take(*found);
}

void take_text(const Json& input, const char* name, std::string& into) {
    with(input, name, [&into](const Json& value) { into = value.get<std::string>(); });
}

void take_managed_instances(const Json& input, const model::FunctionConfig& current, model::FunctionSpec& spec) {
    if (const auto& there = current.managed_instances) {
        spec.managed_instances = {there->capacity_provider_arn, there->asked_concurrency, there->memory_gib_per_vcpu};
    }
    with(input, "CapacityProviderConfig", [&](const Json& provider) {
        with(provider, "LambdaManagedInstancesCapacityProviderConfig", [&](const Json& json) {
            model::ManagedInstancesSpec& asked = spec.managed_instances.emplace();
            take_text(json, "CapacityProviderArn", asked.capacity_provider_arn);
            with(json, "PerExecutionEnvironmentMaxConcurrency", [&](const Json& value) { asked.concurrency = value.get<std::int64_t>(); });
            with(json, "ExecutionEnvironmentMemoryGiBPerVCpu", [&](const Json& value) { asked.memory_gib_per_vcpu = value.get<double>(); });
        });
    });
}

} // namespace

void read_settings(const Json& input, model::FunctionSettings& settings) {
    take_text(input, "Description", settings.description);
    take_text(input, "Role", settings.role);
    take_text(input, "KMSKeyArn", settings.kms_key);
    with(input, "TracingConfig", [&](const Json& json) { take_text(json, "Mode", settings.tracing_mode); });
    with(input, "DeadLetterConfig", [&](const Json& json) { settings.dead_letter_target = json.value("TargetArn", ""); });
    with(input, "SnapStart", [&](const Json& json) { take_text(json, "ApplyOn", settings.snap_start); });
    with(input, "VpcConfig", [&](const Json& json) {
        with(json, "SubnetIds", [&](const Json& ids) { settings.vpc.subnets = ids.get<std::vector<std::string>>(); });
        with(json, "SecurityGroupIds", [&](const Json& ids) { settings.vpc.security_groups = ids.get<std::vector<std::string>>(); });
        with(json, "Ipv6AllowedForDualStack", [&](const Json& allowed) {
            using DualStack = model::VpcSettings::DualStack;
            settings.vpc.ipv6 = allowed.get<bool>() ? DualStack::allowed : DualStack::refused;
        });
    });
    with(input, "LoggingConfig", [&](const Json& json) {
        take_text(json, "LogFormat", settings.logging.format);
        take_text(json, "ApplicationLogLevel", settings.logging.application_level);
        take_text(json, "SystemLogLevel", settings.logging.system_level);
        take_text(json, "LogGroup", settings.logging.group);
    });
    with(input, "FileSystemConfigs", [&](const Json& json) {
        settings.file_systems.clear();
        for (const auto& one : json) {
            settings.file_systems.push_back({one.at("Arn").get<std::string>(), one.at("LocalMountPath").get<std::string>()});
        }
    });
}

model::FunctionSpec function_spec(const Json& input, const model::FunctionConfig& current) {
    model::FunctionSpec spec;
    spec.name = current.name;
    if (current.runtime != nullptr) spec.runtime = current.runtime->identifier;
    take_text(input, "Runtime", spec.runtime);
    spec.handler = current.handler;
    take_text(input, "Handler", spec.handler);
    spec.architectures = {std::string(model::to_string(current.architecture))};
    with(input, "Architectures", [&](const Json& json) { spec.architectures = json.get<std::vector<std::string>>(); });
    spec.code = current.code.empty() ? "package" : current.code;
    spec.layers = current.layers;
    spec.memory_size = static_cast<std::int64_t>(current.memory.count);
    with(input, "MemorySize", [&](const Json& json) { spec.memory_size = json.get<std::int64_t>(); });
    spec.timeout = current.timeout.count();
    with(input, "Timeout", [&](const Json& json) { spec.timeout = json.get<std::int64_t>(); });
    spec.ephemeral_storage = static_cast<std::int64_t>(current.ephemeral_storage.count);
    with(input, "EphemeralStorage", [&](const Json& json) { spec.ephemeral_storage = json.at("Size").get<std::int64_t>(); });
    spec.environment = current.environment;
    with(input, "Environment", [&](const Json& json) {
        spec.environment.clear();
        with(json, "Variables", [&](const Json& variables) {
            for (const auto& [name, value] : variables.items())
                spec.environment.emplace_back(name, value.get<std::string>());
        });
    });
    take_managed_instances(input, current, spec);
    return spec;
}

} // namespace lambox::api::codec
