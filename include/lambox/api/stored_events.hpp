#pragma once

#include "lambox/engine/event_store.hpp"
#include "lambox/io/database.hpp"

namespace lambox::api {

/// Event invocations in SQLite, a row each, in the table that `StoredState` makes.
class StoredEvents final : public engine::EventStore {
public:
    /// `database` outlives it.
    explicit StoredEvents(io::Database& database) : database_(database) {}

    [[nodiscard]] Result<std::int64_t> add(const engine::KeptEvent& event) override;
    [[nodiscard]] Result<void> set_invoked(std::int64_t id, std::uint32_t invoked) override;
    [[nodiscard]] Result<void> erase(std::int64_t id) override;
    [[nodiscard]] Result<void> clear() override;
    [[nodiscard]] Result<std::vector<engine::KeptEvent>> load() override;

private:
    io::Database& database_;
};

} // namespace lambox::api
