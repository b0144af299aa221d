#include "lambox/model/concurrent_invocation.hpp"

#include "lambox/base/assert.hpp"

#include <algorithm>

namespace lambox::model {
namespace concurrent {
namespace {

Microseconds elapsed(Instant from, Instant to) { return std::chrono::duration_cast<Microseconds>(to - from); }

/// One overload for each pair that matters; the template takes the rest.
struct Transitions {
    Instant now;

    template <class AnyState, class AnyEvent>
    Transition operator()(const AnyState& state, const AnyEvent&) const {
        return {state, std::nullopt};
    }

    Transition operator()(const Running& state, const ResponseReceived&) const { return settled(state, SettleKind::response); }
    Transition operator()(const Running& state, const FunctionErrorReceived&) const { return settled(state, SettleKind::function_error); }
    Transition operator()(const Running& state, const DeadlinePassed&) const {
        // The timer fires a little late; AWS's Duration is exactly the timeout (behaviour §4.4).
        return {TimedOut{}, Settle{SettleKind::timed_out, elapsed(state.handed_over, state.deadline)}};
    }
    Transition operator()(const Running& state, const EnvironmentFailed&) const { return settled(state, SettleKind::crashed); }
    Transition operator()(const Running& state, const StopRequested&) const { return settled(state, SettleKind::stopped); }

    // The first late call uses the memory of the timeout up; after it the id is as unknown as any.
    Transition operator()(const TimedOut&, const ResponseReceived&) const { return {Settled{}, RefuseLate{}}; }
    Transition operator()(const TimedOut&, const FunctionErrorReceived&) const { return {Settled{}, RefuseLate{}}; }

    Transition operator()(const Settled&, const ResponseReceived&) const { return {Settled{}, RefuseUnknown{}}; }
    Transition operator()(const Settled&, const FunctionErrorReceived&) const { return {Settled{}, RefuseUnknown{}}; }

private:
    Transition settled(const Running& state, SettleKind kind) const { return {Settled{}, Settle{kind, elapsed(state.handed_over, now)}}; }
};

} // namespace

Transition transition(const State& state, const Event& event, Instant now) { return std::visit(Transitions{now}, state, event); }

std::string_view state_name(const State& state) {
    struct Names {
        std::string_view operator()(const Running&) const { return "Running"; }
        std::string_view operator()(const TimedOut&) const { return "TimedOut"; }
        std::string_view operator()(const Settled&) const { return "Settled"; }
    };
    return std::visit(Names{}, state);
}

} // namespace concurrent

void ConcurrentLedger::begin(const std::string& id, concurrent::Running running) {
    std::erase(late_, id);
    const auto [at, added] = running_.emplace(id, running);
    LAMBOX_ASSERT(added);
}

concurrent::State ConcurrentLedger::state_of(std::string_view id) const {
    if (const auto found = running_.find(id); found != running_.end()) return found->second;
    if (std::find(late_.begin(), late_.end(), id) != late_.end()) return concurrent::TimedOut{};
    return concurrent::Settled{};
}

std::optional<concurrent::Action> ConcurrentLedger::feed(std::string_view id, const concurrent::Event& event, Instant now) {
    const auto before = state_of(id);
    auto result = concurrent::transition(before, event, now);
    if (result.state.index() == before.index()) return result.action;
    if (const auto found = running_.find(id); found != running_.end()) running_.erase(found);
    std::erase(late_, id);
    if (std::holds_alternative<concurrent::TimedOut>(result.state)) {
        late_.emplace_back(id);
        if (late_.size() > late_max_) late_.pop_front();
    }
    return result.action;
}

std::vector<std::string> ConcurrentLedger::running_ids() const {
    std::vector<std::string> ids;
    ids.reserve(running_.size());
    for (const auto& [id, running] : running_)
        ids.push_back(id);
    return ids;
}

} // namespace lambox::model
