#pragma once

#include "lambox/base/units.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Invocations of an environment that serves several at once (Managed Instances, behaviour §1.11). The environment itself lives as
/// `model/environment_state` says, and stays in Idle while it serves; each of its invocations has a life of its own, here. Pure: events in,
/// next state and actions out. The driver, `engine/concurrent_environment`, performs the actions.
namespace lambox::model {

namespace concurrent {

// States.
struct Running {
    Instant handed_over;
    Instant deadline;
};
/// Its caller has been told; the worker may be at it still, and its first answer is told that it comes too late.
struct TimedOut {};
/// Over. An invocation that nobody has ever heard of is the same.
struct Settled {};

using State = std::variant<Running, TimedOut, Settled>;

// Events.
/// `/response` taken in.
struct ResponseReceived {};
/// `/error` taken in, or a response that AWS turns into an error.
struct FunctionErrorReceived {};
struct DeadlinePassed {};
/// The environment's main process, or one of its extensions, has ended.
struct EnvironmentFailed {};
struct StopRequested {};

using Event = std::variant<ResponseReceived, FunctionErrorReceived, DeadlinePassed, EnvironmentFailed, StopRequested>;

enum class SettleKind { response, function_error, timed_out, crashed, stopped };

// Actions.
/// The invocation is over, and its caller is answered. Exactly once an invocation.
struct Settle {
    SettleKind kind;
    Microseconds duration; ///< from hand-over; exactly the timeout when that cut it
};
/// The runtime's call names no running invocation: 400 InvalidRequestID.
struct RefuseUnknown {};
/// The runtime's call comes after the timeout: 410 InvokeTimeout.
struct RefuseLate {};

using Action = std::variant<Settle, RefuseUnknown, RefuseLate>;

struct Transition {
    State state;
    std::optional<Action> action;
};

[[nodiscard]] Transition transition(const State& state, const Event& event, Instant now);
[[nodiscard]] std::string_view state_name(const State& state);

} // namespace concurrent

/// The invocations of one environment by request id: those that run, and those timed out lately, of which the oldest are forgotten
/// beyond `late_max`.
class ConcurrentLedger {
public:
    explicit ConcurrentLedger(std::size_t late_max) : late_max_(late_max) {}

    /// `id` must not run already. What timed out under it before (a retry has the same id) is forgotten.
    void begin(const std::string& id, concurrent::Running running);
    /// What happens to that invocation, known or not.
    [[nodiscard]] std::optional<concurrent::Action> feed(std::string_view id, const concurrent::Event& event, Instant now);
    [[nodiscard]] std::size_t running() const { return running_.size(); }
    [[nodiscard]] std::vector<std::string> running_ids() const;

private:
    [[nodiscard]] concurrent::State state_of(std::string_view id) const;

    std::size_t late_max_;
    std::map<std::string, concurrent::Running, std::less<>> running_;
    std::deque<std::string> late_; ///< oldest first
};

} // namespace lambox::model
