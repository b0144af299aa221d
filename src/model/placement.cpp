#include "lambox/model/placement.hpp"

namespace lambox::model {

PlacementDecision place(const PlacementCounts& counts, const PlacementLimits& limits) {
    // Reserving nothing switches a function off, whatever environments are left of it.
    if (limits.reserved_concurrency == 0U) return PlacementDecision::throttle_reserved;
    // Versions share the reservation, so that one may have an idle environment while another takes the last place.
    const bool at_reservation = limits.reserved_concurrency && counts.occupied >= *limits.reserved_concurrency;
    if (counts.idle > 0 && !at_reservation) return PlacementDecision::reuse;
    if (counts.answered_unclaimed > 0) return PlacementDecision::wait;
    if (at_reservation) {
        switch (limits.overflow) {
        case Overflow::throttle: return PlacementDecision::throttle_reserved;
        case Overflow::queue: return PlacementDecision::queue;
        }
    }
    if (counts.account_occupied >= limits.account_concurrency) return PlacementDecision::throttle_account;
    return PlacementDecision::start;
}

} // namespace lambox::model
