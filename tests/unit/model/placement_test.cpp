// Goal: an invocation goes where Lambda would put it. Method: a table of counts and limits.
#include "lambox/model/placement.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace lambox::model;
using Decision = PlacementDecision;

namespace {

struct Row {
    const char* story;
    PlacementCounts counts;
    PlacementLimits limits;
    Decision expected;
};

constexpr auto unreserved = std::nullopt;

const std::vector<Row> table = {
    {"nothing there", {0, 0, 0, 0}, {unreserved, 1'000}, Decision::start},
    {"one idle", {1, 0, 0, 0}, {unreserved, 1'000}, Decision::reuse},
    {"one idle, others busy", {1, 5, 0, 5}, {unreserved, 1'000}, Decision::reuse},
    {"idle beats answered", {1, 1, 1, 1}, {unreserved, 1'000}, Decision::reuse},
    {"all busy", {0, 3, 0, 3}, {unreserved, 1'000}, Decision::start},
    {"one about to be free", {0, 3, 1, 3}, {unreserved, 1'000}, Decision::wait},

    {"below the reservation", {0, 1, 0, 1}, {2, 1'000}, Decision::start},
    {"idle below the reservation", {1, 1, 0, 1}, {2, 1'000}, Decision::reuse},
    {"about to be free below the reservation", {0, 1, 1, 1}, {2, 1'000}, Decision::wait},
    {"at the reservation", {0, 2, 0, 2}, {2, 1'000}, Decision::throttle_reserved},
    {"over a reservation that was lowered", {0, 5, 0, 5}, {2, 1'000}, Decision::throttle_reserved},
    {"at the reservation, one about to be free", {0, 2, 1, 2}, {2, 1'000}, Decision::wait},
    {"at the reservation with an idle environment of this version", {1, 2, 0, 2}, {2, 1'000}, Decision::throttle_reserved},
    {"reservation of one, free again", {1, 0, 0, 0}, {1, 1'000}, Decision::reuse},

    {"reserved 0, nothing there", {0, 0, 0, 0}, {0, 1'000}, Decision::throttle_reserved},
    {"reserved 0, one idle from before", {1, 0, 0, 0}, {0, 1'000}, Decision::throttle_reserved},
    {"reserved 0, one about to be free", {0, 1, 1, 1}, {0, 1'000}, Decision::throttle_reserved},
    {"reserved 0 names itself, not the account", {0, 0, 0, 1'000}, {0, 1'000}, Decision::throttle_reserved},

    {"account one below its limit", {0, 2, 0, 999}, {unreserved, 1'000}, Decision::start},
    {"account full of other functions", {0, 0, 0, 1'000}, {unreserved, 1'000}, Decision::throttle_account},
    {"account over its limit", {0, 0, 0, 1'001}, {unreserved, 1'000}, Decision::throttle_account},
    {"account full, one about to be free", {0, 1, 1, 1'000}, {unreserved, 1'000}, Decision::wait},
    {"account full, below the reservation", {0, 1, 0, 1'000}, {2, 1'000}, Decision::throttle_account},
    {"account and reservation full: the function's own limit is named", {0, 2, 0, 1'000}, {2, 1'000}, Decision::throttle_reserved},
    {"at the reservation, but one may wait", {0, 2, 0, 2}, {2, 1'000, Overflow::queue}, Decision::queue},
    {"one may wait, one is about to be free", {0, 2, 1, 2}, {2, 1'000, Overflow::queue}, Decision::wait},
    {"one may wait, but need not", {0, 1, 0, 1}, {2, 1'000, Overflow::queue}, Decision::start},
    {"nobody waits for what is switched off", {0, 0, 0, 0}, {0, 1'000, Overflow::queue}, Decision::throttle_reserved},

    {"a small account", {0, 10, 0, 10}, {unreserved, 10}, Decision::throttle_account},
};

} // namespace

TEST_CASE("each situation is decided as in the table") {
    for (const Row& row : table) {
        CAPTURE(row.story);
        CHECK(place(row.counts, row.limits) == row.expected);
    }
}

TEST_CASE("a function without limits of its own shares the account's thousand") {
    CHECK(place({.idle = 0, .occupied = 999, .answered_unclaimed = 0, .account_occupied = 999}, {}) == Decision::start);
    CHECK(place({.idle = 0, .occupied = 1'000, .answered_unclaimed = 0, .account_occupied = 1'000}, {}) == Decision::throttle_account);
}
