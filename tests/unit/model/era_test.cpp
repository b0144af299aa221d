// Goal: every switch of an era turns on its own day. Method: each switch on the day before and on the day.
#include "lambox/model/era.hpp"

#include <doctest/doctest.h>

using namespace lambox::model;
using namespace std::chrono;

namespace {

Era on(std::string_view day) {
    const auto era = Era::parse(day);
    REQUIRE(era.has_value());
    return *era;
}

} // namespace

TEST_CASE("a day is read and printed as YYYY-MM-DD") {
    for (const char* day : {"2014-11-13", "2020-02-29", "2022-11-19", "2026-11-24", "9999-12-31"}) {
        CAPTURE(day);
        CHECK(on(day).str() == day);
    }
    CHECK(on("2022-11-19").day() == 2022y / 11 / 19);
}

TEST_CASE("a text that is no day, or a day before Lambda existed, is no era") {
    for (const char* text : {"", "2022", "2022-11", "2022-11-1", "2022-1-19", "2022-11-190", "2022/11/19", "2022-11-19 ", " 2022-11-19",
                             "2022-13-01", "2022-00-10", "2022-11-00", "2022-11-31", "2021-02-29", "+022-11-19", "2022-+1-19", "2022-11--1",
                             "today", "2014-11-12", "0000-01-01", "20a2-11-19"}) {
        CAPTURE(text);
        CHECK_FALSE(Era::parse(text).has_value());
    }
}

TEST_CASE("a day is reached on itself and after, not before") {
    const Era era = on("2025-08-01");
    CHECK(era.reached(2025y / 8 / 1));
    CHECK(era.reached(2025y / 7 / 31));
    CHECK_FALSE(era.reached(2025y / 8 / 2));
}

TEST_CASE("billing goes from 100 ms to 1 ms on 2020-12-01") {
    CHECK(on("2014-11-13").billing_granularity() == 100ms);
    CHECK(on("2020-11-30").billing_granularity() == 100ms);
    CHECK(on("2020-12-01").billing_granularity() == 1ms);
}

TEST_CASE("everybody pays INIT from 2025-08-01") {
    CHECK_FALSE(on("2025-07-31").init_billed_everywhere());
    CHECK(on("2025-08-01").init_billed_everywhere());
}

TEST_CASE("memory goes to 10,240 MB in steps of 1 MB on 2020-12-01") {
    CHECK(on("2020-11-30").memory_mib_max() == 3'008);
    CHECK(on("2020-11-30").memory_mib_step() == 64);
    CHECK(on("2020-12-01").memory_mib_max() == 10'240);
    CHECK(on("2020-12-01").memory_mib_step() == 1);
}

TEST_CASE("arm64 exists from 2021-09-29") {
    CHECK_FALSE(on("2021-09-28").arm64_available());
    CHECK(on("2021-09-29").arm64_available());
}

TEST_CASE("ephemeral storage is fixed at 512 MB before 2022-03-24") {
    CHECK(on("2022-03-23").ephemeral_storage_mib_max() == 512);
    CHECK(on("2022-03-24").ephemeral_storage_mib_max() == 10'240);
}

TEST_CASE("an asynchronous event may hold 1 MB from 2025-10-01") {
    CHECK(on("2025-09-30").async_request_bytes_max() == 262'144);
    CHECK(on("2025-10-01").async_request_bytes_max() == 1'048'576);
}

TEST_CASE("Sandbox payloads begin in 2025") {
    CHECK_FALSE(on("2024-12-31").sandbox_error_payloads());
    CHECK(on("2025-01-01").sandbox_error_payloads());
}

TEST_CASE("the invocation id header comes in July 2026") {
    CHECK_FALSE(on("2026-06-30").invocation_id_header());
    CHECK(on("2026-07-01").invocation_id_header());
}
