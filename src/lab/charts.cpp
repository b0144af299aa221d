#include "lambox/lab/charts.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace lambox::lab {
namespace {

std::optional<Microseconds> value_of(const Sample& sample, Distribution distribution) {
    const bool cold = sample.start == StartKind::cold;
    switch (distribution) {
    case Distribution::cold_duration: return cold ? std::optional(sample.duration) : std::nullopt;
    case Distribution::warm_duration: return cold ? std::nullopt : std::optional(sample.duration);
    case Distribution::init: return cold ? sample.init : std::nullopt;
    case Distribution::cold_end_to_end: return cold ? std::optional(sample.end_to_end) : std::nullopt;
    }
    return std::nullopt;
}

/// `chart_points` values in equal ratios or at equal distances, the ends exact.
std::vector<double> grid_of(ChartAxis axis, double low, double high) {
    std::vector<double> grid(chart_points);
    for (std::size_t i = 0; i < chart_points; ++i) {
        const double part = static_cast<double>(i) / static_cast<double>(chart_points - 1);
        grid[i] = axis == ChartAxis::logarithmic ? low * std::pow(high / low, part) : low + (high - low) * part;
    }
    grid.back() = high;
    return grid;
}

} // namespace

Chart distribution_chart(const ComparisonRun& run, Distribution distribution) {
    std::vector<std::vector<double>> values(run.functions.size());
    for (const Sample& sample : run.samples) {
        // A logarithmic axis has no zero; the clock's own step stands for it.
        if (const auto value = value_of(sample, distribution)) {
            values[sample.function].push_back(static_cast<double>(std::max<std::int64_t>(1, value->count())) / 1000.0);
        }
    }
    double low = 0;
    double high = 0;
    for (auto& of_function : values) {
        if (of_function.empty()) continue;
        std::sort(of_function.begin(), of_function.end());
        low = low == 0 ? of_function.front() : std::min(low, of_function.front());
        high = std::max(high, of_function.back());
    }
    Chart chart;
    if (high == 0) return chart;
    chart.axis = high / low > 8 ? ChartAxis::logarithmic : ChartAxis::linear;
    chart.x = grid_of(chart.axis, low / 1.05, high * 1.05);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].empty()) continue;
        ChartLine line{i, {}};
        for (const double x : chart.x) {
            const auto below = std::upper_bound(values[i].begin(), values[i].end(), x) - values[i].begin();
            line.y.push_back(100.0 * static_cast<double>(below) / static_cast<double>(values[i].size()));
        }
        chart.lines.push_back(std::move(line));
    }
    return chart;
}

Chart cost_chart(const ComparisonResult& result) {
    double last_crossing = 0;
    for (const auto& even : result.break_evens) {
        if (even.kind == BreakEvenKind::at_share) last_crossing = std::max(last_crossing, even.cold_share);
    }
    const double high = last_crossing > 0 ? std::min(1.0, std::max(3 * last_crossing, 1.5 * result.cold_share)) : 1.0;
    Chart chart;
    for (std::size_t i = 0; i < result.functions.size(); ++i) {
        if (!cost_per_million(result.facts.functions[i], result.functions[i], 0.5)) continue;
        if (chart.x.empty()) chart.x = grid_of(chart.axis, 0, 100 * high);
        ChartLine line{i, {}};
        for (const double percent : chart.x)
            line.y.push_back(*cost_per_million(result.facts.functions[i], result.functions[i], percent / 100));
        chart.lines.push_back(std::move(line));
    }
    return chart;
}

} // namespace lambox::lab
