// Goal: lambox bills what AWS would have billed, in every era. Method: AWS's own examples, the captured REPORT lines,
// and the comparison of go1.x with provided.al2 that the project must reproduce.
#include "lambox/model/billing.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace lambox;
using namespace lambox::model;
using namespace std::chrono;

namespace {

const Era tenths{2020y / 11 / 30}; ///< the last day of 100 ms billing
const Era article{2022y / 11 / 19};
const Era last_free_init{2025y / 7 / 31};
const Era init_for_all{2025y / 8 / 1};

std::int64_t billed_ms(std::int64_t duration_us, std::int64_t init_us, InitCharge charge, const Era& era) {
    return billed_duration({Microseconds{duration_us}, Microseconds{init_us}}, charge, era).count();
}

/// By the rules for a runtime of the catalogue.
std::int64_t billed_ms_of(std::string_view runtime, std::int64_t duration_us, std::int64_t init_us, const Era& era) {
    const Runtime* row = find_runtime(runtime);
    REQUIRE(row != nullptr);
    return billed_ms(duration_us, init_us, init_charge(row->billing, era), era);
}

const RegionPrices& region(std::string_view name) {
    const RegionPrices* row = find_prices(name);
    REQUIRE(row != nullptr);
    return *row;
}

/// So many invocations that lasted so long.
struct Share {
    int count;
    std::int64_t duration_us;
};

struct Means {
    double duration_ms;
    double billed_ms;
};

Means means(std::string_view runtime, const std::vector<Share>& shares, std::int64_t init_us) {
    std::int64_t count = 0;
    std::int64_t duration_us = 0;
    std::int64_t billed = 0;
    for (const Share& share : shares) {
        count += share.count;
        duration_us += share.count * share.duration_us;
        billed += share.count * billed_ms_of(runtime, share.duration_us, init_us, article);
    }
    const auto all = static_cast<double>(count);
    return {static_cast<double>(duration_us) / 1'000 / all, static_cast<double>(billed) / all};
}

} // namespace

TEST_CASE("duration and INIT are added before the one rounding up") {
    struct Row {
        std::int64_t duration_us;
        std::int64_t init_us;
        std::int64_t billed_ms;
    };
    const std::vector<Row> table = {
        {133'610, 80'000, 214},      {250'060, 100'770, 351}, {2'030, 79'220, 82},    {3'018'065, 525'530, 3'544},
        {147'156, 53'000, 201},      {2'338'660, 182'000, 2'521}, // SnapStart: billed restore in INIT's place
        {2'000'000, 428'869, 2'429}, // a timeout on a cold start
        {600, 600, 2},               {500, 500, 1},           {1'000, 1'000, 2},      {1'001, 0, 2},
    };
    for (const Row& row : table) {
        CAPTURE(row.duration_us);
        CAPTURE(row.init_us);
        CHECK(billed_ms(row.duration_us, row.init_us, InitCharge::billed, init_for_all) == row.billed_ms);
    }
}

TEST_CASE("AWS's example of the INIT announcement: 251 ms before August 2025, 351 ms since") {
    for (const char* runtime : {"python3.12", "nodejs22.x", "java21", "dotnet8", "ruby3.3", "go1.x"}) {
        CAPTURE(runtime);
        CHECK(billed_ms_of(runtime, 250'060, 100'770, last_free_init) == 251);
        CHECK(billed_ms_of(runtime, 250'060, 100'770, init_for_all) == 351);
    }
}

TEST_CASE("OS-only runtimes pay for INIT in every era") {
    for (const char* runtime : {"provided", "provided.al2", "provided.al2023"}) {
        for (const Era& era : {article, last_free_init, init_for_all}) {
            CAPTURE(runtime);
            CAPTURE(era.str());
            CHECK(billed_ms_of(runtime, 250'060, 100'770, era) == 351);
        }
    }
}

TEST_CASE("who pays INIT follows from billing class and era") {
    CHECK(init_charge(BillingClass::managed, last_free_init) == InitCharge::free);
    CHECK(init_charge(BillingClass::custom, last_free_init) == InitCharge::billed);
    CHECK(init_charge(BillingClass::managed, init_for_all) == InitCharge::billed);
    CHECK(init_charge(BillingClass::custom, init_for_all) == InitCharge::billed);
}

TEST_CASE("until November 2020 the unit is 100 ms") {
    CHECK(billed_ms(1, 0, InitCharge::free, tenths) == 100);
    CHECK(billed_ms(100'000, 0, InitCharge::free, tenths) == 100);
    CHECK(billed_ms(100'001, 0, InitCharge::free, tenths) == 200);
    CHECK(billed_ms(250'060, 100'770, InitCharge::billed, tenths) == 400);
    CHECK(billed_ms(60'000, 60'000, InitCharge::billed, tenths) == 200);
}

TEST_CASE("an invocation is billed one unit at least, and no microsecond too much") {
    CHECK(billed_ms(0, 0, InitCharge::billed, init_for_all) == 1);
    CHECK(billed_ms(0, 0, InitCharge::free, tenths) == 100);
    CHECK(billed_ms(1, 0, InitCharge::free, article) == 1);
    CHECK(billed_ms(1'000, 0, InitCharge::free, article) == 1);
    CHECK(billed_ms(1'001, 0, InitCharge::free, article) == 2);
    CHECK(billed_ms(900'000'000, 0, InitCharge::free, article) == 900'000);
    CHECK(billed_ms(2'000'000, 0, InitCharge::billed, init_for_all) == 2'000); // a timeout after a reset
}

TEST_CASE("the article's averages come out of single invocations, each rounded up") {
    // Hundred invocations each, chosen so that their mean is the article's; the billed mean must then be its too.
    const Means go_cold = means("go1.x", {{67, 8'590}, {33, 9'590}}, 88'650);
    CHECK(go_cold.duration_ms == doctest::Approx(8.92));
    CHECK(go_cold.billed_ms == doctest::Approx(9.33));
    const Means al2_cold = means("provided.al2", {{90, 1'430}, {10, 2'230}}, 55'910);
    CHECK(al2_cold.duration_ms == doctest::Approx(1.51));
    CHECK(al2_cold.billed_ms == doctest::Approx(58.1));
    const Means go_warm = means("go1.x", {{90, 1'050}, {10, 2'250}}, 0);
    CHECK(go_warm.duration_ms == doctest::Approx(1.17));
    CHECK(go_warm.billed_ms == doctest::Approx(2.1));
    const Means al2_warm = means("provided.al2", {{67, 805}, {33, 1'305}}, 0);
    CHECK(al2_warm.duration_ms == doctest::Approx(0.97));
    CHECK(al2_warm.billed_ms == doctest::Approx(1.33));
}

TEST_CASE("a cold start at the article's averages: billed 9 ms on go1.x, 58 ms on provided.al2; since 2025-08 98 ms and 58 ms") {
    CHECK(billed_ms_of("go1.x", 8'920, 88'650, article) == 9);
    CHECK(billed_ms_of("provided.al2", 1'510, 55'910, article) == 58);
    CHECK(billed_ms_of("go1.x", 8'920, 88'650, init_for_all) == 98);
    CHECK(billed_ms_of("provided.al2", 1'510, 55'910, init_for_all) == 58);
}

TEST_CASE("the article's prices: 2.1e-9 and 1.7e-9 dollars a millisecond, arm64 19 % cheaper") {
    const BilledInvocation one_ms{.billed = 1ms, .memory = Mebibytes{128}};
    const auto x86 = invocation_cost(one_ms, region("us-east-1"), Architecture::x86_64, PriceRounding::printed10);
    const auto arm = invocation_cost(one_ms, region("us-east-1"), Architecture::arm64, PriceRounding::printed10);
    REQUIRE(x86.has_value());
    REQUIRE(arm.has_value());
    CHECK(x86->compute / 2.1e-9 == doctest::Approx(1).epsilon(1e-9));
    CHECK(arm->compute / 1.7e-9 == doctest::Approx(1).epsilon(1e-9));
    CHECK(1 - arm->compute / x86->compute == doctest::Approx(0.19).epsilon(0.01));
}

TEST_CASE("compute, request and storage add up") {
    const BilledInvocation invocation{.billed = 1'000ms, .memory = Mebibytes{1'024}, .ephemeral_storage = Mebibytes{10'240}};
    const auto cost = invocation_cost(invocation, region("us-east-1"), Architecture::x86_64, PriceRounding::exact);
    REQUIRE(cost.has_value());
    CHECK(cost->compute / 16.6667e-6 == doctest::Approx(1).epsilon(1e-9));
    CHECK(cost->request / 0.2e-6 == doctest::Approx(1).epsilon(1e-9));
    CHECK(cost->storage / (9.5 * 30.9e-9) == doctest::Approx(1).epsilon(1e-9));
    CHECK(cost->total() == cost->compute + cost->request + cost->storage);
}

TEST_CASE("the first 512 MB of ephemeral storage are free") {
    const BilledInvocation invocation{.billed = 1'000ms, .memory = Mebibytes{128}};
    const auto cost = invocation_cost(invocation, region("eu-west-1"), Architecture::arm64, PriceRounding::exact);
    REQUIRE(cost.has_value());
    CHECK(cost->storage == 0);
}

TEST_CASE("regions differ in what a request costs") {
    const BilledInvocation invocation{.billed = 1ms, .memory = Mebibytes{128}};
    const auto cost = invocation_cost(invocation, region("af-south-1"), Architecture::x86_64, PriceRounding::exact);
    REQUIRE(cost.has_value());
    CHECK(cost->request / 0.27e-6 == doctest::Approx(1).epsilon(1e-9));
}

TEST_CASE("without a published price there is no cost") {
    BilledInvocation invocation{.billed = 1ms, .memory = Mebibytes{128}};
    const RegionPrices& emirates = region("me-central-1");
    CHECK_FALSE(invocation_cost(invocation, emirates, Architecture::arm64, PriceRounding::exact).has_value());
    CHECK(invocation_cost(invocation, emirates, Architecture::x86_64, PriceRounding::exact).has_value());
    invocation.ephemeral_storage = Mebibytes{513};
    CHECK_FALSE(invocation_cost(invocation, emirates, Architecture::x86_64, PriceRounding::exact).has_value());
}
