#include "lambox/engine/new_invocation.hpp"

#include "lambox/wire/trace_header.hpp"

namespace lambox::engine {

model::Invocation new_invocation(const EngineServices& services, FunctionArn invoked_arn, std::string payload,
                                 std::string_view callers_trace, std::optional<RequestId> request_id) {
    model::Invocation invocation;
    invocation.request_id = request_id ? std::move(*request_id) : RequestId(services.ids.uuid());
    invocation.invoked_arn = std::move(invoked_arn);
    invocation.payload = std::move(payload);
    if (services.settings.era.invocation_id_header()) invocation.invocation_id = services.ids.uuid();
    wire::TraceDefaults trace;
    trace.epoch_seconds = static_cast<std::uint32_t>(std::chrono::floor<Seconds>(services.clock.wall_now().time_since_epoch()).count());
    trace.root_random = services.ids.hex(24);
    trace.parent_random = services.ids.hex(16);
    trace.lineage_random = services.ids.hex(8);
    invocation.trace_header = wire::complete_trace_header(callers_trace, trace);
    return invocation;
}

} // namespace lambox::engine
