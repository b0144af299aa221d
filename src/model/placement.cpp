#include "lambox/model/placement.hpp"

namespace lambox::model {

PlacementDecision place(const PlacementCounts& counts, const PlacementLimits& limits) {
    if (counts.idle > 0 && limits.reserved_concurrency != 0U) {
        const bool reserved_full = limits.reserved_concurrency && counts.occupied >= *limits.reserved_concurrency;
        if (!reserved_full && counts.account_occupied < limits.account_concurrency) return PlacementDecision::reuse;
    }
    if (counts.answered_unclaimed > 0) return PlacementDecision::wait;
    if (limits.reserved_concurrency && counts.occupied >= *limits.reserved_concurrency) return PlacementDecision::throttle_reserved;
    if (counts.account_occupied >= limits.account_concurrency) return PlacementDecision::throttle_account;
    return PlacementDecision::start;
}

} // namespace lambox::model
