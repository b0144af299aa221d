// Goal: the registry finds every name form, writes through before a change is seen, keeps what has not changed running, and tells what
// follows. Method: a store in memory that can fail; packages are folders.
#include "fakes/manual_clock.hpp"
#include "fakes/memory_state_store.hpp"
#include "fakes/sequential_ids.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/engine/code_store.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

using namespace lambox;
using engine::FunctionRegistry;
using engine::Place;

namespace {

namespace fs = std::filesystem;

struct Folder {
    Folder() { fs::create_directories(path / "code"); }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    fs::path path = fs::temp_directory_path() / ("lambox-registry-" + std::to_string(::getpid()));
};

struct RegistryFixture {
    RegistryFixture() {
        engine::RegistryEvents events;
        events.retired = [this](const auto& revision) { told.push_back("retired " + revision->version); };
        events.provisioned = [this](const auto& revision, std::uint32_t count) {
            told.push_back("provisioned " + revision->version + " " + std::to_string(count));
        };
        registry.on_events(std::move(events));
    }

    std::shared_ptr<model::FunctionRecord> record(const std::string& version = "$LATEST") const {
        auto made = std::make_shared<model::FunctionRecord>();
        made->config.name = "f";
        made->config.runtime = model::find_runtime("provided.al2023");
        made->package = {model::PackageKind::folder, folder.path.string(), "sha", 10};
        made->version = version;
        return made;
    }
    FunctionRegistry::State create(const std::string& name = "f") {
        model::FunctionState state;
        state.key = {home.account, home.region, name};
        state.latest = record();
        auto made = registry.replace(nullptr, std::move(state));
        REQUIRE(made.has_value());
        return *made;
    }
    /// `f` with versions 1 and 2, and the alias `live` of version 1.
    FunctionRegistry::State create_published() {
        auto state = *create();
        const auto before = found(state.key);
        state.versions[1] = record("1");
        state.versions[2] = record("2");
        state.aliases["live"] = {"live", "", "1", {}, ""};
        auto made = registry.replace(before, std::move(state));
        REQUIRE(made.has_value());
        told.clear();
        return *made;
    }
    FunctionRegistry::State found(const model::ResourceKey& key) {
        auto state = registry.find(key);
        REQUIRE(state.has_value());
        return *state;
    }
    /// `arn version` of what a name leads to, or the error.
    std::string resolved(const std::string& name, const std::string& qualifier = "", double random = 0) {
        const auto reference = wire::parse_function_reference(name);
        REQUIRE(reference.has_value());
        const auto found = registry.resolve(home, *reference, qualifier, random);
        if (!found) return found.error().message;
        return found->invoked_arn.str() + " " + found->revision->version;
    }

    Place home{"000000000000", "us-east-1"};
    Folder folder;
    fakes::ManualClock clock;
    fakes::SequentialIds ids;
    fakes::MemoryStateStore store;
    engine::CodeStore code{folder.path / "code", engine::CodeLifetime::temporary};
    FunctionRegistry registry{home, {code, store, ids, clock}};
    std::vector<std::string> told;
};

const std::string arn = "arn:aws:lambda:us-east-1:000000000000:function:f";

} // namespace

TEST_CASE_FIXTURE(RegistryFixture, "names, versions and aliases lead to revisions, and what is not there is named") {
    create_published();
    CHECK(resolved("f") == arn + " $LATEST");
    CHECK(resolved("f:$LATEST") == arn + ":$LATEST $LATEST");
    CHECK(resolved("f", "2") == arn + ":2 2");
    CHECK(resolved(arn + ":live") == arn + ":live 1");
    CHECK(resolved("000000000000:function:f", "live") == arn + ":live 1");
    CHECK(resolved("f", "3") == "Function not found: " + arn + ":3");
    CHECK(resolved("g") == "Function not found: arn:aws:lambda:us-east-1:000000000000:function:g");
    CHECK(resolved("f:1", "2").find("does not match") != std::string::npos);
    CHECK(resolved("arn:aws:lambda:eu-west-1:000000000000:function:f").find("not found") != std::string::npos);
    CHECK(resolved("111111111111:function:f").find("not found") != std::string::npos);
}

TEST_CASE_FIXTURE(RegistryFixture, "a weighted alias takes its version by the random number") {
    const auto before = create_published();
    auto state = *before;
    state.aliases["live"].weights["2"] = 0.5;
    REQUIRE(registry.replace(before, std::move(state)).has_value());
    CHECK(resolved("f:live", "", 0.4) == arn + ":live 2");
    CHECK(resolved("f:live", "", 0.5) == arn + ":live 1");
}

TEST_CASE_FIXTURE(RegistryFixture, "a change retires only the revision that it touches") {
    const auto before = create_published();
    const auto latest = registry.revision(before->key, "$LATEST");
    const auto first = registry.revision(before->key, "1");
    auto state = *before;
    state.latest = record();
    const auto after = registry.replace(before, std::move(state));
    REQUIRE(after.has_value());
    CHECK(told == std::vector<std::string>{"retired $LATEST"});
    CHECK(registry.revision(before->key, "1") == first);
    CHECK(registry.revision(before->key, "$LATEST") != latest);
    auto smaller = **after;
    smaller.versions.erase(2);
    REQUIRE(registry.replace(*after, std::move(smaller)).has_value());
    CHECK(told.back() == "retired 2");
}

TEST_CASE_FIXTURE(RegistryFixture, "what the store refuses has not happened") {
    const auto before = create_published();
    store.refusal = make_error(Errc::io, "the disk is full");
    auto state = *before;
    state.latest = record();
    const auto failed = registry.replace(before, std::move(state));
    REQUIRE(!failed.has_value());
    CHECK(failed.error().code == Errc::io);
    CHECK(found(before->key) == before);
    CHECK(!registry.remove(before).has_value());
    CHECK(found(before->key) == before);
    CHECK(told.empty());
}

TEST_CASE_FIXTURE(RegistryFixture, "a change to a state that is not the current one is a conflict") {
    const auto before = create_published();
    auto one = *before;
    one.tags["a"] = "b";
    REQUIRE(registry.replace(before, std::move(one)).has_value());
    const auto stale = registry.replace(before, *before);
    REQUIRE(!stale.has_value());
    CHECK(stale.error().code == Errc::conflict);
    CHECK(!registry.replace(nullptr, *before).has_value());
    CHECK(!registry.remove(before).has_value());
}

TEST_CASE_FIXTURE(RegistryFixture, "a package that is not there is an error before anything is stored") {
    const int writes = store.writes;
    model::FunctionState state;
    state.key = {home.account, home.region, "g"};
    auto missing = record();
    missing->package = {model::PackageKind::zip, std::string(64, 'a'), "", 0};
    state.latest = missing;
    CHECK(!registry.replace(nullptr, std::move(state)).has_value());
    CHECK(store.writes == writes);
    CHECK(found({home.account, home.region, "g"}) == nullptr);
}

TEST_CASE_FIXTURE(RegistryFixture, "provisioned concurrency is told when it or its version changes") {
    auto before = create_published();
    const auto put = [&](auto change) {
        auto state = *before;
        change(state);
        auto after = registry.replace(before, std::move(state));
        REQUIRE(after.has_value());
        before = *after;
        return std::exchange(told, {});
    };
    using Told = std::vector<std::string>;
    CHECK(put([](auto& state) { state.provisioned["live"] = {2, {}}; }) == Told{"provisioned 1 2"});
    CHECK(put([](auto& state) { state.tags["x"] = "y"; }).empty());
    CHECK(put([](auto& state) { state.aliases["live"].version = "2"; }) == Told{"provisioned 1 0", "provisioned 2 2"});
    CHECK(put([](auto& state) { state.provisioned.clear(); }) == Told{"provisioned 2 0"});
}

TEST_CASE_FIXTURE(RegistryFixture, "what is stored is there after a new start") {
    auto state = *create_published();
    FunctionRegistry again{home, {code, store, ids, clock}};
    const auto complaints = again.load();
    REQUIRE(complaints.has_value());
    CHECK(complaints->empty());
    CHECK(again.usage(home).functions == 1); // known without being read
    CHECK(again.usage(home).code_bytes == 30);
    CHECK(store.reads == 0);
    const auto there = again.find(state.key);
    REQUIRE((there.has_value() && *there));
    CHECK((*there)->aliases.contains("live"));
    CHECK(again.revision(state.key, "2") != nullptr);
    CHECK(again.usage(home).functions == 1);
    CHECK(again.usage(home).code_bytes == 30);
}

TEST_CASE_FIXTURE(RegistryFixture,
                  "a function that is in the store alone is there: it cannot be made again, is hidden, counted and forgotten") {
    create("f");
    create("g");
    FunctionRegistry again{home, {code, store, ids, clock}};
    REQUIRE(again.load().has_value());
    model::FunctionState twin;
    twin.key = {home.account, home.region, "g"};
    twin.latest = record();
    const auto refused = again.replace(nullptr, std::move(twin));
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == Errc::conflict);
    REQUIRE(again.add(record()->config, {folder.path, {}, {}, {}, {}, "", 0}).has_value());
    CHECK(again.size() == 2);
    CHECK(again.usage(home).functions == 2);
    CHECK(store.reads == 0);
    REQUIRE(again.clear().has_value());
    CHECK(again.size() == 1);
    CHECK(again.usage(home).functions == 1);
}

TEST_CASE_FIXTURE(RegistryFixture, "packages of stored functions that are hidden or lack something stay until all is forgotten") {
    const auto zip = [this](const std::string& hash) {
        std::ofstream(folder.path / "code" / (hash + ".zip")) << "zip";
        fs::create_directories(folder.path / "code" / ("task-" + hash));
        return model::PackageInfo{model::PackageKind::zip, hash, "", 3};
    };
    const auto there = [this](const std::string& hash) { return fs::exists(folder.path / "code" / (hash + ".zip")); };
    for (const char* name : {"f", "g"}) {
        model::FunctionState state;
        state.key = {home.account, home.region, name};
        auto made = record();
        made->package = zip(name);
        if (*name == 'g') made->layers = {{"arn", {model::PackageKind::zip, "missing", "", 1}}};
        state.latest = made;
        store.functions.insert_or_assign(state.key, state);
    }
    static_cast<void>(zip("nobody's"));
    {
        FunctionRegistry again{home, {code, store, ids, clock}};
        const auto complaints = again.load();
        REQUIRE(complaints.has_value());
        CHECK(*complaints == std::vector<std::string>{"function g cannot be used: the package missing is missing"});
        CHECK(!there("nobody's"));
        REQUIRE(again.add(record()->config, {folder.path, {}, {}, {}, {}, "", 0}).has_value());
        CHECK((there("f") && there("g")));
        REQUIRE(again.clear().has_value());
    }
    CHECK((!there("f") && !there("g")));
}

TEST_CASE_FIXTURE(RegistryFixture, "what cannot be read is an error to who asks, and to nobody else") {
    create("f");
    FunctionRegistry again{home, {code, store, ids, clock}};
    REQUIRE(again.load().has_value());
    store.refusal = make_error(Errc::malformed, "no JSON");
    const auto failed = again.find({home.account, home.region, "f"});
    REQUIRE(!failed.has_value());
    CHECK(failed.error().code == Errc::io);
    CHECK(again.revision({home.account, home.region, "f"}, "$LATEST") == nullptr);
    store.refusal.reset();
    CHECK(again.revision({home.account, home.region, "f"}, "$LATEST") != nullptr);
}

TEST_CASE_FIXTURE(RegistryFixture, "functions kept ready are told at the start") {
    const auto before = create_published();
    auto state = *before;
    state.provisioned["live"] = {2, {}};
    REQUIRE(registry.replace(before, std::move(state)).has_value());
    FunctionRegistry again{home, {code, store, ids, clock}};
    std::vector<std::string> heard;
    engine::RegistryEvents events;
    events.provisioned = [&heard](const auto& revision, std::uint32_t count) {
        heard.push_back(revision->version + " " + std::to_string(count));
    };
    again.on_events(std::move(events));
    REQUIRE(again.load().has_value());
    CHECK(heard == std::vector<std::string>{"1 2"});
}

TEST_CASE_FIXTURE(RegistryFixture, "of many stored functions few stay in memory, and those that somebody holds stay the same object") {
    const auto held = create("held");                                          // as a caller does
    const auto environment = registry.revision(create("run")->key, "$LATEST"); // as an environment does
    const std::size_t many = limits::functions_in_memory_max + 10;
    for (std::size_t number = 0; number < many; ++number)
        create("n" + std::to_string(number));
    CHECK(found(held->key) == held);
    CHECK(registry.revision({home.account, home.region, "run"}, "$LATEST") == environment);
    CHECK(store.reads == 0);
    const auto first = found({home.account, home.region, "n0"});
    CHECK(store.reads == 1);
    CHECK(found({home.account, home.region, "n0"}) == first);
    static_cast<void>(found({home.account, home.region, "n" + std::to_string(many - 1)}));
    CHECK(store.reads == 1); // asked for last
    CHECK(resolved("n1") == "arn:aws:lambda:us-east-1:000000000000:function:n1 $LATEST");
    CHECK(store.reads == 2);
    CHECK(registry.usage(home).functions == many + 2);
}

TEST_CASE_FIXTURE(RegistryFixture, "a configured function hides a stored one, is never stored, and survives a reset") {
    create();
    const int writes = store.writes;
    model::FunctionConfig config = record()->config;
    REQUIRE(registry.add(config, {folder.path, {}, {}, {}, {}, "", 0}).has_value());
    CHECK(told == std::vector<std::string>{"retired $LATEST"}); // the stored one's environments go
    CHECK(!registry.add(config, {folder.path, {}, {}, {}, {}, "", 0}).has_value());
    const auto before = found({home.account, home.region, "f"});
    auto state = *before;
    state.tags["a"] = "b";
    REQUIRE(registry.replace(before, std::move(state)).has_value());
    create("g");
    CHECK(store.writes == writes + 1);
    REQUIRE(registry.clear().has_value());
    CHECK(found({home.account, home.region, "g"}) == nullptr);
    CHECK(found({home.account, home.region, "f"}) != nullptr);
    CHECK(registry.usage(home).functions == 1);
    CHECK(told.back() == "retired $LATEST");
}

TEST_CASE_FIXTURE(RegistryFixture, "SnapStart is for published versions, and for a configured function's only one") {
    auto state = *create();
    const auto before = found(state.key);
    auto published = record("1");
    published->settings.snap_start = "PublishedVersions";
    auto latest = record();
    latest->settings.snap_start = "PublishedVersions";
    state.latest = latest;
    state.versions[1] = published;
    state.versions[2] = record("2");
    REQUIRE(registry.replace(before, std::move(state)).has_value());
    const model::ResourceKey key{home.account, home.region, "f"};
    CHECK(registry.revision(key, "$LATEST")->config.snap_start == model::SnapStart::none);
    CHECK(registry.revision(key, "1")->config.snap_start == model::SnapStart::published_versions);
    CHECK(registry.revision(key, "2")->config.snap_start == model::SnapStart::none);

    auto config = record()->config;
    config.name = "configured";
    config.snap_start = model::SnapStart::published_versions;
    const auto added = registry.add(config, {folder.path, {}, {}, {}, {}, "", 0});
    REQUIRE(added.has_value());
    CHECK((*added)->config.snap_start == model::SnapStart::published_versions);
    CHECK(found({home.account, home.region, "configured"})->latest->settings.snap_start == "PublishedVersions");
}

TEST_CASE_FIXTURE(RegistryFixture, "functions are listed by name within their place") {
    for (const char* name : {"c", "a", "b"})
        create(name);
    model::FunctionState other;
    other.key = {"111111111111", home.region, "aa"};
    other.latest = record();
    REQUIRE(registry.replace(nullptr, std::move(other)).has_value());
    const auto names = [&](std::string_view from, std::size_t count) {
        std::string text;
        const auto listed = registry.after(home, from, count);
        REQUIRE(listed.has_value());
        for (const auto& state : *listed)
            text += state->key.name;
        return text;
    };
    CHECK(names("", 10) == "abc");
    CHECK(names("", 2) == "ab");
    CHECK(names("a", 10) == "bc");
    CHECK(names("zz", 10).empty());
    CHECK(registry.usage(home).functions == 3);
}
