#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/era.hpp"
#include "lambox/model/price_list.hpp"
#include "lambox/model/runtime_catalogue.hpp"

#include <chrono>
#include <optional>

namespace lambox::model {

enum class InitCharge { free, billed };

/// Who pays a finished INIT of an on-demand zip function (behaviour §5.2).
[[nodiscard]] InitCharge init_charge(BillingClass billing, const Era& era);

/// What was measured of one invocation.
struct MeasuredTimes {
    Microseconds duration{0}; ///< cut at the timeout already
    Microseconds init{0};     ///< zero when there was none, or when it is not this invocation's to pay
};

/// One rounding up of (duration + init, if billed) to the era's granularity, at least one unit (behaviour §5.1, §5.3).
[[nodiscard]] std::chrono::milliseconds billed_duration(MeasuredTimes times, InitCharge charge, const Era& era);

/// What one invocation costs, in dollars.
struct Cost {
    double compute = 0;
    double request = 0;
    double storage = 0;
    [[nodiscard]] double total() const { return compute + request + storage; }
};

struct BilledInvocation {
    std::chrono::milliseconds billed{0};
    Mebibytes memory;
    Mebibytes ephemeral_storage{512};
};

/// Tier-1 prices (behaviour §5.1, §5.4); `rounding` touches the duration price alone. Nothing when a price that this
/// invocation needs is not published: arm64 in some regions, ephemeral storage over 512 MB in some.
[[nodiscard]] std::optional<Cost> invocation_cost(const BilledInvocation& invocation, const RegionPrices& prices,
                                                  Architecture architecture, PriceRounding rounding);

} // namespace lambox::model
