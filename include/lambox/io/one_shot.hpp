#pragma once

#include "lambox/base/assert.hpp"
#include "lambox/io/clock.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace lambox::io {

/// One value handed from whoever knows it to one coroutine that waits for it, on one thread.
/// The value may come before or after the wait. Destroying it wakes the waiter with `operation_aborted`, unless the
/// value was set before: that still arrives.
template <class T>
class OneShot {
public:
    OneShot() = default;
    OneShot(const OneShot&) = delete;
    OneShot& operator=(const OneShot&) = delete;
    ~OneShot() {
        state_->abandoned = true;
        state_->wake(boost::asio::error::operation_aborted);
    }

    /// The first value counts; later ones are dropped.
    void set(T value) {
        if (state_->value || state_->taken) return;
        state_->value.emplace(std::move(value));
        state_->wake({});
    }

    /// As `set`, but a waiter goes on inside this call, without a round through the loop. For who has nothing more to do, and may be
    /// destroyed by what the waiter does.
    void set_and_resume(T value) {
        const SharedState state = state_;
        if (state->value || state->taken) return;
        state->value.emplace(std::move(value));
        if (auto woken = std::exchange(state->waiter, nullptr)) woken->resume();
    }

    /// A value was set and has not been taken yet.
    [[nodiscard]] bool ready() const { return state_->value.has_value(); }

    /// Takes the value; one wait at a time, and none after it. Throws `operation_aborted` when cancelled; the value
    /// can then still be waited for.
    boost::asio::awaitable<T> wait() { return wait_for(state_); }

    /// Like `wait`, but gives nothing when `deadline` comes first; then the value can still be waited for again.
    boost::asio::awaitable<std::optional<T>> wait_until(Clock& clock, Instant deadline) { return wait_for_until(state_, clock, deadline); }

private:
    struct Waiter {
        virtual ~Waiter() = default;
        virtual void complete(boost::system::error_code error) = 0;
        virtual void resume() = 0;
    };
    template <class Handler>
    struct WaiterFor final : Waiter {
        explicit WaiterFor(Handler&& h) : handler(std::move(h)) {}
        void complete(boost::system::error_code error) override {
            // Posted, not called: whoever sets the value must not run the waiter inside its own transition.
            const auto executor = boost::asio::get_associated_executor(handler);
            boost::asio::post(executor, [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
        }
        void resume() override {
            auto resumed = std::move(handler);
            std::move(resumed)(boost::system::error_code{});
        }
        Handler handler;
    };

    /// Apart from the OneShot, because between the waking and the waiter's next step the OneShot may be destroyed.
    struct State {
        std::optional<T> value;
        std::unique_ptr<Waiter> waiter;
        bool taken = false;
        bool waiting = false;
        bool abandoned = false;

        void wake(boost::system::error_code error) {
            if (auto woken = std::exchange(waiter, nullptr)) woken->complete(error);
        }
        T take() {
            taken = true;
            T result = std::move(*value);
            value.reset();
            return result;
        }
    };
    using SharedState = std::shared_ptr<State>;

    /// Marks the one wait, from its first step to its end.
    struct Waiting {
        explicit Waiting(State& s) : state(s) {
            LAMBOX_ASSERT(!state.taken && !state.waiting);
            state.waiting = true;
        }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;
        ~Waiting() { state.waiting = false; }
        State& state;
    };

    static boost::asio::awaitable<T> wait_for(SharedState state) {
        const Waiting waiting(*state);
        if (!state->value) co_await suspend(state);
        co_return state->take();
    }

    static boost::asio::awaitable<std::optional<T>> wait_for_until(SharedState state, Clock& clock, Instant deadline) {
        const Waiting waiting(*state);
        if (!state->value) {
            auto expired = [weak = std::weak_ptr<State>(state)] {
                if (const auto alive = weak.lock()) alive->wake({});
            };
            const auto timer = clock.call_at(deadline, std::move(expired));
            co_await suspend(state);
        }
        if (!state->value) co_return std::nullopt;
        co_return state->take();
    }

    /// Throws at once when there is nobody left to set the value.
    static boost::asio::awaitable<void> suspend(const SharedState& state) {
        if (state->abandoned) throw boost::system::system_error(boost::asio::error::operation_aborted);
        auto initiate = [state](auto handler) {
            auto slot = boost::asio::get_associated_cancellation_slot(handler);
            state->waiter = std::make_unique<WaiterFor<decltype(handler)>>(std::move(handler));
            if (slot.is_connected()) {
                slot.assign([weak = std::weak_ptr<State>(state)](boost::asio::cancellation_type) {
                    if (const auto alive = weak.lock()) alive->wake(boost::asio::error::operation_aborted);
                });
            }
        };
        using Token = const boost::asio::use_awaitable_t<>&;
        return boost::asio::async_initiate<Token, void(boost::system::error_code)>(std::move(initiate), boost::asio::use_awaitable);
    }

    SharedState state_ = std::make_shared<State>();
};

} // namespace lambox::io
