// Layers and their policies.

#include "api/control_api/function_input.hpp"
#include "api/control_api/policy.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace lambox::api::control {

using namespace codec;

namespace {

constexpr std::size_t layers_page = 50;

Member layer_name() {
    return in_path("LayerName",
                   text({1, 2'048}, pattern(R"((arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)"
                                            R"(\d{12}:layer:[a-zA-Z0-9-_]{1,140}|[a-zA-Z0-9-_]{1,140}))")));
}
Member version_number() { return in_path("VersionNumber", integer()); }

const Shape& publish_input() {
    static const Shape shape =
        structure({layer_name(), optional("Description", text({0, 256})), required("Content", structure(code_members())),
                   optional("CompatibleArchitectures", architecture_list({0, 2})),
                   optional("CompatibleRuntimes", list(runtime_name(), {0, 15})), optional("LicenseInfo", text({0, 512}, pattern(".*")))});
    return shape;
}

const Shape& versions_input() {
    static const Shape shape = structure({layer_name(), in_query("CompatibleArchitecture", architecture_list({}).element.front()),
                                          in_query("CompatibleRuntime", runtime_name()), marker(), items_max(50)});
    return shape;
}

const Shape& layers_input() {
    static const Shape shape = structure({in_query("CompatibleArchitecture", architecture_list({}).element.front()),
                                          in_query("CompatibleRuntime", runtime_name()), marker(), items_max(50)});
    return shape;
}

const Shape& version_input() {
    static const Shape shape = structure({layer_name(), version_number()});
    return shape;
}

const Shape& by_arn_input() {
    static const Shape shape = structure({required_in_query("Arn", layer_version_arn())});
    return shape;
}

const Shape& add_permission_input() {
    static const Shape shape =
        structure({layer_name(), version_number(), required("StatementId", text({1, 100}, pattern("([a-zA-Z0-9-_]+)"))),
                   required("Action", text({0, 22}, pattern("lambda:GetLayerVersion"))),
                   required("Principal", text({0, 10'000}, pattern(R"(\d{12}|\*|arn:(aws[a-zA-Z-]*):iam::\d{12}:root)"))),
                   optional("OrganizationId", text({0, 34}, pattern("o-[a-z0-9]{10,32}"))), in_query("RevisionId", text())});
    return shape;
}

const Shape& remove_permission_input() {
    static const Shape shape =
        structure({layer_name(), version_number(), in_path("StatementId", text({1, 100}, pattern("([a-zA-Z0-9-_]+)"))),
                   in_query("RevisionId", text())});
    return shape;
}

std::vector<std::string> split_arn(const std::string& arn) {
    std::vector<std::string> parts(1);
    for (const char c : arn) {
        if (c == ':')
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

/// A bare name is one of the caller's own layers.
model::ResourceKey layer_key(const Call& call, const std::string& name) {
    const auto parts = split_arn(name);
    if (parts.size() >= 7) return {parts[4], parts[3], parts[6]};
    return {call.place.account, call.place.region, name};
}

struct LayerTarget {
    engine::FunctionRegistry::Layer layer;
    std::shared_ptr<const model::LayerVersion> version;
    [[nodiscard]] std::string arn() const { return layer_arn(layer->key) + ":" + std::to_string(version->version); }
};

Result<LayerTarget> find_version(const Call& call, const model::ResourceKey& key, std::int64_t number) {
    const auto layer = call.parts.registry.find_layer(key);
    if (!layer || number < 1) return resource_missing();
    const auto found = layer->versions.find(static_cast<std::uint64_t>(number));
    if (found == layer->versions.end()) return resource_missing();
    return LayerTarget{layer, found->second};
}

Result<LayerTarget> named_version(const Call& call) {
    const auto number = call.input.at("VersionNumber").get<std::int64_t>();
    if (number < 1) return make_error(Errc::invalid_argument, "Layer Version Cannot be less than 1.");
    return find_version(call, layer_key(call, text_of(call.input, "LayerName")), number);
}

Json item_json(const model::LayerState& layer, const model::LayerVersion& version) {
    Json json{{"LayerVersionArn", layer_arn(layer.key) + ":" + std::to_string(version.version)},
              {"Version", version.version},
              {"Description", version.description},
              {"CreatedDate", format_modified(version.created)}};
    if (!version.runtimes.empty()) json["CompatibleRuntimes"] = version.runtimes;
    if (!version.architectures.empty()) json["CompatibleArchitectures"] = version.architectures;
    if (!version.license.empty()) json["LicenseInfo"] = version.license;
    return json;
}

Json version_json(const Call& call, const model::LayerState& layer, const model::LayerVersion& version) {
    Json json = item_json(layer, version);
    json["LayerArn"] = layer_arn(layer.key);
    const bool zip = version.package.kind == model::PackageKind::zip;
    json["Content"] = {{"Location", zip ? "http://" + call.host + "/_lambox/packages/" + version.package.location + ".zip"
                                        : "file://" + version.package.location},
                       {"CodeSha256", version.package.sha256},
                       {"CodeSize", version.package.size}};
    return json;
}

Result<Reply> publish_layer(Call& call) {
    if (call.input.at("Content").contains("S3ObjectVersion"))
        return make_error(Errc::invalid_argument, "lambox does not support S3ObjectVersion");
    const auto key = layer_key(call, text_of(call.input, "LayerName"));
    if (key.account != call.place.account || key.region != call.place.region) {
        return make_error(Errc::permission_denied, "The layer belongs to another account or region: " + layer_arn(key));
    }
    auto code = take_code(call, call.input.at("Content"));
    if (!code) return code.error();
    if (auto fits = check_storage(call, code->info); !fits) return fits.error();
    model::LayerState state;
    state.key = key;
    if (const auto there = call.parts.registry.find_layer(key)) state = *there;
    auto version = std::make_shared<model::LayerVersion>();
    version->version = state.next_version++;
    version->description = text_of(call.input, "Description");
    version->license = text_of(call.input, "LicenseInfo");
    version->runtimes = texts_of(call.input, "CompatibleRuntimes");
    version->architectures = texts_of(call.input, "CompatibleArchitectures");
    version->package = code->info;
    version->created = call.parts.clock.wall_now();
    state.versions[version->version] = version;
    const auto stored = call.parts.registry.replace_layer(std::move(state), code->kept);
    if (!stored) return stored.error();
    return Reply{201, version_json(call, **stored, *version)};
}

Result<Reply> get_layer_version(Call& call) {
    const auto target = named_version(call);
    if (!target) return target.error();
    return Reply{200, version_json(call, *target->layer, *target->version)};
}

Result<Reply> get_layer_version_by_arn(Call& call) {
    const auto parts = split_arn(text_of(call.input, "Arn"));
    std::int64_t number = 0;
    if (parts.size() == 8) std::from_chars(parts[7].data(), parts[7].data() + parts[7].size(), number);
    const auto target = find_version(call, layer_key(call, text_of(call.input, "Arn")), number);
    if (!target) return target.error();
    return Reply{200, version_json(call, *target->layer, *target->version)};
}

/// Stores the layer with `version` in the place of the one of its number; null removes it.
Result<void> put_version(Call& call, const LayerTarget& target, std::shared_ptr<const model::LayerVersion> version) {
    auto state = *target.layer;
    if (version)
        state.versions[target.version->version] = std::move(version);
    else
        state.versions.erase(target.version->version);
    const auto stored = call.parts.registry.replace_layer(std::move(state), nullptr);
    if (!stored) return stored.error();
    return {};
}

Result<Reply> delete_layer_version(Call& call) {
    const auto target = named_version(call);
    if (!target && target.error().code != Errc::not_found) return target.error();
    if (!target) return Reply{204, nullptr}; // as on AWS, what is gone already
    if (const auto removed = put_version(call, *target, nullptr); !removed) return removed.error();
    return Reply{204, nullptr};
}

bool is_compatible(const Call& call, const model::LayerVersion& version) {
    const auto fits = [](const std::string& wanted, const std::vector<std::string>& all) {
        return wanted.empty() || std::find(all.begin(), all.end(), wanted) != all.end();
    };
    return fits(text_of(call.input, "CompatibleRuntime"), version.runtimes) &&
           fits(text_of(call.input, "CompatibleArchitecture"), version.architectures);
}

Result<Reply> list_layer_versions(Call& call) {
    const auto layer = call.parts.registry.find_layer(layer_key(call, text_of(call.input, "LayerName")));
    std::vector<Listed> items;
    if (layer) {
        for (auto at = layer->versions.rbegin(); at != layer->versions.rend(); ++at) {
            if (is_compatible(call, *at->second)) items.push_back({std::to_string(at->first), item_json(*layer, *at->second)});
        }
    }
    return Reply{200, page_of(call, "LayerVersions", std::move(items), layers_page)};
}

Result<Reply> list_layers(Call& call) {
    std::vector<Listed> items;
    for (const auto& layer : call.parts.registry.layers(call.place)) {
        const auto found = std::find_if(layer->versions.rbegin(), layer->versions.rend(),
                                        [&call](const auto& one) { return is_compatible(call, *one.second); });
        if (found == layer->versions.rend()) continue;
        items.push_back({layer->key.name, Json{{"LayerName", layer->key.name},
                                               {"LayerArn", layer_arn(layer->key)},
                                               {"LatestMatchingVersion", item_json(*layer, *found->second)}}});
    }
    return Reply{200, page_of(call, "Layers", std::move(items), layers_page)};
}

constexpr std::string_view other_policy_revision =
    "The RevisionId provided does not match the latest RevisionId. Call the GetLayerVersionPolicy API to retrieve the latest RevisionId";

Result<Reply> add_layer_permission(Call& call) {
    const auto target = named_version(call);
    if (!target) return target.error();
    auto version = std::make_shared<model::LayerVersion>(*target->version);
    if (const auto same = check_revision(call, version->policy.revision_id, other_policy_revision); !same) return same.error();
    Json statement{{"Sid", call.input.at("StatementId")},
                   {"Effect", "Allow"},
                   {"Principal", principal_json(text_of(call.input, "Principal"))},
                   {"Action", call.input.at("Action")},
                   {"Resource", target->arn()}};
    if (call.input.contains("OrganizationId")) {
        statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"] = call.input.at("OrganizationId");
    }
    if (auto added = add_statement(call, version->policy, text_of(call.input, "StatementId"), statement); !added) return added.error();
    const std::string revision = version->policy.revision_id;
    if (const auto stored = put_version(call, *target, std::move(version)); !stored) return stored.error();
    return Reply{201, {{"Statement", statement.dump()}, {"RevisionId", revision}}};
}

Result<Reply> remove_layer_permission(Call& call) {
    const auto target = named_version(call);
    if (!target) return target.error();
    auto version = std::make_shared<model::LayerVersion>(*target->version);
    if (const auto same = check_revision(call, version->policy.revision_id, other_policy_revision); !same) return same.error();
    if (auto removed = remove_statement(call, version->policy, text_of(call.input, "StatementId")); !removed) return removed.error();
    if (const auto stored = put_version(call, *target, std::move(version)); !stored) return stored.error();
    return Reply{204, nullptr};
}

Result<Reply> get_layer_policy(Call& call) {
    const auto target = named_version(call);
    if (!target) return target.error();
    const model::Policy& policy = target->version->policy;
    if (policy.statements.empty()) return make_error(Errc::not_found, "No policy is associated with the given resource.");
    return Reply{200, {{"Policy", policy_text(policy)}, {"RevisionId", policy.revision_id}}};
}

} // namespace

std::span<const Operation> layer_operations() {
    constexpr std::string_view all = "/2018-10-31/layers";
    constexpr std::string_view versions = "/2018-10-31/layers/{}/versions";
    constexpr std::string_view one = "/2018-10-31/layers/{}/versions/{}";
    constexpr std::string_view policy = "/2018-10-31/layers/{}/versions/{}/policy";
    static const std::array<Operation, 9> rows{{
        {"PublishLayerVersion", {"POST", versions}, publish_layer, publish_input, "S3ObjectVersion"},
        {"ListLayerVersions", {"GET", versions}, list_layer_versions, versions_input},
        {"GetLayerVersion", {"GET", one}, get_layer_version, version_input},
        {"DeleteLayerVersion", {"DELETE", one}, delete_layer_version, version_input},
        {"ListLayers", {"GET", all}, list_layers, layers_input},
        {"GetLayerVersionByArn", {"GET", all}, get_layer_version_by_arn, by_arn_input, "layers of AWS itself", "find=LayerVersion"},
        {"AddLayerVersionPermission", {"POST", policy}, add_layer_permission, add_permission_input, "kept, not enforced"},
        {"RemoveLayerVersionPermission",
         {"DELETE", "/2018-10-31/layers/{}/versions/{}/policy/{}"},
         remove_layer_permission,
         remove_permission_input},
        {"GetLayerVersionPolicy", {"GET", policy}, get_layer_policy, version_input},
    }};
    return rows;
}

} // namespace lambox::api::control
