#pragma once

#include "lambox/base/ids.hpp"
#include "lambox/engine/runtime_link.hpp"
#include "lambox/io/one_shot.hpp"
#include "lambox/model/extension_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lambox::engine {

/// Why a call of an extension was refused: status 403 with this error (behaviour §2.2).
struct ExtensionRefusal {
    std::string error_type;
    std::string message;
};

/// What an extension is told about its function when it registers.
struct ExtensionFunction {
    std::string account;
    std::string name;
    std::string version;
    std::string handler;
};

struct ExtensionInvoke {
    HandedInvocation handed;
    std::string event_id;
};
struct ExtensionShutdown {
    model::ShutdownReason reason;
    WallTime deadline;
};
using ExtensionEvent = std::variant<ExtensionInvoke, ExtensionShutdown>;

enum class ExtensionError { init, exit };

/// What extensions do. Called on the loop, from within the calls of the set.
class ExtensionSetListener {
public:
    virtual ~ExtensionSetListener() = default;
    /// One has registered or waits for its next event.
    virtual void on_extension_moved() = 0;
    /// One has reported an error; what follows is that it, or the runtime that it lives in, exits.
    virtual void on_extension_error(ExtensionError error) = 0;
};

/// The extensions of one generation of an environment: who has registered, under which identifier, and who waits for an event. Checks every
/// call against `model/extension_state`. A new generation has a new set, and new identifiers (behaviour §4.6).
class ExtensionSet {
public:
    ExtensionSet(IdSource& ids, ExtensionSetListener& listener, ExtensionFunction function);
    ExtensionSet(const ExtensionSet&) = delete;
    ExtensionSet& operator=(const ExtensionSet&) = delete;

    // For whoever serves the calls.
    /// False when the function's layers switch extensions off: then the routes are not there (behaviour §2.2).
    [[nodiscard]] bool enabled() const { return enabled_; }
    [[nodiscard]] const ExtensionFunction& function() const { return function_; }
    /// Whose `Lambda-Extension-Identifier` that is; empty counts as missing. The message for an unknown one is that of `event/next`.
    [[nodiscard]] std::variant<std::string, ExtensionRefusal> identify(std::string_view header) const;
    /// Until the runtime asks for its first event. External extensions are not bound to it.
    [[nodiscard]] bool registration_open() const { return registration_open_; }
    /// Until INIT has ended.
    [[nodiscard]] bool initializing() const { return initializing_; }

    /// Returns the identifier.
    [[nodiscard]] std::variant<std::string, ExtensionRefusal> enroll(const std::string& name, const std::vector<std::string>& events);
    /// Waits for an event; for ever when none comes.
    using NextResult = std::variant<ExtensionEvent, ExtensionRefusal>;
    boost::asio::awaitable<NextResult> next(std::string identifier_header);
    /// `error_type` as sent; empty is refused.
    [[nodiscard]] std::optional<ExtensionRefusal> report(ExtensionError error, std::string_view identifier_header,
                                                         std::string_view error_type);

    // For the environment.
    void disable() { enabled_ = false; }
    /// Managed Instances: nobody is told of single invocations, so that external extensions may ask for SHUTDOWN alone and internal ones
    /// for nothing (behaviour §1.11).
    void withhold_invocations() { events_ = Events::shutdown_alone; }
    /// An external extension of that name is about to be started.
    void expect(const std::string& name);
    /// `error_type` is the telemetry's: PermissionDenied, TooManyExtensions, UnknownError.
    void launch_failed(const std::string& name, std::string error_type);
    void close_registration() { registration_open_ = false; }
    void init_ended() { initializing_ = false; }
    /// INVOKE for those who subscribed to it; all of them wait.
    void hand_over(const HandedInvocation& invocation);
    /// SHUTDOWN for the external extensions that subscribed to it: now, or when they ask next.
    void shut_down(const ExtensionShutdown& event);
    /// How an external extension ended during the shutdown.
    void ended(const std::string& name, model::ExtensionStep step);
    [[nodiscard]] bool empty() const { return members_.empty(); }
    [[nodiscard]] std::vector<model::ExtensionPresence> presence() const;

    /// One extension for whoever looks from outside; `events` in the order INVOKE, SHUTDOWN.
    struct View {
        std::string name;
        model::ExtensionKind kind;
        model::ExtensionState state;
        model::ExtensionSubscription subscription;
        std::string error_type; ///< that it reported, or why it could not be launched; may be empty
    };
    [[nodiscard]] std::vector<View> view() const;

private:
    struct Member {
        std::string name;
        std::string identifier;
        model::ExtensionKind kind;
        model::ExtensionState state = model::ExtensionState::started;
        model::ExtensionSubscription subscription;
        std::string error_type;
        std::shared_ptr<io::OneShot<ExtensionEvent>> waiter;
        std::optional<ExtensionEvent> pending; ///< for when it asks
    };
    [[nodiscard]] Member* find(std::string_view name);
    [[nodiscard]] const Member* by_identifier(std::string_view identifier) const;
    [[nodiscard]] std::optional<ExtensionRefusal> may_join(std::string_view name) const;
    static void give(Member& member, ExtensionEvent event);

    IdSource& ids_;
    ExtensionSetListener& listener_;
    ExtensionFunction function_;
    enum class Events { all, shutdown_alone };
    [[nodiscard]] static std::variant<model::ExtensionSubscription, ExtensionRefusal>
    subscription_of(const std::vector<std::string>& events, model::ExtensionKind kind, Events allowed);
    Events events_ = Events::all;
    std::list<Member> members_; ///< in the order of their coming
    bool enabled_ = true;
    bool registration_open_ = true;
    bool initializing_ = true;
};

} // namespace lambox::engine
