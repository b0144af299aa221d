#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/extension_state.hpp"

#include <string_view>
#include <variant>
#include <vector>

/// The life of one generation of an execution environment, from spawn to death (behaviour §4; house §4.3). Pure:
/// events in, next state and actions out. The driver, `engine/environment`, performs the actions.
namespace lambox::model {

namespace environment {

// States. Each carries what only it needs.
struct Starting {}; ///< nothing has been spawned yet
struct Initializing {
    Instant started;
};
struct Idle {
    Instant since;
};
struct Busy {
    Instant handed_over;
    Instant deadline;
};
/// The caller has its answer; the runtime or an extension has not asked for the next event yet.
struct Answered {
    Instant handed_over;
    Instant deadline;
};
struct Stopping {}; ///< being shut down, or killed and not reaped yet
struct Dead {};     ///< final

using State = std::variant<Starting, Initializing, Idle, Busy, Answered, Stopping, Dead>;

// Events.
/// The first process of the generation has been started: the runtime's, or an external extension's.
struct Spawned {
    Instant init_deadline;
};
/// The runtime cannot be started; its extensions may run already.
struct SpawnFailed {};
/// The runtime, and every extension that INIT or the invocation waits for, has asked for its next event.
struct AllBack {};
struct InitErrorReported {};
struct InvocationAssigned {
    Instant deadline;
};
/// `/response` taken in, or go1.x's reply.
struct ResponseReceived {};
/// `/error` taken in, or a response that AWS turns into an error.
struct FunctionErrorReceived {};
/// go1.x: the reply asks the platform to replace the process.
struct ShouldExitReceived {};
struct DeadlinePassed {};
struct ProcessExited {}; ///< the runtime's
/// An external extension cannot be started or has ended.
struct ExtensionFailed {};
struct StopRequested {};
/// Nothing of the generation runs any more.
struct AllExited {};

using Event = std::variant<Spawned, SpawnFailed, AllBack, InitErrorReported, InvocationAssigned, ResponseReceived, FunctionErrorReceived,
                           ShouldExitReceived, DeadlinePassed, ProcessExited, ExtensionFailed, StopRequested, AllExited>;

enum class InitEnd { ready, spawn_failed, error_reported, exited, extension_failed, timed_out, stopped };
enum class AnswerKind { response, function_error, timed_out, crashed, stopped };
enum class FinishKind { clean, timed_out, crashed, should_exit, stopped };

// Actions, to be performed in order.
struct ArmDeadline {
    Instant at;
};
struct DisarmDeadline {};
struct FinishInit {
    InitEnd end;
};
struct HandOver {};
/// The caller's answer is known. At most one an invocation.
struct Answer {
    AnswerKind kind;
};
/// The invocation is over and can be billed. Exactly one an invocation, after its Answer.
struct Finish {
    FinishKind kind;
    Microseconds duration; ///< from hand-over; exactly the timeout when that cut it
};
/// Begins the end of all processes: at once without extensions, else with the time that behaviour §2.5 gives them.
struct ShutDown {
    ShutdownReason reason;
};
/// The environment is dead or dying and takes no further invocation.
struct Retire {};

using Action = std::variant<ArmDeadline, DisarmDeadline, FinishInit, HandOver, Answer, Finish, ShutDown, Retire>;

} // namespace environment

struct EnvironmentTransition {
    environment::State state;
    std::vector<environment::Action> actions;
};

/// What `event` does to `state` at `now`. An event that means nothing in a state leaves it as it is, without actions.
/// InvocationAssigned anywhere but in Idle, Spawned anywhere but in Starting, and SpawnFailed after INIT are mistakes of the driver and
/// assert.
[[nodiscard]] EnvironmentTransition transition(const environment::State& state, const environment::Event& event, Instant now);

[[nodiscard]] std::string_view state_name(const environment::State& state);

} // namespace lambox::model
