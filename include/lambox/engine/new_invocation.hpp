#pragma once

#include "lambox/engine/environment.hpp"
#include "lambox/model/invocation.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace lambox::engine {

/// An invocation with a request id (new, unless the caller has chosen one), a trace header (the caller's, completed) and, in eras that
/// have it, an invocation id.
[[nodiscard]] model::Invocation new_invocation(const EngineServices& services, FunctionArn invoked_arn, std::string payload,
                                               std::string_view callers_trace = {}, std::optional<RequestId> request_id = {});

} // namespace lambox::engine
