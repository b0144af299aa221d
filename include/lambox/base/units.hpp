#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace lambox {

/// A point on the monotonic clock. Everything that is waited for or measured uses this.
using Instant = std::chrono::steady_clock::time_point;

/// A point on the calendar, UTC. Only for what a person or AWS's formats show (deadlines, log times, eras).
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

using Microseconds = std::chrono::microseconds;
using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

/// Memory as Lambda counts it: "MB" in AWS's texts means MiB.
struct Mebibytes {
    std::uint64_t count = 0;
    auto operator<=>(const Mebibytes&) const = default;
    [[nodiscard]] constexpr std::uint64_t bytes() const { return count * 1024 * 1024; }
    /// Whole MiB that cover `bytes`: rounded up, as Max Memory Used is.
    [[nodiscard]] static constexpr Mebibytes covering(std::uint64_t bytes) {
        return Mebibytes{bytes / (1024 * 1024) + (bytes % (1024 * 1024) != 0 ? 1 : 0)};
    }
};

/// Milliseconds with two decimals, as REPORT prints durations: 1234567 µs → "1234.57". Half rounds up.
[[nodiscard]] std::string format_ms_2(Microseconds value);

/// `2026-01-31T09:05:07.123Z`.
[[nodiscard]] std::string format_iso8601_ms(WallTime value);

} // namespace lambox
