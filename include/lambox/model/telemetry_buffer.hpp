#pragma once

#include "lambox/base/limits.hpp"
#include "lambox/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace lambox::model {

/// When a batch is sent: as soon as any of the three is reached (behaviour §2.6, §2.7).
struct TelemetryBuffering {
    std::size_t items_max = 10'000;
    std::size_t bytes_max = 262'144;
    Milliseconds timeout{1'000};
};

/// What a buffer may hold; more is dropped and counted.
struct TelemetryBounds {
    std::size_t items_max = limits::telemetry_queue_items_max;
    std::size_t bytes_max = limits::telemetry_queue_bytes_max;
};

struct TelemetryDrops {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
};

struct TelemetryBatch {
    std::vector<std::string> items;
    TelemetryDrops dropped; ///< since the batch before; to be reported with this one
};

/// The events of one subscriber that wait to be sent, oldest first. Everything that goes in comes out in a batch or is counted as dropped.
class TelemetryBuffer {
public:
    TelemetryBuffer(TelemetryBuffering buffering, TelemetryBounds bounds) : buffering_(buffering), bounds_(bounds) {}

    /// Takes an event, or drops it when there is no room.
    void push(std::string item, Instant now);
    /// Events that were lost before they came here, or in a batch that nobody took.
    void count_dropped(TelemetryDrops drops, Instant now);
    /// When the next batch is to be sent: a time that may be past, or nothing while there is nothing to send.
    [[nodiscard]] std::optional<Instant> due() const;
    /// Everything there is is due now, whatever the buffering says.
    void flush() { flushing_ = true; }
    /// The next batch: at most `items_max` events, and `bytes_max` bytes unless its only event has more.
    [[nodiscard]] TelemetryBatch take(Instant now);
    [[nodiscard]] bool empty() const { return items_.empty() && dropped_.records == 0; }

private:
    TelemetryBuffering buffering_;
    TelemetryBounds bounds_;
    std::deque<std::string> items_;
    std::size_t bytes_ = 0;
    TelemetryDrops dropped_;
    Instant oldest_{}; ///< since when something waits
    bool flushing_ = false;
};

} // namespace lambox::model
