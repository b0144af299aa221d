#include "lambox/model/extension_state.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>
#include <optional>

namespace lambox::model {
namespace {

/// What the call would lead to, by the name that an error text gives it.
ExtensionState target(ExtensionCall call) {
    switch (call) {
    case ExtensionCall::enroll: return ExtensionState::registered;
    case ExtensionCall::next: return ExtensionState::ready;
    case ExtensionCall::init_error: return ExtensionState::init_error;
    case ExtensionCall::exit_error: return ExtensionState::exit_error;
    }
    LAMBOX_ASSERT(false);
    return ExtensionState::started;
}

bool allowed(ExtensionState state, ExtensionCall call) {
    switch (state) {
    case ExtensionState::started: return call == ExtensionCall::enroll;
    case ExtensionState::registered: return call != ExtensionCall::enroll;
    case ExtensionState::ready: return call == ExtensionCall::exit_error; // a second waiter would be one too many
    case ExtensionState::running: return call == ExtensionCall::next || call == ExtensionCall::exit_error;
    case ExtensionState::init_error: return call == ExtensionCall::init_error;
    case ExtensionState::exit_error: return call == ExtensionCall::exit_error;
    case ExtensionState::launch_error:
    case ExtensionState::exited:
    case ExtensionState::shutdown_failed: return false;
    }
    return false;
}

bool waits(const ExtensionPresence& extension) { return extension.state == ExtensionState::ready; }

} // namespace

std::string_view to_string(ExtensionState state) {
    switch (state) {
    case ExtensionState::started: return "Started";
    case ExtensionState::registered: return "Registered";
    case ExtensionState::ready: return "Ready";
    case ExtensionState::running: return "Running";
    case ExtensionState::init_error: return "InitError";
    case ExtensionState::exit_error: return "ExitError";
    case ExtensionState::launch_error: return "LaunchError";
    case ExtensionState::exited: return "Exited";
    case ExtensionState::shutdown_failed: return "ShutdownFailed";
    }
    return "";
}

std::variant<ExtensionState, ExtensionCallRefused> on_call(ExtensionState state, ExtensionCall call, std::string_view who) {
    if (allowed(state, call)) return target(call);
    std::string message = "State transition from ";
    message.append(to_string(state)).append(" to ").append(to_string(target(call))).append(" failed for extension ").append(who);
    message += ". Error: State transition is not allowed";
    return ExtensionCallRefused{std::move(message)};
}

ExtensionState on_step(ExtensionState state, ExtensionStep step) {
    switch (step) {
    case ExtensionStep::event_handed_out: return state == ExtensionState::ready ? ExtensionState::running : state;
    case ExtensionStep::launch_failed: return state == ExtensionState::started ? ExtensionState::launch_error : state;
    case ExtensionStep::ended_well: return state == ExtensionState::running ? ExtensionState::exited : state;
    case ExtensionStep::ended_badly: return state == ExtensionState::running ? ExtensionState::shutdown_failed : state;
    }
    return state;
}

bool all_registered(std::span<const ExtensionPresence> extensions) {
    return std::none_of(extensions.begin(), extensions.end(), [](const ExtensionPresence& extension) {
        return extension.state == ExtensionState::started || extension.state == ExtensionState::launch_error;
    });
}

bool init_complete(RuntimePresence runtime, std::span<const ExtensionPresence> extensions) {
    return runtime == RuntimePresence::asked_for_next && std::all_of(extensions.begin(), extensions.end(), waits);
}

bool invoke_complete(RuntimePresence runtime, std::span<const ExtensionPresence> extensions) {
    return runtime == RuntimePresence::asked_for_next &&
           std::all_of(extensions.begin(), extensions.end(),
                       [](const ExtensionPresence& extension) { return !extension.subscription.invoke || waits(extension); });
}

std::string_view to_string(ShutdownReason reason) {
    switch (reason) {
    case ShutdownReason::spindown: return "spindown";
    case ShutdownReason::timeout: return "timeout";
    case ShutdownReason::failure: return "failure";
    }
    return "";
}

ShutdownBudget shutdown_budget(std::span<const ExtensionPresence> extensions) {
    if (extensions.empty()) return {};
    const bool external = std::any_of(extensions.begin(), extensions.end(),
                                      [](const ExtensionPresence& extension) { return extension.kind == ExtensionKind::external; });
    const Milliseconds whole = external ? limits::shutdown_with_external_extensions : limits::shutdown_with_internal_extensions;
    return {whole * limits::shutdown_runtime_percent / 100, whole};
}

} // namespace lambox::model
