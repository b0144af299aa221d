#include "lambox/engine/runtime_delivery.hpp"

#include "lambox/model/function_error.hpp"

#include <utility>

namespace lambox::engine {
namespace {

TakenDelivery too_large() {
    return {RuntimeError{model::response_too_large_payload(), std::string(model::error_type::function_response_size_too_large)},
            RuntimeCallRefused{RuntimeRefusal::too_large, {}}};
}

} // namespace

bool response_mode_known(const RuntimeDelivery& delivery) {
    return delivery.response_mode.data() == nullptr || delivery.response_mode == "streaming";
}

TakenDelivery taken_response(RuntimeDelivery delivery) {
    if (!response_mode_known(delivery)) {
        return {RuntimeError{{}, std::string(model::error_type::runtime_invalid_response_mode)},
                RuntimeCallRefused{RuntimeRefusal::invalid_response_mode, {}}};
    }
    switch (delivery.body_state) {
    case DeliveredBody::complete:
        // A buffered caller has seen nothing yet, so it gets the error instead of the first half of a response.
        if (delivery.late_error) return {std::move(*delivery.late_error), RuntimeCallAccepted{}};
        return {std::move(delivery.body), RuntimeCallAccepted{}};
    case DeliveredBody::too_large: return too_large();
    case DeliveredBody::truncated: break;
    }
    return {RuntimeError{model::platform_error_payload(delivery.request_id, model::error_type::runtime_truncated_response,
                                                       "HTTP request detected as truncated"),
                         std::string(model::error_type::runtime_truncated_response)},
            RuntimeCallRefused{RuntimeRefusal::truncated, {}}};
}

TakenDelivery taken_error(RuntimeDelivery delivery) {
    if (delivery.body_state == DeliveredBody::too_large) return too_large();
    RuntimeError error{std::move(delivery.body), model::sanitise_error_type(delivery.error_type)};
    if (delivery.body_state == DeliveredBody::truncated) return {std::move(error), RuntimeCallRefused{RuntimeRefusal::truncated, {}}};
    return {std::move(error), RuntimeCallAccepted{}};
}

} // namespace lambox::engine
