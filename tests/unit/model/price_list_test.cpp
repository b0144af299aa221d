// Goal: prices are AWS's, to the digit that AWS prints. Method: behaviour §5.4 and §5.5 as tables, compared as text
// where the page shows text.
#include "lambox/model/price_list.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

using namespace lambox;
using namespace lambox::model;

namespace {

/// The price in units of `unit` dollars with `decimals` decimals, "-" when absent.
std::string in_units(std::optional<double> dollars, double unit, int decimals) {
    if (!dollars) return "-";
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, *dollars / unit);
    return text;
}

std::string as_published(const RegionPrices& row) {
    return std::string{row.region} + "|" + in_units(row.x86_gb_second, 1e-6, 4) + "|" + in_units(row.arm_gb_second, 1e-6, 4) + "|" +
           in_units(row.request, 1e-6, 2) + "|" + in_units(row.provisioned_gb_second, 1e-6, 4) + "|" +
           in_units(row.provisioned_duration_gb_second, 1e-6, 4) + "|" + in_units(row.ephemeral_gb_second, 1e-9, 1);
}

/// Region, then dollars per million GB-s on x86_64 and arm64, per million requests, provisioned concurrency's fee and
/// duration per million GB-s, ephemeral storage per billion GB-s.
const std::vector<std::string> published = {
    "us-east-1|16.6667|13.3334|0.20|4.1667|9.7222|30.9",
    "us-east-2|16.6667|13.3334|0.20|4.1667|9.7222|30.9",
    "us-west-2|16.6667|13.3334|0.20|4.1667|9.7222|30.9",
    "us-west-1|16.6667|13.3334|0.20|4.9041|11.4430|37.0",
    "ca-central-1|16.6667|13.3334|0.20|4.6460|10.8407|34.0",
    "eu-west-1|16.6667|13.3334|0.20|4.6460|10.8407|34.0",
    "eu-west-2|16.6667|13.3334|0.20|4.8304|11.2709|35.8",
    "eu-west-3|16.6667|13.3334|0.20|4.8673|11.3569|35.8",
    "eu-central-1|16.6667|13.3334|0.20|5.0147|11.7011|36.7",
    "eu-north-1|16.6667|13.3334|0.20|4.4248|10.3245|32.3",
    "eu-south-1|19.5172|15.6138|0.23|4.8783|11.3827|35.7",
    "eu-central-2|18.3334|14.6667|0.22|5.5162|12.8712|44.1",
    "ap-south-1|16.6667|13.3334|0.20|4.4985|10.4966|35.2",
    "ap-northeast-1|16.6667|13.3334|0.20|5.3835|12.5615|37.0",
    "ap-northeast-3|16.6667|13.3334|0.20|5.3835|12.5615|37.0",
    "ap-northeast-2|16.6667|13.3334|0.20|5.1254|11.9592|35.2",
    "ap-southeast-1|16.6667|13.3334|0.20|5.1991|12.1313|37.0",
    "ap-southeast-2|16.6667|13.3334|0.20|5.2360|12.2173|37.0",
    "ap-southeast-4|16.6667|13.3334|0.20|5.2360|12.2173|37.0",
    "ap-southeast-5|15.0000|12.0000|0.18|4.6791|10.9181|33.3",
    "ap-east-1|22.9200|18.3000|0.28|5.7153|13.3358|40.7",
    "af-south-1|22.1000|17.6800|0.27|5.5300|12.9000|40.4",
    "me-south-1|20.6667|16.5334|0.25|5.1108|11.9251|37.4",
    "me-central-1|20.6667|-|0.25|-|-|-",
    "sa-east-1|16.6667|13.3334|0.20|6.6372|15.4867|58.6",
    "il-central-1|17.5000|-|0.21|-|-|-",
    "us-gov-east-1|16.6667|-|0.20|-|-|-",
    "us-gov-west-1|16.6667|-|0.20|-|-|-",
};

const RegionPrices& virginia() {
    const RegionPrices* row = find_prices("us-east-1");
    REQUIRE(row != nullptr);
    return *row;
}

std::string per_ms(Architecture architecture, std::uint64_t memory_mib, int decimals, PriceRounding rounding = PriceRounding::exact) {
    return in_units(price_per_ms(virginia(), architecture, Mebibytes{memory_mib}, rounding), 1, decimals);
}

} // namespace

TEST_CASE("every region's row is the published one") {
    const auto rows = price_list();
    REQUIRE(rows.size() == 28);
    REQUIRE(published.size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) CHECK(as_published(rows[i]) == published[i]);
}

TEST_CASE("regions are unique, and each is found by its own name") {
    std::set<std::string_view> seen;
    for (const RegionPrices& row : price_list()) {
        CAPTURE(row.region);
        CHECK(seen.insert(row.region).second);
        CHECK(find_prices(row.region) == &row);
    }
    CHECK(find_prices("") == nullptr);
    CHECK(find_prices("us-east-9") == nullptr);
}

TEST_CASE("China has no row: its prices are not in dollars") {
    CHECK(find_prices("cn-north-1") == nullptr);
    CHECK(find_prices("cn-northwest-1") == nullptr);
}

TEST_CASE("a millisecond in us-east-1 costs what the price page says at every memory size it shows") {
    struct Row {
        std::uint64_t memory_mib;
        int decimals;
        const char* x86;
        const char* arm;
    };
    const std::vector<Row> table = {
        {128, 13, "0.0000000020833", "0.0000000016667"},  {256, 13, "0.0000000041667", "0.0000000033333"},
        {512, 13, "0.0000000083333", "0.0000000066667"},  {1'024, 13, "0.0000000166667", "0.0000000133334"},
        {1'536, 13, "0.0000000250001", "0.0000000200001"}, {1'769, 13, "0.0000000287924", "0.0000000230340"},
        {2'048, 13, "0.0000000333334", "0.0000000266668"}, {3'008, 13, "0.0000000489584", "0.0000000391669"},
        {10'240, 12, "0.000000166667", "0.000000133334"},
    };
    for (const Row& row : table) {
        CAPTURE(row.memory_mib);
        CHECK(per_ms(Architecture::x86_64, row.memory_mib, row.decimals) == row.x86);
        CHECK(per_ms(Architecture::arm64, row.memory_mib, row.decimals) == row.arm);
    }
}

TEST_CASE("the printed price has ten decimals: 2.1e-9 and 1.7e-9 dollars at 128 MB") {
    CHECK(per_ms(Architecture::x86_64, 128, 13, PriceRounding::printed10) == "0.0000000021000");
    CHECK(per_ms(Architecture::arm64, 128, 13, PriceRounding::printed10) == "0.0000000017000");
    CHECK(per_ms(Architecture::x86_64, 1'024, 13, PriceRounding::printed10) == "0.0000000167000");
}

TEST_CASE("no published arm64 price means no price") {
    for (const char* region : {"me-central-1", "il-central-1", "us-gov-east-1", "us-gov-west-1"}) {
        CAPTURE(region);
        const RegionPrices* row = find_prices(region);
        REQUIRE(row != nullptr);
        CHECK_FALSE(price_per_ms(*row, Architecture::arm64, Mebibytes{128}, PriceRounding::exact).has_value());
        CHECK_FALSE(price_tiers(*row, Architecture::arm64).has_value());
        CHECK(price_per_ms(*row, Architecture::x86_64, Mebibytes{128}, PriceRounding::exact).has_value());
    }
}

TEST_CASE("us-east-1's tiers are the published ones") {
    const auto x86 = price_tiers(virginia(), Architecture::x86_64);
    REQUIRE(x86.has_value());
    CHECK((*x86)[0].gb_seconds_up_to == 6e9);
    CHECK((*x86)[1].gb_seconds_up_to == 15e9);
    CHECK(std::isinf((*x86)[2].gb_seconds_up_to));
    CHECK(in_units((*x86)[0].gb_second, 1, 12) == "0.000016666700");
    CHECK(in_units((*x86)[1].gb_second, 1, 12) == "0.000015000000");
    CHECK(in_units((*x86)[2].gb_second, 1, 12) == "0.000013333400");

    const auto arm = price_tiers(virginia(), Architecture::arm64);
    REQUIRE(arm.has_value());
    CHECK((*arm)[0].gb_seconds_up_to == 7.5e9);
    CHECK((*arm)[1].gb_seconds_up_to == 18.75e9);
    CHECK(std::isinf((*arm)[2].gb_seconds_up_to));
    CHECK(in_units((*arm)[0].gb_second, 1, 12) == "0.000013333400");
    CHECK(in_units((*arm)[1].gb_second, 1, 12) == "0.000012000100");
    CHECK(in_units((*arm)[2].gb_second, 1, 12) == "0.000010666700");
}

TEST_CASE("elsewhere the tiers are 10 % and 20 % below the first") {
    for (const RegionPrices& row : price_list()) {
        CAPTURE(row.region);
        const auto tiers = price_tiers(row, Architecture::x86_64);
        REQUIRE(tiers.has_value());
        CHECK((*tiers)[0].gb_second == row.x86_gb_second);
        CHECK((*tiers)[1].gb_second == doctest::Approx(row.x86_gb_second * 0.9).epsilon(1e-5));
        CHECK((*tiers)[2].gb_second == doctest::Approx(row.x86_gb_second * 0.8).epsilon(1e-5));
    }
}

TEST_CASE("price roundings are read by the names they print") {
    CHECK(parse_price_rounding("exact") == PriceRounding::exact);
    CHECK(parse_price_rounding("printed10") == PriceRounding::printed10);
    CHECK(to_string(PriceRounding::exact) == "exact");
    CHECK(to_string(PriceRounding::printed10) == "printed10");
    CHECK_FALSE(parse_price_rounding("").has_value());
    CHECK_FALSE(parse_price_rounding("printed").has_value());
}
