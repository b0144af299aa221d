#pragma once

#include "lambox/engine/environment.hpp"
#include "lambox/io/task_group.hpp"
#include "lambox/model/placement.hpp"

#include <boost/asio/awaitable.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lambox::engine {

/// Environments in use over all functions, for the account's limit.
struct AccountUse {
    std::uint32_t occupied = 0;
};

/// The execution environments of one function: who is free, who is taken, who is being replaced.
class EnvironmentPool final : public EnvironmentOwner {
public:
    enum class SlotUse {
        occupied,  ///< starting or busy
        answered,  ///< its caller has the answer; it will ask for the next event in a moment
        idle,
        resetting, ///< its processes are being ended; the next start waits for that
        reset,     ///< no process; the next start begins a new generation
        retiring,  ///< goes as soon as its processes have ended
    };
    struct Slot {
        std::unique_ptr<Workspace> workspace;
        std::unique_ptr<Environment> environment; ///< null in `reset`, and in `occupied` before the first start
        SlotUse use = SlotUse::occupied;
        Instant idle_since{};
        bool used = false; ///< has had a generation already: the next one is a reset's
        bool provisioned = false; ///< kept ready; does not expire
        bool frozen = false;
        bool freeze_failed = false; ///< not tried again
        std::optional<Microseconds> idle_cpu; ///< CPU time of the group when it was first seen idle
    };

    EnvironmentPool(EngineServices& services, std::shared_ptr<const FunctionRevision> function, AccountUse& account, io::TaskGroup& tasks);
    ~EnvironmentPool() override;

    /// A slot that is the caller's until `release`: with an idle environment, or with none for a cold start; or why there is no place.
    struct PoolClosed {};
    using Acquired = std::variant<Slot*, model::ThrottleReason, PoolClosed>;
    boost::asio::awaitable<Acquired> acquire();
    /// The invocation's caller has its answer; whoever comes next may wait for the slot.
    void mark_answered(Slot& slot);
    /// The invocation is over. An environment that is still idle is given on, anything else is replaced.
    void release(Slot& slot);
    /// Begins a new generation in an acquired slot; the old one has to be gone.
    Environment& begin_generation(Slot& slot);
    /// Ends the acquired slot's generation that failed in INIT, and waits until it has gone.
    boost::asio::awaitable<void> end_generation(Slot& slot);

    /// Ends idle environments that have been so since before `before`. Those not in use go with their workspaces.
    void expire_idle(Instant before);
    /// Like `expire_idle` for all of them, and returns when they have gone. For cold starts on demand.
    boost::asio::awaitable<void> retire_idle();
    /// Freezes environments that have been idle since the last call (behaviour §4.1). To be called now and then, so that invocations that
    /// follow each other closely pay nothing for it; `acquire` thaws.
    void freeze_idle();
    /// Keeps `count` environments initialised ahead of any invocation (provisioned concurrency). Those too few are started now, those too
    /// many end when they are idle. One that fails in INIT is not tried again before the next call.
    void keep_warm(std::uint32_t count);
    struct WarmStatus {
        std::uint32_t requested = 0;
        std::uint32_t ready = 0; ///< initialised, in use or not
        bool failed = false;     ///< one of them has ended in INIT
    };
    [[nodiscard]] WarmStatus warm_status() const;
    /// Its function has been changed or deleted: idle environments end now, the others after their invocation. Whoever still holds the
    /// revision may go on to invoke it.
    void retire();
    /// Nothing is in it, nobody on the way in, nothing to be kept ready: it may be destroyed, and made again when it is needed.
    [[nodiscard]] bool abandoned() const { return !in_use() && warm_target_ == 0; }
    /// Kills everything, busy ones too, and starts nothing any more.
    void close();
    [[nodiscard]] bool closed() const { return closed_; }
    /// Looks at the memory of environments in use: no peak is missed when their process dies, and what is over its size is killed.
    void enforce_memory();

    [[nodiscard]] const FunctionRevision& function() const { return *function_; }
    [[nodiscard]] const std::shared_ptr<const FunctionRevision>& shared_function() const { return function_; }
    [[nodiscard]] std::size_t size() const { return slots_.size(); }
    [[nodiscard]] std::size_t count(SlotUse use) const;

    /// One environment for whoever looks from outside.
    struct SlotView {
        std::string environment;
        std::string log_stream;
        SlotUse use;
        bool frozen = false;
        Mebibytes memory_peak;
    };
    [[nodiscard]] std::vector<SlotView> view() const;

    /// Held by whatever works with the pool across suspensions; a closed pool without users and slots may be destroyed.
    class User {
    public:
        explicit User(EnvironmentPool& pool) : pool_(pool) { ++pool_.users_; }
        User(const User&) = delete;
        User& operator=(const User&) = delete;
        ~User() { --pool_.users_; }

    private:
        EnvironmentPool& pool_;
    };
    [[nodiscard]] bool in_use() const { return users_ > 0 || !slots_.empty(); }

    void on_retired(Environment& environment) override;

private:
    enum class Patience { left, spent };
    boost::asio::awaitable<void> warm_up(Slot& slot);
    Slot& make_slot();
    void count_occupied(std::int32_t change);
    [[nodiscard]] model::PlacementDecision decide(Patience patience) const;
    Slot& take_idle();
    Slot& take_new();
    void recount(SlotUse use, std::int32_t change);
    void set_use(Slot& slot, SlotUse use);
    void thaw(Slot& slot);
    void begin_retiring(Slot& slot);
    boost::asio::awaitable<void> reap(std::list<Slot>::iterator slot);
    [[nodiscard]] std::list<Slot>::iterator find(const Environment& environment);

    EngineServices& services_;
    std::shared_ptr<const FunctionRevision> function_;
    AccountUse& account_;
    io::TaskGroup& tasks_;
    std::list<Slot> slots_; ///< most recently used first
    std::array<std::size_t, 6> uses_{}; ///< how many slots there are of each use, so that an invocation need not look at all
    std::list<std::shared_ptr<io::OneShot<Slot*>>> waiters_;
    std::list<std::shared_ptr<io::OneShot<bool>>> reaped_waiters_;
    std::shared_ptr<FunctionUse> use_;
    std::uint32_t occupied_ = 0;
    std::uint32_t warm_target_ = 0;
    bool warm_failed_ = false;
    bool retired_ = false;
    std::size_t users_ = 0;
    bool closed_ = false;
};

} // namespace lambox::engine
