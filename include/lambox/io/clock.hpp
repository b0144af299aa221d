#pragma once

#include "lambox/base/units.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>

namespace lambox::io {

/// A scheduled callback; destroying it cancels it. Must not outlive its clock.
class Timer {
public:
    virtual ~Timer() = default;
};

/// Port: all time in the program. Tests pass `ManualClock`.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
    [[nodiscard]] virtual WallTime wall_now() const = 0;
    /// Calls `callback` once, on the clock's executor and never from inside this call, when `at` has come;
    /// soon, if it is past already.
    [[nodiscard]] virtual std::unique_ptr<Timer> call_at(Instant at, std::function<void()> callback) = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
public:
    explicit SystemClock(boost::asio::any_io_executor executor);
    ~SystemClock() override;
    SystemClock(const SystemClock&) = delete;
    SystemClock& operator=(const SystemClock&) = delete;
    [[nodiscard]] Instant now() const override;
    [[nodiscard]] WallTime wall_now() const override;
    [[nodiscard]] std::unique_ptr<Timer> call_at(Instant at, std::function<void()> callback) override;

private:
    class Deadlines;
    std::unique_ptr<Deadlines> deadlines_;
};

/// Returns when `at` has come, or throws `operation_aborted` when the awaiting coroutine is cancelled.
boost::asio::awaitable<void> sleep_until(Clock& clock, Instant at);

} // namespace lambox::io
