#pragma once

#include "lambox/base/error.hpp"
#include "lambox/io/http_message.hpp"
#include "lambox/model/invocation.hpp"

#include <string_view>

namespace lambox::api {

/// The only table from our errors to what AWS's Lambda API answers: status, `x-amzn-ErrorType`, body (behaviour §7.2).
[[nodiscard]] io::HttpResponse error_response(const Error& error, std::string_view request_id);

/// 429 with its Reason.
[[nodiscard]] io::HttpResponse restore_failed_response(model::RestoreFailure failure, std::string_view request_id);
[[nodiscard]] io::HttpResponse throttled_response(model::ThrottleReason reason, std::string_view request_id);

} // namespace lambox::api
