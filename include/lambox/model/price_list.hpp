#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/runtime_catalogue.hpp"

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace lambox::model {

/// The price page prints dollars per millisecond with ten decimals; the article and the power-tuning tools use
/// that figure, AWS's bill the exact one.
enum class PriceRounding { exact, printed10 };

[[nodiscard]] std::string_view to_string(PriceRounding rounding);
[[nodiscard]] std::optional<PriceRounding> parse_price_rounding(std::string_view text);

/// One row of behaviour §5.5, in dollars. Absent = not published there.
struct RegionPrices {
    std::string_view region;
    double x86_gb_second;
    std::optional<double> arm_gb_second;
    double request;
    std::optional<double> provisioned_gb_second;
    std::optional<double> provisioned_duration_gb_second;
    std::optional<double> ephemeral_gb_second;
};

[[nodiscard]] std::span<const RegionPrices> price_list();
[[nodiscard]] const RegionPrices* find_prices(std::string_view region);

/// Duration price of one tier; tiers as behaviour §5.4 (us-east-1 published; elsewhere 10 % and 20 % off tier 1).
struct PriceTier {
    double gb_seconds_up_to; ///< cumulative in the month; infinity for the last
    double gb_second;
};
[[nodiscard]] std::optional<std::array<PriceTier, 3>> price_tiers(const RegionPrices& prices, Architecture architecture);

/// Dollars per millisecond at `memory`, tier 1. Nothing when the region has no published price for the architecture.
[[nodiscard]] std::optional<double> price_per_ms(const RegionPrices& prices, Architecture architecture, Mebibytes memory,
                                                 PriceRounding rounding);

} // namespace lambox::model
