// Goal: aliases route by their weights, versions are found, and publishing notices what has not changed. Method: tables and single changes.

#include "lambox/model/function_state.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::model;

namespace {

FunctionRecord record() {
    FunctionRecord made;
    made.config.name = "f";
    made.config.runtime = find_runtime("provided.al2023");
    made.config.handler = "bootstrap";
    made.package = {PackageKind::zip, "ab", "sha", 10};
    return made;
}

FunctionState state_with_versions() {
    FunctionState state;
    state.key = {"000000000000", "us-east-1", "f"};
    state.latest = std::make_shared<FunctionRecord>(record());
    for (const std::uint64_t number : {1, 3}) {
        auto published = std::make_shared<FunctionRecord>(record());
        published->version = std::to_string(number);
        published->package.size = 100 * number;
        state.versions[number] = published;
    }
    state.aliases["live"] = Alias{"live", "", "1", {}, "r"};
    return state;
}

} // namespace

TEST_CASE("a weighted alias takes the share of its weights") {
    const Alias plain{"a", "", "1", {}, ""};
    const Alias split{"a", "", "1", {{"2", 0.25}}, ""};
    const Alias whole{"a", "", "1", {{"2", 1.0}}, ""};
    struct Row {
        const Alias& alias;
        double random;
        std::string version;
    };
    const std::vector<Row> table{{plain, 0, "1"},    {plain, 0.999, "1"}, {split, 0, "2"},     {split, 0.2499, "2"},
                                 {split, 0.25, "1"}, {split, 0.999, "1"}, {whole, 0.9999, "2"}};
    for (const auto& row : table) {
        CAPTURE(row.random);
        CHECK(routed_version(row.alias, row.random) == row.version);
    }
}

TEST_CASE("versions are found by number, the function itself by $LATEST or nothing") {
    const auto state = state_with_versions();
    CHECK(find_version(state, "") == state.latest);
    CHECK(find_version(state, "$LATEST") == state.latest);
    CHECK(find_version(state, "3") == state.versions.at(3));
    for (const char* none : {"2", "live", "3x", "-1", " 3", "99999999999999999999999", "$latest"}) {
        CAPTURE(none);
        CHECK(find_version(state, none) == nullptr);
    }
    CHECK(has_qualifier(state, "live"));
    CHECK(!has_qualifier(state, "dead"));
}

TEST_CASE("code is counted once for each version that has it") { CHECK(code_bytes(state_with_versions()) == 10 + 100 + 300); }

TEST_CASE("an event is treated as the qualifier that was asked for has it, and its dead-letter queue is the executed version's") {
    FunctionState state = state_with_versions();
    auto third = record();
    third.settings.dead_letter_target = "queue of 3";
    state.versions[3] = std::make_shared<const FunctionRecord>(third);
    state.event_invoke["$LATEST"] = {0, std::nullopt, "yes", "no", {}};
    state.event_invoke["live"] = {1, 60, "", "", {}};
    struct Row {
        const char* version;
        const char* qualifier;
        std::uint32_t retries;
        Seconds age;
        const char* on_success;
        const char* on_failure;
        const char* dead_letters;
    };
    const Row rows[] = {
        {"$LATEST", "", 0, limits::async_event_age_max, "yes", "no", ""},
        {"$LATEST", "$LATEST", 0, limits::async_event_age_max, "yes", "no", ""},
        {"3", "live", 1, Seconds(60), "", "", "queue of 3"},
        {"3", "3", 2, limits::async_event_age_max, "", "", "queue of 3"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.version);
        CAPTURE(row.qualifier);
        const EventInvokeConfig config = event_invoke_config(state, row.version, row.qualifier);
        CHECK(config.maximum_retry_attempts == row.retries);
        CHECK(config.maximum_event_age == row.age);
        CHECK(config.on_success == row.on_success);
        CHECK(config.on_failure == row.on_failure);
        CHECK(config.dead_letter_target == row.dead_letters);
    }
}

TEST_CASE("every change but that of name, time and revision makes another version") {
    const auto base = record();
    auto same = base;
    same.version = "1";
    same.revision_id = "other";
    same.last_modified += Seconds(5);
    CHECK(same_content(base, same));
    const std::vector<std::function<void(FunctionRecord&)>> changes{
        [](auto& one) { one.package.location = "cd"; },
        [](auto& one) {
            one.layers.push_back({"arn", {}});
        },
        [](auto& one) { one.settings.description = "d"; },
        [](auto& one) { one.settings.vpc.subnets = {"s"}; },
        [](auto& one) { one.settings.logging.format = "JSON"; },
        [](auto& one) { one.config.runtime = find_runtime("provided.al2"); },
        [](auto& one) { one.config.handler = "h"; },
        [](auto& one) { one.config.architecture = Architecture::arm64; },
        [](auto& one) { one.config.memory = Mebibytes{256}; },
        [](auto& one) { one.config.timeout = Seconds(4); },
        [](auto& one) { one.config.environment.emplace_back("AB", "c"); },
        [](auto& one) { one.config.ephemeral_storage = Mebibytes{1024}; },
    };
    for (const auto& change : changes) {
        auto changed = base;
        change(changed);
        CHECK(!same_content(base, changed));
    }
}
