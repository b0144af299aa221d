// Operations that AWS has and lambox does not; each is answered with an error that names it.

#include "api/control_api/operation.hpp"

#include <array>

namespace lambox::api::control {

std::span<const Operation> unsupported_operations() {
    static const std::array<Operation, 33> rows{{
        {"InvokeAsync", {"POST", "/2014-11-13/functions/{}/invoke-async"}},
        {"InvokeWithResponseStream", {"POST", "/2021-11-15/functions/{}/response-streaming-invocations"}},
        {"CreateCodeSigningConfig", {"POST", "/2020-04-22/code-signing-configs"}},
        {"ListCodeSigningConfigs", {"GET", "/2020-04-22/code-signing-configs"}},
        {"GetCodeSigningConfig", {"GET", "/2020-04-22/code-signing-configs/{}"}},
        {"UpdateCodeSigningConfig", {"PUT", "/2020-04-22/code-signing-configs/{}"}},
        {"DeleteCodeSigningConfig", {"DELETE", "/2020-04-22/code-signing-configs/{}"}},
        {"ListFunctionsByCodeSigningConfig", {"GET", "/2020-04-22/code-signing-configs/{}/functions"}},
        {"PutFunctionCodeSigningConfig", {"PUT", "/2020-06-30/functions/{}/code-signing-config"}},
        {"DeleteFunctionCodeSigningConfig", {"DELETE", "/2020-06-30/functions/{}/code-signing-config"}},
        {"CreateCapacityProvider", {"POST", "/2025-11-30/capacity-providers"}},
        {"ListCapacityProviders", {"GET", "/2025-11-30/capacity-providers"}},
        {"GetCapacityProvider", {"GET", "/2025-11-30/capacity-providers/{}"}},
        {"UpdateCapacityProvider", {"PUT", "/2025-11-30/capacity-providers/{}"}},
        {"DeleteCapacityProvider", {"DELETE", "/2025-11-30/capacity-providers/{}"}},
        {"ListFunctionVersionsByCapacityProvider", {"GET", "/2025-11-30/capacity-providers/{}/function-versions"}},
        {"PutFunctionScalingConfig", {"PUT", "/2025-11-30/functions/{}/function-scaling-config"}},
        {"GetFunctionScalingConfig", {"GET", "/2025-11-30/functions/{}/function-scaling-config"}},
        {"GetDurableExecution", {"GET", "/2025-12-01/durable-executions/{}"}},
        {"DeleteDurableExecution", {"DELETE", "/2025-12-01/durable-executions/{}"}},
        {"GetDurableExecutionHistory", {"GET", "/2025-12-01/durable-executions/{}/history"}},
        {"GetDurableExecutionState", {"GET", "/2025-12-01/durable-executions/{}/state"}},
        {"CheckpointDurableExecution", {"POST", "/2025-12-01/durable-executions/{}/checkpoint"}},
        {"PauseDurableExecution", {"POST", "/2025-12-01/durable-executions/{}/pause"}},
        {"ResumeDurableExecution", {"POST", "/2025-12-01/durable-executions/{}/resume"}},
        {"StopDurableExecution", {"POST", "/2025-12-01/durable-executions/{}/stop"}},
        {"ListDurableExecutionsByFunction", {"GET", "/2025-12-01/functions/{}/durable-executions"}},
        {"SendDurableExecutionCallbackSuccess", {"POST", "/2025-12-01/durable-execution-callbacks/{}/succeed"}},
        {"SendDurableExecutionCallbackFailure", {"POST", "/2025-12-01/durable-execution-callbacks/{}/fail"}},
        {"SendDurableExecutionCallbackHeartbeat", {"POST", "/2025-12-01/durable-execution-callbacks/{}/heartbeat"}},
        {"GetResourcePolicy", {"GET", "/2026-07-09/resource-policy/{}"}},
        {"PutResourcePolicy", {"PUT", "/2026-07-09/resource-policy/{}"}},
        {"DeleteResourcePolicy", {"DELETE", "/2026-07-09/resource-policy/{}"}},
    }};
    return rows;
}

} // namespace lambox::api::control
