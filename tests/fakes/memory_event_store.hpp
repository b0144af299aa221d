#pragma once

#include "lambox/engine/event_store.hpp"

#include <map>
#include <optional>

namespace lambox::fakes {

/// Events in a map; fails when told to.
class MemoryEventStore final : public engine::EventStore {
public:
    [[nodiscard]] Result<std::int64_t> add(const engine::KeptEvent& event) override {
        if (refusal) return *refusal;
        const std::int64_t id = next_++;
        events[id] = event;
        events[id].id = id;
        return id;
    }
    [[nodiscard]] Result<void> set_invoked(std::int64_t id, std::uint32_t invoked) override {
        if (refusal) return *refusal;
        events.at(id).invoked = invoked;
        return {};
    }
    [[nodiscard]] Result<void> erase(std::int64_t id) override {
        if (refusal) return *refusal;
        events.erase(id);
        return {};
    }
    [[nodiscard]] Result<void> clear() override {
        if (refusal) return *refusal;
        events.clear();
        return {};
    }
    [[nodiscard]] Result<std::vector<engine::KeptEvent>> load() override {
        if (refusal) return *refusal;
        std::vector<engine::KeptEvent> all;
        for (const auto& [id, event] : events)
            all.push_back(event);
        return all;
    }

    std::map<std::int64_t, engine::KeptEvent> events;
    std::optional<Error> refusal;

private:
    std::int64_t next_ = 1;
};

} // namespace lambox::fakes
