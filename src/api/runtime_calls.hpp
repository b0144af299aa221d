#pragma once

// What the Runtime API's calls have in common: how a delivery is taken out of HTTP, and how a result gets into it.

#include "lambox/engine/runtime_session.hpp"
#include "lambox/io/http_message.hpp"

#include <string_view>

namespace lambox::api {

/// Behaviour §1.4.
[[nodiscard]] io::HttpResponse refused(const engine::RuntimeCallRefused& call);
[[nodiscard]] io::HttpResponse answer_to(const engine::RuntimeCallResult& result);
/// Takes the body; the rest is views into `request`.
[[nodiscard]] engine::RuntimeDelivery delivery_of(io::HttpRequest& request, std::string_view request_id);
/// The same of an error object, whose cause is for X-Ray alone (behaviour §1.8).
[[nodiscard]] engine::RuntimeDelivery error_delivery(io::HttpRequest& request, std::string_view request_id);

} // namespace lambox::api
