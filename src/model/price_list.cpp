#include "lambox/model/price_list.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lambox::model {
namespace {

// AWS's price list of September 2026, in dollars: duration per GB-s on x86_64 and arm64, one request, provisioned
// concurrency's fee and duration per GB-s (x86_64), ephemeral storage per GB-s. The China regions are absent: they
// are priced in another currency.
constexpr auto prices_by_region = std::to_array<RegionPrices>({
    {"us-east-1", 16.6667e-6, 13.3334e-6, 0.20e-6, 4.1667e-6, 9.7222e-6, 30.9e-9},
    {"us-east-2", 16.6667e-6, 13.3334e-6, 0.20e-6, 4.1667e-6, 9.7222e-6, 30.9e-9},
    {"us-west-2", 16.6667e-6, 13.3334e-6, 0.20e-6, 4.1667e-6, 9.7222e-6, 30.9e-9},
    {"us-west-1", 16.6667e-6, 13.3334e-6, 0.20e-6, 4.9041e-6, 11.4430e-6, 37.0e-9},
    {"ca-central-1", 16.6667e-6, 13.3334e-6, 0.20e-6, 4.6460e-6, 10.8407e-6, 34.0e-9},
    {"eu-west-1", 16.6667e-6, 13.3334e-6, 0.20e-6, 4.6460e-6, 10.8407e-6, 34.0e-9},
    {"eu-west-2", 16.6667e-6, 13.3334e-6, 0.20e-6, 4.8304e-6, 11.2709e-6, 35.8e-9},
    {"eu-west-3", 16.6667e-6, 13.3334e-6, 0.20e-6, 4.8673e-6, 11.3569e-6, 35.8e-9},
    {"eu-central-1", 16.6667e-6, 13.3334e-6, 0.20e-6, 5.0147e-6, 11.7011e-6, 36.7e-9},
    {"eu-north-1", 16.6667e-6, 13.3334e-6, 0.20e-6, 4.4248e-6, 10.3245e-6, 32.3e-9},
    {"eu-south-1", 19.5172e-6, 15.6138e-6, 0.23e-6, 4.8783e-6, 11.3827e-6, 35.7e-9},
    {"eu-central-2", 18.3334e-6, 14.6667e-6, 0.22e-6, 5.5162e-6, 12.8712e-6, 44.1e-9},
    {"ap-south-1", 16.6667e-6, 13.3334e-6, 0.20e-6, 4.4985e-6, 10.4966e-6, 35.2e-9},
    {"ap-northeast-1", 16.6667e-6, 13.3334e-6, 0.20e-6, 5.3835e-6, 12.5615e-6, 37.0e-9},
    {"ap-northeast-3", 16.6667e-6, 13.3334e-6, 0.20e-6, 5.3835e-6, 12.5615e-6, 37.0e-9},
    {"ap-northeast-2", 16.6667e-6, 13.3334e-6, 0.20e-6, 5.1254e-6, 11.9592e-6, 35.2e-9},
    {"ap-southeast-1", 16.6667e-6, 13.3334e-6, 0.20e-6, 5.1991e-6, 12.1313e-6, 37.0e-9},
    {"ap-southeast-2", 16.6667e-6, 13.3334e-6, 0.20e-6, 5.2360e-6, 12.2173e-6, 37.0e-9},
    {"ap-southeast-4", 16.6667e-6, 13.3334e-6, 0.20e-6, 5.2360e-6, 12.2173e-6, 37.0e-9},
    {"ap-southeast-5", 15.0000e-6, 12.0000e-6, 0.18e-6, 4.6791e-6, 10.9181e-6, 33.3e-9},
    {"ap-east-1", 22.9200e-6, 18.3000e-6, 0.28e-6, 5.7153e-6, 13.3358e-6, 40.7e-9},
    {"af-south-1", 22.1000e-6, 17.6800e-6, 0.27e-6, 5.5300e-6, 12.9000e-6, 40.4e-9},
    {"me-south-1", 20.6667e-6, 16.5334e-6, 0.25e-6, 5.1108e-6, 11.9251e-6, 37.4e-9},
    {"me-central-1", 20.6667e-6, std::nullopt, 0.25e-6, std::nullopt, std::nullopt, std::nullopt},
    {"sa-east-1", 16.6667e-6, 13.3334e-6, 0.20e-6, 6.6372e-6, 15.4867e-6, 58.6e-9},
    {"il-central-1", 17.5000e-6, std::nullopt, 0.21e-6, std::nullopt, std::nullopt, std::nullopt},
    {"us-gov-east-1", 16.6667e-6, std::nullopt, 0.20e-6, std::nullopt, std::nullopt, std::nullopt},
    {"us-gov-west-1", 16.6667e-6, std::nullopt, 0.20e-6, std::nullopt, std::nullopt, std::nullopt},
});

/// AWS prints prices with ten decimals; so rounded, 10 % and 20 % off tier 1 are exactly the published tiers.
double to_ten_decimals(double dollars) { return std::round(dollars * 1e10) / 1e10; }

std::optional<double> gb_second(const RegionPrices& prices, Architecture architecture) {
    switch (architecture) {
    case Architecture::x86_64: return prices.x86_gb_second;
    case Architecture::arm64: return prices.arm_gb_second;
    }
    return std::nullopt;
}

struct TierBounds {
    double first;
    double second;
};

TierBounds tier_bounds(Architecture architecture) {
    switch (architecture) {
    case Architecture::x86_64: return {6e9, 15e9};
    case Architecture::arm64: return {7.5e9, 18.75e9};
    }
    return {0, 0};
}

} // namespace

std::string_view to_string(PriceRounding rounding) {
    switch (rounding) {
    case PriceRounding::exact: return "exact";
    case PriceRounding::printed10: return "printed10";
    }
    return "";
}

std::optional<PriceRounding> parse_price_rounding(std::string_view text) {
    for (const auto rounding : {PriceRounding::exact, PriceRounding::printed10}) {
        if (text == to_string(rounding)) return rounding;
    }
    return std::nullopt;
}

std::span<const RegionPrices> price_list() { return prices_by_region; }

const RegionPrices* find_prices(std::string_view region) {
    const auto found = std::find_if(prices_by_region.begin(), prices_by_region.end(),
                                    [&](const RegionPrices& row) { return row.region == region; });
    if (found == prices_by_region.end()) return nullptr;
    return &*found;
}

std::optional<std::array<PriceTier, 3>> price_tiers(const RegionPrices& prices, Architecture architecture) {
    const auto first = gb_second(prices, architecture);
    if (!first) return std::nullopt;
    const TierBounds bounds = tier_bounds(architecture);
    return std::array<PriceTier, 3>{{
        {bounds.first, *first},
        {bounds.second, to_ten_decimals(*first * 0.9)},
        {std::numeric_limits<double>::infinity(), to_ten_decimals(*first * 0.8)},
    }};
}

std::optional<double> price_per_ms(const RegionPrices& prices, Architecture architecture, Mebibytes memory, PriceRounding rounding) {
    const auto per_gb_second = gb_second(prices, architecture);
    if (!per_gb_second) return std::nullopt;
    const double exact = *per_gb_second * static_cast<double>(memory.count) / 1'024 / 1'000;
    switch (rounding) {
    case PriceRounding::exact: return exact;
    case PriceRounding::printed10: return to_ten_decimals(exact);
    }
    return std::nullopt;
}

} // namespace lambox::model
