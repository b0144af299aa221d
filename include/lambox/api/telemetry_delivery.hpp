#pragma once

#include "lambox/engine/telemetry_hub.hpp"
#include "lambox/io/clock.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace lambox::api {

/// Delivers telemetry to ports of this machine, over HTTP or TCP (behaviour §2.7).
class TelemetryDelivery final : public engine::TelemetryChannels {
public:
    TelemetryDelivery(boost::asio::any_io_executor executor, io::Clock& clock) : executor_(std::move(executor)), clock_(clock) {}
    [[nodiscard]] std::unique_ptr<engine::TelemetryChannel> open(const model::TelemetryDestination& destination) override;

private:
    boost::asio::any_io_executor executor_;
    io::Clock& clock_;
};

} // namespace lambox::api
