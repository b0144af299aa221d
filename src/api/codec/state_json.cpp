#include "api/codec/state_json.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace lambox::api::codec {

using Json = nlohmann::json;

namespace {

std::int64_t time_json(WallTime at) { return at.time_since_epoch().count(); }
WallTime read_time(const Json& json) { return WallTime(Microseconds(json.get<std::int64_t>())); }

std::string_view kind_name(model::PackageKind kind) {
    switch (kind) {
    case model::PackageKind::zip: return "zip";
    case model::PackageKind::folder: return "folder";
    }
    return "zip";
}

Json package_json(const model::PackageInfo& package) {
    return {{"kind", kind_name(package.kind)}, {"location", package.location}, {"sha256", package.sha256}, {"size", package.size}};
}

model::PackageInfo read_package(const Json& json) {
    model::PackageInfo package;
    package.kind = json.at("kind") == "folder" ? model::PackageKind::folder : model::PackageKind::zip;
    json.at("location").get_to(package.location);
    json.at("sha256").get_to(package.sha256);
    json.at("size").get_to(package.size);
    return package;
}

Json managed_instances_json(const model::ManagedInstances& managed) {
    Json json{{"capacity_provider_arn", managed.capacity_provider_arn}, {"concurrency", managed.concurrency}};
    if (managed.asked_concurrency) json["asked_concurrency"] = *managed.asked_concurrency;
    if (managed.memory_gib_per_vcpu) json["memory_gib_per_vcpu"] = *managed.memory_gib_per_vcpu;
    return json;
}

model::ManagedInstances read_managed_instances(const Json& json) {
    model::ManagedInstances managed;
    json.at("capacity_provider_arn").get_to(managed.capacity_provider_arn);
    json.at("concurrency").get_to(managed.concurrency);
    if (json.contains("asked_concurrency")) managed.asked_concurrency = json.at("asked_concurrency").get<std::uint32_t>();
    if (json.contains("memory_gib_per_vcpu")) managed.memory_gib_per_vcpu = json.at("memory_gib_per_vcpu").get<double>();
    return managed;
}

Json config_json(const model::FunctionConfig& config) {
    Json environment = Json::array();
    for (const auto& [name, value] : config.environment)
        environment.push_back({name, value});
    Json json{{"name", config.name},
            {"runtime", std::string(config.runtime->identifier)},
            {"handler", config.handler},
            {"architecture", std::string(model::to_string(config.architecture))},
            {"memory", config.memory.count},
            {"timeout", config.timeout.count()},
            {"environment", std::move(environment)},
            {"ephemeral_storage", config.ephemeral_storage.count}};
    if (config.managed_instances) json["managed_instances"] = managed_instances_json(*config.managed_instances);
    return json;
}

model::FunctionConfig read_config(const Json& json) {
    model::FunctionConfig config;
    json.at("name").get_to(config.name);
    config.runtime = model::find_runtime(json.at("runtime").get<std::string>());
    const auto architecture = model::parse_architecture(json.at("architecture").get<std::string>());
    if (config.runtime == nullptr || !architecture) throw std::runtime_error("unknown runtime or architecture");
    config.architecture = *architecture;
    json.at("handler").get_to(config.handler);
    config.code = "package";
    config.memory.count = json.at("memory").get<std::uint64_t>();
    config.timeout = Seconds(json.at("timeout").get<std::int64_t>());
    config.ephemeral_storage.count = json.at("ephemeral_storage").get<std::uint64_t>();
    for (const auto& pair : json.at("environment")) {
        config.environment.emplace_back(pair.at(0).get<std::string>(), pair.at(1).get<std::string>());
    }
    if (json.contains("managed_instances")) config.managed_instances = read_managed_instances(json.at("managed_instances"));
    return config;
}

Json settings_json(const model::FunctionSettings& settings) {
    Json mounts = Json::array();
    for (const auto& mount : settings.file_systems)
        mounts.push_back({mount.arn, mount.path});
    return {{"description", settings.description},
            {"role", settings.role},
            {"kms_key", settings.kms_key},
            {"tracing_mode", settings.tracing_mode},
            {"dead_letter_target", settings.dead_letter_target},
            {"snap_start", settings.snap_start},
            {"subnets", settings.vpc.subnets},
            {"security_groups", settings.vpc.security_groups},
            {"ipv6", settings.vpc.ipv6 == model::VpcSettings::DualStack::allowed},
            {"log_format", settings.logging.format},
            {"application_level", settings.logging.application_level},
            {"system_level", settings.logging.system_level},
            {"log_group", settings.logging.group},
            {"file_systems", std::move(mounts)}};
}

model::FunctionSettings read_settings_back(const Json& json) {
    model::FunctionSettings settings;
    json.at("description").get_to(settings.description);
    json.at("role").get_to(settings.role);
    json.at("kms_key").get_to(settings.kms_key);
    json.at("tracing_mode").get_to(settings.tracing_mode);
    json.at("dead_letter_target").get_to(settings.dead_letter_target);
    json.at("snap_start").get_to(settings.snap_start);
    json.at("subnets").get_to(settings.vpc.subnets);
    json.at("security_groups").get_to(settings.vpc.security_groups);
    if (json.at("ipv6").get<bool>()) settings.vpc.ipv6 = model::VpcSettings::DualStack::allowed;
    json.at("log_format").get_to(settings.logging.format);
    json.at("application_level").get_to(settings.logging.application_level);
    json.at("system_level").get_to(settings.logging.system_level);
    json.at("log_group").get_to(settings.logging.group);
    for (const auto& mount : json.at("file_systems")) {
        settings.file_systems.push_back({mount.at(0).get<std::string>(), mount.at(1).get<std::string>()});
    }
    return settings;
}

Json policy_json(const model::Policy& policy) {
    Json statements = Json::array();
    for (const auto& one : policy.statements)
        statements.push_back({one.id, one.json});
    return {{"revision_id", policy.revision_id}, {"statements", std::move(statements)}};
}

model::Policy read_policy(const Json& json) {
    model::Policy policy;
    json.at("revision_id").get_to(policy.revision_id);
    for (const auto& one : json.at("statements"))
        policy.statements.push_back({one.at(0).get<std::string>(), one.at(1).get<std::string>()});
    return policy;
}

Json aliases_json(const std::map<std::string, model::Alias>& aliases) {
    Json json = Json::object();
    for (const auto& [name, alias] : aliases) {
        json[name] = {
            {"description", alias.description}, {"version", alias.version}, {"weights", alias.weights}, {"revision_id", alias.revision_id}};
    }
    return json;
}

void read_aliases(const Json& json, std::map<std::string, model::Alias>& aliases) {
    for (const auto& [name, one] : json.items()) {
        model::Alias& alias = aliases[name];
        alias.name = name;
        one.at("description").get_to(alias.description);
        one.at("version").get_to(alias.version);
        one.at("weights").get_to(alias.weights);
        one.at("revision_id").get_to(alias.revision_id);
    }
}

Json event_invoke_json(const model::EventInvokeSettings& settings) {
    Json json{{"on_success", settings.on_success}, {"on_failure", settings.on_failure}, {"modified", time_json(settings.last_modified)}};
    if (settings.retries_max) json["retries"] = *settings.retries_max;
    if (settings.event_age_seconds_max) json["age"] = *settings.event_age_seconds_max;
    return json;
}

model::EventInvokeSettings read_event_invoke(const Json& json) {
    model::EventInvokeSettings settings;
    json.at("on_success").get_to(settings.on_success);
    json.at("on_failure").get_to(settings.on_failure);
    settings.last_modified = read_time(json.at("modified"));
    if (json.contains("retries")) settings.retries_max = json.at("retries").get<std::int64_t>();
    if (json.contains("age")) settings.event_age_seconds_max = json.at("age").get<std::int64_t>();
    return settings;
}

Json url_json(const model::UrlSettings& url) {
    return {{"id", url.id},     {"auth_type", url.auth_type},        {"invoke_mode", url.invoke_mode},
            {"cors", url.cors}, {"created", time_json(url.created)}, {"modified", time_json(url.last_modified)}};
}

model::UrlSettings read_url(const Json& json) {
    model::UrlSettings url;
    json.at("id").get_to(url.id);
    json.at("auth_type").get_to(url.auth_type);
    json.at("invoke_mode").get_to(url.invoke_mode);
    json.at("cors").get_to(url.cors);
    url.created = read_time(json.at("created"));
    url.last_modified = read_time(json.at("modified"));
    return url;
}

/// A map by qualifier, each value written by `write`.
template <class Map, class Write>
Json by_qualifier(const Map& map, Write write) {
    Json json = Json::object();
    for (const auto& [qualifier, value] : map)
        json[qualifier] = write(value);
    return json;
}

template <class Map, class Read>
void read_by_qualifier(const Json& json, Map& map, Read read) {
    for (const auto& [qualifier, value] : json.items())
        map[qualifier] = read(value);
}

} // namespace

Json record_json(const model::FunctionRecord& record) {
    Json layers = Json::array();
    for (const auto& layer : record.layers)
        layers.push_back({{"arn", layer.arn}, {"package", package_json(layer.package)}});
    return {{"config", config_json(record.config)},
            {"settings", settings_json(record.settings)},
            {"package", package_json(record.package)},
            {"layers", std::move(layers)},
            {"version", record.version},
            {"revision_id", record.revision_id},
            {"modified", time_json(record.last_modified)}};
}

model::FunctionRecord read_record(const Json& json) {
    model::FunctionRecord record;
    record.config = read_config(json.at("config"));
    record.settings = read_settings_back(json.at("settings"));
    record.package = read_package(json.at("package"));
    for (const auto& layer : json.at("layers")) {
        record.layers.push_back({layer.at("arn").get<std::string>(), read_package(layer.at("package"))});
    }
    json.at("version").get_to(record.version);
    json.at("revision_id").get_to(record.revision_id);
    record.last_modified = read_time(json.at("modified"));
    return record;
}

Json state_json(const model::FunctionState& state) {
    const auto provisioned = [](const model::ProvisionedSettings& one) {
        return Json{{"requested", one.requested}, {"modified", time_json(one.last_modified)}};
    };
    const auto management = [](const model::RuntimeManagement& one) {
        return Json{{"update_on", one.update_on}, {"version_arn", one.version_arn}};
    };
    Json json{{"next_version", state.next_version},
              {"aliases", aliases_json(state.aliases)},
              {"tags", state.tags},
              {"recursive_loop", state.recursive_loop},
              {"policies", by_qualifier(state.policies, policy_json)},
              {"provisioned", by_qualifier(state.provisioned, provisioned)},
              {"event_invoke", by_qualifier(state.event_invoke, event_invoke_json)},
              {"urls", by_qualifier(state.urls, url_json)},
              {"runtime_management", by_qualifier(state.runtime_management, management)}};
    if (state.reserved_concurrency) json["reserved"] = *state.reserved_concurrency;
    return json;
}

void read_state(const Json& json, model::FunctionState& state) {
    json.at("next_version").get_to(state.next_version);
    read_aliases(json.at("aliases"), state.aliases);
    json.at("tags").get_to(state.tags);
    json.at("recursive_loop").get_to(state.recursive_loop);
    if (json.contains("reserved")) state.reserved_concurrency = json.at("reserved").get<std::uint32_t>();
    read_by_qualifier(json.at("policies"), state.policies, read_policy);
    read_by_qualifier(json.at("provisioned"), state.provisioned, [](const Json& one) {
        return model::ProvisionedSettings{one.at("requested").get<std::uint32_t>(), read_time(one.at("modified"))};
    });
    read_by_qualifier(json.at("event_invoke"), state.event_invoke, read_event_invoke);
    read_by_qualifier(json.at("urls"), state.urls, read_url);
    read_by_qualifier(json.at("runtime_management"), state.runtime_management, [](const Json& one) {
        return model::RuntimeManagement{one.at("update_on").get<std::string>(), one.at("version_arn").get<std::string>()};
    });
}

Json layer_json(const model::LayerState& layer) {
    Json versions = Json::array();
    for (const auto& [number, version] : layer.versions) {
        versions.push_back({{"version", number},
                            {"description", version->description},
                            {"license", version->license},
                            {"runtimes", version->runtimes},
                            {"architectures", version->architectures},
                            {"package", package_json(version->package)},
                            {"created", time_json(version->created)},
                            {"policy", policy_json(version->policy)}});
    }
    return {{"next_version", layer.next_version}, {"versions", std::move(versions)}};
}

void read_layer(const Json& json, model::LayerState& layer) {
    json.at("next_version").get_to(layer.next_version);
    for (const auto& one : json.at("versions")) {
        auto version = std::make_shared<model::LayerVersion>();
        one.at("version").get_to(version->version);
        one.at("description").get_to(version->description);
        one.at("license").get_to(version->license);
        one.at("runtimes").get_to(version->runtimes);
        one.at("architectures").get_to(version->architectures);
        version->package = read_package(one.at("package"));
        version->created = read_time(one.at("created"));
        version->policy = read_policy(one.at("policy"));
        layer.versions[version->version] = std::move(version);
    }
}

Json mapping_json(const model::EventSourceMapping& mapping) {
    return {{"uuid", mapping.uuid},
            {"account", mapping.key.account},
            {"region", mapping.key.region},
            {"name", mapping.key.name},
            {"function_arn", mapping.function_arn},
            {"event_source_arn", mapping.event_source_arn},
            {"settings", mapping.settings},
            {"enabled", mapping.activity == model::EventSourceMapping::Activity::enabled},
            {"modified", time_json(mapping.last_modified)},
            {"tags", mapping.tags}};
}

model::EventSourceMapping read_mapping(const Json& json) {
    using Activity = model::EventSourceMapping::Activity;
    model::EventSourceMapping mapping;
    json.at("uuid").get_to(mapping.uuid);
    mapping.key = {json.at("account").get<std::string>(), json.at("region").get<std::string>(), json.at("name").get<std::string>()};
    json.at("function_arn").get_to(mapping.function_arn);
    json.at("event_source_arn").get_to(mapping.event_source_arn);
    json.at("settings").get_to(mapping.settings);
    mapping.activity = json.at("enabled").get<bool>() ? Activity::enabled : Activity::disabled;
    mapping.last_modified = read_time(json.at("modified"));
    mapping.tags = json.value("tags", mapping.tags); // rows of older releases have none
    return mapping;
}

} // namespace lambox::api::codec
