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
           a.timeout == b.timeout && a.environment == b.environment && a.ephemeral_storage == b.ephemeral_storage;
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

std::uint64_t code_bytes(const FunctionState& state) {
    std::uint64_t sum = state.latest->package.size;
    for (const auto& [number, record] : state.versions)
        sum += record->package.size;
    return sum;
}

} // namespace lambox::model
