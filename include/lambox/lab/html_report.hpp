#pragma once

#include "lambox/lab/comparison_result.hpp"

#include <string>

namespace lambox::lab {

/// One self-contained page: no network, no other file; its content security policy forbids both and allows only the
/// page's own scripts and styles, by their hashes. The size does not grow with the number of samples. `result` must come
/// from `run`.
[[nodiscard]] std::string render_html(const ComparisonRun& run, const ComparisonResult& result);

} // namespace lambox::lab
