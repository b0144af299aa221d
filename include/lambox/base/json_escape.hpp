#pragma once

#include <string>
#include <string_view>

namespace lambox {

/// `text` as the inside of a JSON string, the way Go's encoder writes it, since that is what stands behind AWS's bodies: `<`, `>` and
/// `&` escaped too, and each byte that is not part of UTF-8 written as `\ufffd`.
[[nodiscard]] std::string json_escape(std::string_view text);

} // namespace lambox
