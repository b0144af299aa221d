#pragma once

#include "lambox/engine/runtime_delivery.hpp"
#include "lambox/engine/runtime_session.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lambox::engine {

/// An answer of a worker, matched to its invocation by whoever listens.
struct ConcurrentAnswer {
    std::string_view request_id;
    std::string_view invocation_id; ///< echoed by the runtime; empty = not
    std::variant<std::string, RuntimeError> content;
    std::optional<Instant> began; ///< when its first byte was here
};

/// What the workers of a runtime have to say. Called on the loop, from within their calls.
class ConcurrentListener {
public:
    virtual ~ConcurrentListener() = default;
    /// One more waits for an event.
    virtual void on_worker_waiting() = 0;
    /// Nothing when it is taken, else why not.
    [[nodiscard]] virtual std::optional<RuntimeRefusal> on_answer(ConcurrentAnswer answer) = 0;
};

/// The Runtime API of an environment that serves several invocations at once (behaviour §1.11): any number of workers, threads or
/// processes, wait for events, and answers are matched by request id. There is no state machine but that of INIT.
class ConcurrentSession final : public RuntimeSession {
public:
    /// All outlive the session. `listener` is told of INIT alone, `workers` of everything after it.
    ConcurrentSession(RuntimeEndpointFactory& endpoints, RuntimeLinkListener& listener, ExtensionSet& extensions, TelemetryHub& telemetry,
                      ConcurrentListener& workers, std::uint32_t concurrency);

    void hand_over(HandedInvocation invocation) override;
    boost::asio::awaitable<NextResult> next() override;
    [[nodiscard]] RuntimeCallResult respond(RuntimeDelivery delivery) override;
    [[nodiscard]] RuntimeCallResult fail(RuntimeDelivery delivery) override;
    /// Two for each worker, which may hold one for `next` and use another to answer, and what an ordinary environment has besides.
    [[nodiscard]] std::size_t connections_max() const override;

    /// Workers that wait for an event.
    [[nodiscard]] std::uint32_t idle_workers() const { return static_cast<std::uint32_t>(idle_.size()); }

private:
    [[nodiscard]] RuntimeCallResult answer(RuntimeDelivery delivery, TakenDelivery (*take)(RuntimeDelivery));

    RuntimeLinkListener& listener_;
    ConcurrentListener& workers_;
    std::uint32_t concurrency_;
    std::list<std::shared_ptr<io::OneShot<HandedInvocation>>> idle_; ///< who has waited longest first
};

} // namespace lambox::engine
