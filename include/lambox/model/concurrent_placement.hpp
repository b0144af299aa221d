#pragma once

#include <cstdint>

namespace lambox::model {

/// Where a function's environments of several invocations each have room.
struct ConcurrentRoom {
    std::uint32_t idle = 0;      ///< workers that wait for an event, in environments below their maximum
    std::uint32_t starting = 0;  ///< what environments in INIT will take
    std::uint32_t returning = 0; ///< what environments could take once their workers ask: they are between two events, or not up yet
};

enum class ConcurrentPatience {
    left,
    spent, ///< it has waited in vain for workers that ought to ask
};

enum class ConcurrentPlacement {
    assign, ///< an idle worker takes it
    wait,   ///< room is on its way
    start,  ///< another environment is started, and it waits for that
};

/// What becomes of an invocation with `ahead` others waiting before it (behaviour §1.11: an environment without an idle worker takes
/// none).
[[nodiscard]] ConcurrentPlacement place_concurrently(const ConcurrentRoom& room, std::uint32_t ahead, ConcurrentPatience patience);

} // namespace lambox::model
