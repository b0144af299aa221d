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
        LAMBOX_ASSERT(!"spawned twice");
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

    EnvironmentTransition operator()(const Initializing&, const RuntimeAskedForNext&) const {
        return {Idle{now}, {DisarmDeadline{}, FinishInit{InitEnd::ready}}};
    }
    EnvironmentTransition operator()(const Initializing&, const InitErrorReported&) const { return end_init(InitEnd::error_reported); }
    EnvironmentTransition operator()(const Initializing&, const DeadlinePassed&) const { return end_init(InitEnd::timed_out); }
    EnvironmentTransition operator()(const Initializing&, const StopRequested&) const { return end_init(InitEnd::stopped); }
    EnvironmentTransition operator()(const Initializing&, const ProcessExited&) const {
        return {Dead{}, {DisarmDeadline{}, Retire{}, FinishInit{InitEnd::exited}}};
    }

    EnvironmentTransition operator()(const Idle&, const InvocationAssigned& event) const {
        return {Busy{now, event.deadline}, {ArmDeadline{event.deadline}, HandOver{}}};
    }
    EnvironmentTransition operator()(const Idle&, const ProcessExited&) const { return {Dead{}, {Retire{}}}; }
    // Without extensions the shutdown budget is 0 ms: no SIGTERM (behaviour §2.5).
    EnvironmentTransition operator()(const Idle&, const StopRequested&) const { return {Stopping{}, {KillGroup{}, Retire{}}}; }

    EnvironmentTransition operator()(const Busy& state, const ResponseReceived&) const {
        return {Answered{state.handed_over, state.deadline}, {Answer{AnswerKind::response}}};
    }
    EnvironmentTransition operator()(const Busy& state, const FunctionErrorReceived&) const {
        return {Answered{state.handed_over, state.deadline}, {Answer{AnswerKind::function_error}}};
    }
    EnvironmentTransition operator()(const Busy& state, const ShouldExitReceived&) const {
        return end_invocation(state.handed_over, AnswerKind::function_error, FinishKind::should_exit);
    }
    EnvironmentTransition operator()(const Busy& state, const DeadlinePassed&) const {
        auto result = end_invocation(state.handed_over, AnswerKind::timed_out, FinishKind::timed_out);
        cut_at(result, elapsed(state.handed_over, state.deadline));
        return result;
    }
    EnvironmentTransition operator()(const Busy& state, const ProcessExited&) const {
        return {Dead{},
                {DisarmDeadline{}, Retire{}, Answer{AnswerKind::crashed}, Finish{FinishKind::crashed, elapsed(state.handed_over, now)}}};
    }
    EnvironmentTransition operator()(const Busy& state, const StopRequested&) const {
        return end_invocation(state.handed_over, AnswerKind::stopped, FinishKind::stopped);
    }

    EnvironmentTransition operator()(const Answered& state, const RuntimeAskedForNext&) const {
        return {Idle{now}, {DisarmDeadline{}, Finish{FinishKind::clean, elapsed(state.handed_over, now)}}};
    }
    EnvironmentTransition operator()(const Answered& state, const DeadlinePassed&) const {
        return {Stopping{}, {KillGroup{}, Retire{}, Finish{FinishKind::timed_out, elapsed(state.handed_over, state.deadline)}}};
    }
    EnvironmentTransition operator()(const Answered& state, const ProcessExited&) const {
        return {Dead{}, {DisarmDeadline{}, Retire{}, Finish{FinishKind::crashed, elapsed(state.handed_over, now)}}};
    }
    EnvironmentTransition operator()(const Answered& state, const StopRequested&) const {
        return {Stopping{}, {DisarmDeadline{}, KillGroup{}, Retire{}, Finish{FinishKind::stopped, elapsed(state.handed_over, now)}}};
    }

    EnvironmentTransition operator()(const Stopping&, const ProcessExited&) const { return {Dead{}, {}}; }

private:
    EnvironmentTransition end_init(InitEnd end) const { return {Stopping{}, {DisarmDeadline{}, KillGroup{}, Retire{}, FinishInit{end}}}; }

    EnvironmentTransition end_invocation(Instant handed_over, AnswerKind answer, FinishKind finish) const {
        return {Stopping{}, {DisarmDeadline{}, KillGroup{}, Retire{}, Answer{answer}, Finish{finish, elapsed(handed_over, now)}}};
    }

    /// The timer fires a little late; AWS's Duration is exactly the timeout (behaviour §4.4).
    static void cut_at(EnvironmentTransition& result, Microseconds duration) {
        for (auto& action : result.actions) {
            if (auto* finish = std::get_if<Finish>(&action)) finish->duration = duration;
        }
    }
};

} // namespace

EnvironmentTransition transition(const State& state, const Event& event, Instant now) {
    return std::visit(Transitions{now}, state, event);
}

std::string_view state_name(const State& state) {
    struct Names {
        std::string_view operator()(const Starting&) const { return "Starting"; }
        std::string_view operator()(const Initializing&) const { return "Initializing"; }
        std::string_view operator()(const Idle&) const { return "Idle"; }
        std::string_view operator()(const Busy&) const { return "Busy"; }
        std::string_view operator()(const Answered&) const { return "Answered"; }
        std::string_view operator()(const Stopping&) const { return "Stopping"; }
        std::string_view operator()(const Dead&) const { return "Dead"; }
    };
    return std::visit(Names{}, state);
}

} // namespace lambox::model
