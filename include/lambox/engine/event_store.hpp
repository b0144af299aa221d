#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/units.hpp"
#include "lambox/model/invocation.hpp"

#include <cstdint>
#include <vector>

namespace lambox::engine {

/// An accepted Event invocation as it outlives the process. The function and its settings are looked up anew at the next start.
struct KeptEvent {
    std::int64_t id = 0; ///< the store's own; never given twice
    model::Invocation invocation;
    WallTime accepted{};
    std::uint32_t invoked = 0; ///< attempts that have ended
    std::uint32_t hops = 0;    ///< destinations that led here
};

/// Port: where events wait that have been accepted and have not come to their end. Each call is durable when it returns. Blocks.
/// Errors: io (a full disk among them), malformed.
class EventStore {
public:
    virtual ~EventStore() = default;
    /// Returns the id; the event's own is not read.
    [[nodiscard]] virtual Result<std::int64_t> add(const KeptEvent& event) = 0;
    [[nodiscard]] virtual Result<void> set_invoked(std::int64_t id, std::uint32_t invoked) = 0;
    /// An id that is not there is no error.
    [[nodiscard]] virtual Result<void> erase(std::int64_t id) = 0;
    [[nodiscard]] virtual Result<void> clear() = 0;
    /// In the order in which they were added.
    [[nodiscard]] virtual Result<std::vector<KeptEvent>> load() = 0;
};

} // namespace lambox::engine
