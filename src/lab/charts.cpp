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

/// `chart_points` values in equal ratios, the ends exact.
std::vector<double> log_grid(double low, double high) {
    std::vector<double> grid(chart_points);
    const double step = std::log(high / low) / static_cast<double>(chart_points - 1);
    for (std::size_t i = 0; i < chart_points; ++i) grid[i] = low * std::exp(step * static_cast<double>(i));
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
    chart.x = log_grid(low / 1.1, high * 1.1);
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
    double low = 0.001;
    for (const auto& even : result.break_evens) {
        if (even.kind == BreakEvenKind::at_share) low = std::min(low, std::max(1e-6, even.cold_share / 10));
    }
    Chart chart;
    for (std::size_t i = 0; i < result.functions.size(); ++i) {
        if (!cost_per_million(result.facts.functions[i], result.functions[i], 0.5)) continue;
        if (chart.x.empty()) chart.x = log_grid(low * 100, 100);
        ChartLine line{i, {}};
        for (const double percent : chart.x) line.y.push_back(*cost_per_million(result.facts.functions[i], result.functions[i], percent / 100));
        chart.lines.push_back(std::move(line));
    }
    return chart;
}

} // namespace lambox::lab
