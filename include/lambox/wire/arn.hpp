#pragma once

#include "lambox/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace lambox::wire {

/// What a caller named in the path of a Lambda API call (behaviour §7.1).
struct FunctionReference {
    std::optional<std::string> region;
    std::optional<std::string> account;
    std::string name;
    std::optional<std::string> qualifier;
};

/// Name, `name:qualifier`, `account:function:name[:q]` or a full ARN, already URL-decoded. Errors: constraint_broken.
[[nodiscard]] Result<FunctionReference> parse_function_reference(std::string_view text);

struct FunctionArnParts {
    std::string region;
    std::string account;
    std::string name;
    std::string qualifier; ///< empty = unqualified
};
[[nodiscard]] std::string format_function_arn(const FunctionArnParts& parts);

/// `%41` → `A`; nothing for a broken escape. `+` stays.
[[nodiscard]] std::optional<std::string> url_decode(std::string_view text);

} // namespace lambox::wire
