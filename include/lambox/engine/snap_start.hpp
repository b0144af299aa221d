#pragma once

#include "lambox/engine/cold_start.hpp"

#include <boost/asio/awaitable.hpp>

namespace lambox::engine {

/// The cold start of a SnapStart environment (behaviour §1.10). INIT runs up to `restore/next`, or to `next` for a runtime without hooks;
/// the process that waits there stands for AWS's snapshot, which was made when the version was published, and is restored at once. INIT is
/// therefore no part of the invocation, neither of its figures nor of its bill, and it is never repeated: one that fails is told to the
/// caller. A generation after a reset begins in the same way.
boost::asio::awaitable<ColdStart> snap_start(EngineServices& services, EnvironmentPool& pool, EnvironmentPool::Slot& slot);

} // namespace lambox::engine
