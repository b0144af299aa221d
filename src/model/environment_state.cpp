#include "lambox/model/environment_state.hpp"

#include "lambox/base/assert.hpp"

namespace lambox::model {
namespace {

using namespace environment;

Microseconds elapsed(Instant from, Instant to) { return std::chrono::duration_cast<Microseconds>(to - from); }

EnvironmentTransition unchanged(State state) { return {state, {}}; }

/// One overload for each pair that matters; the template takes the rest.
struct Transitions {
    Instant now;

    template <class AnyState, class AnyEvent>
    EnvironmentTransition operator()(const AnyState& state, const AnyEvent&) const {
        return unchanged(state);
    }

    // Mistakes of the driver. Dead and Stopping are no exception: nothing may be assigned to what is retired.
    template <class AnyState>
    EnvironmentTransition operator()(const AnyState& state, const InvocationAssigned&) const {
        LAMBOX_ASSERT(!"an invocation was assigned to an environment that is not idle");
        return unchanged(state);
    }
    template <class AnyState>
    EnvironmentTransition operator()(const AnyState& state, const Spawned&) const {
        LAMBOX_ASSERT(!"spawned twice");
        return unchanged(state);
    }
    template <class AnyState>
    EnvironmentTransition operator()(const AnyState& state, const SpawnFailed&) const {
        LAMBOX_ASSERT(!"spawned after INIT");
        return unchanged(state);
    }

    template <class AnyState>
    EnvironmentTransition operator()(const AnyState& state, const RestoreRequested&) const {
        LAMBOX_ASSERT(!"restored without a snapshot");
        return unchanged(state);
    }

    EnvironmentTransition operator()(const Starting&, const Spawned& event) const {
        return {Initializing{now}, {ArmDeadline{event.init_deadline}}};
    }
    EnvironmentTransition operator()(const Starting&, const SpawnFailed&) const {
        return {Dead{}, {Retire{}, FinishInit{InitEnd::spawn_failed}}};
    }
    EnvironmentTransition operator()(const Starting&, const StopRequested&) const {
        return {Dead{}, {Retire{}, FinishInit{InitEnd::stopped}}};
    }

    EnvironmentTransition operator()(const Initializing&, const AllBack&) const {
        return {Idle{now}, {DisarmDeadline{}, FinishInit{InitEnd::ready}}};
    }
    EnvironmentTransition operator()(const Initializing&, const SpawnFailed&) const {
        return end_init(InitEnd::spawn_failed, ShutdownReason::failure);
    }
    EnvironmentTransition operator()(const Initializing&, const InitErrorReported&) const {
        return end_init(InitEnd::error_reported, ShutdownReason::failure);
    }
    EnvironmentTransition operator()(const Initializing&, const DeadlinePassed&) const {
        return end_init(InitEnd::timed_out, ShutdownReason::timeout);
    }
    EnvironmentTransition operator()(const Initializing&, const StopRequested&) const {
        return end_init(InitEnd::stopped, ShutdownReason::spindown);
    }
    EnvironmentTransition operator()(const Initializing&, const ProcessExited&) const {
        return end_init(InitEnd::exited, ShutdownReason::failure);
    }
    EnvironmentTransition operator()(const Initializing&, const ExtensionFailed&) const {
        return end_init(InitEnd::extension_failed, ShutdownReason::failure);
    }

    EnvironmentTransition operator()(const Initializing&, const AllReadyForSnapshot&) const {
        return {Snapshotted{}, {DisarmDeadline{}, FinishInit{InitEnd::ready}}};
    }
    EnvironmentTransition operator()(const Snapshotted&, const RestoreRequested& event) const {
        return {Restoring{now, event.deadline}, {ArmDeadline{event.deadline}, Release{}}};
    }
    EnvironmentTransition operator()(const Snapshotted&, const ProcessExited&) const { return end_idle(ShutdownReason::failure); }
    EnvironmentTransition operator()(const Snapshotted&, const ExtensionFailed&) const { return end_idle(ShutdownReason::failure); }
    EnvironmentTransition operator()(const Snapshotted&, const StopRequested&) const { return end_idle(ShutdownReason::spindown); }

    EnvironmentTransition operator()(const Restoring& state, const AllBack&) const {
        return {Idle{now}, {DisarmDeadline{}, FinishRestore{RestoreEnd::ready, elapsed(state.started, now)}}};
    }
    EnvironmentTransition operator()(const Restoring& state, const RestoreErrorReported&) const {
        return end_restore({RestoreEnd::error_reported, elapsed(state.started, now)}, ShutdownReason::failure);
    }
    EnvironmentTransition operator()(const Restoring& state, const ProcessExited&) const {
        return end_restore({RestoreEnd::exited, elapsed(state.started, now)}, ShutdownReason::failure);
    }
    EnvironmentTransition operator()(const Restoring& state, const ExtensionFailed&) const {
        return end_restore({RestoreEnd::extension_failed, elapsed(state.started, now)}, ShutdownReason::failure);
    }
    EnvironmentTransition operator()(const Restoring& state, const DeadlinePassed&) const {
        return end_restore({RestoreEnd::timed_out, elapsed(state.started, state.deadline)}, ShutdownReason::timeout);
    }
    EnvironmentTransition operator()(const Restoring& state, const StopRequested&) const {
        return end_restore({RestoreEnd::stopped, elapsed(state.started, now)}, ShutdownReason::spindown);
    }

    EnvironmentTransition operator()(const Idle&, const InvocationAssigned& event) const {
        return {Busy{now, event.deadline}, {ArmDeadline{event.deadline}, HandOver{}}};
    }
    EnvironmentTransition operator()(const Idle&, const ProcessExited&) const { return end_idle(ShutdownReason::failure); }
    EnvironmentTransition operator()(const Idle&, const ExtensionFailed&) const { return end_idle(ShutdownReason::failure); }
    EnvironmentTransition operator()(const Idle&, const StopRequested&) const { return end_idle(ShutdownReason::spindown); }

    EnvironmentTransition operator()(const Busy& state, const ResponseReceived&) const {
        return {Answered{state.handed_over, state.deadline}, {Answer{AnswerKind::response}}};
    }
    EnvironmentTransition operator()(const Busy& state, const FunctionErrorReceived&) const {
        return {Answered{state.handed_over, state.deadline}, {Answer{AnswerKind::function_error}}};
    }
    EnvironmentTransition operator()(const Busy& state, const ShouldExitReceived&) const {
        return end_invocation(AnswerKind::function_error, {FinishKind::should_exit, elapsed(state.handed_over, now)},
                              ShutdownReason::failure);
    }
    EnvironmentTransition operator()(const Busy& state, const DeadlinePassed&) const {
        return end_invocation(AnswerKind::timed_out, {FinishKind::timed_out, whole(state)}, ShutdownReason::timeout);
    }
    EnvironmentTransition operator()(const Busy& state, const ProcessExited&) const { return crash(state); }
    EnvironmentTransition operator()(const Busy& state, const ExtensionFailed&) const { return crash(state); }
    EnvironmentTransition operator()(const Busy& state, const StopRequested&) const {
        return end_invocation(AnswerKind::stopped, {FinishKind::stopped, elapsed(state.handed_over, now)}, ShutdownReason::spindown);
    }

    EnvironmentTransition operator()(const Answered& state, const AllBack&) const {
        return {Idle{now}, {DisarmDeadline{}, Finish{FinishKind::clean, elapsed(state.handed_over, now)}}};
    }
    EnvironmentTransition operator()(const Answered& state, const DeadlinePassed&) const {
        return end_answered({FinishKind::timed_out, whole(state)}, ShutdownReason::timeout);
    }
    EnvironmentTransition operator()(const Answered& state, const ProcessExited&) const {
        return end_answered({FinishKind::crashed, elapsed(state.handed_over, now)}, ShutdownReason::failure);
    }
    EnvironmentTransition operator()(const Answered& state, const ExtensionFailed&) const {
        return end_answered({FinishKind::crashed, elapsed(state.handed_over, now)}, ShutdownReason::failure);
    }
    EnvironmentTransition operator()(const Answered& state, const StopRequested&) const {
        return end_answered({FinishKind::stopped, elapsed(state.handed_over, now)}, ShutdownReason::spindown);
    }

    EnvironmentTransition operator()(const Stopping&, const AllExited&) const { return {Dead{}, {}}; }

private:
    EnvironmentTransition end_init(InitEnd end, ShutdownReason reason) const {
        return {Stopping{}, {DisarmDeadline{}, ShutDown{reason}, Retire{}, FinishInit{end}}};
    }

    EnvironmentTransition end_restore(FinishRestore finish, ShutdownReason reason) const {
        return {Stopping{}, {DisarmDeadline{}, ShutDown{reason}, Retire{}, finish}};
    }

    EnvironmentTransition end_idle(ShutdownReason reason) const { return {Stopping{}, {ShutDown{reason}, Retire{}}}; }

    EnvironmentTransition end_invocation(AnswerKind answer, Finish finish, ShutdownReason reason) const {
        return {Stopping{}, {DisarmDeadline{}, ShutDown{reason}, Retire{}, Answer{answer}, finish}};
    }

    EnvironmentTransition crash(const Busy& state) const {
        return end_invocation(AnswerKind::crashed, {FinishKind::crashed, elapsed(state.handed_over, now)}, ShutdownReason::failure);
    }

    /// Its caller keeps what it was given (behaviour §2.5, §4.5).
    EnvironmentTransition end_answered(Finish finish, ShutdownReason reason) const {
        return {Stopping{}, {DisarmDeadline{}, ShutDown{reason}, Retire{}, finish}};
    }

    /// The timer fires a little late; AWS's Duration is exactly the timeout (behaviour §4.4).
    template <class Working>
    static Microseconds whole(const Working& state) {
        return elapsed(state.handed_over, state.deadline);
    }
};

} // namespace

EnvironmentTransition transition(const State& state, const Event& event, Instant now) { return std::visit(Transitions{now}, state, event); }

std::string_view state_name(const State& state) {
    struct Names {
        std::string_view operator()(const Starting&) const { return "Starting"; }
        std::string_view operator()(const Initializing&) const { return "Initializing"; }
        std::string_view operator()(const Snapshotted&) const { return "Snapshotted"; }
        std::string_view operator()(const Restoring&) const { return "Restoring"; }
        std::string_view operator()(const Idle&) const { return "Idle"; }
        std::string_view operator()(const Busy&) const { return "Busy"; }
        std::string_view operator()(const Answered&) const { return "Answered"; }
        std::string_view operator()(const Stopping&) const { return "Stopping"; }
        std::string_view operator()(const Dead&) const { return "Dead"; }
    };
    return std::visit(Names{}, state);
}

} // namespace lambox::model
