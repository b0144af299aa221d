#pragma once

#include "lambox/lab/comparison_result.hpp"

#include <cstddef>
#include <vector>

namespace lambox::lab {

/// No chart has more points a series than this, however many samples there are.
inline constexpr std::size_t chart_points = 400;

struct ChartLine {
    std::size_t function;  ///< index, for name and colour
    std::vector<double> y; ///< one per Chart::x
};

enum class ChartAxis { linear, logarithmic };

/// Lines over common x values, ascending.
struct Chart {
    ChartAxis axis = ChartAxis::linear;
    std::vector<double> x;
    std::vector<ChartLine> lines; ///< none = nothing to show
};

enum class Distribution { cold_duration, warm_duration, init, cold_end_to_end };

/// Share of samples in percent that took x milliseconds or less, a line a function. Logarithmic when the samples spread widely;
/// x is positive either way.
[[nodiscard]] Chart distribution_chart(const ComparisonRun& run, Distribution distribution);

/// Cost per million requests over the share of cold starts in percent, a line a function that has costs. From zero to a
/// few times the last break-even and the configured share, so that the crossings can be seen; to 100 % when nothing crosses.
[[nodiscard]] Chart cost_chart(const ComparisonResult& result);

} // namespace lambox::lab
