// Goal: means and percentiles are what they are called. Method: small samples by hand for the exact form; long ones,
// of several shapes and sizes, where the streaming form is held against the exact one.
#include "lambox/model/statistics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace lambox::model;

namespace {

Summary streamed(const std::vector<double>& samples) {
    StreamingSummary streaming;
    for (const double sample : samples) streaming.add(sample);
    return streaming.summary();
}

void check_within_one_percent(const std::vector<double>& samples) {
    const Summary exact = summarise(samples);
    const Summary near = streamed(samples);
    CHECK(near.count == exact.count);
    CHECK(near.mean == doctest::Approx(exact.mean).epsilon(1e-9));
    CHECK(near.max == exact.max);
    CHECK(std::abs(near.p50 - exact.p50) <= 0.01 * exact.p50);
    CHECK(std::abs(near.p90 - exact.p90) <= 0.01 * exact.p90);
    CHECK(std::abs(near.p99 - exact.p99) <= 0.01 * exact.p99);
}

} // namespace

TEST_CASE("no samples give zeros") {
    for (const Summary& summary : {summarise({}), StreamingSummary{}.summary()}) {
        CHECK(summary.count == 0);
        CHECK(summary.mean == 0);
        CHECK(summary.p50 == 0);
        CHECK(summary.p90 == 0);
        CHECK(summary.p99 == 0);
        CHECK(summary.max == 0);
    }
}

TEST_CASE("percentiles are samples, by nearest rank") {
    const Summary four = summarise({4, 1, 3, 2});
    CHECK(four.count == 4);
    CHECK(four.mean == 2.5);
    CHECK(four.p50 == 2);
    CHECK(four.p90 == 4);
    CHECK(four.p99 == 4);
    CHECK(four.max == 4);

    const Summary five = summarise({15, 20, 35, 40, 50});
    CHECK(five.p50 == 35);
    CHECK(five.p90 == 50);

    const Summary one = summarise({7.5});
    CHECK(one.mean == 7.5);
    CHECK(one.p50 == 7.5);
    CHECK(one.p99 == 7.5);
}

TEST_CASE("ranks that fall on a sample are not pushed to the next one") {
    std::vector<double> samples;
    for (int i = 1; i <= 100; ++i) samples.push_back(i);
    const Summary hundred = summarise(samples);
    CHECK(hundred.p50 == 50);
    CHECK(hundred.p90 == 90);
    CHECK(hundred.p99 == 99);
    CHECK(hundred.max == 100);
    samples.push_back(101);
    const Summary more = summarise(samples);
    CHECK(more.p50 == 51);
    CHECK(more.p90 == 91);
    CHECK(more.p99 == 100);
}

TEST_CASE("streaming percentiles stay within 1 % of the exact ones") {
    std::mt19937_64 random{20'221'119};
    std::vector<double> uniform;
    std::vector<double> skewed;
    std::vector<double> two_humps;
    for (int i = 0; i < 10'000; ++i) {
        uniform.push_back(std::uniform_real_distribution<double>{0.001, 3'000}(random));
        skewed.push_back(std::lognormal_distribution<double>{0, 3}(random));
        two_humps.push_back(i % 20 == 0 ? 55.9 + i * 1e-3 : 0.97 + i * 1e-5);
    }
    check_within_one_percent(uniform);
    check_within_one_percent(skewed);
    check_within_one_percent(two_humps);
}

TEST_CASE("streaming is within 1 % of every single value over eighteen orders of magnitude") {
    for (double value = 1e-6; value < 1e12; value *= 1.0007) {
        const Summary summary = streamed({value, value * 1e3});
        REQUIRE(std::abs(summary.p50 - value) <= 0.01 * value);
        REQUIRE(summary.p99 <= summary.max);
    }
}

TEST_CASE("values below zero count as zero, and zeros take their ranks") {
    const Summary summary = streamed({-5, 0, 0, 10});
    CHECK(summary.count == 4);
    CHECK(summary.mean == 2.5);
    CHECK(summary.p50 == 0);
    CHECK(summary.p90 == doctest::Approx(10).epsilon(0.01));
    CHECK(summary.max == 10);
    CHECK(streamed({-1, -2}).max == 0);
    CHECK(streamed({-1, -2}).mean == 0);
}
