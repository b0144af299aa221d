#include "lambox/model/billing.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>

namespace lambox::model {

InitCharge init_charge(BillingClass billing, const Era& era) {
    if (era.init_billed_everywhere()) return InitCharge::billed;
    switch (billing) {
    case BillingClass::managed: return InitCharge::free;
    case BillingClass::custom: return InitCharge::billed;
    }
    return InitCharge::billed;
}

std::chrono::milliseconds billed_duration(MeasuredTimes times, InitCharge charge, const Era& era) {
    LAMBOX_ASSERT(times.duration >= Microseconds::zero() && times.init >= Microseconds::zero());
    Microseconds chargeable = times.duration;
    if (charge == InitCharge::billed) chargeable += times.init;
    const std::chrono::milliseconds unit = era.billing_granularity();
    const Microseconds unit_us = unit;
    const std::int64_t units = (chargeable.count() + unit_us.count() - 1) / unit_us.count();
    return unit * std::max<std::int64_t>(units, 1);
}

std::optional<Cost> invocation_cost(const BilledInvocation& invocation, const RegionPrices& prices, Architecture architecture,
                                    PriceRounding rounding) {
    const auto per_ms = price_per_ms(prices, architecture, invocation.memory, rounding);
    if (!per_ms) return std::nullopt;
    const auto billed_ms = static_cast<double>(invocation.billed.count());
    Cost cost;
    cost.compute = billed_ms * *per_ms;
    cost.request = prices.request;
    if (invocation.ephemeral_storage.count > limits::ephemeral_storage_mib_min) {
        if (!prices.ephemeral_gb_second) return std::nullopt;
        const std::uint64_t extra_mib = invocation.ephemeral_storage.count - limits::ephemeral_storage_mib_min;
        cost.storage = billed_ms / 1'000 * static_cast<double>(extra_mib) / 1'024 * *prices.ephemeral_gb_second;
    }
    return cost;
}

} // namespace lambox::model
