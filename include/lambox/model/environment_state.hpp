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
/// SnapStart: initialised and standing still, as the snapshot would.
struct Snapshotted {};
/// SnapStart: released, and running its after-restore hooks.
struct Restoring {
    Instant started;
    Instant deadline;
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

using State = std::variant<Starting, Initializing, Snapshotted, Restoring, Idle, Busy, Answered, Stopping, Dead>;

// Events.
/// The first process of the generation has been started: the runtime's, or an external extension's.
struct Spawned {
    Instant init_deadline;
};
/// The runtime cannot be started; its extensions may run already.
struct SpawnFailed {};
/// The runtime, and every extension that INIT or the invocation waits for, has asked for its next event.
struct AllBack {};
/// The same of a runtime that waits to be snapshotted instead (`restore/next`, behaviour §1.10).
struct AllReadyForSnapshot {};
struct RestoreRequested {
    Instant deadline;
};
struct RestoreErrorReported {};
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

using Event = std::variant<Spawned, SpawnFailed, AllBack, AllReadyForSnapshot, RestoreRequested, RestoreErrorReported, InitErrorReported,
                           InvocationAssigned, ResponseReceived, FunctionErrorReceived, ShouldExitReceived, DeadlinePassed, ProcessExited,
                           ExtensionFailed, StopRequested, AllExited>;

enum class InitEnd { ready, spawn_failed, error_reported, exited, extension_failed, timed_out, stopped };
enum class RestoreEnd { ready, error_reported, exited, extension_failed, timed_out, stopped };
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
/// Lets a runtime in Snapshotted go on.
struct Release {};
struct FinishRestore {
    RestoreEnd end;
    Microseconds duration; ///< from the release; exactly the limit when that cut it
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

using Action = std::variant<ArmDeadline, DisarmDeadline, FinishInit, Release, FinishRestore, HandOver, Answer, Finish, ShutDown, Retire>;

} // namespace environment

struct EnvironmentTransition {
    environment::State state;
    std::vector<environment::Action> actions;
};

/// What `event` does to `state` at `now`. An event that means nothing in a state leaves it as it is, without actions.
/// InvocationAssigned anywhere but in Idle, Spawned anywhere but in Starting, SpawnFailed after INIT, and RestoreRequested anywhere but in
/// Snapshotted are mistakes of the driver and assert.
[[nodiscard]] EnvironmentTransition transition(const environment::State& state, const environment::Event& event, Instant now);

[[nodiscard]] std::string_view state_name(const environment::State& state);

} // namespace lambox::model
