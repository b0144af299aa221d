#pragma once

#include <string>
#include <string_view>

namespace lambox {

/// `text` as the inside of a JSON string, the way Go's encoder writes it, since that is what stands behind AWS's bodies: `<`, `>` and
/// `&` escaped too, and what is not UTF-8 replaced by U+FFFD, a byte at a time.
[[nodiscard]] std::string json_escape(std::string_view text);

} // namespace lambox
