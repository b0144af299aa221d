// Goal: an invocation goes to an idle worker, waits for one that is on its way, or gets another environment. Method: a table.
#include "lambox/model/concurrent_placement.hpp"

#include <doctest/doctest.h>

using namespace lambox::model;

TEST_CASE("where a concurrent invocation goes") {
    struct Row {
        ConcurrentRoom room;
        std::uint32_t ahead;
        ConcurrentPatience patience;
        ConcurrentPlacement wanted;
    };
    using P = ConcurrentPlacement;
    constexpr auto left = ConcurrentPatience::left;
    constexpr auto spent = ConcurrentPatience::spent;
    const Row rows[] = {
        {{0, 0, 0}, 0, left, P::start},                                   // there is nothing
        {{1, 0, 0}, 0, left, P::assign},                                  // a worker waits
        {{1, 0, 0}, 0, spent, P::assign}, {{1, 0, 0}, 1, left, P::start}, // and is another's
        {{2, 0, 0}, 1, left, P::assign},  {{0, 4, 0}, 0, left, P::wait},  // an environment is on its way, with room for four
        {{0, 4, 0}, 3, left, P::wait},    {{0, 4, 0}, 4, left, P::start},
        {{0, 4, 0}, 3, spent, P::wait},                                    // INIT is worth waiting for
        {{0, 0, 3}, 2, left, P::wait},                                     // workers are about to ask
        {{0, 0, 3}, 3, left, P::start},   {{0, 0, 3}, 0, spent, P::start}, // they did not
        {{0, 1, 1}, 1, left, P::wait},    {{0, 1, 1}, 1, spent, P::start},
        {{2, 1, 0}, 2, left, P::wait}, // two are taken by those ahead, the third comes
        {{2, 1, 0}, 3, left, P::start},
    };
    for (const Row& row : rows) {
        CAPTURE(row.room.idle);
        CAPTURE(row.room.starting);
        CAPTURE(row.room.returning);
        CAPTURE(row.ahead);
        CHECK(place_concurrently(row.room, row.ahead, row.patience) == row.wanted);
    }
}
