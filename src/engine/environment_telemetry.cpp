#include "lambox/engine/environment.hpp"
#include "lambox/engine/platform_log.hpp"

#include <utility>

namespace lambox::engine {

void Environment::log_line(std::string_view line) {
    const PlatformLog log{services_, *function_, workspace_};
    log_output(log, model::TelemetryStream::function, line, invocation_ ? invocation_->request_id.str() : std::string_view());
}

void Environment::tell_init_runtime_done(model::InvocationStatus status, std::string_view error_type) {
    if (std::exchange(init_runtime_done_told_, true)) return;
    const PlatformLog log{services_, *function_, workspace_};
    if (workspace_.telemetry.listening()) drain_output(); // what was printed before belongs before
    log_init_runtime_done(log, status, error_type, workspace_.init_phase);
}

void Environment::note_response(std::size_t bytes) {
    responded_ = services_.clock.now();
    response_began_ = link_->response_began();
    produced_bytes_ = bytes;
}

/// Spans: AWS's "platform.runtimeDone" (behaviour §2.8). All that is known of the runtime's part is known now.
void Environment::tell_runtime_done(model::InvocationStatus status, const std::string& error_type, Microseconds duration) {
    if (runtime_done_at_) return;
    runtime_done_at_ = handed_over_ + duration;
    const PlatformLog log{services_, *function_, workspace_};
    if (!workspace_.telemetry.listening() && !function_->config.logging.json()) return;
    drain_output(); // what was printed before belongs before
    model::PlatformRuntimeDone done;
    done.status = status;
    done.error_type = error_type;
    done.duration = duration;
    done.produced_bytes = produced_bytes_;
    if (responded_) {
        const Instant began = response_began_.value_or(*responded_);
        add_span(done, "responseLatency", handed_over_, began);
        add_span(done, "responseDuration", began, *responded_);
        add_span(done, "runtimeOverhead", *responded_, handed_over_ + duration);
    }
    log_runtime_done(log, *invocation_, std::move(done));
}

void Environment::add_span(model::PlatformRuntimeDone& done, std::string_view name, Instant from, Instant to) const {
    const auto ago = std::chrono::duration_cast<Microseconds>(services_.clock.now() - from);
    done.spans.push_back({name, services_.clock.wall_now() - ago, std::chrono::duration_cast<Microseconds>(to - from)});
}

/// Nothing without extensions, or when the runtime's end was the invocation's.
std::optional<model::TelemetrySpan> Environment::extension_span(Instant end) const {
    if (extensions_.empty() || !runtime_done_at_ || *runtime_done_at_ >= end) return std::nullopt;
    const auto ago = std::chrono::duration_cast<Microseconds>(services_.clock.now() - *runtime_done_at_);
    return model::TelemetrySpan{"extensionOverhead", services_.clock.wall_now() - ago,
                                std::chrono::duration_cast<Microseconds>(end - *runtime_done_at_)};
}

model::InvocationStatus Environment::answered_status() const {
    return error_.error_type.empty() ? model::InvocationStatus::success : model::InvocationStatus::error;
}

} // namespace lambox::engine
