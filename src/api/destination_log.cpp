#include "lambox/api/destination_log.hpp"

#include "lambox/api/codec/error_cause.hpp"
#include "lambox/base/limits.hpp"
#include "lambox/engine/new_invocation.hpp"

#include <utility>

namespace lambox::api {
namespace {

constexpr std::size_t quoted_chars_max = 1024; ///< of a record in a log line

bool is_function(std::string_view arn) { return arn.starts_with("arn:") && arn.find(":lambda:") != std::string_view::npos; }

} // namespace

DestinationLog::DestinationLog(engine::Supervisor& supervisor, Resolve resolve, Logger log)
    : supervisor_(supervisor), resolve_(std::move(resolve)), log_(log.channel("destination")) {}

void DestinationLog::deliver(model::EventOutcome outcome) {
    const std::string target(model::destination_of(outcome));
    if (!target.empty()) {
        const bool json = outcome.response && codec::is_json(outcome.response->payload);
        send(outcome, target, model::destination_record(outcome, json ? model::PayloadSyntax::json : model::PayloadSyntax::other));
    }
    const std::string& queue = outcome.config.dead_letter_target;
    if (outcome.condition != model::EventCondition::success && !queue.empty()) send(outcome, queue, outcome.request_payload);
}

void DestinationLog::send(const model::EventOutcome& outcome, const std::string& target, std::string record) {
    const Logger log = log_.with("function", outcome.function_name).with("request", outcome.request_id.str());
    std::string why = "lambox delivers to Lambda functions only";
    if (is_function(target)) {
        const auto sent = invoke(outcome, target, record);
        if (sent) {
            log.info("record of condition " + std::string(model::to_string(outcome.condition)) + " given to " + escape_for_log(target));
            return;
        }
        why = sent.error().message;
    }
    log.warn("undelivered to " + escape_for_log(target) + " (" + escape_for_log(why) +
             "): " + escape_for_log(std::string_view(record).substr(0, quoted_chars_max)));
    Undelivered undelivered{target, std::move(record)};
    keep(std::move(undelivered));
}

Result<void> DestinationLog::invoke(const model::EventOutcome& outcome, const std::string& target, const std::string& record) {
    if (outcome.hops >= limits::destination_hops_max) return make_error(Errc::conflict, "a loop of destinations is cut here");
    auto function = resolve_(target);
    if (!function) return function.error();
    const auto& services = supervisor_.services();
    if (record.size() > services.settings.era.async_request_bytes_max())
        return make_error(Errc::too_large, "the record is larger than an event may be");
    engine::AsyncEvent event;
    event.function = function->revision;
    event.invocation = engine::new_invocation(services, function->invoked_arn, record);
    event.config = model::event_invoke_config(*function->state, function->revision->version, function->qualifier);
    event.hops = outcome.hops + 1;
    return supervisor_.enqueue(std::move(event));
}

void DestinationLog::keep(Undelivered undelivered) {
    bytes_ += undelivered.record.size();
    undelivered_.push_back(std::move(undelivered));
    while (undelivered_.size() > limits::undelivered_records_max || bytes_ > limits::undelivered_bytes_max) {
        bytes_ -= undelivered_.front().record.size();
        undelivered_.pop_front();
    }
}

void DestinationLog::clear() {
    undelivered_.clear();
    bytes_ = 0;
}

} // namespace lambox::api
