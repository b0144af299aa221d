#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/units.hpp"
#include "lambox/model/invocation.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lambox::io {
class Clock;
}

namespace lambox::engine {

/// An error object that a runtime delivered.
struct RuntimeError {
    std::string payload;
    std::string error_type; ///< sanitised
};

/// Credentials that no service accepts: handlers' SDKs want some, and real ones must not leak into a handler.
struct LocalCredentials {
    std::string access_key_id = "LAMBOXLOCALACCESSKEY";
    std::string secret_access_key = "lambox-local-secret";
    std::string session_token = "lambox-local-session";
};

/// What a runtime has to say, whatever protocol it speaks. Called on the loop; the callee may close the link.
class RuntimeLinkListener {
public:
    virtual ~RuntimeLinkListener() = default;
    virtual void on_asked_for_next() = 0;
    virtual void on_response(std::string payload) = 0;
    virtual void on_function_error(RuntimeError error) = 0;
    /// go1.x: an error after which the process must be replaced.
    virtual void on_should_exit(RuntimeError error) = 0;
    virtual void on_init_error(RuntimeError error) = 0;
    // SnapStart alone:
    virtual void on_ready_for_snapshot() {}
    virtual void on_restore_error(RuntimeError /*error*/) {}
};

/// An invocation as a runtime sees it.
struct HandedInvocation {
    std::shared_ptr<const model::Invocation> invocation;
    WallTime deadline;
};

/// Port: how an environment talks to its runtime. Two bodies: `runtime_session` (the runtime asks us) and
/// `go_rpc_session` (we ask the runtime). Everything above sees no difference.
class RuntimeLink {
public:
    virtual ~RuntimeLink() = default;
    /// SnapStart, before `open`: the runtime may wait to be restored, and fetches its credentials with `token` instead of finding them
    /// among its variables (behaviour §1.10). `clock` outlives the link.
    virtual void serve_restore(std::string /*token*/, const io::Clock& /*clock*/) {}
    /// Before the spawn: takes a port. Returns the variables that tell the runtime of it.
    [[nodiscard]] virtual Result<std::vector<std::pair<std::string, std::string>>> open() = 0;
    /// After the spawn.
    virtual void process_started() = 0;
    /// Only while the runtime waits for an event.
    virtual void hand_over(HandedInvocation invocation) = 0;
    /// Only while the runtime waits to be restored.
    virtual void release() {}
    /// When the first byte of the answer came that the listener was told of last; nothing where the protocol does not say.
    [[nodiscard]] virtual std::optional<Instant> response_began() const { return std::nullopt; }
    /// The listener is not called any more. Connections last until `close`, for extensions are on them, too.
    virtual void retire() = 0;
    /// Ends all connections; the listener is not called any more. May be called twice.
    virtual void close() = 0;
    /// After `close`: returns when nothing of the link runs any more.
    virtual boost::asio::awaitable<void> join() = 0;
};

} // namespace lambox::engine
