#pragma once

#include "lambox/engine/telemetry_hub.hpp"
#include "lambox/io/one_shot.hpp"

#include <list>
#include <memory>
#include <string>
#include <vector>

namespace lambox::fakes {

/// Subscribers that do what the test says, without sockets.
class FakeTelemetry final : public engine::TelemetryChannels {
public:
    enum class Mood { takes, refuses, stalls };
    struct Delivery {
        std::uint16_t port;
        std::string batch;
        std::vector<std::string> items;
    };

    [[nodiscard]] std::unique_ptr<engine::TelemetryChannel> open(const model::TelemetryDestination& destination) override {
        return std::make_unique<Channel>(*this, destination.port);
    }
    /// Those that stall go on, and take what they have.
    void release() {
        mood = Mood::takes;
        for (const auto& waiting : stalled_)
            waiting->set(true);
        stalled_.clear();
    }
    /// Everything that was taken, in order.
    [[nodiscard]] std::vector<std::string> items() const {
        std::vector<std::string> all;
        for (const auto& delivery : deliveries)
            all.insert(all.end(), delivery.items.begin(), delivery.items.end());
        return all;
    }

    Mood mood = Mood::takes;
    int attempts = 0;
    std::vector<Delivery> deliveries; ///< that were taken

private:
    class Channel final : public engine::TelemetryChannel {
    public:
        Channel(FakeTelemetry& owner, std::uint16_t port) : owner_(owner), port_(port) {}
        boost::asio::awaitable<Result<void>> send(const std::vector<std::string>& items, std::string_view batch) override {
            ++owner_.attempts;
            if (owner_.mood == Mood::refuses) co_return make_error(Errc::closed, "nobody listens");
            if (owner_.mood == Mood::stalls) {
                const auto waiting = owner_.stalled_.emplace_back(std::make_shared<io::OneShot<bool>>());
                co_await waiting->wait();
            }
            owner_.deliveries.push_back(Delivery{port_, std::string(batch), items});
            co_return Result<void>();
        }

    private:
        FakeTelemetry& owner_;
        std::uint16_t port_;
    };
    std::list<std::shared_ptr<io::OneShot<bool>>> stalled_;
};

inline model::TelemetrySubscription subscription_to(std::vector<model::TelemetryStream> types, std::uint16_t port = 4243,
                                                    model::TelemetryForm form = model::TelemetryForm::telemetry_2022_12_13) {
    model::TelemetrySubscription subscription;
    subscription.form = form;
    subscription.types = std::move(types);
    subscription.destination.port = port;
    return subscription;
}

} // namespace lambox::fakes
