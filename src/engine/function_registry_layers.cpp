// What the registry holds beside functions: layers and event source mappings.

#include "lambox/engine/code_store.hpp"
#include "lambox/engine/function_registry.hpp"
#include "lambox/engine/state_store.hpp"

#include <set>

namespace lambox::engine {

FunctionRegistry::Layer FunctionRegistry::find_layer(const model::ResourceKey& key) const {
    const auto found = layers_.find(key);
    return found == layers_.end() ? nullptr : found->second;
}

std::vector<FunctionRegistry::Layer> FunctionRegistry::layers(const Place& place) const {
    std::vector<Layer> found;
    for (auto at = layers_.lower_bound({place.account, place.region, ""}); at != layers_.end(); ++at) {
        if (at->first.account != place.account || at->first.region != place.region) break;
        found.push_back(at->second);
    }
    return found;
}

Result<FunctionRegistry::Layer> FunctionRegistry::replace_layer(model::LayerState after, std::shared_ptr<const void> kept) {
    if (const auto stored = services_.store.put(after); !stored) return stored.error();
    auto& there = layers_[after.key];
    if (there) count_layer(*there, -1);
    if (kept && !after.versions.empty()) layer_packages_[after.versions.rbegin()->second->package.location] = std::move(kept);
    there = std::make_shared<const model::LayerState>(std::move(after));
    count_layer(*there, 1);
    std::set<std::string> named;
    for (const auto& [key, layer] : layers_) {
        for (const auto& [number, version] : layer->versions)
            named.insert(version->package.location);
    }
    std::erase_if(layer_packages_, [&named](const auto& one) { return !named.contains(one.first); });
    return there;
}

void FunctionRegistry::count_layer(const model::LayerState& state, std::int64_t sign) {
    PlaceUsage& sum = usage_[Place{state.key.account, state.key.region}];
    for (const auto& [number, version] : state.versions)
        sum.code_bytes += static_cast<std::uint64_t>(sign) * version->package.size;
}

const model::EventSourceMapping* FunctionRegistry::find_mapping(const Place& place, const std::string& uuid) const {
    const auto found = mappings_.find(uuid);
    if (found == mappings_.end()) return nullptr;
    const auto& key = found->second.key;
    return key.account == place.account && key.region == place.region ? &found->second : nullptr;
}

std::vector<const model::EventSourceMapping*> FunctionRegistry::mappings(const Place& place) const {
    std::vector<const model::EventSourceMapping*> found;
    for (const auto& [uuid, mapping] : mappings_) {
        if (mapping.key.account == place.account && mapping.key.region == place.region) found.push_back(&mapping);
    }
    return found;
}

Result<void> FunctionRegistry::put_mapping(model::EventSourceMapping mapping) {
    if (const auto stored = services_.store.put(mapping); !stored) return stored;
    const std::string uuid = mapping.uuid;
    mappings_[uuid] = std::move(mapping);
    return {};
}

Result<void> FunctionRegistry::remove_mapping(const std::string& uuid) {
    const auto found = mappings_.find(uuid);
    if (found == mappings_.end()) return {};
    if (const auto erased = services_.store.erase(found->second); !erased) return erased;
    mappings_.erase(found);
    return {};
}

} // namespace lambox::engine
