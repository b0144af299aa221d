#include "api/control_api/function_input.hpp"

#include "api/codec/function_json.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>
#include <set>

namespace lambox::api::control {

using namespace codec;

namespace {

constexpr std::string_view package_types[] = {"Zip", "Image"};
constexpr std::string_view tracing_modes[] = {"Active", "PassThrough"};
constexpr std::string_view snap_starts[] = {"PublishedVersions", "None"};
constexpr std::string_view log_formats[] = {"JSON", "Text"};
constexpr std::string_view application_levels[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
constexpr std::string_view system_levels[] = {"DEBUG", "INFO", "WARN"};
constexpr std::string_view publish_targets[] = {"LATEST_PUBLISHED"};
constexpr std::string_view tenant_modes[] = {"PER_TENANT"};
constexpr std::string_view version_lists[] = {"ALL"};

Shape role() { return text({0, 10'000}, pattern(R"(arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+)")); }
Shape arn_or_nothing() { return text({0, 10'000}, pattern(R"((arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|())")); }

Shape vpc_config() {
    return structure({optional("SubnetIds", list(text({0, 1'024}, pattern("subnet-[0-9a-z]*")), {0, 16})),
                      optional("SecurityGroupIds", list(text({0, 1'024}, pattern("sg-[0-9a-zA-Z]*")), {0, 5})),
                      optional("Ipv6AllowedForDualStack", boolean())});
}

Shape file_systems() {
    const auto arn = text({0, 256}, pattern(R"(arn:aws[a-zA-Z-]*:elasticfilesystem:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)"
                                            R"(\d{12}:access-point/fsap-[a-f0-9]{17}$|^arn:aws[-a-z]*:s3files:[0-9a-z-:]+:file-system/)"
                                            R"(fs-[0-9a-f]{17,40}/access-point/fsap-[0-9a-f]{17,40})"));
    return list(structure({required("Arn", arn), required("LocalMountPath", text({0, 160}, pattern("/mnt/[a-zA-Z0-9-_.]+")))}), {0, 1});
}

Shape logging_config() {
    return structure({optional("LogFormat", one_of(log_formats)), optional("ApplicationLogLevel", one_of(application_levels)),
                      optional("SystemLogLevel", one_of(system_levels)),
                      optional("LogGroup", text({1, 512}, pattern(R"([\.\-_/#A-Za-z0-9]+)")))});
}

Shape managed_instances_config() {
    const auto arn = text({1, static_cast<std::int64_t>(limits::capacity_provider_arn_chars_max)},
                          pattern(R"(arn:aws[a-zA-Z-]*:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:)"
                                  R"(capacity-provider:[a-zA-Z0-9-_]+)"));
    const Bounds memory{static_cast<std::int64_t>(limits::memory_gib_per_vcpu_min),
                        static_cast<std::int64_t>(limits::memory_gib_per_vcpu_max)};
    return structure({required("CapacityProviderArn", arn),
                      optional("PerExecutionEnvironmentMaxConcurrency", integer({1, limits::environment_concurrency_max})),
                      optional("ExecutionEnvironmentMemoryGiBPerVCpu", number(memory))});
}

Shape image_config() {
    return structure({optional("EntryPoint", list(text(), {0, 1'500})), optional("Command", list(text(), {0, 1'500})),
                      optional("WorkingDirectory", text({0, 1'000}))});
}

/// The members that CreateFunction and UpdateFunctionConfiguration share.
std::vector<Member> definition_members() {
    const auto memory_max = static_cast<std::int64_t>(limits::memory_mib_max);
    const auto storage_max = static_cast<std::int64_t>(limits::ephemeral_storage_mib_max);
    return {
        optional("Handler", text({0, 128}, pattern(R"([^\s]+)"))),
        optional("Description", text({0, 256})),
        optional("Timeout", integer({1, limits::timeout_seconds_max})),
        optional("MemorySize", integer({static_cast<std::int64_t>(limits::memory_mib_min), memory_max})),
        optional("VpcConfig", vpc_config()),
        optional("DeadLetterConfig", structure({optional("TargetArn", arn_or_nothing())})),
        optional("Environment", structure({optional("Variables", map(text({}, pattern("[a-zA-Z]([a-zA-Z0-9_])+")), text()))})),
        optional("Runtime", text()), // checked by hand: AWS complains of it in other words
        optional("KMSKeyArn", arn_or_nothing()),
        optional("TracingConfig", structure({optional("Mode", one_of(tracing_modes))})),
        optional("Layers", list(layer_version_arn())),
        optional("FileSystemConfigs", file_systems()),
        optional("ImageConfig", image_config()),
        optional("EphemeralStorage",
                 structure({required("Size", integer({static_cast<std::int64_t>(limits::ephemeral_storage_mib_min), storage_max}))})),
        optional("SnapStart", structure({optional("ApplyOn", one_of(snap_starts))})),
        optional("LoggingConfig", logging_config()),
        optional("DurableConfig",
                 structure({optional("RetentionPeriodInDays", integer({1, 90})), optional("ExecutionTimeout", integer({1, 31'622'400}))})),
        optional("CapacityProviderConfig",
                 structure({required("LambdaManagedInstancesCapacityProviderConfig", managed_instances_config())})),
    };
}

Member architectures() { return optional("Architectures", architecture_list({1, 1})); }

Error no_such_feature(std::string_view what) { return make_error(Errc::invalid_argument, "lambox does not support " + std::string(what)); }

Result<void> read_layers(Call& call, model::FunctionRecord& record) {
    const auto found = call.input.find("Layers");
    if (found == call.input.end()) return {};
    if (found->size() > limits::layers_max) return make_error(Errc::invalid_argument, "Cannot reference more than 5 layers.");
    record.layers.clear();
    std::map<std::string, std::string> seen;
    for (const auto& one : *found) {
        const auto arn = one.get<std::string>();
        const auto colon = arn.rfind(':');
        const std::string plain = arn.substr(0, colon);
        if (const auto [there, added] = seen.emplace(plain, arn); !added) {
            return make_error(Errc::invalid_argument,
                              "Two different versions of the same layer are not allowed to be referenced in the same "
                              "function. " +
                                  arn + " and " + there->second + " are versions of the same layer.");
        }
        // arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION
        std::vector<std::string> parts(1);
        for (const char c : plain) {
            if (c == ':')
                parts.emplace_back();
            else
                parts.back() += c;
        }
        std::shared_ptr<const model::LayerVersion> version;
        if (parts.size() == 7) {
            const auto layer = call.parts.registry.find_layer({parts[4], parts[3], parts[6]});
            const std::string number = arn.substr(colon + 1);
            const auto there = layer && number.size() < 19 ? layer->versions.find(std::stoull(number)) : decltype(layer->versions.end()){};
            if (layer && number.size() < 19 && there != layer->versions.end()) version = there->second;
        }
        if (!version) return make_error(Errc::invalid_argument, "Layer version " + arn + " does not exist.");
        record.layers.push_back({arn, version->package});
    }
    return {};
}

/// AWS measures names and values as the JSON that it stores.
Result<void> check_environment(const model::FunctionSpec& spec) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : spec.environment)
        bytes += name.size() + value.size();
    if (bytes <= limits::environment_variables_bytes_max) return {};
    return make_error(Errc::invalid_argument, "Lambda was unable to configure your environment variables because the environment variables "
                                              "you have provided exceeded the 4KB limit.");
}

Result<void> check_runtime(const Call& call, const model::FunctionSpec& spec) {
    if (!call.input.contains("Runtime") || model::find_runtime(spec.runtime) != nullptr) return {};
    const Shape known = runtime_name();
    std::string names;
    for (const auto name : known.values)
        names.append(names.empty() ? "" : ", ").append(name);
    return make_error(Errc::invalid_argument, "Value " + spec.runtime.substr(0, limits::quoted_value_bytes_max) +
                                                  " at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [" +
                                                  names + "] or be a valid ARN");
}

} // namespace

const Shape& create_function_input() {
    static const Shape shape = [] {
        auto code = code_members();
        code.push_back(optional("ImageUri", text()));
        code.push_back(optional("SourceKMSKeyArn", arn_or_nothing()));
        auto members = definition_members();
        members.push_back(required("FunctionName", function_name_shape()));
        members.push_back(required("Role", role()));
        members.push_back(required("Code", structure(std::move(code))));
        members.push_back(optional("Publish", boolean()));
        members.push_back(optional("PublishTo", one_of(publish_targets)));
        members.push_back(optional("PackageType", one_of(package_types)));
        members.push_back(optional("Tags", tag_map()));
        members.push_back(
            optional("CodeSigningConfigArn",
                     text({0, 200}, pattern(R"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)"
                                            R"(\d{12}:code-signing-config:csc-[a-z0-9]{17})"))));
        members.push_back(optional("TenancyConfig", structure({required("TenantIsolationMode", one_of(tenant_modes))})));
        members.push_back(architectures());
        return structure(std::move(members));
    }();
    return shape;
}

const Shape& update_function_configuration_input() {
    static const Shape shape = [] {
        auto members = definition_members();
        members.push_back(function_name_in_path());
        members.push_back(optional("Role", role()));
        members.push_back(optional("RevisionId", text()));
        return structure(std::move(members));
    }();
    return shape;
}

const Shape& update_function_code_input() {
    static const Shape shape = [] {
        auto members = code_members();
        members.push_back(function_name_in_path());
        members.push_back(optional("ImageUri", text()));
        members.push_back(optional("SourceKMSKeyArn", arn_or_nothing()));
        members.push_back(architectures());
        members.push_back(optional("Publish", boolean()));
        members.push_back(optional("PublishTo", one_of(publish_targets)));
        members.push_back(optional("DryRun", boolean()));
        members.push_back(optional("RevisionId", text()));
        return structure(std::move(members));
    }();
    return shape;
}

const Shape& get_function_input() {
    static const Shape shape = structure({namespaced_function_name_in_path(), qualifier_in_query()});
    return shape;
}

const Shape& list_functions_input() {
    static const Shape shape =
        structure({in_query("MasterRegion", text({}, pattern(R"(ALL|(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})"))),
                   in_query("FunctionVersion", one_of(version_lists)), marker(), items_max(10'000)});
    return shape;
}

std::optional<Error> refuse_unsupported(const Json& input) {
    const auto code = input.find("Code");
    const Json& source = code == input.end() ? input : *code;
    if (text_of(input, "PackageType") == "Image" || source.contains("ImageUri")) return no_such_feature("container images");
    if (input.contains("ImageConfig")) return no_such_feature("container images (ImageConfig)");
    if (input.contains("CodeSigningConfigArn")) return no_such_feature("code signing");
    if (input.contains("TenancyConfig")) return no_such_feature("tenant isolation");
    if (input.contains("DurableConfig")) return no_such_feature("durable functions");
    if (input.contains("PublishTo")) return no_such_feature("PublishTo");
    if (source.contains("S3ObjectVersion")) return no_such_feature("S3ObjectVersion");
    return std::nullopt;
}

Result<void> read_definition(Call& call, model::FunctionRecord& record) {
    read_settings(call.input, record.settings);
    auto spec = function_spec(call.input, record.config);
    spec.snap_start = record.settings.snap_start;
    if (spec.runtime.empty() || spec.handler.empty()) {
        return make_error(Errc::invalid_argument,
                          "Runtime and Handler are mandatory parameters for functions created with deployment packages.");
    }
    if (auto good = check_runtime(call, spec); !good) return good;
    if (auto good = check_environment(spec); !good) return good;
    auto made = model::make_function_config(spec, call.parts.supervisor.services().settings.era, call.parts.runtimes);
    if (const auto* violations = std::get_if<std::vector<model::Violation>>(&made)) {
        return make_error(Errc::invalid_argument, violations->front().message);
    }
    if (spec.snap_start != to_string(model::SnapStart::none) && !record.settings.file_systems.empty())
        return make_error(Errc::invalid_argument, "Amazon EFS is not supported for SnapStart enabled functions.");
    record.config = std::move(std::get<model::FunctionConfig>(made));
    if (record.config.managed_instances) {
        const auto logging = call.input.find("LoggingConfig");
        if (logging != call.input.end() && text_of(*logging, "LogFormat") == "Text")
            return make_error(Errc::invalid_argument, "LogFormat must be JSON for functions on Lambda Managed Instances.");
        record.settings.logging.format = "JSON";
    }
    return read_layers(call, record);
}

void stamp(Call& call, model::FunctionRecord& record) {
    record.revision_id = call.parts.ids.uuid();
    record.last_modified = call.parts.clock.wall_now();
}

Result<void> check_storage(const Call& call, const model::PackageInfo& package) {
    if (call.parts.registry.usage(call.place).code_bytes + package.size <= limits::code_storage_bytes_max) return {};
    return make_error(Errc::over_storage, "Code storage limit exceeded.");
}

std::string publish(Call& call, model::FunctionState& state, const std::optional<std::string>& description) {
    if (!state.versions.empty()) {
        auto candidate = *state.latest;
        if (description) candidate.settings.description = *description;
        const auto& last = *state.versions.rbegin()->second;
        if (model::same_content(candidate, last)) return last.version;
    }
    auto record = std::make_shared<model::FunctionRecord>(*state.latest);
    if (description) record->settings.description = *description;
    record->version = std::to_string(state.next_version);
    stamp(call, *record);
    state.versions[state.next_version++] = record;
    return record->version;
}

void forget_qualifier(model::FunctionState& state, const std::string& qualifier) {
    state.policies.erase(qualifier);
    state.provisioned.erase(qualifier);
    state.event_invoke.erase(qualifier);
    state.urls.erase(qualifier);
    state.runtime_management.erase(qualifier);
}

} // namespace lambox::api::control
