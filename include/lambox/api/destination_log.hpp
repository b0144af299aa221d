#pragma once

#include "lambox/base/log.hpp"
#include "lambox/engine/async_queue.hpp"
#include "lambox/engine/function_registry.hpp"
#include "lambox/engine/supervisor.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace lambox::api {

/// Tells destinations how Event invocations ended (behaviour §7.4). A Lambda function gets the record as an Event invocation of its own;
/// for every other target the record is logged as undelivered and kept, the latest `limits::undelivered_records_max` of them.
class DestinationLog final : public engine::DestinationSink {
public:
    /// What an ARN of a function leads to.
    using Resolve = std::function<Result<engine::ResolvedFunction>(const std::string& arn)>;
    DestinationLog(engine::Supervisor& supervisor, Resolve resolve, Logger log);

    void deliver(model::EventOutcome outcome) override;

    struct Undelivered {
        std::string target; ///< ARN
        std::string record; ///< JSON; of a dead-letter queue the event itself
    };
    [[nodiscard]] const std::deque<Undelivered>& undelivered() const { return undelivered_; }
    void clear();

private:
    void send(const model::EventOutcome& outcome, const std::string& target, std::string record);
    [[nodiscard]] Result<void> invoke(const model::EventOutcome& outcome, const std::string& target, const std::string& record);
    void keep(Undelivered undelivered);

    engine::Supervisor& supervisor_;
    Resolve resolve_;
    Logger log_;
    std::deque<Undelivered> undelivered_;
    std::size_t bytes_ = 0;
};

} // namespace lambox::api
