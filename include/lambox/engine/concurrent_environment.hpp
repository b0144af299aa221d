#pragma once

#include "lambox/engine/concurrent_session.hpp"
#include "lambox/engine/environment.hpp"
#include "lambox/model/concurrent_invocation.hpp"
#include "lambox/model/invocation.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lambox::engine {

/// One invocation in an environment of several. Whoever assigned it waits for `ended`.
struct ConcurrentRun {
    struct End {
        model::Outcome outcome;
        model::InvocationReport report; ///< nothing is billed by duration (behaviour §5.2)
        Instant at;
        std::string log_tail; ///< the end of the environment's log, in which other invocations have lines, too
        std::string emulator;
    };
    std::shared_ptr<const model::Invocation> invocation;
    Instant handed_over{};
    std::unique_ptr<io::Timer> deadline;
    io::OneShot<End> ended;
};

class ConcurrentEnvironment;

class ConcurrentEnvironmentOwner {
public:
    virtual ~ConcurrentEnvironmentOwner() = default;
    /// It may have room that it had not.
    virtual void on_room(ConcurrentEnvironment& environment) = 0;
    /// An invocation in it has ended.
    virtual void on_run_ended(ConcurrentEnvironment& environment) = 0;
    /// It takes no further invocation, and has none. It still has to be waited for with `gone`.
    virtual void on_ended(ConcurrentEnvironment& environment) = 0;
};

/// An execution environment of Managed Instances (behaviour §1.11): an `Environment`, which starts, watches and ends the processes and
/// stays Idle while it serves, and beside it the invocations in flight, each with a state of its own in `model/concurrent_invocation`. It
/// is never reset and never frozen.
class ConcurrentEnvironment final : public EnvironmentOwner, public ConcurrentListener {
public:
    /// All outlive it. `function` has `managed_instances`.
    ConcurrentEnvironment(EngineServices& services, std::shared_ptr<const FunctionRevision> function, Workspace& workspace,
                          ConcurrentEnvironmentOwner& owner);
    ~ConcurrentEnvironment() override;
    ConcurrentEnvironment(const ConcurrentEnvironment&) = delete;
    ConcurrentEnvironment& operator=(const ConcurrentEnvironment&) = delete;

    /// Spawns, and returns when INIT has ended one way or another, with INIT_START and its report written. Once.
    boost::asio::awaitable<Environment::InitResult> start();
    /// A worker waits for an event, and fewer invocations are in flight than there may be.
    [[nodiscard]] bool has_room() const { return idle_room() > 0; }
    /// How many it would take now.
    [[nodiscard]] std::uint32_t idle_room() const;
    /// How many more it could take if all of its workers asked.
    [[nodiscard]] std::uint32_t returning_room() const;
    [[nodiscard]] std::uint32_t in_flight() const { return static_cast<std::uint32_t>(ledger_.running()); }
    [[nodiscard]] std::uint32_t concurrency() const { return concurrency_; }
    /// Only while it has room.
    std::shared_ptr<ConcurrentRun> assign(std::shared_ptr<const model::Invocation> invocation);
    /// Ends it; invocations in flight are abandoned.
    void stop();
    /// Returns when all processes have been reaped and the link has ended. Once.
    boost::asio::awaitable<void> gone() { return environment_.gone(); }
    void enforce_memory() { environment_.enforce_memory(); }

    // EnvironmentOwner, ConcurrentListener
    void on_retired(Environment& environment) override;
    void on_worker_waiting() override;
    [[nodiscard]] std::optional<RuntimeRefusal> on_answer(ConcurrentAnswer answer) override;

private:
    [[nodiscard]] bool serving() const;
    [[nodiscard]] std::unique_ptr<RuntimeLink> make_link(RuntimeLinkListener& listener, ExtensionSet& extensions);
    /// `answer` is null unless the runtime has given one.
    std::optional<RuntimeRefusal> feed(const std::string& id, const model::concurrent::Event& event, ConcurrentAnswer* answer);
    void end_all(const model::concurrent::Event& event);
    void settle(const std::string& id, const model::concurrent::Settle& settled, ConcurrentAnswer* answer);
    [[nodiscard]] model::Outcome outcome_of(const std::string& id, model::concurrent::SettleKind kind, ConcurrentAnswer* answer) const;
    void report(const ConcurrentRun& run, const model::InvocationReport& report, const ConcurrentAnswer* answer) const;

    EngineServices& services_;
    std::shared_ptr<const FunctionRevision> function_;
    Workspace& workspace_;
    ConcurrentEnvironmentOwner& owner_;
    std::uint32_t concurrency_;
    enum class Phase { starting, serving, ended };
    Phase phase_ = Phase::starting;
    ConcurrentSession* session_ = nullptr; ///< the environment's link
    model::ConcurrentLedger ledger_;
    std::map<std::string, std::shared_ptr<ConcurrentRun>> runs_; ///< those that the ledger has as running
    Environment environment_;                                    ///< last: its construction makes the link
};

} // namespace lambox::engine
