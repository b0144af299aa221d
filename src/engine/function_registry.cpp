#include "lambox/engine/function_registry.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/engine/code_store.hpp"
#include "lambox/engine/state_store.hpp"
#include "lambox/io/clock.hpp"

#include <utility>

namespace lambox::engine {
namespace {

Place place_of(const model::ResourceKey& key) { return {key.account, key.region}; }

FunctionArn arn_of(const model::ResourceKey& key, std::string qualifier) {
    return FunctionArn(wire::format_function_arn({key.region, key.account, key.name, std::move(qualifier)}));
}

/// Every record with its version, `$LATEST` first.
std::vector<std::shared_ptr<const model::FunctionRecord>> records_of(const model::FunctionState& state) {
    std::vector<std::shared_ptr<const model::FunctionRecord>> records{state.latest};
    for (const auto& [number, record] : state.versions)
        records.push_back(record);
    return records;
}

Error changed_meanwhile(const model::ResourceKey& key) {
    return make_error(Errc::conflict,
                      "The operation cannot be performed at this time. An update is in progress for resource: " + arn_of(key, {}).str());
}

} // namespace

std::map<std::string, std::uint32_t> provisioned_by_version(const model::FunctionState& state) {
    std::map<std::string, std::uint32_t> counts;
    for (const auto& [qualifier, settings] : state.provisioned) {
        const auto alias = state.aliases.find(qualifier);
        counts[alias == state.aliases.end() ? qualifier : alias->second.version] += settings.requested;
    }
    return counts;
}

FunctionRegistry::FunctionRegistry(Place home, RegistryServices services) : home_(std::move(home)), services_(services) {}

Result<std::shared_ptr<const FunctionRevision>> FunctionRegistry::make_revision(const model::FunctionState& state,
                                                                                const model::FunctionRecord& record, const Entry& entry) {
    auto code = services_.code.prepare(record);
    if (!code) return code.error();
    auto revision = std::make_shared<FunctionRevision>();
    revision->config = record.config;
    revision->code = std::move(*code);
    revision->version = record.version;
    revision->arn = arn_of(state.key, {});
    revision->region = state.key.region;
    revision->config.logging = record.settings.logging;
    revision->use = entry.use;
    // On AWS it is for published versions alone; a configured function has no other version than $LATEST.
    const bool applies = record.version != "$LATEST" || entry.origin == Origin::configured;
    revision->config.snap_start =
        applies ? model::parse_snap_start(record.settings.snap_start).value_or(model::SnapStart::none) : model::SnapStart::none;
    return std::shared_ptr<const FunctionRevision>(std::move(revision));
}

Result<FunctionRegistry::Revisions> FunctionRegistry::make_revisions(const model::FunctionState& state, const Entry& entry) {
    Revisions revisions;
    for (const auto& record : records_of(state)) {
        // The same record means the same revision, so that its environments live on.
        const auto before = entry.state ? model::find_version(*entry.state, record->version) : nullptr;
        const auto there = entry.revisions.find(record->version);
        if (before == record && there != entry.revisions.end()) {
            revisions[record->version] = there->second;
            continue;
        }
        auto made = make_revision(state, *record, entry);
        if (!made) return made.error();
        revisions[record->version] = std::move(*made);
    }
    return revisions;
}

void FunctionRegistry::take_over(Entry& entry, const State& after, Revisions revisions) {
    const State before = std::exchange(entry.state, after);
    const Revisions old = std::exchange(entry.revisions, std::move(revisions));
    const Place place = place_of(after->key);
    if (before) count(place, entry, -1);
    summarize(place, entry);
    touch(entry);
    for (const auto& [version, revision] : old) {
        const auto now = entry.revisions.find(version);
        if (now == entry.revisions.end() || now->second != revision) events_.retired(revision);
    }
    provision(entry, before.get(), old);
}

/// What stays known of the state when it is given up.
void FunctionRegistry::summarize(const Place& place, Entry& entry) {
    const model::FunctionSummary summary = model::summarize(*entry.state);
    entry.code_bytes = summary.code_bytes;
    entry.reserved_concurrency = summary.reserved_concurrency;
    entry.use->reserved_concurrency = summary.reserved_concurrency;
    std::vector<std::shared_ptr<const void>> packages;
    for (const auto& hash : summary.packages) {
        if (auto kept = services_.code.keep(hash)) packages.push_back(std::move(*kept)); // its revisions hold it already
    }
    entry.packages = std::move(packages);
    count(place, entry, 1);
}

void FunctionRegistry::provision(const Entry& entry, const model::FunctionState* before, const Revisions& old) {
    auto wanted = provisioned_by_version(*entry.state);
    const auto had = before != nullptr ? provisioned_by_version(*before) : std::map<std::string, std::uint32_t>{};
    for (const auto& [version, count] : had)
        wanted.try_emplace(version, 0);
    for (const auto& [version, count] : wanted) {
        const auto revision = entry.revisions.find(version);
        if (revision == entry.revisions.end()) continue;
        const auto earlier = had.find(version);
        const auto earlier_revision = old.find(version);
        const bool same = earlier != had.end() && earlier->second == count && earlier_revision != old.end() &&
                          earlier_revision->second == revision->second;
        if (!same) events_.provisioned(revision->second, count);
    }
}

Result<std::shared_ptr<const FunctionRevision>> FunctionRegistry::add(model::FunctionConfig config, PreparedCode code) {
    model::FunctionState state;
    state.key = {home_.account, home_.region, config.name};
    state.reserved_concurrency = config.reserved_concurrency;
    const auto there = functions_.find(state.key);
    if (there != functions_.end()) {
        if (there->second.origin == Origin::configured) return make_error(Errc::conflict, "Function already exist: " + config.name);
        hide(there); // it may have environments kept ready
    }
    auto record = std::make_shared<model::FunctionRecord>();
    record->settings.role = "arn:aws:iam::" + home_.account + ":role/lambox";
    record->settings.logging = config.logging;
    record->settings.snap_start = to_string(config.snap_start);
    record->package = {model::PackageKind::folder, code.task.string(), code.sha256, code.size};
    // Merged already; without an ARN, as no layer of the API is behind it.
    if (!code.layers.empty()) record->layers.push_back({"", {model::PackageKind::folder, code.layers.string(), "", 0}});
    record->revision_id = services_.ids.uuid();
    record->last_modified = services_.clock.wall_now();
    record->config = std::move(config);
    state.latest = record;
    Entry entry;
    entry.origin = Origin::configured;
    entry.use = std::make_shared<FunctionUse>();
    auto revisions = make_revisions(state, entry);
    if (!revisions) return revisions.error();
    Entry& made = functions_[state.key] = std::move(entry);
    take_over(made, std::make_shared<const model::FunctionState>(std::move(state)), std::move(*revisions));
    return made.revisions.at("$LATEST");
}

Result<ResolvedFunction> FunctionRegistry::resolve(const Place& place, const wire::FunctionReference& reference, std::string_view qualifier,
                                                   double random) {
    if (reference.qualifier && !qualifier.empty() && *reference.qualifier != qualifier) {
        return make_error(Errc::invalid_argument, "The derived qualifier from the function name does not match the specified qualifier.");
    }
    const std::string asked = reference.qualifier ? *reference.qualifier : std::string(qualifier);
    const model::ResourceKey key{reference.account.value_or(place.account), reference.region.value_or(place.region), reference.name};
    const FunctionArn arn = arn_of(key, asked);
    const auto found = key.region == place.region ? functions_.find(key) : functions_.end();
    if (found == functions_.end()) return make_error(Errc::not_found, "Function not found: " + arn.str());
    const auto there = asked_for(found);
    if (!there) return there.error();
    const Entry& entry = **there;
    const auto alias = entry.state->aliases.find(asked);
    std::string version = asked.empty() ? "$LATEST" : asked;
    if (alias != entry.state->aliases.end()) version = model::routed_version(alias->second, random);
    const auto revision = entry.revisions.find(version);
    if (revision == entry.revisions.end()) return make_error(Errc::not_found, "Function not found: " + arn.str());
    return ResolvedFunction{revision->second, arn, entry.state, asked};
}

std::vector<model::ResourceKey> FunctionRegistry::keys() const {
    std::vector<model::ResourceKey> all;
    all.reserve(functions_.size());
    for (const auto& [key, entry] : functions_)
        all.push_back(key);
    return all;
}

Result<FunctionRegistry::State> FunctionRegistry::find(const model::ResourceKey& key) {
    const auto found = functions_.find(key);
    if (found == functions_.end()) return State();
    const auto there = asked_for(found);
    if (!there) return there.error();
    return (*there)->state;
}

Result<std::vector<FunctionRegistry::State>> FunctionRegistry::after(const Place& place, std::string_view name, std::size_t count) {
    std::vector<State> states;
    for (auto at = functions_.upper_bound({place.account, place.region, std::string(name)}); at != functions_.end(); ++at) {
        if (states.size() == count || place_of(at->first) != place) break;
        const auto there = asked_for(at);
        if (!there) return there.error();
        states.push_back((*there)->state);
    }
    return states;
}

std::shared_ptr<const FunctionRevision> FunctionRegistry::revision(const model::ResourceKey& key, const std::string& version) {
    const auto found = functions_.find(key);
    if (found == functions_.end()) return nullptr;
    const auto there = asked_for(found);
    if (!there) return nullptr;
    const auto revision = (*there)->revisions.find(version);
    return revision == (*there)->revisions.end() ? nullptr : revision->second;
}

Result<FunctionRegistry::State> FunctionRegistry::replace(const State& before, model::FunctionState after) {
    const auto found = functions_.find(after.key);
    // One that is in the store alone has no state either.
    const bool current = found == functions_.end() ? before == nullptr : before != nullptr && found->second.state == before;
    if (!current) return changed_meanwhile(after.key);
    Entry fresh;
    fresh.use = std::make_shared<FunctionUse>();
    const Entry& entry = before ? found->second : fresh;
    auto revisions = make_revisions(after, entry);
    if (!revisions) return revisions.error();
    if (entry.origin == Origin::stored) {
        if (const auto stored = services_.store.put(before.get(), after); !stored) return stored.error();
    }
    auto state = std::make_shared<const model::FunctionState>(std::move(after));
    Entry& there = before ? found->second : functions_[state->key] = std::move(fresh);
    take_over(there, state, std::move(*revisions));
    return State(state);
}

void FunctionRegistry::drop(Functions::iterator function) {
    Entry& entry = function->second;
    count(place_of(function->first), entry, -1);
    for (const auto& [version, revision] : entry.revisions)
        events_.retired(revision);
    if (entry.recent) recent_.erase(*entry.recent);
    functions_.erase(function);
}

void FunctionRegistry::hide(Functions::iterator function) {
    const auto& packages = function->second.packages;
    set_aside_.insert(set_aside_.end(), packages.begin(), packages.end());
    drop(function);
}

Result<void> FunctionRegistry::remove(const State& state) {
    const auto found = functions_.find(state->key);
    if (found == functions_.end() || found->second.state != state) return changed_meanwhile(state->key);
    if (found->second.origin == Origin::stored) {
        if (const auto erased = services_.store.erase(*state); !erased) return erased;
    }
    drop(found);
    return {};
}

Result<void> FunctionRegistry::clear() {
    if (const auto cleared = services_.store.clear(); !cleared) return cleared;
    for (auto at = functions_.begin(); at != functions_.end();) {
        const auto one = at++;
        if (one->second.origin == Origin::stored) drop(one);
    }
    for (const auto& [key, layer] : layers_)
        count_layer(*layer, -1);
    set_aside_.clear();
    layers_.clear();
    layer_packages_.clear();
    mappings_.clear();
    return {};
}

void FunctionRegistry::count(const Place& place, const Entry& entry, std::int64_t sign) {
    PlaceUsage& sum = usage_[place];
    sum.functions += static_cast<std::uint64_t>(sign);
    sum.code_bytes += static_cast<std::uint64_t>(sign) * entry.code_bytes;
    sum.reserved_concurrency += static_cast<std::uint64_t>(sign) * entry.reserved_concurrency.value_or(0);
}

PlaceUsage FunctionRegistry::usage(const Place& place) const {
    const auto found = usage_.find(place);
    return found == usage_.end() ? PlaceUsage{} : found->second;
}

} // namespace lambox::engine
