#pragma once

#include "lambox/engine/state_store.hpp"
#include "lambox/io/database.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace lambox::api {

/// Definitions in SQLite: a row a function, a row a published version, a row a layer, each with a JSON body, and a short row a function of
/// what a start has to know.
class StoredState final : public engine::StateStore {
public:
    /// Brings the schema of `database` up to date. Errors: as `io::Database::migrate`.
    [[nodiscard]] static Result<std::unique_ptr<StoredState>> open(io::Database database);

    /// For the other tables of the same file; lives as long as this.
    [[nodiscard]] io::Database& database() { return database_; }

    [[nodiscard]] Result<void> put(const model::FunctionState* before, const model::FunctionState& after) override;
    [[nodiscard]] Result<void> erase(const model::FunctionState& state) override;
    [[nodiscard]] Result<void> put(const model::LayerState& state) override;
    [[nodiscard]] Result<void> put(const model::EventSourceMapping& mapping) override;
    [[nodiscard]] Result<void> erase(const model::EventSourceMapping& mapping) override;
    [[nodiscard]] Result<void> clear() override;
    [[nodiscard]] Result<engine::StoredState> load() override;
    [[nodiscard]] Result<model::FunctionState> read(const model::ResourceKey& key) override;

private:
    explicit StoredState(io::Database database) : database_(std::move(database)) {}
    [[nodiscard]] Result<void> write_version(const model::ResourceKey& key, std::uint64_t number, const model::FunctionRecord& record);
    [[nodiscard]] Result<void> drop_version(const model::ResourceKey& key, std::uint64_t number);
    [[nodiscard]] Result<void> run(std::string_view sql, std::initializer_list<std::string_view> texts);
    [[nodiscard]] Result<void> write_summary(const model::ResourceKey& key, const model::FunctionSummary& summary);
    [[nodiscard]] Result<void> complete_summaries(engine::StoredState& stored, std::span<const std::size_t> places);
    [[nodiscard]] Result<void> read_into(model::FunctionState& state);
    [[nodiscard]] Result<void> load_functions(engine::StoredState& stored);
    [[nodiscard]] Result<void> load_layers(engine::StoredState& stored);
    [[nodiscard]] Result<void> load_mappings(engine::StoredState& stored);

    io::Database database_;
};

} // namespace lambox::api
