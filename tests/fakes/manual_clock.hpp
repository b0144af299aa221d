#pragma once

#include "lambox/io/clock.hpp"

#include <cstdint>
#include <map>
#include <utility>

namespace lambox::fakes {

/// Time that stands still until a test moves it. Callbacks run inside `advance`, in the order of their times, and
/// see `now()` at their own time. What a callback schedules within the same stretch runs in the same `advance`.
/// Coroutines that a callback wakes run when the test turns its io_context; then time may be moved again.
class ManualClock final : public io::Clock {
public:
    ManualClock();
    ManualClock(const ManualClock&) = delete;
    ManualClock& operator=(const ManualClock&) = delete;
    ~ManualClock() override;

    [[nodiscard]] Instant now() const override { return now_; }
    [[nodiscard]] WallTime wall_now() const override { return wall_now_; }
    /// A callback for a time that is past runs in the next `advance`, be it of zero length.
    [[nodiscard]] std::unique_ptr<io::Timer> call_at(Instant at, std::function<void()> callback) override;

    void advance(std::chrono::nanoseconds duration);
    /// Sets the calendar alone; it then moves along with `advance`.
    void set_wall(WallTime now) { wall_now_ = now; }
    /// How many callbacks wait for their time.
    [[nodiscard]] std::size_t pending() const { return pending_.size(); }

private:
    class ManualTimer;
    using Key = std::pair<Instant, std::uint64_t>; ///< the number keeps equal times in the order of their calls

    void move_to(Instant at);

    Instant now_;
    WallTime wall_now_;
    std::chrono::nanoseconds wall_rest_{0}; ///< part of a microsecond that the calendar has not shown yet
    std::uint64_t next_number_ = 0;
    bool advancing_ = false;
    std::map<Key, std::function<void()>> pending_;
};

} // namespace lambox::fakes
