// Which stored functions are in memory: few at the start, then those that are asked for.

#include "lambox/base/limits.hpp"
#include "lambox/engine/code_store.hpp"
#include "lambox/engine/function_registry.hpp"
#include "lambox/engine/state_store.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace lambox::engine {

Result<std::vector<std::string>> FunctionRegistry::load() {
    auto stored = services_.store.load();
    if (!stored) return stored.error();
    std::vector<std::string> complaints;
    std::set<std::string> named;
    for (const auto& function : stored->functions)
        named.insert(function.summary.packages.begin(), function.summary.packages.end());
    for (const auto& layer : stored->layers) {
        for (const auto& [number, version] : layer.versions)
            named.insert(version->package.location);
    }
    const auto packages = services_.code.collect(named);
    take_in(std::move(stored->layers), complaints);
    for (auto& mapping : stored->mappings)
        mappings_[mapping.uuid] = std::move(mapping);
    for (auto& function : stored->functions) {
        const std::string name = function.key.name;
        if (const auto taken = take_in(std::move(function), packages); !taken)
            complaints.push_back("function " + name + " cannot be used: " + taken.error().message);
    }
    return complaints;
}

void FunctionRegistry::take_in(std::vector<model::LayerState> layers, std::vector<std::string>& complaints) {
    for (auto& layer : layers) {
        for (const auto& [number, version] : layer.versions) {
            if (auto kept = services_.code.keep(version->package.location))
                layer_packages_[version->package.location] = std::move(*kept);
            else
                complaints.push_back("layer " + layer.key.name + ": " + kept.error().message);
        }
        count_layer(layer, 1);
        auto& there = layers_[layer.key]; // before the layer is moved from
        there = std::make_shared<const model::LayerState>(std::move(layer));
    }
}

Result<void> FunctionRegistry::take_in(StoredFunction function, const std::map<std::string, std::shared_ptr<const void>>& packages) {
    Entry entry;
    entry.code_bytes = function.summary.code_bytes;
    entry.reserved_concurrency = function.summary.reserved_concurrency;
    entry.packages.reserve(function.summary.packages.size());
    std::string missing;
    for (const auto& hash : function.summary.packages) {
        const auto kept = packages.find(hash);
        if (kept == packages.end())
            missing = hash;
        else
            entry.packages.push_back(kept->second);
    }
    if (!missing.empty()) {
        // What is left of it stays, for whoever puts the rest back.
        set_aside_.insert(set_aside_.end(), entry.packages.begin(), entry.packages.end());
        return make_error(Errc::not_found, "the package " + missing + " is missing");
    }
    const Place place{function.key.account, function.key.region};
    // The store lists by key.
    const auto there = functions_.emplace_hint(functions_.end(), std::move(function.key), std::move(entry));
    count(place, there->second, 1);
    switch (function.summary.environments) {
    case model::FunctionSummary::Environments::on_demand: return {};
    case model::FunctionSummary::Environments::kept_ready: break;
    }
    if (const auto read = asked_for(there); !read) {
        hide(there);
        return read.error();
    }
    provision(there->second, nullptr, {});
    return {};
}

Result<FunctionRegistry::Entry*> FunctionRegistry::asked_for(Functions::iterator function) {
    Entry& entry = function->second;
    if (!entry.state) {
        auto state = services_.store.read(function->first);
        if (!state) return make_error(Errc::io, "function " + function->first.name + " cannot be read: " + state.error().message);
        if (!entry.use) entry.use = std::make_shared<FunctionUse>();
        entry.use->reserved_concurrency = entry.reserved_concurrency;
        auto revisions = make_revisions(*state, entry);
        if (!revisions) return revisions.error();
        entry.state = std::make_shared<const model::FunctionState>(std::move(*state));
        entry.revisions = std::move(*revisions);
    }
    touch(entry);
    return &entry;
}

void FunctionRegistry::touch(Entry& entry) {
    switch (entry.origin) {
    case Origin::configured: return;
    case Origin::stored: break;
    }
    if (!entry.recent)
        recent_.push_front(&entry);
    else
        recent_.splice(recent_.begin(), recent_, *entry.recent);
    entry.recent = recent_.begin();
    give_up_unused();
}

bool FunctionRegistry::held_elsewhere(const Entry& entry) {
    const auto shared = [](const auto& one) { return one.second.use_count() > 1; };
    return entry.state.use_count() > 1 || std::any_of(entry.revisions.begin(), entry.revisions.end(), shared);
}

void FunctionRegistry::give_up_unused() {
    // A few from the end at a time: those that environments hold stay, and are looked at again when their turn comes.
    for (int looked_at = 0; looked_at < 2 && recent_.size() > limits::functions_in_memory_max; ++looked_at) {
        Entry& oldest = *recent_.back();
        if (held_elsewhere(oldest)) {
            recent_.splice(recent_.begin(), recent_, *oldest.recent);
            continue;
        }
        recent_.pop_back();
        oldest.recent.reset();
        oldest.state.reset();
        oldest.revisions.clear();
    }
}

} // namespace lambox::engine
