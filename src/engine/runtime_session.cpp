#include "lambox/engine/runtime_session.hpp"

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

boost::asio::awaitable<RuntimeSession::NextResult> RuntimeSession::next() {
    const auto entered = model::on_call(state_, RuntimeApiCall::next);
    if (const auto* refused = std::get_if<model::Refused>(&entered)) {
        co_return RuntimeCallRefused{RuntimeRefusal::invalid_transition, refused->message};
    }
    state_ = std::get<RuntimeApiState>(entered);
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
    if (delivery.response_mode.data() != nullptr && delivery.response_mode != "streaming") {
        // The state stays at InvocationResponse on purpose: a following next is refused, the runtime can only exit (§1.6).
        listener_.on_function_error(RuntimeError{{}, std::string(model::error_type::runtime_invalid_response_mode)});
        return RuntimeCallRefused{RuntimeRefusal::invalid_response_mode, {}};
    }
    state_ = model::on_step(state_, RuntimeApiStep::response_complete);
    switch (delivery.body_state) {
    case DeliveredBody::complete:
        // A buffered caller has seen nothing yet, so it gets the error instead of the first half of a response.
        if (delivery.late_error) listener_.on_function_error(std::move(*delivery.late_error));
        else listener_.on_response(std::move(delivery.body));
        return RuntimeCallAccepted{};
    case DeliveredBody::too_large:
        listener_.on_function_error(
            RuntimeError{model::response_too_large_payload(), std::string(model::error_type::function_response_size_too_large)});
        return RuntimeCallRefused{RuntimeRefusal::too_large, {}};
    case DeliveredBody::truncated:
        listener_.on_function_error(
            RuntimeError{model::platform_error_payload(delivery.request_id, model::error_type::runtime_truncated_response,
                                                       "HTTP request detected as truncated"),
                         std::string(model::error_type::runtime_truncated_response)});
        return RuntimeCallRefused{RuntimeRefusal::truncated, {}};
    }
    return RuntimeCallAccepted{};
}

RuntimeCallResult RuntimeSession::fail(RuntimeDelivery delivery) {
    if (auto refused = enter(RuntimeApiCall::error, delivery)) return *refused;
    state_ = model::on_step(state_, RuntimeApiStep::response_complete);
    if (delivery.body_state == DeliveredBody::too_large) {
        listener_.on_function_error(
            RuntimeError{model::response_too_large_payload(), std::string(model::error_type::function_response_size_too_large)});
        return RuntimeCallRefused{RuntimeRefusal::too_large, {}};
    }
    listener_.on_function_error(RuntimeError{std::move(delivery.body), model::sanitise_error_type(delivery.error_type)});
    if (delivery.body_state == DeliveredBody::truncated) return RuntimeCallRefused{RuntimeRefusal::truncated, {}};
    return RuntimeCallAccepted{};
}

} // namespace lambox::engine
