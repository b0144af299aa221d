// Goal: charts show what the samples say with a bounded number of points. Method: small known samples and very many.
#include "lambox/lab/charts.hpp"
#include "unit/lab/sample_runs.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace lambox;
using namespace lambox::lab;
using doctest::Approx;

namespace {

/// The line's value at the last x that is not above `x`.
double at(const Chart& chart, std::size_t line, double x) {
    const auto above = std::upper_bound(chart.x.begin(), chart.x.end(), x);
    REQUIRE(above != chart.x.begin());
    return chart.lines.at(line).y.at(static_cast<std::size_t>(above - chart.x.begin() - 1));
}

} // namespace

TEST_CASE("a distribution rises from nothing to everything through the share of samples below") {
    auto run = test::empty_run();
    run.functions = {test::article_run().functions[0]};
    for (const int ms : {1, 2, 3, 100})
        run.samples.push_back(test::warm(0, Milliseconds{ms}, Milliseconds{ms}, Mebibytes{20}));
    const auto chart = distribution_chart(run, Distribution::warm_duration);
    REQUIRE(chart.lines.size() == 1);
    CHECK(std::is_sorted(chart.x.begin(), chart.x.end()));
    CHECK(chart.axis == ChartAxis::logarithmic);
    CHECK(chart.x.front() == Approx(1 / 1.05));
    CHECK(chart.x.back() == Approx(105));
    CHECK(chart.lines[0].y.front() == 0);
    CHECK(at(chart, 0, 1.5) == 25);
    CHECK(at(chart, 0, 2.5) == 50);
    CHECK(at(chart, 0, 50) == 75);
    CHECK(chart.lines[0].y.back() == 100);
    CHECK(distribution_chart(run, Distribution::cold_duration).lines.empty());
    CHECK(distribution_chart(run, Distribution::init).lines.empty());
}

TEST_CASE("the number of points does not grow with the number of samples") {
    auto run = test::empty_run();
    run.functions = test::article_run().functions;
    for (int i = 0; i < 200'000; ++i) {
        run.samples.push_back(
            test::warm(static_cast<std::size_t>(i % 2), Microseconds{1 + i * 7919 % 1'000'003}, Milliseconds{1}, Mebibytes{20}));
    }
    const auto chart = distribution_chart(run, Distribution::warm_duration);
    CHECK(chart.x.size() == chart_points);
    REQUIRE(chart.lines.size() == 2);
    for (const auto& line : chart.lines) {
        CHECK(line.y.size() == chart_points);
        CHECK(std::is_sorted(line.y.begin(), line.y.end()));
    }
}

TEST_CASE("a duration of zero and equal durations still have a place on the logarithmic axis") {
    auto run = test::empty_run();
    run.functions = {test::article_run().functions[0]};
    run.samples.push_back(test::warm(0, Microseconds{0}, Milliseconds{1}, Mebibytes{20}));
    const auto chart = distribution_chart(run, Distribution::warm_duration);
    CHECK(chart.x.front() > 0);
    CHECK(chart.x.front() < chart.x.back());
    CHECK(chart.lines.at(0).y.back() == 100);
}

TEST_CASE("a function without samples of the kind has no line") {
    auto run = test::article_run();
    std::erase_if(run.samples, [](const Sample& sample) { return sample.function == 0; });
    const auto chart = distribution_chart(run, Distribution::init);
    REQUIRE(chart.lines.size() == 1);
    CHECK(chart.lines[0].function == 1);
}

TEST_CASE("cost lines cross at the break-even, which lies inside the chart") {
    const auto result = analyse(test::article_run(), 0.05);
    const auto chart = cost_chart(result);
    REQUIRE(chart.lines.size() == 2);
    const double even = result.break_evens.at(0).cold_share * 100;
    CHECK(chart.axis == ChartAxis::linear);
    CHECK(chart.x.front() == 0);
    CHECK(chart.x.back() == Approx(3 * even));
    CHECK(cost_chart(analyse(test::article_run(), 0.2)).x.back() == Approx(30));
    CHECK(at(chart, 0, even * 0.9) > at(chart, 1, even * 0.9));
    CHECK(at(chart, 0, even * 1.1) < at(chart, 1, even * 1.1));
}

TEST_CASE("where no costs cross, the cost chart covers every share") {
    auto run = test::article_run();
    for (auto& sample : run.samples) {
        if (sample.function == 1) sample.billed = Milliseconds{1};
    }
    CHECK(cost_chart(analyse(run, 0.05)).x.back() == 100);
}

TEST_CASE("a break-even at a large share ends the chart at 100 %") {
    auto run = test::article_run();
    for (auto& sample : run.samples) {
        if (sample.function == 1 && sample.start == StartKind::cold) sample.billed = Milliseconds{13};
    }
    const auto result = analyse(run, 0.05);
    REQUIRE(result.break_evens.at(0).cold_share > 0.34);
    CHECK(cost_chart(result).x.back() == 100);
}

TEST_CASE("samples that lie close together are shown on a linear axis") {
    const auto chart = distribution_chart(test::article_run(), Distribution::init);
    CHECK(chart.axis == ChartAxis::linear);
    CHECK(chart.x.size() == chart_points);
    CHECK(std::is_sorted(chart.x.begin(), chart.x.end()));
}

TEST_CASE("without prices there is no cost chart") {
    auto run = test::article_run();
    for (auto& function : run.functions)
        function.price_per_ms.reset();
    CHECK(cost_chart(analyse(run, 0.05)).lines.empty());
}
