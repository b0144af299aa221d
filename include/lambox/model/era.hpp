#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lambox::model {

/// A day on which lambox pretends to be AWS; everything that AWS changed over time derives from it
/// (behaviour §0.2). Order of the members: as that table.
class Era {
public:
    explicit constexpr Era(std::chrono::year_month_day day) : day_(day) {}
    /// `YYYY-MM-DD`, from 2014-11-13 (Lambda's announcement) on; nothing for any other text.
    [[nodiscard]] static std::optional<Era> parse(std::string_view text);

    [[nodiscard]] std::chrono::year_month_day day() const { return day_; }
    [[nodiscard]] std::string str() const;
    [[nodiscard]] bool reached(std::chrono::year_month_day day) const;

    /// 100 ms until 2020-11-30, then 1 ms.
    [[nodiscard]] std::chrono::milliseconds billing_granularity() const;
    /// From 2025-08-01 INIT is billed for every configuration.
    [[nodiscard]] bool init_billed_everywhere() const;
    [[nodiscard]] std::uint64_t memory_mib_max() const;
    /// 64 MB steps before 2020-12-01, 1 MB since.
    [[nodiscard]] std::uint64_t memory_mib_step() const;
    [[nodiscard]] bool arm64_available() const;
    [[nodiscard]] std::uint64_t ephemeral_storage_mib_max() const;
    [[nodiscard]] std::size_t async_request_bytes_max() const;
    /// `Sandbox.Timedout` payloads, `Status:`/`Error Type:` in REPORT (from 2025-01-01; captured between 2024-04 and 2025-11).
    [[nodiscard]] bool sandbox_error_payloads() const;
    /// `Lambda-Runtime-Invocation-Id` on `next` (from 2026-07-01).
    [[nodiscard]] bool invocation_id_header() const;

private:
    std::chrono::year_month_day day_;
};

} // namespace lambox::model
