#pragma once

#include "lambox/base/units.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// The life of one extension, and when INIT and INVOKE are over (behaviour §2.3, §2.5). Pure.
namespace lambox::model {

/// External: a file of /opt/extensions, with a process of its own. Internal: anything else, inside the runtime's process.
enum class ExtensionKind { external, internal };

/// Their names appear in error texts. The last three are of external extensions alone.
enum class ExtensionState { started, registered, ready, running, init_error, exit_error, launch_error, exited, shutdown_failed };

enum class ExtensionCall { enroll, next, init_error, exit_error };

/// What the platform does or sees. The last three are of external extensions alone.
enum class ExtensionStep {
    event_handed_out,
    launch_failed,
    ended_well,  ///< exit 0, within the shutdown's budget
    ended_badly, ///< any other end during the shutdown
};

/// `Started`, `Registered`, `Ready`, `Running`, `InitError`, `ExitError`, `LaunchError`, `Exited`, `ShutdownFailed`.
[[nodiscard]] std::string_view to_string(ExtensionState state);

struct ExtensionCallRefused {
    std::string message; ///< `State transition from A to B failed for extension WHO. Error: State transition is not allowed`
};

/// The state after the call, or why it is not legal (then the state stays). `who` is for the message: a name or an identifier.
[[nodiscard]] std::variant<ExtensionState, ExtensionCallRefused> on_call(ExtensionState state, ExtensionCall call, std::string_view who);
/// The state after the step; one that means nothing in a state leaves it.
[[nodiscard]] ExtensionState on_step(ExtensionState state, ExtensionStep step);

/// Which events an extension has asked for.
struct ExtensionSubscription {
    bool invoke = false;
    bool shutdown = false;
};

/// What completion depends on.
struct ExtensionPresence {
    ExtensionKind kind;
    ExtensionState state;
    ExtensionSubscription subscription;
};
enum class RuntimePresence { away, asked_for_next };

/// Whether the runtime may be started: no external extension is still to register.
[[nodiscard]] bool all_registered(std::span<const ExtensionPresence> extensions);
/// Whether INIT is over: the runtime and every extension wait for their next event.
[[nodiscard]] bool init_complete(RuntimePresence runtime, std::span<const ExtensionPresence> extensions);
/// Whether INVOKE is over: the runtime and every extension that subscribed to INVOKE wait for their next event.
[[nodiscard]] bool invoke_complete(RuntimePresence runtime, std::span<const ExtensionPresence> extensions);

enum class ShutdownReason { spindown, timeout, failure };
/// As on the wire, in lower case.
[[nodiscard]] std::string_view to_string(ShutdownReason reason);

/// How long processes have from the begin of a shutdown until they are killed (behaviour §2.5).
struct ShutdownBudget {
    Milliseconds runtime{0}; ///< after its SIGTERM; 0: it is killed at once
    Milliseconds whole{0};
};
[[nodiscard]] ShutdownBudget shutdown_budget(std::span<const ExtensionPresence> extensions);

} // namespace lambox::model
