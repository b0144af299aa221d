#pragma once

#include "lambox/engine/extension_set.hpp"
#include "lambox/engine/runtime_link.hpp"
#include "lambox/engine/telemetry_hub.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/one_shot.hpp"
#include "lambox/model/runtime_api_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lambox::engine {

/// Why a Runtime API call was refused (behaviour §1.4).
enum class RuntimeRefusal {
    invalid_request_id,
    invalid_invocation_id,
    invalid_response_mode,
    truncated,
    too_large,
    invalid_transition,
    invoke_timeout, ///< Managed Instances: the answer comes too late
    internal,       ///< the runtime does what nobody may; it should exit
};
struct RuntimeCallRefused {
    RuntimeRefusal refusal;
    std::string message; ///< for invalid_transition; else empty
};
struct RuntimeCallAccepted {};
using RuntimeCallResult = std::variant<RuntimeCallAccepted, RuntimeCallRefused>;

enum class DeliveredBody { complete, too_large, truncated };

/// A POST to `/response` or `/error`, already out of HTTP.
struct RuntimeDelivery {
    std::string_view request_id;
    std::string_view invocation_id; ///< echoed by the runtime; empty = not
    std::string_view response_mode; ///< header value; nullptr data = absent
    std::string_view error_type;    ///< header value as sent
    std::string body;
    DeliveredBody body_state = DeliveredBody::complete;
    std::optional<Instant> began;           ///< when the first byte of the body, or else the head, was here
    std::optional<RuntimeError> late_error; ///< of a streamed response, from its trailers
};

/// What `GET /2021-04-23/credentials` gives (behaviour §1.10).
struct LentCredentials {
    LocalCredentials credentials;
    WallTime expiration;
};

/// Opens the listener that serves one environment's Runtime API.
class RuntimeEndpoint {
public:
    virtual ~RuntimeEndpoint() = default;
    /// `127.0.0.1:PORT`.
    [[nodiscard]] virtual std::string address() const = 0;
    virtual void stop() = 0;
    virtual boost::asio::awaitable<void> join() = 0;
};

class RuntimeSession;

/// Port: `api/runtime_api` implements it.
class RuntimeEndpointFactory {
public:
    virtual ~RuntimeEndpointFactory() = default;
    /// `session` outlives the endpoint. Errors: io.
    [[nodiscard]] virtual Result<std::unique_ptr<RuntimeEndpoint>> open(RuntimeSession& session) = 0;
    /// Makes one listener ahead of need, for an `open` to come, unless there are `count`. False when none was made.
    [[nodiscard]] virtual bool make_ready(std::size_t count) = 0;
    /// Ends those that are ready, and returns when that is done.
    virtual boost::asio::awaitable<void> drop_ready() = 0;
};

/// The Runtime API's meeting point: parks `next` until an event is there, checks every call against the state machine of
/// behaviour §1.7, and tells the environment what happened.
class RuntimeSession : public RuntimeLink {
public:
    /// All outlive the session.
    RuntimeSession(RuntimeEndpointFactory& endpoints, RuntimeLinkListener& listener, ExtensionSet& extensions, TelemetryHub& telemetry);

    void serve_restore(std::string token, const io::Clock& clock) override;
    [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> open() override;
    void process_started() override {}
    void hand_over(HandedInvocation invocation) override;
    void release() override;
    [[nodiscard]] std::optional<Instant> response_began() const override { return response_began_; }
    void retire() override { closed_ = true; }
    void close() override;
    boost::asio::awaitable<void> join() override;

    // The calls of the runtime. Once closed they wait for ever (next) or are refused; the endpoint cuts them off.
    using NextResult = std::variant<HandedInvocation, RuntimeCallRefused>;
    virtual boost::asio::awaitable<NextResult> next();
    [[nodiscard]] virtual RuntimeCallResult respond(RuntimeDelivery delivery);
    [[nodiscard]] virtual RuntimeCallResult fail(RuntimeDelivery delivery);
    [[nodiscard]] RuntimeCallResult fail_init(RuntimeDelivery delivery);

    // Those that only SnapStart environments have.
    [[nodiscard]] bool serves_restore() const { return clock_ != nullptr; }
    boost::asio::awaitable<RuntimeCallResult> restore_next();
    [[nodiscard]] RuntimeCallResult fail_restore(RuntimeDelivery delivery);
    /// Nothing for a wrong token.
    [[nodiscard]] std::optional<LentCredentials> credentials(std::string_view token) const;
    /// Connections that the endpoint takes at once.
    [[nodiscard]] virtual std::size_t connections_max() const;

    /// Who answers the calls of extensions that come over the same listener.
    [[nodiscard]] ExtensionSet& extensions() { return extensions_; }
    /// Who takes their subscriptions.
    [[nodiscard]] TelemetryHub& telemetry() { return telemetry_; }

protected:
    /// `next` as the state machine sees it; nothing when it is let in.
    [[nodiscard]] std::optional<RuntimeCallRefused> enter_next();
    [[nodiscard]] model::RuntimeApiState api_state() const { return state_; }
    [[nodiscard]] bool closed() const { return closed_; }

private:
    void tell(std::variant<std::string, RuntimeError> answer);
    [[nodiscard]] std::optional<RuntimeCallRefused> enter(model::RuntimeApiCall call, const RuntimeDelivery& delivery);
    [[nodiscard]] RuntimeCallResult take_error(model::RuntimeApiCall call, RuntimeDelivery delivery);

    RuntimeEndpointFactory& endpoints_;
    RuntimeLinkListener& listener_;
    ExtensionSet& extensions_;
    TelemetryHub& telemetry_;
    std::unique_ptr<RuntimeEndpoint> endpoint_;
    model::RuntimeApiState state_ = model::RuntimeApiState::started;
    std::optional<HandedInvocation> current_;
    std::optional<Instant> response_began_;
    std::list<std::shared_ptr<io::OneShot<HandedInvocation>>> waiters_;
    bool closed_ = false;
    std::string restore_token_;
    const io::Clock* clock_ = nullptr; ///< null = no SnapStart
    std::shared_ptr<io::OneShot<bool>> restore_waiter_;
};

} // namespace lambox::engine
