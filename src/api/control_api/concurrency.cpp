// Reserved and provisioned concurrency.

#include "api/control_api/common.hpp"
#include "lambox/base/limits.hpp"

#include <array>

namespace lambox::api::control {

using namespace codec;

namespace {

constexpr std::size_t configs_page = 50;
constexpr std::int64_t any_count = 2'147'483'647;

const Shape& put_reserved_input() {
    static const Shape shape = structure({function_name_in_path(), required("ReservedConcurrentExecutions", integer({0, any_count}))});
    return shape;
}

const Shape& name_input() {
    static const Shape shape = structure({function_name_in_path()});
    return shape;
}

Member required_qualifier() { return required_in_query("Qualifier", text({1, 128}, pattern("(|[a-zA-Z0-9$_-]+)"))); }

const Shape& put_provisioned_input() {
    static const Shape shape =
        structure({function_name_in_path(), required_qualifier(), required("ProvisionedConcurrentExecutions", integer({1, any_count}))});
    return shape;
}

const Shape& qualified_input() {
    static const Shape shape = structure({function_name_in_path(), required_qualifier()});
    return shape;
}

const Shape& list_input() {
    static const Shape shape = structure({function_name_in_path(), marker(), items_max(50)});
    return shape;
}

Result<Reply> put_reserved(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    if (!target->qualifier.empty()) {
        return make_error(Errc::invalid_argument, "This operation is permitted only on Lambda functions, and not on aliases or versions. "
                                                  "Please specify only a function name.");
    }
    const auto wanted = static_cast<std::uint32_t>(call.input.at("ReservedConcurrentExecutions").get<std::int64_t>());
    const auto others = call.parts.registry.usage(call.place).reserved_concurrency - target->state->reserved_concurrency.value_or(0);
    if (others + wanted + limits::unreserved_concurrency_min > limits::account_concurrency) {
        return make_error(Errc::invalid_argument, "Specified ReservedConcurrentExecutions for function decreases account's "
                                                  "UnreservedConcurrentExecution below its minimum value of [100].");
    }
    std::uint32_t provisioned = 0;
    for (const auto& [qualifier, settings] : target->state->provisioned)
        provisioned += settings.requested;
    if (wanted < provisioned) {
        return make_error(Errc::invalid_argument, "ReservedConcurrentExecutions " + std::to_string(wanted) +
                                                      " should not be lower than function's total provisioned concurrency [" +
                                                      std::to_string(provisioned) + "].");
    }
    auto state = target->copy();
    state.reserved_concurrency = wanted;
    if (const auto stored = store(call, *target, std::move(state)); !stored) return stored.error();
    return Reply{200, {{"ReservedConcurrentExecutions", wanted}}};
}

Result<Reply> get_reserved(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    Json body = Json::object();
    if (target->state->reserved_concurrency) body["ReservedConcurrentExecutions"] = *target->state->reserved_concurrency;
    return Reply{200, std::move(body)};
}

Result<Reply> delete_reserved(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    auto state = target->copy();
    state.reserved_concurrency.reset();
    if (const auto stored = store(call, *target, std::move(state)); !stored) return stored.error();
    return Reply{204, nullptr};
}

/// `2026-01-31T09:05:07+0000`.
std::string seconds_text(WallTime at) {
    const std::string text = format_iso8601_ms(at);
    return text.substr(0, text.find('.')) + "+0000";
}

Json provisioned_json(const Call& call, const engine::FunctionRegistry::State& state, const std::string& qualifier,
                      const model::ProvisionedSettings& settings) {
    const auto alias = state->aliases.find(qualifier);
    const std::string version = alias == state->aliases.end() ? qualifier : alias->second.version;
    const auto revision = call.parts.registry.revision(state->key, version);
    engine::EnvironmentPool::WarmStatus status;
    if (revision) status = call.parts.supervisor.warm_status(*revision);
    const std::uint32_t ready = std::min(status.ready, settings.requested);
    Json json{{"RequestedProvisionedConcurrentExecutions", settings.requested},
              {"AvailableProvisionedConcurrentExecutions", ready},
              {"AllocatedProvisionedConcurrentExecutions", ready},
              {"Status", ready == settings.requested ? "READY" : "IN_PROGRESS"},
              {"LastModified", seconds_text(settings.last_modified)}};
    if (status.failed && ready < settings.requested) {
        json["Status"] = "FAILED";
        json["StatusReason"] = "FUNCTION_ERROR_INIT_FAILURE";
    }
    return json;
}

/// Whether `qualifier` can have provisioned concurrency: a version that is there, or an alias of one.
Result<std::string> provisionable_version(const Target& target) {
    const auto alias = target.state->aliases.find(target.qualifier);
    const std::string version = alias == target.state->aliases.end() ? target.qualifier_or_latest() : alias->second.version;
    if (version == "$LATEST") {
        return make_error(Errc::invalid_argument, "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
    }
    if (!model::find_version(*target.state, version)) return function_not_found(target.state->key, target.qualifier);
    return version;
}

Result<Reply> put_provisioned(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    const auto version = provisionable_version(*target);
    if (!version) return version.error();
    if (model::find_version(*target->state, *version)->settings.snap_start != to_string(model::SnapStart::none))
        return make_error(Errc::invalid_argument, "Provisioned Concurrency is not supported for SnapStart enabled functions.");
    if (target->state->latest->config.managed_instances) {
        return make_error(Errc::invalid_argument, "lambox does not support provisioned concurrency of functions on Managed Instances; "
                                                  "their environments start with the first invocation");
    }
    const auto wanted = call.input.at("ProvisionedConcurrentExecutions").get<std::int64_t>();
    auto state = target->copy();
    std::int64_t others = 0;
    for (const auto& [qualifier, settings] : state.provisioned) {
        if (qualifier == target->qualifier) continue;
        others += settings.requested;
        const auto alias = state.aliases.find(qualifier);
        const std::string theirs = alias == state.aliases.end() ? qualifier : alias->second.version;
        if (theirs == *version) {
            return make_error(Errc::conflict, "Version " + *version + " has provisioned concurrency already, through " + qualifier);
        }
    }
    const std::int64_t most = state.reserved_concurrency.value_or(limits::account_concurrency - limits::unreserved_concurrency_min);
    if (others + wanted > most) {
        return make_error(Errc::invalid_argument,
                          state.reserved_concurrency
                              ? "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
                              : "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [" +
                                    std::to_string(most) + "].");
    }
    model::ProvisionedSettings settings{static_cast<std::uint32_t>(wanted), call.parts.clock.wall_now()};
    state.provisioned[target->qualifier] = settings;
    const auto stored = store(call, *target, std::move(state));
    if (!stored) return stored.error();
    return Reply{202, provisioned_json(call, *stored, target->qualifier, settings)};
}

Error not_provisioned() { return make_error(Errc::not_provisioned, "No Provisioned Concurrency Config found for this function"); }

Result<Reply> get_provisioned(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    if (const auto version = provisionable_version(*target); !version) return version.error();
    const auto found = target->state->provisioned.find(target->qualifier);
    if (found == target->state->provisioned.end()) return not_provisioned();
    return Reply{200, provisioned_json(call, target->state, found->first, found->second)};
}

Result<Reply> delete_provisioned(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    if (const auto version = provisionable_version(*target); !version) return version.error();
    if (!target->state->provisioned.contains(target->qualifier)) return Reply{204, nullptr};
    auto state = target->copy();
    state.provisioned.erase(target->qualifier);
    if (const auto stored = store(call, *target, std::move(state)); !stored) return stored.error();
    return Reply{204, nullptr};
}

Result<Reply> list_provisioned(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    std::vector<Listed> items;
    for (const auto& [qualifier, settings] : target->state->provisioned) {
        Json json = provisioned_json(call, target->state, qualifier, settings);
        json["FunctionArn"] = target->arn(qualifier);
        items.push_back({qualifier, std::move(json)});
    }
    return Reply{200, page_of(call, "ProvisionedConcurrencyConfigs", std::move(items), configs_page)};
}

} // namespace

std::span<const Operation> concurrency_operations() {
    constexpr std::string_view provisioned = "/2019-09-30/functions/{}/provisioned-concurrency";
    static const std::array<Operation, 7> rows{{
        {"PutFunctionConcurrency", {"PUT", "/2017-10-31/functions/{}/concurrency"}, put_reserved, put_reserved_input},
        {"GetFunctionConcurrency", {"GET", "/2019-09-30/functions/{}/concurrency"}, get_reserved, name_input},
        {"DeleteFunctionConcurrency", {"DELETE", "/2017-10-31/functions/{}/concurrency"}, delete_reserved, name_input},
        {"PutProvisionedConcurrencyConfig",
         {"PUT", provisioned},
         put_provisioned,
         put_provisioned_input,
         "the rate that the REPORT line is billed at"},
        {"GetProvisionedConcurrencyConfig", {"GET", provisioned}, get_provisioned, qualified_input},
        {"DeleteProvisionedConcurrencyConfig", {"DELETE", provisioned}, delete_provisioned, qualified_input},
        {"ListProvisionedConcurrencyConfigs", {"GET", provisioned}, list_provisioned, list_input, "", "List=ALL"},
    }};
    return rows;
}

} // namespace lambox::api::control
