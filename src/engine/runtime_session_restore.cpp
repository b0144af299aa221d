// The part of the Runtime API that only SnapStart environments have (behaviour §1.10).
#include "lambox/base/limits.hpp"
#include "lambox/engine/runtime_session.hpp"
#include "lambox/model/function_error.hpp"

#include <utility>

namespace lambox::engine {

using model::RuntimeApiCall;
using model::RuntimeApiState;
using model::RuntimeApiStep;

void RuntimeSession::serve_restore(std::string token, const io::Clock& clock) {
    restore_token_ = std::move(token);
    clock_ = &clock;
}

std::optional<LentCredentials> RuntimeSession::credentials(std::string_view token) const {
    if (!serves_restore() || token != restore_token_) return std::nullopt;
    return LentCredentials{LocalCredentials{}, clock_->wall_now() + limits::lent_credentials_life};
}

boost::asio::awaitable<RuntimeCallResult> RuntimeSession::restore_next() {
    const auto entered = model::on_call(state_, RuntimeApiCall::restore_next);
    if (const auto* refused = std::get_if<model::Refused>(&entered)) {
        co_return RuntimeCallRefused{RuntimeRefusal::invalid_transition, refused->message};
    }
    state_ = std::get<RuntimeApiState>(entered);
    const auto waiter = std::make_shared<io::OneShot<bool>>();
    restore_waiter_ = waiter;
    if (!closed_) listener_.on_ready_for_snapshot();
    co_await waiter->wait();
    co_return RuntimeCallAccepted{};
}

void RuntimeSession::release() {
    state_ = model::on_step(state_, RuntimeApiStep::restored);
    // A runtime that has given up its connection is not told, and has its 10 s like any other.
    if (const auto waiter = std::exchange(restore_waiter_, nullptr)) waiter->set(true);
}

RuntimeCallResult RuntimeSession::fail_restore(RuntimeDelivery delivery) {
    return take_error(RuntimeApiCall::restore_error, std::move(delivery));
}

RuntimeCallResult RuntimeSession::fail_init(RuntimeDelivery delivery) {
    return take_error(RuntimeApiCall::init_error, std::move(delivery));
}

RuntimeCallResult RuntimeSession::take_error(RuntimeApiCall call, RuntimeDelivery delivery) {
    if (delivery.body_state == DeliveredBody::truncated) return RuntimeCallRefused{RuntimeRefusal::truncated, {}};
    if (delivery.body_state == DeliveredBody::too_large) return RuntimeCallRefused{RuntimeRefusal::too_large, {}};
    const auto entered = model::on_call(state_, call);
    if (const auto* refused = std::get_if<model::Refused>(&entered)) {
        return RuntimeCallRefused{RuntimeRefusal::invalid_transition, refused->message};
    }
    state_ = std::get<RuntimeApiState>(entered);
    if (closed_) return RuntimeCallAccepted{};
    RuntimeError error{std::move(delivery.body), model::sanitise_error_type(delivery.error_type)};
    if (state_ == RuntimeApiState::restore_error)
        listener_.on_restore_error(std::move(error));
    else
        listener_.on_init_error(std::move(error));
    return RuntimeCallAccepted{};
}

} // namespace lambox::engine
