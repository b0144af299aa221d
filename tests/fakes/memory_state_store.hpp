#pragma once

#include "lambox/engine/state_store.hpp"

#include <map>
#include <optional>
#include <string>

namespace lambox::fakes {

/// A store in maps, which fails when told to and counts its writes.
class MemoryStateStore final : public engine::StateStore {
public:
    [[nodiscard]] Result<void> put(const model::FunctionState* before, const model::FunctionState& after) override {
        if (refusal) return *refusal;
        ++writes;
        had_before = before != nullptr;
        functions.insert_or_assign(after.key, after);
        return {};
    }
    [[nodiscard]] Result<void> erase(const model::FunctionState& state) override {
        if (refusal) return *refusal;
        ++writes;
        functions.erase(state.key);
        return {};
    }
    [[nodiscard]] Result<void> put(const model::LayerState& state) override {
        if (refusal) return *refusal;
        layers.insert_or_assign(state.key, state);
        return {};
    }
    [[nodiscard]] Result<void> put(const model::EventSourceMapping& mapping) override {
        if (refusal) return *refusal;
        mappings.insert_or_assign(mapping.uuid, mapping);
        return {};
    }
    [[nodiscard]] Result<void> erase(const model::EventSourceMapping& mapping) override {
        if (refusal) return *refusal;
        mappings.erase(mapping.uuid);
        return {};
    }
    [[nodiscard]] Result<void> clear() override {
        if (refusal) return *refusal;
        functions.clear();
        layers.clear();
        mappings.clear();
        return {};
    }
    [[nodiscard]] Result<engine::StoredState> load() override {
        if (refusal) return *refusal;
        engine::StoredState stored;
        for (const auto& [key, state] : functions)
            stored.functions.push_back({key, model::summarize(state)});
        for (const auto& [key, layer] : layers)
            stored.layers.push_back(layer);
        for (const auto& [uuid, mapping] : mappings)
            stored.mappings.push_back(mapping);
        return stored;
    }
    [[nodiscard]] Result<model::FunctionState> read(const model::ResourceKey& key) override {
        if (refusal) return *refusal;
        ++reads;
        return functions.at(key);
    }

    std::map<model::ResourceKey, model::FunctionState> functions;
    std::map<model::ResourceKey, model::LayerState> layers;
    std::map<std::string, model::EventSourceMapping> mappings;
    std::optional<Error> refusal;
    int writes = 0;
    int reads = 0; ///< of single functions
    bool had_before = false;
};

} // namespace lambox::fakes
