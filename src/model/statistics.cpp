#include "lambox/model/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace lambox::model {
namespace {

/// Ratio between neighbouring bucket borders; the middle of a bucket is within 1 % of everything in it.
constexpr double bucket_ratio = 1.02;

std::size_t nearest_rank(double share, std::size_t count) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(count)));
    return std::clamp<std::size_t>(rank, 1, count);
}

} // namespace

Summary summarise(std::vector<double> samples) {
    Summary summary;
    if (samples.empty()) return summary;
    std::sort(samples.begin(), samples.end());
    double sum = 0;
    for (const double sample : samples) sum += sample;
    summary.count = samples.size();
    summary.mean = sum / static_cast<double>(samples.size());
    summary.p50 = samples[nearest_rank(0.50, samples.size()) - 1];
    summary.p90 = samples[nearest_rank(0.90, samples.size()) - 1];
    summary.p99 = samples[nearest_rank(0.99, samples.size()) - 1];
    summary.max = samples.back();
    return summary;
}

void StreamingSummary::add(double value) {
    value = std::max(value, 0.0);
    ++count_;
    sum_ += value;
    max_ = std::max(max_, value);
    if (value < 1e-9) ++zeros_;
    else ++buckets_[static_cast<int>(std::floor(std::log(value) / std::log(bucket_ratio)))];
}

Summary StreamingSummary::summary() const {
    Summary summary;
    if (count_ == 0) return summary;
    const auto at = [this](double share) {
        std::uint64_t left = nearest_rank(share, count_);
        if (left <= zeros_) return 0.0;
        left -= zeros_;
        for (const auto& [bucket, held] : buckets_) {
            if (left <= held) return std::min(max_, std::pow(bucket_ratio, bucket + 0.5));
            left -= held;
        }
        return max_;
    };
    summary.count = count_;
    summary.mean = sum_ / static_cast<double>(count_);
    summary.p50 = at(0.50);
    summary.p90 = at(0.90);
    summary.p99 = at(0.99);
    summary.max = max_;
    return summary;
}

} // namespace lambox::model
