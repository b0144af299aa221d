#include "lambox/io/clock.hpp"

#include "lambox/io/one_shot.hpp"

#include <boost/asio/steady_timer.hpp>

#include <iterator>
#include <map>
#include <utility>

namespace lambox::io {

/// All deadlines of a clock behind one timer of Asio's. Each invocation has a deadline that is called off again; what that costs
/// here is a node of a map, and no round through the loop for a cancelled handler.
class SystemClock::Deadlines {
public:
    explicit Deadlines(const boost::asio::any_io_executor& executor) : timer_(executor) {}

    struct Deadline;
    using Queue = std::multimap<Instant, Deadline*>;
    struct Deadline final : Timer {
        Deadline(Deadlines& the_owner, std::function<void()> the_callback) : owner(the_owner), callback(std::move(the_callback)) {}
        ~Deadline() override { owner.remove(*this); }
        Deadline(const Deadline&) = delete;
        Deadline& operator=(const Deadline&) = delete;

        Deadlines& owner;
        std::function<void()> callback;
        Queue::iterator place; ///< end when it has come
    };

    std::unique_ptr<Timer> add(Instant at, std::function<void()> callback) {
        auto deadline = std::make_unique<Deadline>(*this, std::move(callback));
        deadline->place = queue_.emplace(at, deadline.get());
        if (at < armed_for_) arm(at);
        return deadline;
    }

private:
    void remove(Deadline& deadline) {
        if (deadline.place == queue_.end()) return;
        queue_.erase(std::exchange(deadline.place, queue_.end()));
        // With others left it may go off in vain; without any it would keep the loop from ending.
        if (queue_.empty()) disarm();
    }

    void arm(Instant at) {
        armed_for_ = at;
        timer_.expires_at(at);
        timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code error) {
            // Cancelling cannot recall a handler that is queued already, so the owner's death is checked too.
            if (!error && !alive.expired()) go_off();
        });
    }

    void disarm() {
        armed_for_ = Instant::max();
        timer_.cancel();
    }

    void go_off() {
        armed_for_ = Instant::max();
        const Instant now = std::chrono::steady_clock::now();
        // Those that a callback adds have a round of their own, however late they are.
        auto due = std::distance(queue_.begin(), queue_.upper_bound(now));
        for (; due > 0 && !queue_.empty() && queue_.begin()->first <= now; --due) {
            Deadline& deadline = *queue_.begin()->second;
            queue_.erase(std::exchange(deadline.place, queue_.end()));
            const auto callback = std::move(deadline.callback); // which may destroy its Timer, and others
            callback();
        }
        if (!queue_.empty() && queue_.begin()->first < armed_for_) arm(queue_.begin()->first);
    }

    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    boost::asio::steady_timer timer_;
    Queue queue_;
    Instant armed_for_ = Instant::max();
};

SystemClock::SystemClock(boost::asio::any_io_executor executor) : deadlines_(std::make_unique<Deadlines>(executor)) {}

SystemClock::~SystemClock() = default;

Instant SystemClock::now() const { return std::chrono::steady_clock::now(); }

WallTime SystemClock::wall_now() const { return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()); }

std::unique_ptr<Timer> SystemClock::call_at(Instant at, std::function<void()> callback) { return deadlines_->add(at, std::move(callback)); }

boost::asio::awaitable<void> sleep_until(Clock& clock, Instant at) {
    OneShot<bool> over;
    const auto timer = clock.call_at(at, [&over] { over.set(true); });
    co_await over.wait();
}

} // namespace lambox::io
