#pragma once

#include "lambox/engine/concurrent_environment.hpp"
#include "lambox/engine/environment_pool.hpp"
#include "lambox/engine/invoker.hpp"
#include "lambox/io/task_group.hpp"
#include "lambox/model/concurrent_placement.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace lambox::engine {

/// The environments of one function on Managed Instances, each with several invocations in flight (behaviour §1.11), and who waits for
/// room in one. What `EnvironmentPool` and `Invoker` are for other functions; those pay nothing for this.
class ConcurrentPool final : public ConcurrentEnvironmentOwner {
public:
    /// `tasks` is for the starts and ends of environments. All outlive the pool.
    ConcurrentPool(EngineServices& services, std::shared_ptr<const FunctionRevision> function, AccountUse& account, io::TaskGroup& tasks);
    ~ConcurrentPool() override;

    /// One invocation, from request to Outcome. To be run to its end even when its caller goes away.
    boost::asio::awaitable<InvokeReply> execute(model::Invocation invocation);

    /// Ends environments that have had no invocation since before `before`.
    void expire_idle(Instant before);
    /// Like `expire_idle` for all of them, and returns when they have gone.
    boost::asio::awaitable<void> retire_idle();
    /// Its function has been changed or deleted: environments end with their last invocation. Whoever still holds the revision may go on to
    /// invoke it.
    void retire();
    /// Kills everything, and starts nothing any more.
    void close();
    void enforce_memory();
    [[nodiscard]] bool in_use() const { return users_ > 0 || !slots_.empty(); }
    [[nodiscard]] const std::shared_ptr<const FunctionRevision>& shared_function() const { return function_; }
    [[nodiscard]] std::size_t size() const { return slots_.size(); }
    [[nodiscard]] std::vector<EnvironmentPool::SlotView> view() const;

    void on_room(ConcurrentEnvironment& environment) override;
    void on_run_ended(ConcurrentEnvironment& environment) override;
    void on_ended(ConcurrentEnvironment& environment) override;

private:
    enum class SlotUse { starting, serving, retiring };
    struct Slot {
        std::unique_ptr<Workspace> workspace;
        std::unique_ptr<ConcurrentEnvironment> environment;
        SlotUse use = SlotUse::starting;
        Instant idle_since{};
    };
    using SlotIterator = std::list<Slot>::iterator;

    /// What an invocation that waited for room has got.
    struct FailedStart {
        std::string error_type;
        std::string error_message; ///< platform-made; empty when `error_payload` is the runtime's own
        std::string error_payload;
    };
    struct PoolClosed {};
    using Grant = std::variant<std::shared_ptr<ConcurrentRun>, FailedStart, PoolClosed>;
    struct Waiter {
        std::shared_ptr<const model::Invocation> invocation;
        Instant patient_until{}; ///< then workers that ought to ask are not counted on any more
        io::OneShot<Grant> grant;
    };
    /// Counts an invocation, from its admission to its end, for the limits of function and account, and keeps its id from others.
    class Occupation;
    class User;

    [[nodiscard]] std::optional<model::ThrottleReason> refusal() const;
    boost::asio::awaitable<Grant> acquire(std::shared_ptr<const model::Invocation> invocation);
    [[nodiscard]] ConcurrentEnvironment* with_room();
    [[nodiscard]] model::ConcurrentRoom room() const;
    void start_where_needed(const Waiter& waiter, model::ConcurrentPatience patience);
    void give_room();
    void start_environment();
    boost::asio::awaitable<void> bring_up(SlotIterator slot);
    /// Those waiters that no other environment has room for.
    void fail_waiters(const Environment::InitResult& result);
    void begin_retiring(SlotIterator slot);
    boost::asio::awaitable<void> reap(SlotIterator slot);
    [[nodiscard]] SlotIterator find(const ConcurrentEnvironment& environment);
    [[nodiscard]] InvokeReply reply_of(ConcurrentRun::End end, Instant arrived, model::StartKind start) const;
    [[nodiscard]] InvokeReply reply_of(const FailedStart& failure, const std::string& request_id, Instant arrived) const;

    EngineServices& services_;
    std::shared_ptr<const FunctionRevision> function_;
    AccountUse& account_;
    io::TaskGroup& tasks_;
    std::shared_ptr<FunctionUse> use_;
    std::list<Slot> slots_; ///< the oldest first, so that those begun later can expire
    std::list<std::shared_ptr<Waiter>> waiters_;
    std::set<std::string> request_ids_; ///< of all that were admitted and have not ended
    std::list<std::shared_ptr<io::OneShot<bool>>> reaped_waiters_;
    std::size_t users_ = 0;
    bool retired_ = false;
    bool closed_ = false;
};

} // namespace lambox::engine
