#pragma once

#include <string_view>

namespace lambox::wire {

/// True only for what is JSON (RFC 8259, in UTF-8), at memory speed for long strings. False does not say that it is none: rare
/// forms (numbers with an exponent, deep nesting, a byte order mark) are left to a whole parser.
[[nodiscard]] bool is_plainly_json(std::string_view text);

} // namespace lambox::wire
