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

/// Lines over common x values, ascending and positive (they are shown on a logarithmic axis).
struct Chart {
    std::vector<double> x;
    std::vector<ChartLine> lines; ///< none = nothing to show
};

enum class Distribution { cold_duration, warm_duration, init, cold_end_to_end };

/// Share of samples in percent that took x milliseconds or less, a line a function.
[[nodiscard]] Chart distribution_chart(const ComparisonRun& run, Distribution distribution);

/// Cost per million requests over the share of cold starts in percent, a line a function that has costs. Starts low enough
/// that every break-even from one in a hundred thousand on lies inside.
[[nodiscard]] Chart cost_chart(const ComparisonResult& result);

} // namespace lambox::lab
