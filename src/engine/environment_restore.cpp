// SnapStart: an environment that waits as its snapshot would, and its restore (behaviour §1.10).
#include "lambox/engine/environment.hpp"
#include "lambox/engine/platform_log.hpp"

#include <utility>

namespace lambox::engine {

using namespace model::environment;
namespace error_type = model::error_type;

void Environment::on_ready_for_snapshot() {
    if (std::holds_alternative<Initializing>(state_)) tell_init_runtime_done(model::InvocationStatus::success, {});
    awaited_ = Awaited::snapshot;
    runtime_presence_ = model::RuntimePresence::asked_for_next;
    extensions_.close_registration();
    look_who_is_back();
}

void Environment::on_restore_error(RuntimeError error) {
    error_ = std::move(error);
    feed(RestoreErrorReported{});
}

boost::asio::awaitable<Environment::RestoreResult> Environment::restore(Instant deadline) {
    RestoreResult result;
    if (std::holds_alternative<Idle>(state_)) { // it has asked for an event already, and so has no hooks
        tell_restore_runtime_done(model::InvocationStatus::success, {});
        co_return result;
    }
    if (!std::holds_alternative<Snapshotted>(state_)) { // it has ended since
        result.end = RestoreEnd::exited;
        result.error_type = fatal_type_;
        co_return result;
    }
    feed(RestoreRequested{deadline});
    result = co_await restore_result_.wait();
    co_return result;
}

void Environment::perform(const Release&) {
    awaited_ = Awaited::event;
    runtime_presence_ = model::RuntimePresence::away;
    link_->release();
}

void Environment::perform(const FinishRestore& action) {
    RestoreResult result{action.end, action.duration, {}};
    switch (action.end) {
    case RestoreEnd::ready:
    case RestoreEnd::stopped: break;
    case RestoreEnd::error_reported: result.error_type = error_.error_type; break;
    case RestoreEnd::exited:
    case RestoreEnd::extension_failed: result.error_type = fatal_type_; break;
    case RestoreEnd::timed_out: result.error_type = error_type::runtime_unknown; break;
    }
    if (!result.error_type.empty()) tell_restore_runtime_done(model::InvocationStatus::error, result.error_type);
    error_ = {};
    restore_result_.set(std::move(result));
}

void Environment::tell_restore_runtime_done(model::InvocationStatus status, std::string_view error_type) {
    if (std::exchange(restore_runtime_done_told_, true)) return;
    drain_output(); // what the hooks have printed belongs before
    const PlatformLog log{services_, *function_, workspace_};
    log_restore_runtime_done(log, status, error_type);
}

} // namespace lambox::engine
