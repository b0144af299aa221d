#include "lambox/model/function_state.hpp"

#include <algorithm>
#include <charconv>

namespace lambox::model {

const std::string& routed_version(const Alias& alias, double random) {
    double bound = 0;
    for (const auto& [version, weight] : alias.weights) {
        bound += weight;
        if (random < bound) return version;
    }
    return alias.version;
}

bool same_content(const FunctionRecord& latest, const FunctionRecord& published) {
    const FunctionConfig& a = latest.config;
    const FunctionConfig& b = published.config;
    return latest.package == published.package && latest.layers == published.layers && latest.settings == published.settings &&
           a.runtime == b.runtime && a.handler == b.handler && a.architecture == b.architecture && a.memory == b.memory &&
           a.timeout == b.timeout && a.environment == b.environment && a.ephemeral_storage == b.ephemeral_storage &&
           a.managed_instances == b.managed_instances;
}

std::shared_ptr<const FunctionRecord> find_version(const FunctionState& state, std::string_view qualifier) {
    if (qualifier.empty() || qualifier == "$LATEST") return state.latest;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(qualifier.data(), qualifier.data() + qualifier.size(), number);
    if (error != std::errc{} || end != qualifier.data() + qualifier.size()) return nullptr;
    const auto found = state.versions.find(number);
    return found == state.versions.end() ? nullptr : found->second;
}

bool has_qualifier(const FunctionState& state, std::string_view qualifier) {
    return find_version(state, qualifier) != nullptr || state.aliases.contains(std::string(qualifier));
}

EventInvokeConfig event_invoke_config(const FunctionState& state, std::string_view version, std::string_view qualifier) {
    EventInvokeConfig config;
    if (const auto record = find_version(state, version)) config.dead_letter_target = record->settings.dead_letter_target;
    const auto found = state.event_invoke.find(std::string(qualifier.empty() ? "$LATEST" : qualifier));
    if (found == state.event_invoke.end()) return config;
    const EventInvokeSettings& settings = found->second;
    if (settings.retries_max) config.maximum_retry_attempts = static_cast<std::uint32_t>(*settings.retries_max);
    if (settings.event_age_seconds_max) config.maximum_event_age = Seconds{*settings.event_age_seconds_max};
    config.on_success = settings.on_success;
    config.on_failure = settings.on_failure;
    return config;
}

std::uint64_t code_bytes(const FunctionState& state) {
    std::uint64_t sum = state.latest->package.size;
    for (const auto& [number, record] : state.versions)
        sum += record->package.size;
    return sum;
}

FunctionSummary summarize(const FunctionState& state) {
    FunctionSummary summary;
    summary.code_bytes = code_bytes(state);
    summary.reserved_concurrency = state.reserved_concurrency;
    if (!state.provisioned.empty()) summary.environments = FunctionSummary::Environments::kept_ready;
    const auto add = [&summary](const PackageInfo& package) {
        auto& known = summary.packages;
        const bool named = std::find(known.begin(), known.end(), package.location) != known.end();
        if (package.kind == PackageKind::zip && !named) known.push_back(package.location);
    };
    const auto add_all = [&add](const FunctionRecord& record) {
        add(record.package);
        for (const auto& layer : record.layers)
            add(layer.package);
    };
    add_all(*state.latest);
    for (const auto& [number, record] : state.versions)
        add_all(*record);
    return summary;
}

} // namespace lambox::model
