#include "lambox/model/runtime_api_state.hpp"

#include "lambox/base/assert.hpp"

#include <optional>

namespace lambox::model {
namespace {

/// What the call would lead to, by the name that an error text gives it.
RuntimeApiState target(RuntimeApiCall call) {
    switch (call) {
    case RuntimeApiCall::next: return RuntimeApiState::ready;
    case RuntimeApiCall::response: return RuntimeApiState::invocation_response;
    case RuntimeApiCall::error: return RuntimeApiState::invocation_error_response;
    case RuntimeApiCall::init_error: return RuntimeApiState::init_error;
    case RuntimeApiCall::restore_next: return RuntimeApiState::ready; // so AWS names it, and not RestoreReady
    case RuntimeApiCall::restore_error: return RuntimeApiState::restore_error;
    }
    LAMBOX_ASSERT(false);
    return RuntimeApiState::started;
}

std::optional<RuntimeApiState> after(RuntimeApiState state, RuntimeApiCall call) {
    switch (state) {
    case RuntimeApiState::started:
        if (call == RuntimeApiCall::next || call == RuntimeApiCall::init_error) return target(call);
        if (call == RuntimeApiCall::restore_next) return RuntimeApiState::restore_ready;
        return std::nullopt;
    case RuntimeApiState::ready:
        if (call == RuntimeApiCall::next) return RuntimeApiState::ready; // a second waiter blocks too
        return std::nullopt;
    case RuntimeApiState::running:
        if (call == RuntimeApiCall::next) return RuntimeApiState::running; // the same event is rendered again
        if (call == RuntimeApiCall::response || call == RuntimeApiCall::error) return target(call);
        return std::nullopt;
    case RuntimeApiState::response_sent:
        if (call == RuntimeApiCall::next) return RuntimeApiState::ready;
        return std::nullopt;
    case RuntimeApiState::restoring:
        if (call == RuntimeApiCall::next || call == RuntimeApiCall::restore_error) return target(call);
        if (call == RuntimeApiCall::init_error) return RuntimeApiState::restore_error; // older clients report it so
        return std::nullopt;
    case RuntimeApiState::restore_ready:
    case RuntimeApiState::restore_error:
    case RuntimeApiState::invocation_response:
    case RuntimeApiState::invocation_error_response:
    case RuntimeApiState::init_error: return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::string_view to_string(RuntimeApiState state) {
    switch (state) {
    case RuntimeApiState::started: return "Started";
    case RuntimeApiState::ready: return "Ready";
    case RuntimeApiState::running: return "Running";
    case RuntimeApiState::invocation_response: return "InvocationResponse";
    case RuntimeApiState::invocation_error_response: return "InvocationErrorResponse";
    case RuntimeApiState::response_sent: return "RuntimeResponseSentState";
    case RuntimeApiState::init_error: return "InitError";
    case RuntimeApiState::restore_ready: return "RestoreReady";
    case RuntimeApiState::restoring: return "Restoring";
    case RuntimeApiState::restore_error: return "RuntimeRestoreErrorState";
    }
    return "";
}

std::variant<RuntimeApiState, Refused> on_call(RuntimeApiState state, RuntimeApiCall call) {
    if (const auto next = after(state, call)) return *next;
    std::string message = "State transition from ";
    message.append(to_string(state)).append(" to ").append(to_string(target(call)));
    message += " failed for runtime. Error: State transition is not allowed";
    return Refused{std::move(message)};
}

RuntimeApiState on_step(RuntimeApiState state, RuntimeApiStep step) {
    switch (step) {
    case RuntimeApiStep::event_handed_out: LAMBOX_ASSERT(state == RuntimeApiState::ready); return RuntimeApiState::running;
    case RuntimeApiStep::response_complete:
        LAMBOX_ASSERT(state == RuntimeApiState::invocation_response || state == RuntimeApiState::invocation_error_response);
        return RuntimeApiState::response_sent;
    case RuntimeApiStep::restored: LAMBOX_ASSERT(state == RuntimeApiState::restore_ready); return RuntimeApiState::restoring;
    }
    return state;
}

} // namespace lambox::model
