#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/ids.hpp"
#include "lambox/model/function_config.hpp"
#include "lambox/model/function_state.hpp"
#include "lambox/wire/arn.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::io {
class Clock;
}

namespace lambox::engine {

class CodeStore;
class StateStore;
struct StoredFunction;

/// The entry point of a container image: a program that runs where it is, beside lambox, in the image's own file system.
struct ImageProgram {
    std::vector<std::string> command; ///< the program and its arguments; empty = the first bootstrap there is (behaviour §1.13)
    std::string working_directory = "/var/task";
};

/// Where a function's unpacked code lies. Folders are the host's; nobody writes to them while the function exists.
struct PreparedCode {
    std::filesystem::path task;
    std::filesystem::path layers;                  ///< empty = none
    std::filesystem::path program;                 ///< where a package of one binary is a link to; empty otherwise
    std::optional<ImageProgram> image;             ///< instead of a package
    std::vector<std::shared_ptr<const void>> kept; ///< packages that stay on disk while this lives
    std::string sha256;                            ///< of the file that a configured function names, base64; empty for a folder
    std::uint64_t size = 0;                        ///< of that file
};

/// What all versions of a function share while it runs.
struct FunctionUse {
    std::optional<std::uint32_t> reserved_concurrency;
    std::uint32_t occupied = 0; ///< environments in use, of every version
    std::uint64_t made = 0;     ///< environments ever made, for their names
};

/// One immutable version of a function, ready to run.
struct FunctionRevision {
    model::FunctionConfig config;
    PreparedCode code;
    std::string version = "$LATEST";
    FunctionArn arn;                  ///< unqualified
    std::string region;               ///< empty = the program's
    std::shared_ptr<FunctionUse> use; ///< null = this version shares nothing, and `config` has its reservation
};

/// What a caller's name and qualifier lead to.
struct ResolvedFunction {
    std::shared_ptr<const FunctionRevision> revision;
    FunctionArn invoked_arn; ///< qualified exactly if the caller qualified it
    std::shared_ptr<const model::FunctionState> state; ///< never null
    std::string qualifier; ///< as asked for; empty = none
};

/// Whose functions a caller means when it names none.
struct Place {
    std::string account;
    std::string region;
    auto operator<=>(const Place&) const = default;
};

struct RegistryServices {
    CodeStore& code;
    StateStore& store;
    IdSource& ids;
    io::Clock& clock;
};

/// What follows for whoever runs functions. Called on the loop, after a change is stored.
struct RegistryEvents {
    /// No name leads to it any more.
    std::function<void(const std::shared_ptr<const FunctionRevision>&)> retired = [](const auto&) {};
    /// So many of its environments are to be kept initialised.
    std::function<void(const std::shared_ptr<const FunctionRevision>&, std::uint32_t)> provisioned = [](const auto&, std::uint32_t) {};
};

struct PlaceUsage {
    std::uint64_t functions = 0;
    std::uint64_t code_bytes = 0; ///< of all versions and layers
    std::uint64_t reserved_concurrency = 0;
};

/// Sole owner of definitions: immutable objects, each change written through to the store before it is seen. Functions of a file or the
/// command line are held beside the others and never stored. A stored one is read when it is asked for, and given up again when
/// `limits::functions_in_memory_max` others have been asked for since and nobody else holds an object of it: there never are two objects
/// for one definition.
class FunctionRegistry {
public:
    FunctionRegistry(Place home, RegistryServices services);
    FunctionRegistry(const FunctionRegistry&) = delete;
    FunctionRegistry& operator=(const FunctionRegistry&) = delete;

    void on_events(RegistryEvents events) { events_ = std::move(events); }
    /// Takes in what the store holds; returns the sentences to tell about what could not be used. Errors: those of the store.
    [[nodiscard]] Result<std::vector<std::string>> load();

    /// A configured function, at home. One that is stored under its name is hidden. Errors: conflict when two are configured.
    [[nodiscard]] Result<std::shared_ptr<const FunctionRevision>> add(model::FunctionConfig config, PreparedCode code);
    /// `qualifier` as given beside the name, empty if not; `random` in [0, 1) decides between the versions of an alias. Errors:
    /// invalid_argument (the two qualifiers differ), not_found with AWS's message (behaviour §7.2).
    [[nodiscard]] Result<ResolvedFunction> resolve(const Place& place, const wire::FunctionReference& reference, std::string_view qualifier,
                                                   double random);
    /// The keys of all functions, in their order.
    [[nodiscard]] std::vector<model::ResourceKey> keys() const;
    [[nodiscard]] std::size_t size() const { return functions_.size(); }
    [[nodiscard]] const Place& home() const { return home_; }

    using State = std::shared_ptr<const model::FunctionState>;
    /// Null when there is none. Errors: those of the store and of `CodeStore::prepare`.
    [[nodiscard]] Result<State> find(const model::ResourceKey& key);
    /// Functions of a place whose names come after `name`, at most `count`, in the order of their names. Errors: as `find`.
    [[nodiscard]] Result<std::vector<State>> after(const Place& place, std::string_view name, std::size_t count);
    /// Null for a qualifier that is no version of it, and for a function that cannot be read.
    [[nodiscard]] std::shared_ptr<const FunctionRevision> revision(const model::ResourceKey& key, const std::string& version);
    /// Puts `after` in the place of `before` (null = a new function). Errors: conflict when `before` is not the current state, those of
    /// `CodeStore::prepare` and of the store; then nothing has changed.
    [[nodiscard]] Result<State> replace(const State& before, model::FunctionState after);
    [[nodiscard]] Result<void> remove(const State& state);

    using Layer = std::shared_ptr<const model::LayerState>;
    [[nodiscard]] Layer find_layer(const model::ResourceKey& key) const;
    [[nodiscard]] std::vector<Layer> layers(const Place& place) const;
    /// `kept` holds the package of a new version.
    [[nodiscard]] Result<Layer> replace_layer(model::LayerState after, std::shared_ptr<const void> kept);

    [[nodiscard]] const model::EventSourceMapping* find_mapping(const Place& place, const std::string& uuid) const;
    [[nodiscard]] std::vector<const model::EventSourceMapping*> mappings(const Place& place) const;
    [[nodiscard]] Result<void> put_mapping(model::EventSourceMapping mapping);
    [[nodiscard]] Result<void> remove_mapping(const std::string& uuid);

    [[nodiscard]] PlaceUsage usage(const Place& place) const;
    /// Forgets everything but what is configured.
    [[nodiscard]] Result<void> clear();

private:
    enum class Origin { stored, configured };
    using Revisions = std::map<std::string, std::shared_ptr<const FunctionRevision>>;
    struct Entry;
    using Recent = std::list<Entry*>;
    struct Entry {
        State state;         ///< null while it is in the store alone
        Revisions revisions; ///< by version; empty then
        std::shared_ptr<FunctionUse> use; ///< null before it has been asked for
        std::vector<std::shared_ptr<const void>> packages; ///< stay on disk
        std::uint64_t code_bytes = 0;
        std::optional<std::uint32_t> reserved_concurrency;
        Origin origin = Origin::stored;
        std::optional<Recent::iterator> recent; ///< of a stored one with a state
    };
    using Functions = std::map<model::ResourceKey, Entry>;
    [[nodiscard]] Result<std::shared_ptr<const FunctionRevision>> make_revision(const model::FunctionState& state,
                                                                                const model::FunctionRecord& record, const Entry& entry);
    [[nodiscard]] Result<Revisions> make_revisions(const model::FunctionState& state, const Entry& entry);
    [[nodiscard]] Result<void> take_in(StoredFunction function, const std::map<std::string, std::shared_ptr<const void>>& packages);
    void take_in(std::vector<model::LayerState> layers, std::vector<std::string>& complaints);
    /// Reads what is in the store alone.
    [[nodiscard]] Result<Entry*> asked_for(Functions::iterator function);
    void touch(Entry& entry);
    void give_up_unused();
    [[nodiscard]] static bool held_elsewhere(const Entry& entry);
    void take_over(Entry& entry, const State& after, Revisions revisions);
    void summarize(const Place& place, Entry& entry);
    void provision(const Entry& entry, const model::FunctionState* before, const Revisions& old);
    /// Nothing of it is to be found from now on.
    void drop(Functions::iterator function);
    /// The same of one that stays in the store, with its packages.
    void hide(Functions::iterator function);
    void count(const Place& place, const Entry& entry, std::int64_t sign);
    void count_layer(const model::LayerState& state, std::int64_t sign);

    Place home_;
    RegistryServices services_;
    RegistryEvents events_;
    Functions functions_;
    Recent recent_; ///< stored functions that are in memory, the one asked for last in front
    std::vector<std::shared_ptr<const void>> set_aside_; ///< packages of stored functions that are hidden or cannot be used
    std::map<model::ResourceKey, Layer> layers_;
    std::map<std::string, std::shared_ptr<const void>> layer_packages_; ///< by location
    std::map<std::string, model::EventSourceMapping> mappings_;         ///< by UUID
    std::map<Place, PlaceUsage> usage_;
};

/// How many environments of each version are to be kept ready: an alias's count goes to the version that it names.
[[nodiscard]] std::map<std::string, std::uint32_t> provisioned_by_version(const model::FunctionState& state);

} // namespace lambox::engine
