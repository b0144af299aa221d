#include "lambox/model/statistics.hpp"

#include "lambox/base/assert.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lambox::model {
namespace {

/// One-based position of the percentile among `count` sorted samples, in integers so that no product is rounded.
std::uint64_t nearest_rank(std::uint64_t percent, std::uint64_t count) { return std::max<std::uint64_t>((percent * count + 99) / 100, 1); }

// A bucket holds (ratio^(i-1), ratio^i] and answers with a value that is off by at most `accuracy` of any sample in
// it. Half of the promised 1 %, which leaves room for the logarithm's own rounding at a bucket's edge.
constexpr double accuracy = 0.005;
constexpr double ratio = (1 + accuracy) / (1 - accuracy);

int bucket_of(double value) { return static_cast<int>(std::ceil(std::log(value) / std::log(ratio))); }

double value_of(int bucket) { return std::exp(bucket * std::log(ratio)) * (1 - accuracy); }

} // namespace

Summary summarise(std::vector<double> samples) {
    if (samples.empty()) return {};
    std::sort(samples.begin(), samples.end());
    const auto at = [&](std::uint64_t percent) { return samples[nearest_rank(percent, samples.size()) - 1]; };
    Summary summary;
    summary.count = samples.size();
    summary.mean = std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
    summary.p50 = at(50);
    summary.p90 = at(90);
    summary.p99 = at(99);
    summary.max = samples.back();
    return summary;
}

void StreamingSummary::add(double value) {
    LAMBOX_ASSERT(std::isfinite(value));
    ++count_;
    if (value <= 0) {
        ++zeros_;
        return;
    }
    ++buckets_[bucket_of(value)];
    sum_ += value;
    max_ = std::max(max_, value);
}

Summary StreamingSummary::summary() const {
    if (count_ == 0) return {};
    const auto at = [&](std::uint64_t percent) {
        const std::uint64_t rank = nearest_rank(percent, count_);
        std::uint64_t seen = zeros_;
        if (rank <= seen) return 0.0;
        for (const auto& [bucket, samples] : buckets_) {
            seen += samples;
            if (rank <= seen) return std::min(value_of(bucket), max_);
        }
        return max_;
    };
    Summary summary;
    summary.count = count_;
    summary.mean = sum_ / static_cast<double>(count_);
    summary.p50 = at(50);
    summary.p90 = at(90);
    summary.p99 = at(99);
    summary.max = max_;
    return summary;
}

} // namespace lambox::model
