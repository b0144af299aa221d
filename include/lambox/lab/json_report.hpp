#pragma once

#include "lambox/lab/comparison_result.hpp"

#include <string>

namespace lambox::lab {

/// The comparison as one JSON document (README, `compare --json`), every sample included, each on its own line. Bytes of
/// names that are not UTF-8 become U+FFFD. `result` must come from `run`.
[[nodiscard]] std::string render_json(const ComparisonRun& run, const ComparisonResult& result);

} // namespace lambox::lab
