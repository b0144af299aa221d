#pragma once

#include "lambox/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lambox::model {

/// A filter pattern of CloudWatch Logs for unstructured text. A message fits when it holds every plain term; without plain terms, when
/// it holds one of the `?` terms; and never when it holds a `-` term. Upper and lower case differ.
class LogFilter {
public:
    /// Terms stand apart by blanks; one with other characters than letters, digits and `_` may be in double quotes, where `\"` is a
    /// quote. Empty fits everything. Errors: invalid_argument for broken quotes; unsupported for JSON patterns (`{`), space-delimited
    /// ones (`[`) and regular expressions (`%`).
    [[nodiscard]] static Result<LogFilter> parse(std::string_view pattern);
    [[nodiscard]] bool fits(std::string_view message) const;

private:
    std::vector<std::string> all_;
    std::vector<std::string> any_;
    std::vector<std::string> none_;
};

} // namespace lambox::model
