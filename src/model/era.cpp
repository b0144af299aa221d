#include "lambox/model/era.hpp"

#include "lambox/base/limits.hpp"

#include <cstdio>

namespace lambox::model {
namespace {

using namespace std::chrono_literals;
using std::chrono::year_month_day;

constexpr year_month_day lambda_announced = 2014y / 11 / 13;
constexpr year_month_day one_ms_billing = 2020y / 12 / 1;
constexpr year_month_day arm64_launched = 2021y / 9 / 29;
constexpr year_month_day larger_tmp = 2022y / 3 / 24;
constexpr year_month_day new_payloads = 2025y / 1 / 1;
constexpr year_month_day init_billed = 2025y / 8 / 1;
constexpr year_month_day larger_events = 2025y / 10 / 1;
constexpr year_month_day invocation_ids = 2026y / 7 / 1;

std::optional<unsigned> digits(std::string_view text) {
    unsigned value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
}

} // namespace

std::optional<Era> Era::parse(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = digits(text.substr(0, 4));
    const auto month = digits(text.substr(5, 2));
    const auto day = digits(text.substr(8, 2));
    if (!year || !month || !day) return std::nullopt;
    const year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month), std::chrono::day(*day)};
    if (!date.ok() || date < lambda_announced) return std::nullopt;
    return Era(date);
}

std::string Era::str() const {
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day_.year()), static_cast<unsigned>(day_.month()),
                  static_cast<unsigned>(day_.day()));
    return text;
}

bool Era::reached(year_month_day day) const { return day_ >= day; }

std::chrono::milliseconds Era::billing_granularity() const { return reached(one_ms_billing) ? 1ms : 100ms; }

bool Era::init_billed_everywhere() const { return reached(init_billed); }

std::uint64_t Era::memory_mib_max() const {
    return reached(one_ms_billing) ? limits::memory_mib_max : limits::memory_mib_max_before_2020_12;
}

std::uint64_t Era::memory_mib_step() const { return reached(one_ms_billing) ? 1 : 64; }

bool Era::arm64_available() const { return reached(arm64_launched); }

std::uint64_t Era::ephemeral_storage_mib_max() const {
    return reached(larger_tmp) ? limits::ephemeral_storage_mib_max : limits::ephemeral_storage_mib_min;
}

std::size_t Era::async_request_bytes_max() const {
    return reached(larger_events) ? limits::async_request_bytes_max : limits::async_request_bytes_max_before_2025_10;
}

bool Era::sandbox_error_payloads() const { return reached(new_payloads); }

bool Era::invocation_id_header() const { return reached(invocation_ids); }

} // namespace lambox::model
