// Event source mappings: kept and returned; nothing is polled.

#include "api/control_api/common.hpp"
#include "lambox/base/limits.hpp"

#include <array>

namespace lambox::api::control {

using namespace codec;

namespace {

using Activity = model::EventSourceMapping::Activity;

constexpr std::size_t mappings_page = 100;
constexpr std::string_view metrics[] = {"EventCount", "ErrorCount", "KafkaMetrics"};
constexpr std::string_view log_levels[] = {"DEBUG", "INFO", "WARN"};
constexpr std::string_view positions[] = {"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"};
constexpr std::string_view response_types[] = {"ReportBatchItemFailures"};
constexpr std::string_view endpoint_kinds[] = {"KAFKA_BOOTSTRAP_SERVERS"};
constexpr std::string_view record_formats[] = {"JSON", "SOURCE"};
constexpr std::string_view registry_access[] = {"BASIC_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH", "SERVER_ROOT_CA_CERTIFICATE",
                                                "OAUTHBEARER_AUTH"};
constexpr std::string_view attributes[] = {"KEY", "VALUE"};
constexpr std::string_view consumption_modes[] = {"Stream", "Queue"};
constexpr std::string_view full_documents[] = {"UpdateLookup", "Default"};
constexpr std::string_view access_types[] = {"BASIC_AUTH",
                                             "VPC_SUBNET",
                                             "VPC_SECURITY_GROUP",
                                             "SASL_SCRAM_512_AUTH",
                                             "SASL_SCRAM_256_AUTH",
                                             "VIRTUAL_HOST",
                                             "CLIENT_CERTIFICATE_TLS_AUTH",
                                             "SERVER_ROOT_CA_CERTIFICATE",
                                             "OAUTHBEARER_AUTH",
                                             "OAUTHBEARER_SCOPE",
                                             "OAUTHBEARER_AUDIENCE",
                                             "OAUTHBEARER_LOGICAL_CLUSTER",
                                             "OAUTHBEARER_IDENTITY_POOL",
                                             "IAM_AUTH",
                                             "IAM_OAUTHBEARER_AUTH"};

std::vector<Member> kafka_members() {
    const auto access = structure({optional("Type", one_of(registry_access)), optional("URI", any_arn())});
    const auto validation = structure({optional("Attribute", one_of(attributes))});
    const auto registry =
        structure({optional("SchemaRegistryURI", text({1, 10'000}, pattern(R"([a-zA-Z0-9-\/*:_+=.@-]*)", R"([a-zA-Z0-9\/*:_+=.@\-]*)"))),
                   optional("EventRecordFormat", one_of(record_formats)), optional("AccessConfigs", list(access)),
                   optional("SchemaValidationConfigs", list(validation))});
    return {optional("ConsumerGroupId", text({1, 200}, pattern(R"([ a-zA-Z0-9-\/*:_+=.@-]*)", R"([ a-zA-Z0-9\/*:_+=.@\-]*)"))),
            optional("SchemaRegistryConfig", registry)};
}

Shape access_configurations() {
    const auto uri = text({1, 200}, pattern(R"([ a-zA-Z0-9-\/*:_+=.@-]*)", R"([ a-zA-Z0-9\/*:_+=.@\-]*)"));
    return list(structure({optional("Type", one_of(access_types)), optional("URI", uri)}), {0, 23});
}

/// What CreateEventSourceMapping and UpdateEventSourceMapping share, and what is kept for polling.
std::vector<Member> kept_members() {
    auto self_managed = kafka_members();
    self_managed.push_back(optional("ConsumptionMode", one_of(consumption_modes)));
    return {
        optional("BatchSize", integer({1, 10'000})),
        optional("FilterCriteria", structure({optional("Filters", list(structure({optional("Pattern", text({0, 4'096}))})))})),
        optional("KMSKeyArn", text({0, 10'000}, pattern(R"((arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|())"))),
        optional("MetricsConfig", structure({optional("Metrics", list(one_of(metrics), {0, 3}))})),
        optional("LoggingConfig", structure({optional("SystemLogLevel", one_of(log_levels))})),
        optional("ScalingConfig", structure({optional("MaximumConcurrency", integer({2, 1'000}))})),
        optional("MaximumBatchingWindowInSeconds", integer({0, 300})),
        optional("ParallelizationFactor", integer({1, 10})),
        optional("DestinationConfig", destination_config()),
        optional("MaximumRecordAgeInSeconds", integer({-1, 604'800})),
        optional("BisectBatchOnFunctionError", boolean()),
        optional("MaximumRetryAttempts", integer({-1, 10'000})),
        optional("TumblingWindowInSeconds", integer({0, 900})),
        optional("SourceAccessConfigurations", access_configurations()),
        optional("FunctionResponseTypes", list(one_of(response_types), {0, 1})),
        optional("AmazonManagedKafkaEventSourceConfig", structure(kafka_members())),
        optional("SelfManagedKafkaEventSourceConfig", structure(std::move(self_managed))),
        optional("DocumentDBEventSourceConfig",
                 structure({optional("DatabaseName", text({1, 63}, pattern(R"([^ /\.$\x22]*)"))),
                            optional("CollectionName", text({1, 57}, pattern(R"((^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*))"))),
                            optional("FullDocument", one_of(full_documents))})),
        optional("ProvisionedPollerConfig",
                 structure({optional("MinimumPollers", integer({1, 200})), optional("MaximumPollers", integer({1, 10'000})),
                            optional("PollerGroupName", text({0, 128}, pattern("[a-zA-Z0-9-_]*")))})),
    };
}

const Shape& create_input() {
    static const Shape shape = [] {
        const auto server = text({1, 300}, pattern(R"((([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])\.)*)"
                                                   R"(([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9\-]*[A-Za-z0-9]):[0-9]{1,5})"));
        auto members = kept_members();
        members.push_back(optional("EventSourceArn", any_arn()));
        members.push_back(required("FunctionName", namespaced_function_name_shape()));
        members.push_back(optional("Enabled", boolean()));
        members.push_back(optional("StartingPosition", one_of(positions)));
        members.push_back(optional("StartingPositionTimestamp", timestamp()));
        members.push_back(optional("Tags", tag_map()));
        members.push_back(optional("Topics", list(text({1, 249}, pattern(R"([^.]([a-zA-Z0-9\-_.]+))")), {1, 1})));
        members.push_back(optional("Queues", list(text({1, 1'000}), {1, 1})));
        members.push_back(optional("SelfManagedEventSource",
                                   structure({optional("Endpoints", map(one_of(endpoint_kinds), list(server, {1, 10}), {1, 2}))})));
        return structure(std::move(members));
    }();
    return shape;
}

Member uuid() { return in_path("UUID", text({36, 36})); }

const Shape& update_input() {
    static const Shape shape = [] {
        auto members = kept_members();
        members.push_back(uuid());
        members.push_back(optional("FunctionName", namespaced_function_name_shape()));
        members.push_back(optional("Enabled", boolean()));
        return structure(std::move(members));
    }();
    return shape;
}

const Shape& named_input() {
    static const Shape shape = structure({uuid()});
    return shape;
}

const Shape& list_input() {
    static const Shape shape = structure(
        {in_query("EventSourceArn", any_arn()), in_query("FunctionName", namespaced_function_name_shape()), marker(), items_max(10'000)});
    return shape;
}

Json mapping_json(const model::EventSourceMapping& mapping, std::string_view state) {
    Json json = Json::parse(mapping.settings);
    json["UUID"] = mapping.uuid;
    json["FunctionArn"] = mapping.function_arn;
    json["LastModified"] = epoch_seconds(mapping.last_modified);
    json["State"] = state;
    json["StateTransitionReason"] = "User action";
    json["LastProcessingResult"] = "No records processed";
    json["EventSourceMappingArn"] = mapping_arn(mapping);
    if (!mapping.event_source_arn.empty()) json["EventSourceArn"] = mapping.event_source_arn;
    return json;
}

std::string_view settled_state(const model::EventSourceMapping& mapping) {
    switch (mapping.activity) {
    case Activity::enabled: return "Enabled";
    case Activity::disabled: return "Disabled";
    }
    return "Enabled";
}

/// Takes over the members that are there; what belongs to the mapping itself stays out of its settings.
Result<void> read_mapping(Call& call, model::EventSourceMapping& mapping) {
    Json settings = mapping.settings.empty() ? Json::object() : Json::parse(mapping.settings);
    for (const auto& [name, value] : call.input.items()) {
        if (name == "FunctionName" || name == "Enabled" || name == "UUID" || name == "EventSourceArn" || name == "Tags") continue;
        settings[name] = value;
    }
    if (call.input.contains("FunctionName")) {
        const auto target = find_qualified_target(call);
        if (!target) return target.error();
        mapping.key = target->state->key;
        mapping.function_arn = target->arn();
    }
    if (call.input.contains("Enabled")) mapping.activity = flag_of(call.input, "Enabled") ? Activity::enabled : Activity::disabled;
    mapping.settings = settings.dump(-1, ' ', false, Json::error_handler_t::replace);
    mapping.last_modified = call.parts.clock.wall_now();
    return {};
}

Result<void> check_source(const Call& call) {
    const std::string arn = text_of(call.input, "EventSourceArn");
    if (arn.empty() && !call.input.contains("SelfManagedEventSource")) {
        return make_error(Errc::invalid_argument, "Unrecognized event source.");
    }
    const bool stream = arn.find(":kinesis:") != std::string::npos || arn.find(":dynamodb:") != std::string::npos;
    if (stream && !call.input.contains("StartingPosition")) {
        return make_error(Errc::invalid_argument, "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
                                                  "constraint: Member must not be null.");
    }
    return {};
}

Result<Reply> create_mapping(Call& call) {
    if (const auto good = check_source(call); !good) return good.error();
    model::EventSourceMapping mapping;
    mapping.uuid = call.parts.ids.uuid();
    mapping.event_source_arn = text_of(call.input, "EventSourceArn");
    const bool queue = mapping.event_source_arn.find(":sqs:") != std::string::npos;
    mapping.settings = Json{{"BatchSize", queue ? 10 : 100}, {"MaximumBatchingWindowInSeconds", 0}}.dump();
    if (const auto read = read_mapping(call, mapping); !read) return read.error();
    if (call.input.contains("Tags")) mapping.tags = call.input.at("Tags").get<std::map<std::string, std::string>>();
    if (mapping.tags.size() > limits::tags_max) return make_error(Errc::invalid_argument, "Number of tags exceeds resource tag limit.");
    for (const auto* one : call.parts.registry.mappings(call.place)) {
        if (one->event_source_arn.empty() || one->event_source_arn != mapping.event_source_arn || one->key != mapping.key) continue;
        return make_error(Errc::conflict, "An event source mapping with event source arn (\" " + one->event_source_arn +
                                              " \") and function (\" " + mapping.key.name +
                                              " \") already exists. Please update or delete the existing mapping with UUID " + one->uuid);
    }
    Json body = mapping_json(mapping, "Creating");
    if (const auto put = call.parts.registry.put_mapping(std::move(mapping)); !put) return put.error();
    return Reply{202, std::move(body)};
}

Result<Reply> get_mapping(Call& call) {
    const auto* mapping = call.parts.registry.find_mapping(call.place, text_of(call.input, "UUID"));
    if (mapping == nullptr) return resource_missing();
    return Reply{200, mapping_json(*mapping, settled_state(*mapping))};
}

Result<Reply> update_mapping(Call& call) {
    const auto* found = call.parts.registry.find_mapping(call.place, text_of(call.input, "UUID"));
    if (found == nullptr) return resource_missing();
    auto mapping = *found;
    if (const auto read = read_mapping(call, mapping); !read) return read.error();
    Json body = mapping_json(mapping, "Updating");
    if (const auto put = call.parts.registry.put_mapping(std::move(mapping)); !put) return put.error();
    return Reply{202, std::move(body)};
}

Result<Reply> delete_mapping(Call& call) {
    const auto* found = call.parts.registry.find_mapping(call.place, text_of(call.input, "UUID"));
    if (found == nullptr) return resource_missing();
    Json body = mapping_json(*found, "Deleting");
    if (const auto removed = call.parts.registry.remove_mapping(found->uuid); !removed) return removed.error();
    return Reply{202, std::move(body)};
}

Result<Reply> list_mappings(Call& call) {
    const std::string source = text_of(call.input, "EventSourceArn");
    std::string function;
    if (call.input.contains("FunctionName")) {
        const auto named = named_function(call, text_of(call.input, "FunctionName"));
        if (!named) return named.error();
        function = function_arn(named->key, named->qualifier);
    }
    std::vector<Listed> items;
    for (const auto* one : call.parts.registry.mappings(call.place)) {
        if (!source.empty() && one->event_source_arn != source) continue;
        if (!function.empty() && one->function_arn != function) continue;
        items.push_back({one->uuid, mapping_json(*one, settled_state(*one))});
    }
    return Reply{200, page_of(call, "EventSourceMappings", std::move(items), mappings_page)};
}

} // namespace

std::span<const Operation> event_source_operations() {
    constexpr std::string_view all = "/2015-03-31/event-source-mappings";
    constexpr std::string_view one = "/2015-03-31/event-source-mappings/{}";
    static const std::array<Operation, 5> rows{{
        {"CreateEventSourceMapping", {"POST", all}, create_mapping, create_input, "kept; nothing is polled"},
        {"ListEventSourceMappings", {"GET", all}, list_mappings, list_input},
        {"GetEventSourceMapping", {"GET", one}, get_mapping, named_input},
        {"UpdateEventSourceMapping", {"PUT", one}, update_mapping, update_input},
        {"DeleteEventSourceMapping", {"DELETE", one}, delete_mapping, named_input},
    }};
    return rows;
}

} // namespace lambox::api::control
