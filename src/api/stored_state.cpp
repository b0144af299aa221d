#include "lambox/api/stored_state.hpp"

#include "api/codec/state_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <exception>

namespace lambox::api {

using Json = nlohmann::json;

namespace {

/// In a summary of before there were any: its function is looked at at the next start.
constexpr std::string_view unknown_packages = "?";
constexpr std::int64_t nothing_reserved = -1;

constexpr std::array<std::string_view, 3> schema{
    "CREATE TABLE functions (account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, latest TEXT NOT NULL, state TEXT NOT NULL,"
    " PRIMARY KEY (account, region, name)) WITHOUT ROWID;"
    "CREATE TABLE versions (account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL,"
    " record TEXT NOT NULL, PRIMARY KEY (account, region, name, number)) WITHOUT ROWID;"
    "CREATE TABLE layers (account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,"
    " PRIMARY KEY (account, region, name)) WITHOUT ROWID;"
    "CREATE TABLE mappings (uuid TEXT PRIMARY KEY NOT NULL, mapping TEXT NOT NULL) WITHOUT ROWID;",
    // AUTOINCREMENT: an event that is still being executed when all are forgotten must not meet another one under its id.
    "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL, payload TEXT NOT NULL,"
    " content_type TEXT NOT NULL, arn TEXT NOT NULL, trace TEXT NOT NULL, context TEXT NOT NULL, invocation_id TEXT NOT NULL,"
    " accepted INTEGER NOT NULL, invoked INTEGER NOT NULL, hops INTEGER NOT NULL);",
    // All that a start reads of functions. In a table of its own, whose pages are few.
    "CREATE TABLE summaries (account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, code_bytes INTEGER NOT NULL,"
    " reserved INTEGER NOT NULL, kept_ready INTEGER NOT NULL, packages TEXT NOT NULL, PRIMARY KEY (account, region, name)) WITHOUT ROWID;"
    "INSERT INTO summaries SELECT account, region, name, 0, -1, 0, '?' FROM functions;"};

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Error unreadable(const std::exception& why) {
    return make_error(Errc::malformed, std::string("the state database holds what lambox cannot read: ") + why.what());
}

std::string packages_text(const std::vector<std::string>& packages) {
    std::string text;
    for (const auto& package : packages) {
        if (!text.empty()) text += ' ';
        text += package;
    }
    return text;
}

std::vector<std::string> read_packages(std::string_view text) {
    std::vector<std::string> packages;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        packages.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return packages;
}

} // namespace

Result<std::unique_ptr<StoredState>> StoredState::open(io::Database database) {
    if (const auto migrated = database.migrate(schema); !migrated) return migrated.error();
    return std::unique_ptr<StoredState>(new StoredState(std::move(database)));
}

Result<void> StoredState::run(std::string_view sql, std::initializer_list<std::string_view> texts) {
    auto statement = database_.prepare(sql);
    if (!statement) return statement.error();
    for (const auto text : texts)
        statement->bind(text);
    return statement->run();
}

Result<void> StoredState::write_version(const model::ResourceKey& key, std::uint64_t number, const model::FunctionRecord& record) {
    auto statement = database_.prepare("INSERT OR REPLACE INTO versions VALUES (?, ?, ?, ?, ?)");
    if (!statement) return statement.error();
    const std::string text = text_of(codec::record_json(record));
    statement->bind(key.account).bind(key.region).bind(key.name).bind(static_cast<std::int64_t>(number)).bind(text);
    return statement->run();
}

Result<void> StoredState::drop_version(const model::ResourceKey& key, std::uint64_t number) {
    auto statement = database_.prepare("DELETE FROM versions WHERE account = ? AND region = ? AND name = ? AND number = ?");
    if (!statement) return statement.error();
    statement->bind(key.account).bind(key.region).bind(key.name).bind(static_cast<std::int64_t>(number));
    return statement->run();
}

Result<void> StoredState::write_summary(const model::ResourceKey& key, const model::FunctionSummary& summary) {
    auto statement = database_.prepare("INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?, ?, ?, ?)");
    if (!statement) return statement.error();
    const std::string packages = packages_text(summary.packages);
    const bool kept_ready = summary.environments == model::FunctionSummary::Environments::kept_ready;
    statement->bind(key.account).bind(key.region).bind(key.name).bind(static_cast<std::int64_t>(summary.code_bytes));
    statement->bind(summary.reserved_concurrency ? *summary.reserved_concurrency : nothing_reserved)
        .bind(kept_ready ? 1 : 0)
        .bind(packages);
    return statement->run();
}

Result<void> StoredState::put(const model::FunctionState* before, const model::FunctionState& after) {
    auto transaction = io::Transaction::begin(database_);
    if (!transaction) return transaction.error();
    const model::ResourceKey& key = after.key;
    const std::string latest = text_of(codec::record_json(*after.latest));
    const std::string state = text_of(codec::state_json(after));
    auto done = run("INSERT OR REPLACE INTO functions VALUES (?, ?, ?, ?, ?)", {key.account, key.region, key.name, latest, state});
    if (done) done = write_summary(key, model::summarize(after));
    for (auto at = after.versions.begin(); done && at != after.versions.end(); ++at) {
        const auto there = before != nullptr ? before->versions.find(at->first) : after.versions.end();
        const bool stored = before != nullptr && there != before->versions.end() && there->second == at->second;
        if (!stored) done = write_version(key, at->first, *at->second);
    }
    if (before != nullptr) {
        for (auto at = before->versions.begin(); done && at != before->versions.end(); ++at) {
            if (!after.versions.contains(at->first)) done = drop_version(key, at->first);
        }
    }
    if (!done) return done;
    return transaction->commit();
}

Result<void> StoredState::erase(const model::FunctionState& state) {
    auto transaction = io::Transaction::begin(database_);
    if (!transaction) return transaction.error();
    const model::ResourceKey& key = state.key;
    for (const std::string_view sql : {"DELETE FROM functions WHERE account = ? AND region = ? AND name = ?",
                                       "DELETE FROM versions WHERE account = ? AND region = ? AND name = ?",
                                       "DELETE FROM summaries WHERE account = ? AND region = ? AND name = ?"}) {
        if (auto done = run(sql, {key.account, key.region, key.name}); !done) return done;
    }
    return transaction->commit();
}

Result<void> StoredState::put(const model::LayerState& state) {
    return run("INSERT OR REPLACE INTO layers VALUES (?, ?, ?, ?)",
               {state.key.account, state.key.region, state.key.name, text_of(codec::layer_json(state))});
}

Result<void> StoredState::put(const model::EventSourceMapping& mapping) {
    return run("INSERT OR REPLACE INTO mappings VALUES (?, ?)", {mapping.uuid, text_of(codec::mapping_json(mapping))});
}

Result<void> StoredState::erase(const model::EventSourceMapping& mapping) {
    return run("DELETE FROM mappings WHERE uuid = ?", {mapping.uuid});
}

Result<void> StoredState::clear() {
    auto transaction = io::Transaction::begin(database_);
    if (!transaction) return transaction.error();
    auto done =
        database_.execute("DELETE FROM functions; DELETE FROM versions; DELETE FROM summaries; DELETE FROM layers; DELETE FROM mappings;");
    if (!done) return done;
    return transaction->commit();
}

Result<engine::StoredState> StoredState::load() {
    engine::StoredState stored;
    try {
        for (const auto part : {&StoredState::load_functions, &StoredState::load_layers, &StoredState::load_mappings}) {
            if (const auto done = (this->*part)(stored); !done) return done.error();
        }
    } catch (const std::exception& why) {
        return unreadable(why);
    }
    return stored;
}

Result<void> StoredState::load_functions(engine::StoredState& stored) {
    auto rows = database_.prepare("SELECT account, region, name, code_bytes, reserved, kept_ready, packages FROM summaries"
                                  " ORDER BY account, region, name");
    if (!rows) return rows.error();
    std::vector<std::size_t> unknown; // places of functions of an older release
    for (;;) {
        const auto row = rows->step();
        if (!row) return row.error();
        if (!*row) break;
        auto& [key, summary] = stored.functions.emplace_back();
        key = {std::string(rows->text(0)), std::string(rows->text(1)), std::string(rows->text(2))};
        summary.code_bytes = static_cast<std::uint64_t>(rows->integer(3));
        if (rows->integer(4) != nothing_reserved) summary.reserved_concurrency = static_cast<std::uint32_t>(rows->integer(4));
        if (rows->integer(5) != 0) summary.environments = model::FunctionSummary::Environments::kept_ready;
        if (rows->text(6) == unknown_packages)
            unknown.push_back(stored.functions.size() - 1);
        else
            summary.packages = read_packages(rows->text(6));
    }
    return unknown.empty() ? Result<void>{} : complete_summaries(stored, unknown);
}

Result<void> StoredState::complete_summaries(engine::StoredState& stored, std::span<const std::size_t> places) {
    auto transaction = io::Transaction::begin(database_);
    if (!transaction) return transaction.error();
    for (const std::size_t place : places) {
        auto& [key, summary] = stored.functions[place];
        const auto state = read(key);
        if (!state) return state.error();
        summary = model::summarize(*state);
        if (const auto written = write_summary(key, summary); !written) return written;
    }
    return transaction->commit();
}

Result<model::FunctionState> StoredState::read(const model::ResourceKey& key) {
    model::FunctionState state;
    state.key = key;
    try {
        if (const auto done = read_into(state); !done) return done.error();
    } catch (const std::exception& why) {
        return unreadable(why);
    }
    return state;
}

Result<void> StoredState::read_into(model::FunctionState& state) {
    constexpr std::string_view by_key = " WHERE account = ? AND region = ? AND name = ?";
    auto function = database_.prepare(std::string("SELECT latest, state FROM functions").append(by_key));
    if (!function) return function.error();
    function->bind(state.key.account).bind(state.key.region).bind(state.key.name);
    const auto row = function->step();
    if (!row) return row.error();
    if (!*row) return make_error(Errc::malformed, "the state database does not hold the function " + state.key.name + " that it lists");
    state.latest = std::make_shared<const model::FunctionRecord>(codec::read_record(Json::parse(function->text(0))));
    codec::read_state(Json::parse(function->text(1)), state);
    auto versions = database_.prepare(std::string("SELECT number, record FROM versions").append(by_key));
    if (!versions) return versions.error();
    versions->bind(state.key.account).bind(state.key.region).bind(state.key.name);
    for (;;) {
        const auto version = versions->step();
        if (!version) return version.error();
        if (!*version) return {};
        auto record = std::make_shared<const model::FunctionRecord>(codec::read_record(Json::parse(versions->text(1))));
        state.versions[static_cast<std::uint64_t>(versions->integer(0))] = std::move(record);
    }
}

Result<void> StoredState::load_layers(engine::StoredState& stored) {
    auto layers = database_.prepare("SELECT account, region, name, state FROM layers");
    if (!layers) return layers.error();
    for (;;) {
        const auto row = layers->step();
        if (!row) return row.error();
        if (!*row) return {};
        model::LayerState layer;
        layer.key = {std::string(layers->text(0)), std::string(layers->text(1)), std::string(layers->text(2))};
        codec::read_layer(Json::parse(layers->text(3)), layer);
        stored.layers.push_back(std::move(layer));
    }
}

Result<void> StoredState::load_mappings(engine::StoredState& stored) {
    auto mappings = database_.prepare("SELECT mapping FROM mappings");
    if (!mappings) return mappings.error();
    for (;;) {
        const auto row = mappings->step();
        if (!row) return row.error();
        if (!*row) return {};
        stored.mappings.push_back(codec::read_mapping(Json::parse(mappings->text(0))));
    }
}

} // namespace lambox::api
