#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/log.hpp"
#include "lambox/io/clock.hpp"
#include "lambox/io/one_shot.hpp"
#include "lambox/io/task_group.hpp"
#include "lambox/model/telemetry_buffer.hpp"
#include "lambox/model/telemetry_event.hpp"
#include "lambox/model/telemetry_subscription.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::engine {

/// The way to one subscriber.
class TelemetryChannel {
public:
    virtual ~TelemetryChannel() = default;
    /// One attempt to deliver a batch; an error means that it may or may not have arrived. `items` and `batch` outlive the call; the same
    /// `batch` names the same items again. Cancelling it ends the attempt.
    virtual boost::asio::awaitable<Result<void>> send(const std::vector<std::string>& items, std::string_view batch) = 0;
};

/// Port: `api/telemetry_delivery` implements it.
class TelemetryChannels {
public:
    virtual ~TelemetryChannels() = default;
    [[nodiscard]] virtual std::unique_ptr<TelemetryChannel> open(const model::TelemetryDestination& destination) = 0;
};

/// The telemetry of one execution environment, over all generations of its processes: keeps what came before the subscriptions, and has a
/// sender for each subscriber. A slow subscriber costs its own events alone (behaviour §2.7).
class TelemetryHub {
public:
    /// `channels` may be null: then there is no telemetry. `name` tells environments apart in the names of batches.
    TelemetryHub(const boost::asio::any_io_executor& executor, io::Clock& clock, TelemetryChannels* channels, std::string name, Logger log);
    TelemetryHub(const TelemetryHub&) = delete;
    TelemetryHub& operator=(const TelemetryHub&) = delete;

    [[nodiscard]] bool supported() const { return channels_ != nullptr; }
    /// Managed Instances: schema 2025-01-29 of the Telemetry API is the only one, and there is no Logs API (behaviour §1.11).
    enum class Schemas { all, newest_alone };
    void offer_newest_alone() { schemas_ = Schemas::newest_alone; }
    [[nodiscard]] Schemas schemas() const { return schemas_; }
    /// Extensions may subscribe: until INIT has ended.
    [[nodiscard]] bool open() const { return phase_ == Phase::open; }
    /// Somebody gets what is emitted, now or on subscribing. If not, nothing has to be made.
    [[nodiscard]] bool listening() const { return open() || !subscribers_.empty(); }
    void emit(model::TelemetryEvent event);

    enum class Subscribed { anew, already, too_many };
    /// While `open`. `name` is the extension's; a subscription is its for as long as the environment lives, resets included.
    Subscribed subscribe(model::TelemetryApi api, const std::string& name, model::TelemetrySubscription subscription);

    void begin_generation();
    /// The runtime and the extensions are there: nobody can subscribe any more, and who subscribed before a reset listens again.
    void end_init();
    /// The processes are gone. What was not delivered waits for those of the next generation.
    void end_generation();
    /// The environment is being ended: from now on nothing waits for a batch to fill.
    void flush();
    /// Something runs that `end` has to end.
    [[nodiscard]] bool sending() const { return senders_.size() > 0; }
    /// Ends all deliveries, and returns when nothing runs any more. What was not delivered is lost. Afterwards it may be destroyed.
    boost::asio::awaitable<void> end();

private:
    enum class Phase { closed, open };
    enum class Reach { reachable, gone };
    struct Subscriber {
        Subscriber(std::string extension, model::TelemetrySubscription the_subscription)
            : name(std::move(extension)), subscription(std::move(the_subscription)),
              buffer(subscription.buffering, model::TelemetryBounds{}) {}
        std::string name;
        model::TelemetrySubscription subscription;
        model::TelemetryBuffer buffer;
        Reach reach = Reach::reachable;
        std::uint64_t generation = 0; ///< in which the destination was named
        enum class Way { stale, current };
        Way way = Way::stale; ///< whether `channel` leads to the destination
        std::unique_ptr<TelemetryChannel> channel;
        std::uint64_t batches = 0;
        std::shared_ptr<io::OneShot<bool>> waker;
    };
    /// Whether an event is for it, and what it gets then.
    void offer(Subscriber& subscriber, const model::TelemetryEvent& event);
    void keep(model::TelemetryEvent event);
    void forget_backlog();
    void reach_again(Subscriber& subscriber);
    static void wake(Subscriber& subscriber);
    boost::asio::awaitable<void> serve(Subscriber& subscriber);
    boost::asio::awaitable<void> deliver(Subscriber& subscriber, model::TelemetryBatch batch);
    /// Returns at `until`, if given, or when there is news.
    boost::asio::awaitable<void> pause(Subscriber& subscriber, std::optional<Instant> until);
    boost::asio::awaitable<void> wait_until_reachable(Subscriber& subscriber);
    void add_drop_report(const Subscriber& subscriber, model::TelemetryBatch& batch) const;

    io::Clock& clock_;
    TelemetryChannels* channels_;
    std::string name_;
    Logger log_;
    io::TaskGroup senders_;
    std::list<Subscriber> subscribers_;
    std::deque<model::TelemetryEvent> backlog_; ///< of before the subscriptions
    std::size_t backlog_bytes_ = 0;             ///< at most
    std::array<model::TelemetryDrops, 3> backlog_drops_{}; ///< by stream
    Phase phase_ = Phase::closed;
    std::uint64_t generation_ = 0;
    bool flushing_ = false;
    Schemas schemas_ = Schemas::all;
};

} // namespace lambox::engine
