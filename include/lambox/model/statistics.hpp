#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace lambox::model {

/// Mean and percentiles in the samples' own unit. All zero when there were no samples.
struct Summary {
    std::size_t count = 0;
    double mean = 0;
    double p50 = 0;
    double p90 = 0;
    double p99 = 0;
    double max = 0;
};

/// Exact, by nearest rank: p50 of {1,2,3,4} is 2.
[[nodiscard]] Summary summarise(std::vector<double> samples);

/// For runs too long to keep every sample: memory bounded by the number of buckets, percentiles within 1 % of the
/// sample, count, mean and max exact. Values below zero count as zero.
class StreamingSummary {
public:
    void add(double value);
    [[nodiscard]] Summary summary() const;

private:
    std::map<int, std::uint64_t> buckets_;
    std::uint64_t zeros_ = 0;
    std::uint64_t count_ = 0;
    double sum_ = 0;
    double max_ = 0;
};

} // namespace lambox::model
