#include "bench/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace lambox::bench {
namespace {

double microseconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1'000.0; }

std::string number(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.3f", value);
    return text;
}

/// Nearest rank; zero when there is nothing.
double at_share(const std::vector<std::chrono::nanoseconds>& sorted, double share) {
    if (sorted.empty()) return 0;
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return microseconds(sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1]);
}

double mean(const std::vector<std::chrono::nanoseconds>& times) {
    double sum = 0;
    for (const auto time : times)
        sum += microseconds(time);
    return times.empty() ? 0 : sum / static_cast<double>(times.size());
}

/// Closer together towards the tail: ten points to each further nine.
std::string distribution(const std::vector<std::chrono::nanoseconds>& sorted) {
    constexpr int points_per_nine = 10;
    std::string text = "[";
    for (int point = 0;; ++point) {
        const double beyond = std::pow(10.0, -static_cast<double>(point) / points_per_nine);
        if (sorted.empty() || beyond * static_cast<double>(sorted.size()) < 1) break;
        char share[40];
        std::snprintf(share, sizeof share, "%.6f", 1 - beyond);
        text.append(text.size() > 1 ? ",[" : "[").append(share).append(",").append(number(at_share(sorted, 1 - beyond))).append("]");
    }
    return text + "]";
}

} // namespace

std::string to_json(Measured measured) {
    auto& times = measured.times;
    std::sort(times.begin(), times.end());
    const double seconds = microseconds(measured.whole) / 1'000'000.0;
    const double rate = seconds > 0 ? static_cast<double>(times.size()) / seconds : 0;
    std::string text = "{\"requests\":" + std::to_string(times.size()) + ",\"errors\":" + std::to_string(measured.errors);
    text += ",\"seconds\":" + number(seconds) + ",\"rate\":" + number(rate) + ",\"mean_us\":" + number(mean(times));
    text += ",\"p50_us\":" + number(at_share(times, 0.5)) + ",\"p90_us\":" + number(at_share(times, 0.9));
    text += ",\"p99_us\":" + number(at_share(times, 0.99)) + ",\"p99_9_us\":" + number(at_share(times, 0.999));
    text += ",\"max_us\":" + number(at_share(times, 1)) + ",\"distribution\":" + distribution(times) + "}\n";
    return text;
}

} // namespace lambox::bench
