#include "lambox/model/era.hpp"

#include "lambox/base/limits.hpp"

#include <cstdio>

namespace lambox::model {
namespace {

using namespace std::chrono;

constexpr year_month_day lambda_announced = 2014y / 11 / 13;
constexpr year_month_day billing_by_the_millisecond = 2020y / 12 / 1;
constexpr year_month_day memory_to_10_gib = 2020y / 12 / 1;
constexpr year_month_day arm64_offered = 2021y / 9 / 29;
constexpr year_month_day larger_ephemeral_storage = 2022y / 3 / 24;
constexpr year_month_day sandbox_shapes = 2025y / 1 / 1;
constexpr year_month_day init_billed = 2025y / 8 / 1;
constexpr year_month_day larger_async_requests = 2025y / 10 / 1;
constexpr year_month_day invocation_ids = 2026y / 7 / 1;

/// The decimal number in `text`; nothing when another character is among its digits.
std::optional<unsigned> digits(std::string_view text) {
    unsigned value = 0;
    for (const char character : text) {
        if (character < '0' || character > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(character - '0');
    }
    return value;
}

} // namespace

std::optional<Era> Era::parse(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto y = digits(text.substr(0, 4));
    const auto m = digits(text.substr(5, 2));
    const auto d = digits(text.substr(8, 2));
    if (!y || !m || !d) return std::nullopt;
    const year_month_day day{year{static_cast<int>(*y)}, month{*m}, std::chrono::day{*d}};
    if (!day.ok() || day < lambda_announced) return std::nullopt;
    return Era{day};
}

std::string Era::str() const {
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day_.year()), static_cast<unsigned>(day_.month()),
                  static_cast<unsigned>(day_.day()));
    return text;
}

bool Era::reached(year_month_day day) const { return day_ >= day; }

milliseconds Era::billing_granularity() const { return milliseconds{reached(billing_by_the_millisecond) ? 1 : 100}; }

bool Era::init_billed_everywhere() const { return reached(init_billed); }

std::uint64_t Era::memory_mib_max() const {
    return reached(memory_to_10_gib) ? limits::memory_mib_max : limits::memory_mib_max_before_2020_12;
}

std::uint64_t Era::memory_mib_step() const { return reached(memory_to_10_gib) ? 1 : 64; }

bool Era::arm64_available() const { return reached(arm64_offered); }

std::uint64_t Era::ephemeral_storage_mib_max() const {
    return reached(larger_ephemeral_storage) ? limits::ephemeral_storage_mib_max : limits::ephemeral_storage_mib_min;
}

std::size_t Era::async_request_bytes_max() const {
    return reached(larger_async_requests) ? limits::async_request_bytes_max : limits::async_request_bytes_max_before_2025_10;
}

bool Era::sandbox_error_payloads() const { return reached(sandbox_shapes); }

bool Era::invocation_id_header() const { return reached(invocation_ids); }

} // namespace lambox::model
