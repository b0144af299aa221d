// Aliases with their weights.

#include "api/control_api/common.hpp"
#include "api/control_api/function_input.hpp"

#include <array>

namespace lambox::api::control {

using namespace codec;

namespace {

constexpr std::size_t aliases_page = 50;

Shape alias_name() { return text({1, 128}, pattern(R"((?!^[0-9]+$)([a-zA-Z0-9-_]+))")); }
Shape version_or_latest() { return text({1, 1'024}, pattern(R"((\$LATEST(\.PUBLISHED)?|[0-9]+))")); }

Member routing_config() {
    const auto weights = map(text({1, 1'024}, pattern("[0-9]+")), number({0, 1}));
    return optional("RoutingConfig", structure({optional("AdditionalVersionWeights", weights)}));
}

const Shape& create_input() {
    static const Shape shape =
        structure({function_name_in_path(), required("Name", alias_name()), required("FunctionVersion", version_or_latest()),
                   optional("Description", text({0, 256})), routing_config()});
    return shape;
}

const Shape& update_input() {
    static const Shape shape =
        structure({function_name_in_path(), in_path("Name", alias_name()), optional("FunctionVersion", version_or_latest()),
                   optional("Description", text({0, 256})), routing_config(), optional("RevisionId", text())});
    return shape;
}

const Shape& named_input() {
    static const Shape shape = structure({function_name_in_path(), in_path("Name", alias_name())});
    return shape;
}

const Shape& list_input() {
    static const Shape shape =
        structure({function_name_in_path(), in_query("FunctionVersion", version_or_latest()), marker(), items_max(10'000)});
    return shape;
}

Json alias_json(const Target& target, const model::Alias& alias) {
    Json json{{"AliasArn", target.arn(alias.name)},
              {"Name", alias.name},
              {"FunctionVersion", alias.version},
              {"Description", alias.description},
              {"RevisionId", alias.revision_id}};
    if (!alias.weights.empty()) json["RoutingConfig"] = {{"AdditionalVersionWeights", alias.weights}};
    return json;
}

/// Takes version, description and weights that are there, and checks what they name.
Result<void> read_alias(Call& call, const Target& target, model::Alias& alias) {
    if (call.input.contains("FunctionVersion")) alias.version = text_of(call.input, "FunctionVersion");
    if (call.input.contains("Description")) alias.description = text_of(call.input, "Description");
    if (!model::find_version(*target.state, alias.version)) return function_not_found(target.state->key, alias.version);
    if (const auto routing = call.input.find("RoutingConfig"); routing != call.input.end()) {
        alias.weights = routing->value("AdditionalVersionWeights", std::map<std::string, double>{});
    }
    if (alias.weights.size() > 1) {
        return make_error(Errc::invalid_argument, "Number of items in AdditionalVersionWeights cannot be greater than 1");
    }
    for (const auto& [version, weight] : alias.weights) {
        if (alias.version == "$LATEST")
            return make_error(Errc::invalid_argument, "$LATEST is not supported for an alias pointing to more than 1 version");
        if (version == alias.version) {
            return make_error(Errc::invalid_argument, "Invalid function version " + version + ". Function version " + version +
                                                          " is already included in routing configuration.");
        }
        if (!model::find_version(*target.state, version)) return function_not_found(target.state->key, version);
    }
    alias.revision_id = call.parts.ids.uuid();
    return {};
}

Result<Reply> put_alias(Call& call, const Target& target, model::Alias alias, unsigned status) {
    if (auto read = read_alias(call, target, alias); !read) return read.error();
    Json body = alias_json(target, alias);
    auto state = target.copy();
    state.aliases[alias.name] = std::move(alias);
    if (const auto stored = store(call, target, std::move(state)); !stored) return stored.error();
    return Reply{status, std::move(body)};
}

Result<Reply> create_alias(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    model::Alias alias;
    alias.name = text_of(call.input, "Name");
    if (target->state->aliases.contains(alias.name)) {
        return make_error(Errc::conflict, "Alias already exists: " + target->arn(alias.name));
    }
    return put_alias(call, *target, std::move(alias), 201);
}

Error no_alias(const Target& target, const std::string& name) {
    return make_error(Errc::not_found, "Cannot find alias arn: " + target.arn(name));
}

Result<Reply> get_alias(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    const auto found = target->state->aliases.find(text_of(call.input, "Name"));
    if (found == target->state->aliases.end()) return no_alias(*target, text_of(call.input, "Name"));
    return Reply{200, alias_json(*target, found->second)};
}

Result<Reply> update_alias(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    const auto found = target->state->aliases.find(text_of(call.input, "Name"));
    if (found == target->state->aliases.end()) return no_alias(*target, text_of(call.input, "Name"));
    if (const auto same = check_function_revision(call, found->second.revision_id); !same) return same.error();
    return put_alias(call, *target, found->second, 200);
}

Result<Reply> delete_alias(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    const std::string name = text_of(call.input, "Name");
    if (!target->state->aliases.contains(name)) return Reply{204, nullptr}; // as on AWS, without a complaint
    auto state = target->copy();
    state.aliases.erase(name);
    forget_qualifier(state, name);
    if (const auto stored = store(call, *target, std::move(state)); !stored) return stored.error();
    return Reply{204, nullptr};
}

Result<Reply> list_aliases(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    const std::string version = text_of(call.input, "FunctionVersion");
    std::vector<Listed> items;
    for (const auto& [name, alias] : target->state->aliases) {
        if (version.empty() || alias.version == version || alias.weights.contains(version))
            items.push_back({name, alias_json(*target, alias)});
    }
    return Reply{200, page_of(call, "Aliases", std::move(items), aliases_page)};
}

} // namespace

std::span<const Operation> alias_operations() {
    constexpr std::string_view all = "/2015-03-31/functions/{}/aliases";
    constexpr std::string_view one = "/2015-03-31/functions/{}/aliases/{}";
    static const std::array<Operation, 5> rows{{
        {"CreateAlias", {"POST", all}, create_alias, create_input},
        {"GetAlias", {"GET", one}, get_alias, named_input},
        {"UpdateAlias", {"PUT", one}, update_alias, update_input},
        {"DeleteAlias", {"DELETE", one}, delete_alias, named_input},
        {"ListAliases", {"GET", all}, list_aliases, list_input},
    }};
    return rows;
}

} // namespace lambox::api::control
