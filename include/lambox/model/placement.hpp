#pragma once

#include <cstdint>
#include <optional>

namespace lambox::model {

/// How many environments of one function are where.
struct PlacementCounts {
    std::uint32_t idle = 0;
    std::uint32_t occupied = 0;          ///< starting, busy, or answered and not yet free
    std::uint32_t answered_unclaimed = 0; ///< of `occupied`: about to be free, and nobody waits for it
    std::uint32_t account_occupied = 0;   ///< over all functions, this one included
};

/// What becomes of an invocation that the function's reservation has no place for.
enum class Overflow {
    throttle, ///< Lambda's way: 429
    queue,    ///< it waits for its turn; as a runtime interface emulator is expected to
};

struct PlacementLimits {
    std::optional<std::uint32_t> reserved_concurrency;
    std::uint32_t account_concurrency = 1'000;
    Overflow overflow = Overflow::throttle;
};

enum class PlacementDecision {
    reuse,            ///< take an idle environment
    wait,             ///< one has answered and will be free in a moment
    queue,            ///< for as long as it takes until one is free
    start,            ///< cold start
    throttle_reserved, ///< 429 ReservedFunctionConcurrentInvocationLimitExceeded
    throttle_account,  ///< 429 ConcurrentInvocationLimitExceeded
};

/// Where the next invocation goes (behaviour §4.1, §7.2). Lambda queues no synchronous call: without a place it is throttled,
/// unless `overflow` says otherwise.
[[nodiscard]] PlacementDecision place(const PlacementCounts& counts, const PlacementLimits& limits);

} // namespace lambox::model
