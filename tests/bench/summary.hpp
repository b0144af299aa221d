#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace lambox::bench {

using Clock = std::chrono::steady_clock;

/// What was measured: the time of each success, the failures, and the whole time they took together.
struct Measured {
    std::vector<std::chrono::nanoseconds> times;
    std::size_t errors = 0;
    std::chrono::nanoseconds whole{};
};

/// One line of JSON, times in microseconds: requests, errors, seconds, rate, mean, p50 to p99.9, max, and the distribution as
/// pairs of a share and the time that this share of the successes kept within.
[[nodiscard]] std::string to_json(Measured measured);

} // namespace lambox::bench
