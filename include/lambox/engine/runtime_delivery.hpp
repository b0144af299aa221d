#pragma once

#include "lambox/engine/runtime_session.hpp"

#include <string>
#include <variant>

namespace lambox::engine {

/// What a POST to `/response` or `/error` comes to: the caller's answer, and what the runtime is told.
struct TakenDelivery {
    std::variant<std::string, RuntimeError> answer; ///< a response, or an error
    RuntimeCallResult result;
};

/// Behaviour §1.6. A response that AWS does not take is an error for the caller.
[[nodiscard]] TakenDelivery taken_response(RuntimeDelivery delivery);
/// Behaviour §1.8.
[[nodiscard]] TakenDelivery taken_error(RuntimeDelivery delivery);
/// Whether the response's mode is one that there is.
[[nodiscard]] bool response_mode_known(const RuntimeDelivery& delivery);

} // namespace lambox::engine
