// Configurations of asynchronous invocation.

#include "api/control_api/common.hpp"

#include <array>

namespace lambox::api::control {

using namespace codec;

namespace {

constexpr std::size_t configs_page = 50;

const Shape& put_input() {
    static const Shape shape =
        structure({namespaced_function_name_in_path(), qualifier_in_query(), optional("MaximumRetryAttempts", integer({0, 2})),
                   optional("MaximumEventAgeInSeconds", integer({60, 21'600})), optional("DestinationConfig", destination_config())});
    return shape;
}

const Shape& named_input() {
    static const Shape shape = structure({namespaced_function_name_in_path(), qualifier_in_query()});
    return shape;
}

const Shape& list_input() {
    static const Shape shape = structure({namespaced_function_name_in_path(), marker(), items_max(50)});
    return shape;
}

Json config_json(const Target& target, const std::string& qualifier, const model::EventInvokeSettings& settings) {
    Json json{{"LastModified", epoch_seconds(settings.last_modified)},
              {"FunctionArn", target.arn(qualifier)},
              {"DestinationConfig", {{"OnSuccess", Json::object()}, {"OnFailure", Json::object()}}}};
    if (settings.retries_max) json["MaximumRetryAttempts"] = *settings.retries_max;
    if (settings.event_age_seconds_max) json["MaximumEventAgeInSeconds"] = *settings.event_age_seconds_max;
    if (!settings.on_success.empty()) json["DestinationConfig"]["OnSuccess"]["Destination"] = settings.on_success;
    if (!settings.on_failure.empty()) json["DestinationConfig"]["OnFailure"]["Destination"] = settings.on_failure;
    return json;
}

void read_config(const Call& call, model::EventInvokeSettings& settings) {
    const Json& input = call.input;
    if (input.contains("MaximumRetryAttempts")) settings.retries_max = input.at("MaximumRetryAttempts").get<std::int64_t>();
    if (input.contains("MaximumEventAgeInSeconds")) {
        settings.event_age_seconds_max = input.at("MaximumEventAgeInSeconds").get<std::int64_t>();
    }
    if (const auto destinations = input.find("DestinationConfig"); destinations != input.end()) {
        if (destinations->contains("OnSuccess")) settings.on_success = text_of(destinations->at("OnSuccess"), "Destination");
        if (destinations->contains("OnFailure")) settings.on_failure = text_of(destinations->at("OnFailure"), "Destination");
    }
    settings.last_modified = call.parts.clock.wall_now();
}

Error no_config(const Target& target) {
    return make_error(Errc::not_found, "The function " + target.arn(target.qualifier_or_latest()) + " doesn't have an EventInvokeConfig");
}

Result<Reply> keep(Call& call, const Target& target, model::EventInvokeSettings settings) {
    if (!call.input.contains("MaximumRetryAttempts") && !call.input.contains("MaximumEventAgeInSeconds") &&
        !call.input.contains("DestinationConfig")) {
        return make_error(Errc::invalid_argument, "You must specify at least one of error handling or destination setting.");
    }
    read_config(call, settings);
    auto state = target.copy();
    state.event_invoke[target.qualifier_or_latest()] = settings;
    if (const auto stored = store(call, target, std::move(state)); !stored) return stored.error();
    return Reply{200, config_json(target, target.qualifier_or_latest(), settings)};
}

Result<Reply> put_config(Call& call) {
    const auto target = find_qualified_target(call);
    if (!target) return target.error();
    return keep(call, *target, {});
}

Result<Reply> update_config(Call& call) {
    const auto target = find_qualified_target(call);
    if (!target) return target.error();
    const auto found = target->state->event_invoke.find(target->qualifier_or_latest());
    if (found == target->state->event_invoke.end()) return no_config(*target);
    return keep(call, *target, found->second);
}

Result<Reply> get_config(Call& call) {
    const auto target = find_qualified_target(call);
    if (!target) return target.error();
    const auto found = target->state->event_invoke.find(target->qualifier_or_latest());
    if (found == target->state->event_invoke.end()) return no_config(*target);
    return Reply{200, config_json(*target, found->first, found->second)};
}

Result<Reply> delete_config(Call& call) {
    const auto target = find_qualified_target(call);
    if (!target) return target.error();
    auto state = target->copy();
    if (state.event_invoke.erase(target->qualifier_or_latest()) == 0) return no_config(*target);
    if (const auto stored = store(call, *target, std::move(state)); !stored) return stored.error();
    return Reply{204, nullptr};
}

Result<Reply> list_configs(Call& call) {
    const auto target = find_target(call);
    if (!target) return target.error();
    std::vector<Listed> items;
    for (const auto& [qualifier, settings] : target->state->event_invoke) {
        items.push_back({qualifier, config_json(*target, qualifier, settings)});
    }
    return Reply{200, page_of(call, "FunctionEventInvokeConfigs", std::move(items), configs_page)};
}

} // namespace

std::span<const Operation> event_invoke_operations() {
    constexpr std::string_view path = "/2019-09-25/functions/{}/event-invoke-config";
    static const std::array<Operation, 5> rows{{
        {"PutFunctionEventInvokeConfig", {"PUT", path}, put_config, put_input, "destinations are kept, and the outcome logged"},
        {"UpdateFunctionEventInvokeConfig", {"POST", path}, update_config, put_input},
        {"GetFunctionEventInvokeConfig", {"GET", path}, get_config, named_input},
        {"DeleteFunctionEventInvokeConfig", {"DELETE", path}, delete_config, named_input},
        {"ListFunctionEventInvokeConfigs", {"GET", "/2019-09-25/functions/{}/event-invoke-config/list"}, list_configs, list_input},
    }};
    return rows;
}

} // namespace lambox::api::control
