#pragma once

#include "lambox/lab/comparison_result.hpp"

#include <string>

namespace lambox::lab {

enum class TextStyle {
    plain,
    terminal, ///< with ANSI colours
};

/// The comparison for a person at a terminal: the table, the statements, costs, break-evens and the circumstances.
/// Control characters in names are escaped.
[[nodiscard]] std::string render_text(const ComparisonResult& result, TextStyle style);

} // namespace lambox::lab
