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
    Microseconds sum = times.duration;
    switch (charge) {
    case InitCharge::free: break;
    case InitCharge::billed: sum += times.init; break;
    }
    const Microseconds unit = era.billing_granularity();
    const auto units = std::max<Microseconds::rep>(1, (sum.count() + unit.count() - 1) / unit.count());
    return std::chrono::duration_cast<std::chrono::milliseconds>(unit * units);
}

Cost invocation_cost(const BilledInvocation& invocation, const RegionPrices& prices, Architecture architecture, PriceRounding rounding) {
    Cost cost;
    const auto per_ms = price_per_ms(prices, architecture, invocation.memory, rounding);
    const double ms = static_cast<double>(invocation.billed.count());
    LAMBOX_ASSERT(per_ms); // whoever prices has looked whether the region sells the architecture
    cost.compute = ms * *per_ms;
    cost.request = prices.request;
    if (invocation.ephemeral_storage.count > limits::ephemeral_storage_mib_min && prices.ephemeral_gb_second) {
        const double gb = static_cast<double>(invocation.ephemeral_storage.count - limits::ephemeral_storage_mib_min) / 1024.0;
        cost.storage = ms / 1000.0 * gb * *prices.ephemeral_gb_second;
    }
    return cost;
}

} // namespace lambox::model
