#include "lambox/engine/telemetry_hub.hpp"

#include "lambox/base/assert.hpp"
#include "lambox/base/limits.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace lambox::engine {
namespace {

/// The size of one form stands for that of all.
std::size_t bytes_of(const model::TelemetryEvent& event) {
    return model::telemetry_json(event, model::TelemetryForm::telemetry_2025_01_29).size();
}

/// No less than that. Every cold start has the first two events, and to write them takes longer than all else that is done with them,
/// while hardly one is ever asked for: they count as more than names, ARN and times come to.
std::size_t bytes_at_most(const model::TelemetryEvent& event) {
    constexpr std::size_t without_error_type = 2'048;
    constexpr std::size_t escaped_max = 6; // \u00xx
    if (std::holds_alternative<model::PlatformInitStart>(event.what)) return without_error_type;
    if (const auto* done = std::get_if<model::PlatformInitRuntimeDone>(&event.what))
        return without_error_type + escaped_max * done->error_type.size();
    return bytes_of(event);
}

} // namespace

TelemetryHub::TelemetryHub(const boost::asio::any_io_executor& executor, io::Clock& clock, TelemetryChannels* channels, std::string name,
                           Logger log)
    : clock_(clock), channels_(channels), name_(std::move(name)), log_(std::move(log)), senders_(executor, log_) {}

void TelemetryHub::emit(model::TelemetryEvent event) {
    if (!supported()) return;
    for (Subscriber& subscriber : subscribers_)
        offer(subscriber, event);
    if (open()) keep(std::move(event));
}

void TelemetryHub::offer(Subscriber& subscriber, const model::TelemetryEvent& event) {
    if (!model::wants(subscriber.subscription, model::stream_of(event))) return;
    std::string json = model::telemetry_json(event, subscriber.subscription.form);
    if (json.empty()) return;
    const auto before = subscriber.buffer.due();
    subscriber.buffer.push(std::move(json), clock_.now());
    if (flushing_) subscriber.buffer.flush();
    if (subscriber.buffer.due() != before) wake(subscriber);
}

void TelemetryHub::keep(model::TelemetryEvent event) {
    const std::size_t bytes = bytes_at_most(event);
    const bool room =
        backlog_.size() < limits::telemetry_backlog_events_max && backlog_bytes_ + bytes <= limits::telemetry_backlog_bytes_max;
    if (!room) {
        auto& drops = backlog_drops_[static_cast<std::size_t>(model::stream_of(event))];
        ++drops.records;
        drops.bytes += bytes_of(event);
        return;
    }
    backlog_bytes_ += bytes;
    backlog_.push_back(std::move(event));
}

void TelemetryHub::forget_backlog() {
    backlog_.clear();
    backlog_bytes_ = 0;
    backlog_drops_ = {};
}

TelemetryHub::Subscribed TelemetryHub::subscribe(model::TelemetryApi api, const std::string& name,
                                                 model::TelemetrySubscription subscription) {
    LAMBOX_ASSERT(supported() && open());
    const auto there = std::find_if(subscribers_.begin(), subscribers_.end(), [&](const auto& one) { return one.name == name; });
    const bool known = there != subscribers_.end();
    if (!known && subscribers_.size() == limits::telemetry_subscribers_max) return Subscribed::too_many;
    model::PlatformSubscription told{api, name, known ? "Already subscribed" : "Subscribed", subscription.types};
    if (known) {
        // Its listener of before the reset is gone; AWS's is at the same port again, here the machine may have given it another.
        if (there->generation != generation_) {
            there->subscription.destination = std::move(subscription.destination);
            there->generation = generation_;
            there->way = Subscriber::Way::stale;
        }
        reach_again(*there);
    } else {
        Subscriber& subscriber = subscribers_.emplace_back(name, std::move(subscription));
        subscriber.generation = generation_;
        for (const auto& kept : backlog_)
            offer(subscriber, kept);
        for (const auto stream : subscriber.subscription.types) {
            const auto& drops = backlog_drops_[static_cast<std::size_t>(stream)];
            if (drops.records > 0) subscriber.buffer.count_dropped(drops, clock_.now());
        }
        senders_.spawn(serve(subscriber));
    }
    emit(model::TelemetryEvent{clock_.wall_now(), std::move(told)});
    return known ? Subscribed::already : Subscribed::anew;
}

void TelemetryHub::begin_generation() {
    if (!supported()) return;
    ++generation_;
    flushing_ = false;
    phase_ = Phase::open;
}

void TelemetryHub::end_init() {
    phase_ = Phase::closed;
    forget_backlog();
    for (Subscriber& subscriber : subscribers_)
        reach_again(subscriber);
}

void TelemetryHub::end_generation() {
    for (Subscriber& subscriber : subscribers_)
        subscriber.reach = Reach::gone;
}

void TelemetryHub::flush() {
    flushing_ = true;
    for (Subscriber& subscriber : subscribers_) {
        if (subscriber.buffer.empty()) continue;
        subscriber.buffer.flush();
        wake(subscriber);
    }
}

boost::asio::awaitable<void> TelemetryHub::end() {
    phase_ = Phase::closed;
    senders_.cancel(io::CancelKind::terminal);
    co_await senders_.join();
    subscribers_.clear();
    forget_backlog();
}

void TelemetryHub::reach_again(Subscriber& subscriber) {
    if (std::exchange(subscriber.reach, Reach::reachable) == Reach::gone) wake(subscriber);
}

void TelemetryHub::wake(Subscriber& subscriber) {
    if (subscriber.waker) subscriber.waker->set(true);
}

boost::asio::awaitable<void> TelemetryHub::pause(Subscriber& subscriber, std::optional<Instant> until) {
    const auto waker = std::make_shared<io::OneShot<bool>>();
    subscriber.waker = waker;
    if (until)
        (void)co_await waker->wait_until(clock_, *until);
    else
        (void)co_await waker->wait();
    subscriber.waker.reset();
}

boost::asio::awaitable<void> TelemetryHub::wait_until_reachable(Subscriber& subscriber) {
    while (subscriber.reach == Reach::gone)
        co_await pause(subscriber, std::nullopt);
}

boost::asio::awaitable<void> TelemetryHub::serve(Subscriber& subscriber) {
    for (;;) { // until `end` cancels it
        co_await wait_until_reachable(subscriber);
        const auto due = subscriber.buffer.due();
        if (!due || *due > clock_.now()) {
            co_await pause(subscriber, due);
            continue;
        }
        auto batch = subscriber.buffer.take(clock_.now());
        co_await deliver(subscriber, std::move(batch));
    }
}

void TelemetryHub::add_drop_report(const Subscriber& subscriber, model::TelemetryBatch& batch) const {
    if (batch.dropped.records == 0) return;
    // For every subscription, whatever its types: who loses events has to be told.
    const model::PlatformLogsDropped report{batch.dropped.records, batch.dropped.bytes};
    batch.items.push_back(model::telemetry_json(model::TelemetryEvent{clock_.wall_now(), report}, subscriber.subscription.form));
}

boost::asio::awaitable<void> TelemetryHub::deliver(Subscriber& subscriber, model::TelemetryBatch batch) {
    model::TelemetryDrops lost{batch.dropped.records + batch.items.size(), batch.dropped.bytes};
    for (const auto& item : batch.items)
        lost.bytes += item.size();
    add_drop_report(subscriber, batch);
    const std::string batch_name = name_ + "/" + subscriber.name + "/" + std::to_string(++subscriber.batches);
    std::uint32_t attempts = 0;
    Milliseconds wait = limits::telemetry_retry_first;
    for (;;) {
        if (std::exchange(subscriber.way, Subscriber::Way::current) == Subscriber::Way::stale)
            subscriber.channel = channels_->open(subscriber.subscription.destination);
        const auto sent = co_await subscriber.channel->send(batch.items, batch_name);
        if (sent) co_return;
        if (subscriber.reach == Reach::gone) {
            // It ended with its generation; the next one gets the batch, with all attempts.
            co_await wait_until_reachable(subscriber);
            attempts = 0;
            wait = limits::telemetry_retry_first;
            continue;
        }
        if (++attempts == limits::telemetry_attempts_max) {
            log_.with("environment", name_)
                .warn("dropped " + std::to_string(lost.records) + " events that the extension " + subscriber.name +
                      " did not take: " + sent.error().message);
            break;
        }
        const Instant again = clock_.now() + wait;
        while (clock_.now() < again && subscriber.reach == Reach::reachable)
            co_await pause(subscriber, again);
        wait = std::min<Milliseconds>(wait * 2, limits::telemetry_retry_max);
    }
    subscriber.buffer.count_dropped(lost, clock_.now());
}

} // namespace lambox::engine
