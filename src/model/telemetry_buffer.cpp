#include "lambox/model/telemetry_buffer.hpp"

#include <utility>

namespace lambox::model {

void TelemetryBuffer::push(std::string item, Instant now) {
    if (empty()) oldest_ = now;
    if (items_.size() >= bounds_.items_max || bytes_ + item.size() > bounds_.bytes_max) {
        ++dropped_.records;
        dropped_.bytes += item.size();
        return;
    }
    bytes_ += item.size();
    items_.push_back(std::move(item));
}

void TelemetryBuffer::count_dropped(TelemetryDrops drops, Instant now) {
    if (empty()) oldest_ = now;
    dropped_.records += drops.records;
    dropped_.bytes += drops.bytes;
}

std::optional<Instant> TelemetryBuffer::due() const {
    if (empty()) return std::nullopt;
    if (flushing_ || items_.size() >= buffering_.items_max || bytes_ >= buffering_.bytes_max) return oldest_;
    return oldest_ + buffering_.timeout;
}

TelemetryBatch TelemetryBuffer::take(Instant now) {
    TelemetryBatch batch;
    std::size_t bytes = 0;
    while (!items_.empty() && batch.items.size() < buffering_.items_max) {
        if (!batch.items.empty() && bytes + items_.front().size() > buffering_.bytes_max) break;
        bytes += items_.front().size();
        batch.items.push_back(std::move(items_.front()));
        items_.pop_front();
    }
    bytes_ -= bytes;
    batch.dropped = std::exchange(dropped_, {});
    oldest_ = now; // what is left waits anew, unless it is enough for another batch already
    if (items_.empty()) flushing_ = false;
    return batch;
}

} // namespace lambox::model
