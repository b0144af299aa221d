#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lambox::wire {

/// RFC 4648 §4, with padding.
[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Strict: padding required, no other characters, unused bits zero. Nothing on any violation.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

} // namespace lambox::wire
