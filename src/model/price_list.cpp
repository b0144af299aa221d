#include "lambox/model/price_list.hpp"

#include <cmath>
#include <limits>

namespace lambox::model {
namespace {

constexpr std::optional<double> none = std::nullopt;

/// Behaviour §5.5: x86 and arm in dollars per million GB-s, requests per million, PC fee and PC duration per million GB-s,
/// ephemeral storage per billion GB-s.
constexpr RegionPrices row(std::string_view region, double x86, std::optional<double> arm, double request, std::optional<double> pc_fee = none,
                           std::optional<double> pc_duration = none, std::optional<double> ephemeral = none) {
    const auto scaled = [](std::optional<double> value, double by) { return value ? std::optional<double>(*value / by) : none; };
    return RegionPrices{region, x86 / 1e6, scaled(arm, 1e6), request / 1e6, scaled(pc_fee, 1e6), scaled(pc_duration, 1e6), scaled(ephemeral, 1e9)};
}

constexpr RegionPrices prices[] = {
    row("us-east-1", 16.6667, 13.3334, 0.20, 4.1667, 9.7222, 30.9),
    row("us-east-2", 16.6667, 13.3334, 0.20, 4.1667, 9.7222, 30.9),
    row("us-west-2", 16.6667, 13.3334, 0.20, 4.1667, 9.7222, 30.9),
    row("us-west-1", 16.6667, 13.3334, 0.20, 4.9041, 11.4430, 37.0),
    row("ca-central-1", 16.6667, 13.3334, 0.20, 4.6460, 10.8407, 34.0),
    row("eu-west-1", 16.6667, 13.3334, 0.20, 4.6460, 10.8407, 34.0),
    row("eu-west-2", 16.6667, 13.3334, 0.20, 4.8304, 11.2709, 35.8),
    row("eu-west-3", 16.6667, 13.3334, 0.20, 4.8673, 11.3569, 35.8),
    row("eu-central-1", 16.6667, 13.3334, 0.20, 5.0147, 11.7011, 36.7),
    row("eu-north-1", 16.6667, 13.3334, 0.20, 4.4248, 10.3245, 32.3),
    row("eu-south-1", 19.5172, 15.6138, 0.23, 4.8783, 11.3827, 35.7),
    row("eu-central-2", 18.3334, 14.6667, 0.22, 5.5162, 12.8712, 44.1),
    row("ap-south-1", 16.6667, 13.3334, 0.20, 4.4985, 10.4966, 35.2),
    row("ap-northeast-1", 16.6667, 13.3334, 0.20, 5.3835, 12.5615, 37.0),
    row("ap-northeast-3", 16.6667, 13.3334, 0.20, 5.3835, 12.5615, 37.0),
    row("ap-northeast-2", 16.6667, 13.3334, 0.20, 5.1254, 11.9592, 35.2),
    row("ap-southeast-1", 16.6667, 13.3334, 0.20, 5.1991, 12.1313, 37.0),
    row("ap-southeast-2", 16.6667, 13.3334, 0.20, 5.2360, 12.2173, 37.0),
    row("ap-southeast-4", 16.6667, 13.3334, 0.20, 5.2360, 12.2173, 37.0),
    row("ap-southeast-5", 15.0000, 12.0000, 0.18, 4.6791, 10.9181, 33.3),
    row("ap-east-1", 22.9200, 18.3000, 0.28, 5.7153, 13.3358, 40.7),
    row("af-south-1", 22.1000, 17.6800, 0.27, 5.5300, 12.9000, 40.4),
    row("me-south-1", 20.6667, 16.5334, 0.25, 5.1108, 11.9251, 37.4),
    row("me-central-1", 20.6667, none, 0.25),
    row("sa-east-1", 16.6667, 13.3334, 0.20, 6.6372, 15.4867, 58.6),
    row("il-central-1", 17.5000, none, 0.21),
    row("us-gov-east-1", 16.6667, none, 0.20),
    row("us-gov-west-1", 16.6667, none, 0.20),
};

std::optional<double> gb_second(const RegionPrices& region, Architecture architecture) {
    switch (architecture) {
    case Architecture::x86_64: return region.x86_gb_second;
    case Architecture::arm64: return region.arm_gb_second;
    }
    return std::nullopt;
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
    if (text == "exact") return PriceRounding::exact;
    if (text == "printed10") return PriceRounding::printed10;
    return std::nullopt;
}

std::span<const RegionPrices> price_list() { return prices; }

const RegionPrices* find_prices(std::string_view region) {
    for (const auto& one : prices) {
        if (one.region == region) return &one;
    }
    return nullptr;
}

std::optional<std::array<PriceTier, 3>> price_tiers(const RegionPrices& region, Architecture architecture) {
    const auto first = gb_second(region, architecture);
    if (!first) return std::nullopt;
    constexpr double last = std::numeric_limits<double>::infinity();
    const auto discounted = [&](double share) { return std::round(*first * share * 1e10) / 1e10; }; // printed with ten decimals
    switch (architecture) {
    case Architecture::x86_64: return std::array<PriceTier, 3>{{{6e9, *first}, {15e9, discounted(0.9)}, {last, discounted(0.8)}}};
    case Architecture::arm64: return std::array<PriceTier, 3>{{{7.5e9, *first}, {18.75e9, discounted(0.9)}, {last, discounted(0.8)}}};
    }
    return std::nullopt;
}

std::optional<double> price_per_ms(const RegionPrices& region, Architecture architecture, Mebibytes memory, PriceRounding rounding) {
    const auto price = gb_second(region, architecture);
    if (!price) return std::nullopt;
    const double exact = *price * static_cast<double>(memory.count) / 1024.0 / 1000.0;
    switch (rounding) {
    case PriceRounding::exact: return exact;
    case PriceRounding::printed10: return std::round(exact * 1e10) / 1e10;
    }
    return exact;
}

} // namespace lambox::model
