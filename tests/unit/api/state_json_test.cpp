// Goal: everything of a function, a layer and a mapping comes back from the state database as it was put in. Method: full values through
// SQLite in memory, compared by their JSON, and values that are not ours.

#include "api/codec/state_json.hpp"
#include "lambox/api/stored_state.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace lambox;
using namespace lambox::api;

namespace {

/// doctest cannot print a Result.
template <class R>
bool good(const R& result) {
    return result.has_value();
}

std::unique_ptr<StoredState> store() {
    auto database = io::Database::in_memory();
    REQUIRE(good(database));
    auto made = StoredState::open(std::move(*database));
    REQUIRE(good(made));
    return std::move(*made);
}

std::shared_ptr<const model::FunctionRecord> record(const std::string& version) {
    model::FunctionRecord made;
    made.config.name = "f";
    made.config.runtime = model::find_runtime("provided.al2023");
    made.config.handler = "h";
    made.config.code = "package";
    made.config.architecture = model::Architecture::arm64;
    made.config.memory = Mebibytes{777};
    made.config.timeout = Seconds(9);
    made.config.environment = {{"B_1", "ü"}, {"A_1", ""}};
    made.config.ephemeral_storage = Mebibytes{1'000};
    made.config.managed_instances = model::ManagedInstances{"arn", 12, 2.5, 12};
    made.settings = {"d",
                     "role",
                     "kms",
                     "Active",
                     "dlq",
                     "PublishedVersions",
                     {{"s"}, {"g"}, model::VpcSettings::DualStack::allowed},
                     {"JSON", "TRACE", "WARN", "group"},
                     {{"efs", "/mnt/x"}}};
    made.package = {model::PackageKind::folder, "/x", "sha", 7};
    made.layers = {{"arn", {model::PackageKind::zip, "ab", "cd", 8}}};
    made.version = version;
    made.revision_id = "r" + version;
    made.last_modified = WallTime(Microseconds(1'700'000'000'123'456));
    return std::make_shared<const model::FunctionRecord>(std::move(made));
}

model::FunctionState full_state() {
    model::FunctionState state;
    state.key = {"111111111111", "eu-west-1", "f"};
    state.latest = record("$LATEST");
    state.versions = {{1, record("1")}, {4, record("4")}};
    state.next_version = 5;
    state.aliases["live"] = {"live", "text", "1", {{"4", 0.25}}, "ar"};
    state.tags = {{"a", "b"}};
    state.reserved_concurrency = 0;
    state.recursive_loop = "Allow";
    state.policies["$LATEST"] = {{{"sid", R"({"Sid":"sid"})"}}, "pr"};
    state.provisioned["1"] = {3, WallTime(Microseconds(5))};
    state.event_invoke["$LATEST"] = {1, 60, "ok", "bad", WallTime(Microseconds(6))};
    state.urls["live"] = {"id", "NONE", "BUFFERED", R"({"MaxAge":1})", WallTime(Microseconds(7)), WallTime(Microseconds(8))};
    state.runtime_management["1"] = {"Manual", "arn"};
    return state;
}

/// Everything of a state, to compare.
nlohmann::json whole(const model::FunctionState& state) {
    nlohmann::json json{{"state", codec::state_json(state)}, {"latest", codec::record_json(*state.latest)}};
    for (const auto& [number, one] : state.versions)
        json["versions"][std::to_string(number)] = codec::record_json(*one);
    return json;
}

} // namespace

TEST_CASE("a function comes back whole") {
    const auto stored = store();
    const auto state = full_state();
    REQUIRE(good(stored->put(nullptr, state)));
    const auto loaded = stored->load();
    REQUIRE(good(loaded));
    REQUIRE(loaded->functions.size() == 1);
    CHECK(loaded->functions[0].key == state.key);
    CHECK(loaded->functions[0].summary == model::summarize(state));
    const auto read = stored->read(state.key);
    REQUIRE(good(read));
    CHECK(whole(*read) == whole(state));
    CHECK(read->latest->config.environment == state.latest->config.environment); // in its order
    CHECK(read->latest->settings == state.latest->settings);
    CHECK(!good(stored->read({"111111111111", "eu-west-1", "g"})));
}

TEST_CASE("what a start knows of functions: their bytes, reservation, zips, and whether some are kept ready") {
    const auto stored = store();
    auto state = full_state();
    state.versions.clear();
    state.provisioned.clear();
    state.reserved_concurrency.reset();
    REQUIRE(good(stored->put(nullptr, state)));
    auto other = state;
    other.key.name = "a";
    auto zipped = *state.latest;
    zipped.package = {model::PackageKind::zip, "ef", "gh", 20};
    other.versions[1] = std::make_shared<const model::FunctionRecord>(zipped);
    other.reserved_concurrency = 5;
    other.provisioned["1"] = {1, {}};
    REQUIRE(good(stored->put(nullptr, other)));
    using Summary = model::FunctionSummary;
    const auto loaded = stored->load();
    REQUIRE(good(loaded));
    REQUIRE(loaded->functions.size() == 2);
    CHECK(loaded->functions[0].key == other.key); // by name
    CHECK(loaded->functions[0].summary == Summary{27, 5, {"ab", "ef"}, Summary::Environments::kept_ready});
    CHECK(loaded->functions[1].summary == Summary{7, {}, {"ab"}, Summary::Environments::on_demand});
}

TEST_CASE("functions of a release without summaries are summed up at the first start, and only then") {
    const auto stored = store();
    const auto state = full_state();
    REQUIRE(good(stored->put(nullptr, state)));
    REQUIRE(good(stored->database().execute("UPDATE summaries SET code_bytes = 0, reserved = -1, kept_ready = 0, packages = '?'")));
    for (int start = 0; start < 2; ++start) {
        const auto loaded = stored->load();
        REQUIRE(good(loaded));
        CHECK(loaded->functions.at(0).summary == model::summarize(state));
        REQUIRE(good(stored->database().execute("UPDATE functions SET latest = '{'")));
    }
    const auto broken = stored->read(state.key);
    REQUIRE(!good(broken));
    CHECK(broken.error().code == Errc::malformed);
}

TEST_CASE("a change writes and removes versions") {
    const auto stored = store();
    const auto before = full_state();
    REQUIRE(good(stored->put(nullptr, before)));
    auto after = before;
    after.versions.erase(1);
    after.versions[5] = record("5");
    after.next_version = 6;
    after.reserved_concurrency.reset();
    REQUIRE(good(stored->put(&before, after)));
    const auto loaded = stored->load();
    REQUIRE(good(loaded));
    CHECK(loaded->functions.at(0).summary == model::summarize(after));
    const auto read = stored->read(after.key);
    REQUIRE(good(read));
    CHECK(whole(*read) == whole(after));
    REQUIRE(good(stored->erase(after)));
    CHECK(stored->load()->functions.empty());
}

TEST_CASE("layers and mappings come back whole, and everything can be forgotten") {
    const auto stored = store();
    model::LayerState layer;
    layer.key = {"1", "r", "l"};
    layer.next_version = 3;
    model::LayerVersion version{2, "d", "MIT", {"go1.x"}, {"arm64"}, {model::PackageKind::zip, "a", "b", 3}, WallTime(Microseconds(9)), {}};
    version.policy = {{{"s", "{}"}}, "r"};
    layer.versions[2] = std::make_shared<model::LayerVersion>(version);
    REQUIRE(good(stored->put(layer)));
    model::EventSourceMapping mapping{"uuid",
                                      {"1", "r", "f"},
                                      "farn",
                                      "sarn",
                                      R"({"BatchSize":1})",
                                      WallTime(Microseconds(4)),
                                      model::EventSourceMapping::Activity::disabled,
                                      {{"team", "x"}}};
    REQUIRE(good(stored->put(mapping)));
    auto loaded = stored->load();
    REQUIRE(good(loaded));
    CHECK(codec::layer_json(loaded->layers.at(0)) == codec::layer_json(layer));
    CHECK(codec::mapping_json(loaded->mappings.at(0)) == codec::mapping_json(mapping));
    auto untagged = codec::mapping_json(mapping);
    untagged.erase("tags");
    CHECK(codec::read_mapping(untagged).tags.empty()); // as releases before tags wrote it
    REQUIRE(good(stored->clear()));
    loaded = stored->load();
    CHECK((loaded->layers.empty() && loaded->mappings.empty()));
}

TEST_CASE("rows that are not ours are an error, not a crash") {
    for (const char* row : {"{", "{}", "[]", R"({"config":{"name":1}})"}) {
        auto database = io::Database::in_memory();
        REQUIRE(good(database));
        auto again = StoredState::open(std::move(*database));
        REQUIRE(good(again));
        model::EventSourceMapping mapping;
        mapping.uuid = "x";
        REQUIRE(good((*again)->put(mapping)));
        nlohmann::json parsed = nlohmann::json::parse(row, nullptr, false);
        CHECK_THROWS((void)codec::read_record(parsed));
        CHECK_THROWS((void)codec::read_mapping(parsed));
    }
}
