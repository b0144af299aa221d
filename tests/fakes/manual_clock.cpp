#include "fakes/manual_clock.hpp"

#include "lambox/base/assert.hpp"

namespace lambox::fakes {

class ManualClock::ManualTimer final : public io::Timer {
public:
    ManualTimer(ManualClock& clock, Key key) : clock_(clock), key_(key) {}
    ManualTimer(const ManualTimer&) = delete;
    ManualTimer& operator=(const ManualTimer&) = delete;
    ~ManualTimer() override { clock_.pending_.erase(key_); }

private:
    ManualClock& clock_;
    Key key_;
};

// Neither zero, so that nobody mistakes "never" for "now", nor the machine's clocks, so that runs are alike.
ManualClock::ManualClock() : now_(std::chrono::hours{1000}), wall_now_(std::chrono::sys_days{std::chrono::year{2026} / 1 / 31}) {}

ManualClock::~ManualClock() { LAMBOX_ASSERT(pending_.empty()); }

std::unique_ptr<io::Timer> ManualClock::call_at(Instant at, std::function<void()> callback) {
    const Key key{at, next_number_++};
    pending_.emplace(key, std::move(callback));
    return std::make_unique<ManualTimer>(*this, key);
}

void ManualClock::advance(std::chrono::nanoseconds duration) {
    LAMBOX_ASSERT(!advancing_ && duration >= std::chrono::nanoseconds{0});
    advancing_ = true;
    const Instant target = now_ + duration;
    while (!pending_.empty() && pending_.begin()->first.first <= target) {
        // Out of the map first: the callback may destroy its own timer.
        auto due = pending_.extract(pending_.begin());
        if (due.key().first > now_) move_to(due.key().first);
        due.mapped()();
    }
    move_to(target);
    advancing_ = false;
}

void ManualClock::move_to(Instant at) {
    wall_rest_ += at - now_;
    const auto whole = std::chrono::floor<Microseconds>(wall_rest_);
    wall_now_ += whole;
    wall_rest_ -= whole;
    now_ = at;
}

} // namespace lambox::fakes
