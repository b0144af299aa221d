#pragma once

#include "lambox/io/clock.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>

namespace lambox::io {

/// Whether a loop with nothing to do asks the kernel again for a moment instead of sleeping at once. To be woken on another core costs
/// 25 us and more; a small runtime that answers an event, or asks for the next one, is back sooner. A loop that has looked in
/// vain sleeps at once the next time, then twice, four times and so on, up to `rest_max`; one find ends that. One for each kind of thing
/// that is waited for, as one may come soon and another not.
class BusyPoll {
public:
    static constexpr std::chrono::microseconds window{80};
    static constexpr std::uint32_t rest_max = 64;

    /// Asked at the begin of each wait: may it look? Whoever has looked says what came of it.
    [[nodiscard]] bool begins();
    void found();
    void in_vain();

private:
    std::uint32_t rest_ = 0; ///< so many waits sleep after the next vain look
    std::uint32_t resting_ = 0;
};

struct EventLoopHooks {
    /// The thread may sleep next. Called often; must be cheap, and must not throw.
    std::function<void()> before_wait{};
    /// Whose rule the wait follows; null = it sleeps at once.
    std::function<BusyPoll*()> busy_poll{};
};

/// Whether this process may use more than one processor; on one, looking would only keep away who is waited for.
[[nodiscard]] bool several_processors();

/// Runs `context` on the calling thread until it has no work left or was stopped. What a handler throws comes out of it.
void run_event_loop(boost::asio::io_context& context, const Clock& clock, const EventLoopHooks& hooks);

} // namespace lambox::io
