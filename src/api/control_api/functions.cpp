// CreateFunction to ListFunctions.

#include "api/codec/function_json.hpp"
#include "api/control_api/common.hpp"
#include "api/control_api/function_input.hpp"
#include "lambox/base/limits.hpp"

#include <array>

namespace lambox::api::control {

using codec::function_configuration;
using codec::Progress;

namespace {

constexpr std::size_t functions_page = 50;

Json configuration_of(const Target& target, const model::FunctionRecord& record, Progress progress) {
    return function_configuration(*target.state, record, target.arn(), progress);
}

/// The version that the target's qualifier names, an alias followed.
std::shared_ptr<const model::FunctionRecord> record_of(const Target& target) {
    const auto alias = target.state->aliases.find(target.qualifier);
    return model::find_version(*target.state, alias == target.state->aliases.end() ? target.qualifier : alias->second.version);
}

Result<Reply> create_function(Call& call) {
    auto named = named_function(call, text_of(call.input, "FunctionName"));
    if (!named) return named.error();
    const auto there = call.parts.registry.find(named->key);
    if (!there) return there.error();
    if (*there) return make_error(Errc::conflict, "Function already exist: " + named->key.name);
    if (auto refused = refuse_unsupported(call.input)) return *refused;
    auto record = std::make_shared<model::FunctionRecord>();
    record->config.name = named->key.name;
    if (auto read = read_definition(call, *record); !read) return read.error();
    auto code = take_code(call, call.input.at("Code"));
    if (!code) return code.error();
    if (auto fits = check_storage(call, code->info); !fits) return fits.error();
    record->package = code->info;
    stamp(call, *record);
    model::FunctionState state;
    state.key = named->key;
    state.latest = record;
    if (const auto tags = call.input.find("Tags"); tags != call.input.end()) {
        state.tags = tags->get<std::map<std::string, std::string>>();
        if (state.tags.size() > limits::tags_max) return make_error(Errc::invalid_argument, "Number of tags exceeds resource tag limit.");
    }
    if (flag_of(call.input, "Publish")) (void)publish(call, state, {});
    auto made = call.parts.registry.replace(nullptr, std::move(state));
    if (!made) return made.error();
    const model::FunctionState& now = **made;
    const auto& shown = now.versions.empty() ? *now.latest : *now.versions.begin()->second;
    const std::string arn = now.versions.empty() ? function_arn(now.key) : function_arn(now.key, shown.version);
    return Reply{201, function_configuration(now, shown, arn, Progress::creating)};
}

Result<Reply> get_function_configuration(Call& call) {
    const auto target = find_qualified_target(call);
    if (!target) return target.error();
    return Reply{200, configuration_of(*target, *record_of(*target), Progress::settled)};
}

Result<Reply> get_function(Call& call) {
    const auto target = find_qualified_target(call);
    if (!target) return target.error();
    const auto record = record_of(*target);
    Json body{{"Configuration", configuration_of(*target, *record, Progress::settled)}};
    switch (record->package.kind) {
    case model::PackageKind::zip:
        body["Code"] = {{"RepositoryType", "S3"},
                        {"Location", "http://" + call.host + "/_lambox/packages/" + record->package.location + ".zip"}};
        break;
    case model::PackageKind::folder: body["Code"] = {{"RepositoryType", "S3"}, {"Location", "file://" + record->package.location}}; break;
    }
    if (!target->state->tags.empty()) body["Tags"] = json_of(target->state->tags);
    if (target->state->reserved_concurrency) {
        body["Concurrency"] = {{"ReservedConcurrentExecutions", *target->state->reserved_concurrency}};
    }
    return Reply{200, std::move(body)};
}

/// Changes go to `$LATEST` alone.
Result<Target> find_latest(Call& call) {
    auto target = find_target(call);
    if (target && !target->qualifier.empty() && target->qualifier != "$LATEST") {
        return make_error(Errc::invalid_argument,
                          "This operation is permitted only on the $LATEST version of a function: " + target->arn());
    }
    if (!target) return target;
    if (const auto same = check_function_revision(call, target->state->latest->revision_id); !same) return same.error();
    return target;
}

Result<Reply> store_latest(Call& call, const Target& target, std::shared_ptr<model::FunctionRecord> record) {
    stamp(call, *record);
    auto state = target.copy();
    state.latest = record;
    const bool published = flag_of(call.input, "Publish");
    std::string version;
    if (published) version = publish(call, state, {});
    const auto now = store(call, target, std::move(state));
    if (!now) return now.error();
    const auto shown = model::find_version(**now, version);
    return Reply{200, function_configuration(**now, *shown, function_arn((*now)->key, version), Progress::updating)};
}

Result<Reply> update_function_code(Call& call) {
    const auto target = find_latest(call);
    if (!target) return target.error();
    if (auto refused = refuse_unsupported(call.input)) return *refused;
    auto record = std::make_shared<model::FunctionRecord>(*target->state->latest);
    if (auto read = read_definition(call, *record); !read) return read.error();
    auto code = take_code(call, call.input);
    if (!code) return code.error();
    if (auto fits = check_storage(call, code->info); !fits) return fits.error();
    record->package = code->info;
    if (flag_of(call.input, "DryRun")) {
        return Reply{200, function_configuration(*target->state, *record, target->arn(), Progress::settled)};
    }
    return store_latest(call, *target, std::move(record));
}

Result<Reply> update_function_configuration(Call& call) {
    const auto target = find_latest(call);
    if (!target) return target.error();
    if (auto refused = refuse_unsupported(call.input)) return *refused;
    auto record = std::make_shared<model::FunctionRecord>(*target->state->latest);
    if (auto read = read_definition(call, *record); !read) return read.error();
    return store_latest(call, *target, std::move(record));
}

Result<Reply> delete_version(Call& call, const Target& target) {
    if (target.qualifier == "$LATEST") {
        return make_error(Errc::invalid_argument, "$LATEST version cannot be deleted without deleting the function.");
    }
    if (target.state->aliases.contains(target.qualifier)) {
        return make_error(Errc::invalid_argument, "Deletion of aliases is not currently supported.");
    }
    const auto record = model::find_version(*target.state, target.qualifier);
    if (!record) return Reply{204, nullptr}; // as on AWS, what is gone already
    for (const auto& [name, alias] : target.state->aliases) {
        if (alias.version != target.qualifier && !alias.weights.contains(target.qualifier)) continue;
        return make_error(Errc::conflict,
                          "Version " + target.qualifier + " cannot be deleted because it is referenced by the alias " + name);
    }
    auto state = target.copy();
    state.versions.erase(std::stoull(target.qualifier));
    forget_qualifier(state, target.qualifier);
    const auto stored = store(call, target, std::move(state));
    if (!stored) return stored.error();
    return Reply{204, nullptr};
}

Result<Reply> delete_function(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    if (!target->qualifier.empty()) return delete_version(call, *target);
    if (const auto removed = call.parts.registry.remove(target->state); !removed) return removed.error();
    return Reply{204, nullptr};
}

/// With FunctionVersion=ALL every published version too.
Json listed(const engine::FunctionRegistry::State& state, const model::FunctionRecord& record) {
    return function_configuration(*state, record, function_arn(state->key, record.version), Progress::listed);
}

Result<Reply> list_functions(Call& call) {
    const auto wanted = std::min<std::size_t>(functions_page, call.input.value("MaxItems", functions_page));
    const bool versions = text_of(call.input, "FunctionVersion") == "ALL";
    Json body{{"Functions", Json::array()}};
    const auto found = call.parts.registry.after(call.place, text_of(call.input, "Marker"), wanted + 1);
    if (!found) return found.error();
    const auto& states = *found;
    for (std::size_t i = 0; i < states.size() && i < wanted; ++i) {
        const auto& state = states[i];
        if (!versions) {
            body["Functions"].push_back(function_configuration(*state, *state->latest, function_arn(state->key), Progress::listed));
            continue;
        }
        body["Functions"].push_back(listed(state, *state->latest));
        for (const auto& [number, record] : state->versions)
            body["Functions"].push_back(listed(state, *record));
    }
    if (states.size() > wanted) body["NextMarker"] = states[wanted - 1]->key.name;
    return Reply{200, std::move(body)};
}

} // namespace

std::span<const Operation> function_operations() {
    constexpr std::string_view base = "/2015-03-31/functions";
    static const std::array<Operation, 7> rows{{
        {"CreateFunction",
         {"POST", base},
         create_function,
         create_function_input,
         "container images, code signing, S3ObjectVersion; a VPC, file systems, KMS and dead letters are stored only"},
        {"ListFunctions", {"GET", base}, list_functions, list_functions_input, "MasterRegion"},
        {"GetFunction", {"GET", "/2015-03-31/functions/{}"}, get_function, get_function_input},
        {"DeleteFunction", {"DELETE", "/2015-03-31/functions/{}"}, delete_function, get_function_input},
        {"GetFunctionConfiguration", {"GET", "/2015-03-31/functions/{}/configuration"}, get_function_configuration, get_function_input},
        {"UpdateFunctionConfiguration",
         {"PUT", "/2015-03-31/functions/{}/configuration"},
         update_function_configuration,
         update_function_configuration_input,
         "as CreateFunction"},
        {"UpdateFunctionCode",
         {"PUT", "/2015-03-31/functions/{}/code"},
         update_function_code,
         update_function_code_input,
         "container images, S3ObjectVersion"},
    }};
    return rows;
}

} // namespace lambox::api::control
