#include "lambox/engine/runtime_session.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/engine/runtime_delivery.hpp"
#include "lambox/model/function_error.hpp"

namespace lambox::engine {

using model::RuntimeApiCall;
using model::RuntimeApiState;
using model::RuntimeApiStep;

RuntimeSession::RuntimeSession(RuntimeEndpointFactory& endpoints, RuntimeLinkListener& listener, ExtensionSet& extensions,
                               TelemetryHub& telemetry)
    : endpoints_(endpoints), listener_(listener), extensions_(extensions), telemetry_(telemetry) {}

Result<std::vector<std::pair<std::string, std::string>>> RuntimeSession::open() {
    auto endpoint = endpoints_.open(*this);
    if (!endpoint) return endpoint.error();
    endpoint_ = std::move(*endpoint);
    std::vector<std::pair<std::string, std::string>> variables{{"AWS_LAMBDA_RUNTIME_API", endpoint_->address()}};
    if (serves_restore()) {
        variables.emplace_back("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://" + endpoint_->address() + "/2021-04-23/credentials");
        variables.emplace_back("AWS_CONTAINER_AUTHORIZATION_TOKEN", restore_token_);
    }
    return variables;
}

void RuntimeSession::hand_over(HandedInvocation invocation) {
    state_ = model::on_step(state_, RuntimeApiStep::event_handed_out);
    current_ = std::move(invocation);
    // The newest waiter gets the event: an older one may be a connection that the runtime has given up. Should none be
    // left, the runtime finds the event at its next call, which `running` answers at once.
    if (waiters_.empty()) return;
    const auto waiter = waiters_.back();
    waiters_.pop_back();
    waiter->set_and_resume(*current_); // which writes the event to the runtime's connection
}

void RuntimeSession::close() {
    closed_ = true;
    if (endpoint_) endpoint_->stop();
}

boost::asio::awaitable<void> RuntimeSession::join() {
    if (endpoint_) co_await endpoint_->join();
}

std::size_t RuntimeSession::connections_max() const { return limits::runtime_connections_max; }

std::optional<RuntimeCallRefused> RuntimeSession::enter_next() {
    const auto entered = model::on_call(state_, RuntimeApiCall::next);
    if (const auto* refused = std::get_if<model::Refused>(&entered)) {
        return RuntimeCallRefused{RuntimeRefusal::invalid_transition, refused->message};
    }
    state_ = std::get<RuntimeApiState>(entered);
    return std::nullopt;
}

boost::asio::awaitable<RuntimeSession::NextResult> RuntimeSession::next() {
    if (const auto refused = enter_next()) co_return *refused;
    if (state_ == RuntimeApiState::running) co_return *current_;

    const auto waiter = std::make_shared<io::OneShot<HandedInvocation>>();
    waiters_.push_back(waiter);
    if (!closed_) listener_.on_asked_for_next();
    try {
        co_return co_await waiter->wait();
    } catch (...) {
        waiters_.remove(waiter); // the connection has gone; no event may be handed to it
        throw;
    }
}

std::optional<RuntimeCallRefused> RuntimeSession::enter(RuntimeApiCall call, const RuntimeDelivery& delivery) {
    // The id is looked at before the state machine, so a wrong id changes nothing (behaviour §1.4).
    if (!current_ || closed_ || delivery.request_id != current_->invocation->request_id.str()) {
        return RuntimeCallRefused{RuntimeRefusal::invalid_request_id, {}};
    }
    if (!delivery.invocation_id.empty() && delivery.invocation_id != current_->invocation->invocation_id) {
        return RuntimeCallRefused{RuntimeRefusal::invalid_invocation_id, {}};
    }
    const auto entered = model::on_call(state_, call);
    if (const auto* refused = std::get_if<model::Refused>(&entered)) {
        return RuntimeCallRefused{RuntimeRefusal::invalid_transition, refused->message};
    }
    state_ = std::get<RuntimeApiState>(entered);
    response_began_ = delivery.began;
    return std::nullopt;
}

RuntimeCallResult RuntimeSession::respond(RuntimeDelivery delivery) {
    if (auto refused = enter(RuntimeApiCall::response, delivery)) return *refused;
    // In another mode the state stays at InvocationResponse on purpose: a following next is refused, the runtime can only exit (§1.6).
    if (response_mode_known(delivery)) state_ = model::on_step(state_, RuntimeApiStep::response_complete);
    auto taken = taken_response(std::move(delivery));
    tell(std::move(taken.answer));
    return taken.result;
}

RuntimeCallResult RuntimeSession::fail(RuntimeDelivery delivery) {
    if (auto refused = enter(RuntimeApiCall::error, delivery)) return *refused;
    state_ = model::on_step(state_, RuntimeApiStep::response_complete);
    auto taken = taken_error(std::move(delivery));
    tell(std::move(taken.answer));
    return taken.result;
}

void RuntimeSession::tell(std::variant<std::string, RuntimeError> answer) {
    if (auto* error = std::get_if<RuntimeError>(&answer))
        listener_.on_function_error(std::move(*error));
    else
        listener_.on_response(std::get<std::string>(std::move(answer)));
}

} // namespace lambox::engine
