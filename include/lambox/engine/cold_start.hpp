#pragma once

#include "lambox/engine/environment_pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace lambox::engine {

/// How an acquired slot without an environment got one, or did not (behaviour §4.2, §4.3).
struct ColdStart {
    enum class End { ready, failed, timed_out, restore_failed, closed };
    End end = End::ready;
    /// REPORT's Init Duration: only of a first INIT that succeeded; a repeated one is suppressed.
    std::optional<Microseconds> init;
    /// SnapStart: of a restore that succeeded; and before it the INIT that on AWS would have been long ago.
    std::optional<model::RestoreTime> restore;
    Microseconds snapshot{0};
    model::RestoreFailure restore_failure = model::RestoreFailure::hook; ///< with `restore_failed`
    /// Set when a repeated INIT runs under the function's timeout: Duration and deadline count from here.
    std::optional<Instant> counted_from;
    std::string error_type;
    std::string error_message; ///< platform-made; empty when `error_payload` is the runtime's own
    std::string error_payload;
};

/// What INIT_REPORT says of an INIT.
[[nodiscard]] model::InitReport init_report(const Environment::InitResult& result, model::InitPhase phase);

/// Runs INIT, and INIT again in the invocation's own time when the first one failed. Logs INIT_START and INIT_REPORT.
boost::asio::awaitable<ColdStart> cold_start(EngineServices& services, EnvironmentPool& pool, EnvironmentPool::Slot& slot);

} // namespace lambox::engine
