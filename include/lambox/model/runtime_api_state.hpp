#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace lambox::model {

/// The Runtime API's own states (behaviour §1.7); their names appear in error texts.
enum class RuntimeApiState {
    started,
    ready,
    running,
    invocation_response,
    invocation_error_response,
    response_sent,
    init_error,
    // SnapStart alone:
    restore_ready, ///< waits to be snapshotted, and then to be restored
    restoring,     ///< runs its after-restore hooks
    restore_error,
};

enum class RuntimeApiCall { next, response, error, init_error, restore_next, restore_error };

/// Internal steps of the platform: an event is handed out; a response has been taken in whole; `restore/next` is answered.
enum class RuntimeApiStep { event_handed_out, response_complete, restored };

/// `Started`, `Ready`, `Running`, `InvocationResponse`, `InvocationErrorResponse`, `RuntimeResponseSentState`, `InitError`,
/// `RestoreReady`, `Restoring`, `RuntimeRestoreErrorState`.
[[nodiscard]] std::string_view to_string(RuntimeApiState state);

struct Refused {
    std::string message; ///< `State transition from A to B failed for runtime. Error: State transition is not allowed`
};

/// The state after the call, or why it is not legal (then the state stays).
[[nodiscard]] std::variant<RuntimeApiState, Refused> on_call(RuntimeApiState state, RuntimeApiCall call);
/// Asserts that the step is possible.
[[nodiscard]] RuntimeApiState on_step(RuntimeApiState state, RuntimeApiStep step);

} // namespace lambox::model
