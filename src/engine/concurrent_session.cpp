#include "lambox/engine/concurrent_session.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/engine/runtime_delivery.hpp"

#include <utility>

namespace lambox::engine {

ConcurrentSession::ConcurrentSession(RuntimeEndpointFactory& endpoints, RuntimeLinkListener& listener, ExtensionSet& extensions,
                                     TelemetryHub& telemetry, ConcurrentListener& workers, std::uint32_t concurrency)
    : RuntimeSession(endpoints, listener, extensions, telemetry), listener_(listener), workers_(workers), concurrency_(concurrency) {}

std::size_t ConcurrentSession::connections_max() const {
    return limits::runtime_connections_max + 2 * static_cast<std::size_t>(concurrency_);
}

void ConcurrentSession::hand_over(HandedInvocation invocation) {
    LAMBOX_ASSERT(!idle_.empty());
    const auto worker = idle_.front();
    idle_.pop_front();
    worker->set(std::move(invocation));
}

boost::asio::awaitable<RuntimeSession::NextResult> ConcurrentSession::next() {
    const auto before = api_state();
    if (const auto refused = enter_next()) co_return *refused;
    if (idle_.size() >= concurrency_) co_return RuntimeCallRefused{RuntimeRefusal::internal, {}}; // AWS: too many idle runtimes
    const auto worker = std::make_shared<io::OneShot<HandedInvocation>>();
    idle_.push_back(worker);
    if (!closed() && before == model::RuntimeApiState::started) listener_.on_asked_for_next(); // that ends INIT; there is no other state
    if (!closed()) workers_.on_worker_waiting();
    try {
        co_return co_await worker->wait();
    } catch (...) {
        idle_.remove(worker); // the connection has gone, perhaps its process; no event may be handed to it
        throw;
    }
}

RuntimeCallResult ConcurrentSession::respond(RuntimeDelivery delivery) { return answer(std::move(delivery), taken_response); }

RuntimeCallResult ConcurrentSession::fail(RuntimeDelivery delivery) { return answer(std::move(delivery), taken_error); }

RuntimeCallResult ConcurrentSession::answer(RuntimeDelivery delivery, TakenDelivery (*take)(RuntimeDelivery)) {
    if (closed()) return RuntimeCallRefused{RuntimeRefusal::invalid_request_id, {}};
    ConcurrentAnswer told{delivery.request_id, delivery.invocation_id, {}, delivery.began};
    auto taken = take(std::move(delivery));
    told.content = std::move(taken.answer);
    if (const auto refusal = workers_.on_answer(std::move(told))) return RuntimeCallRefused{*refusal, {}};
    return taken.result;
}

} // namespace lambox::engine
