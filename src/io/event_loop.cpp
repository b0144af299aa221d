#include "lambox/io/event_loop.hpp"

#include <sched.h>

#include <algorithm>

namespace lambox::io {

bool BusyPoll::begins() {
    if (resting_ == 0) return true;
    --resting_;
    return false;
}

void BusyPoll::found() { rest_ = 0; }

void BusyPoll::in_vain() {
    rest_ = std::clamp(rest_ * 2, std::uint32_t{1}, rest_max);
    resting_ = rest_;
}

bool several_processors() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    // Machines with more processors than the set holds are no reason to doubt.
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return true;
    return CPU_COUNT(&allowed) > 1;
}

namespace {

/// True when something was done, or nothing is left to do.
bool look(boost::asio::io_context& context, const Clock& clock) {
    const Instant end = clock.now() + BusyPoll::window;
    do {
        if (context.poll() > 0 || context.stopped()) return true;
    } while (clock.now() < end);
    return false;
}

} // namespace

void run_event_loop(boost::asio::io_context& context, const Clock& clock, const EventLoopHooks& hooks) {
    while (!context.stopped()) {
        // To do all that is ready ends in asking the kernel in vain, which only who looks on has a use for.
        if (hooks.busy_poll) context.poll();
        if (context.stopped()) break;
        if (hooks.before_wait) hooks.before_wait();
        BusyPoll* const busy_poll = hooks.busy_poll ? hooks.busy_poll() : nullptr;
        if (busy_poll != nullptr && busy_poll->begins()) {
            if (look(context, clock)) {
                busy_poll->found();
                continue;
            }
            busy_poll->in_vain();
        }
        context.run_one();
    }
}

} // namespace lambox::io
