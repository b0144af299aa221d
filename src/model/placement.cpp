#include "lambox/model/placement.hpp"

namespace lambox::model {

PlacementDecision place(const PlacementCounts& counts, const PlacementLimits& limits) {
    // Reserving nothing switches a function off, whatever environments are left of it.
    if (limits.reserved_concurrency == 0U) return PlacementDecision::throttle_reserved;
    if (counts.idle > 0) return PlacementDecision::reuse;
    if (counts.answered_unclaimed > 0) return PlacementDecision::wait;
    if (limits.reserved_concurrency && counts.occupied >= *limits.reserved_concurrency) return PlacementDecision::throttle_reserved;
    if (counts.account_occupied >= limits.account_concurrency) return PlacementDecision::throttle_account;
    return PlacementDecision::start;
}

} // namespace lambox::model
