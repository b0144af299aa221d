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

#include <memory>
#include <optional>
#include <utility>

namespace lambox::io {

/// One value handed from whoever knows it to one coroutine that waits for it, on one thread.
/// The value may come before or after the wait. Destroying it wakes the waiter with `operation_aborted`.
template <class T>
class OneShot {
public:
    OneShot() = default;
    OneShot(const OneShot&) = delete;
    OneShot& operator=(const OneShot&) = delete;
    ~OneShot() { wake(boost::asio::error::operation_aborted); }

    /// The first value counts; later ones are dropped.
    void set(T value) {
        if (value_ || taken_) return;
        value_.emplace(std::move(value));
        wake({});
    }

    [[nodiscard]] bool ready() const { return value_.has_value(); }

    /// At most one wait in a OneShot's life. Throws `operation_aborted` when cancelled.
    boost::asio::awaitable<T> wait() {
        LAMBOX_ASSERT(!taken_ && !waiter_);
        if (!value_) co_await suspend();
        taken_ = true;
        co_return std::move(*value_);
    }

    /// Like `wait`, but gives nothing when `deadline` comes first; then the value can still be waited for again.
    boost::asio::awaitable<std::optional<T>> wait_until(Clock& clock, Instant deadline) {
        LAMBOX_ASSERT(!taken_ && !waiter_);
        if (!value_) {
            const auto timer = clock.call_at(deadline, [this] { wake({}); });
            co_await suspend();
        }
        if (!value_) co_return std::nullopt;
        taken_ = true;
        co_return std::move(value_);
    }

private:
    struct Waiter {
        virtual ~Waiter() = default;
        virtual void complete(boost::system::error_code error) = 0;
    };
    template <class Handler>
    struct WaiterFor final : Waiter {
        explicit WaiterFor(Handler&& h) : handler(std::move(h)) {}
        void complete(boost::system::error_code error) override {
            // Posted, not called: whoever sets the value must not run the waiter inside its own transition.
            const auto executor = boost::asio::get_associated_executor(handler);
            boost::asio::post(executor, [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
        }
        Handler handler;
    };

    boost::asio::awaitable<void> suspend() {
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(boost::system::error_code)>(
            [this](auto handler) {
                auto slot = boost::asio::get_associated_cancellation_slot(handler);
                waiter_ = std::make_unique<WaiterFor<decltype(handler)>>(std::move(handler));
                if (slot.is_connected()) {
                    slot.assign([this](boost::asio::cancellation_type) { wake(boost::asio::error::operation_aborted); });
                }
            },
            boost::asio::use_awaitable);
    }

    void wake(boost::system::error_code error) {
        if (auto waiter = std::exchange(waiter_, nullptr)) waiter->complete(error);
    }

    std::optional<T> value_;
    bool taken_ = false;
    std::unique_ptr<Waiter> waiter_;
};

} // namespace lambox::io
