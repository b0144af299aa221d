#include "lambox/io/clock.hpp"

#include "lambox/io/one_shot.hpp"

#include <boost/asio/steady_timer.hpp>

namespace lambox::io {
namespace {

class SystemTimer final : public Timer {
public:
    SystemTimer(const boost::asio::any_io_executor& executor, Instant at, std::function<void()> callback) : timer_(executor, at) {
        timer_.async_wait([alive = std::weak_ptr<bool>(alive_), callback = std::move(callback)](boost::system::error_code error) {
            // Cancelling cannot recall a handler that is queued already, so the owner's death is checked too.
            if (!error && !alive.expired()) callback();
        });
    }

private:
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    boost::asio::steady_timer timer_;
};

} // namespace

SystemClock::SystemClock(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

Instant SystemClock::now() const { return std::chrono::steady_clock::now(); }

WallTime SystemClock::wall_now() const {
    return std::chrono::floor<Microseconds>(std::chrono::system_clock::now());
}

std::unique_ptr<Timer> SystemClock::call_at(Instant at, std::function<void()> callback) {
    return std::make_unique<SystemTimer>(executor_, at, std::move(callback));
}

boost::asio::awaitable<void> sleep_until(Clock& clock, Instant at) {
    OneShot<bool> over;
    const auto timer = clock.call_at(at, [&over] { over.set(true); });
    co_await over.wait();
}

} // namespace lambox::io
