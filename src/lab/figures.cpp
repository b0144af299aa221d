#include "lambox/lab/figures.hpp"

#include <fmt/format.h>

#include <string_view>

namespace lambox::lab {

std::string print_ms(double milliseconds) { return fmt::format("{:.2f} ms", milliseconds); }
std::string print_mb(double megabytes) { return fmt::format("{:.1f} MB", megabytes); }
std::string print_percent(double percent) { return fmt::format("{:.2f} %", percent); }
std::string print_usd(double dollars) { return fmt::format("${:.4f}", dollars); }

std::string print_elapsed(Microseconds value) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(value).count();
    if (seconds < 60) return fmt::format("{:.1f} s", static_cast<double>(value.count() / 100'000) / 10.0);
    if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
    return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

std::string print_share(double share) {
    const double percent = share * 100.0;
    std::string digits;
    for (const int decimals : {2, 4, 6, 10, 14}) {
        digits = fmt::format("{:.{}f}", percent, decimals);
        const auto shown = std::string_view(digits);
        const bool looks_empty = shown.find_first_of("123456789") == std::string_view::npos;
        const bool looks_full = shown.starts_with("100.");
        if ((!looks_empty || share <= 0) && (!looks_full || share >= 1)) break;
    }
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.ends_with('.')) digits.pop_back();
    return digits + " %";
}

std::string print_usd_per_ms(double dollars, model::PriceRounding rounding) {
    return fmt::format("${:.{}f}", dollars, rounding == model::PriceRounding::exact ? 13 : 10);
}

} // namespace lambox::lab
