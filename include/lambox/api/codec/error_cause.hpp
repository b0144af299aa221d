#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lambox::api::codec {

/// The body behind content type `application/vnd.aws.lambda.error.cause+json`: what of it goes to the caller
/// (errorMessage, errorType, stackTrace), as JSON; nothing when it cannot be parsed (behaviour §1.8).
[[nodiscard]] std::optional<std::string> error_without_cause(std::string_view body);

/// Whether `text` is one JSON value and nothing else.
[[nodiscard]] bool is_json(std::string_view text);

/// The parser's words about why `text` is not JSON; empty when it is.
[[nodiscard]] std::string json_complaint(std::string_view text);

} // namespace lambox::api::codec
