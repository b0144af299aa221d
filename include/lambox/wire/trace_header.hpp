#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lambox::wire {

/// The parts lambox has to make up when the caller sent no (or a partial) X-Ray header.
struct TraceDefaults {
    std::uint32_t epoch_seconds;
    std::string root_random;    ///< 24 hexadecimal digits
    std::string parent_random;  ///< 16
    std::string lineage_random; ///< 8
};

/// The caller's `X-Amzn-Trace-Id` completed to `Root=…;Parent=…;Sampled=…;Lineage=1:…:0` (behaviour §1.5). What the caller
/// gave is kept when it is well formed and dropped otherwise; Sampled is 0 unless the caller said 1.
[[nodiscard]] std::string complete_trace_header(std::string_view callers, const TraceDefaults& defaults);

} // namespace lambox::wire
