#pragma once

#include "lambox/lab/comparison_result.hpp"

#include <string>
#include <vector>

namespace lambox::lab {

enum class Align { left, right };

struct GridColumn {
    std::string title; ///< words may be parted by one line feed where a narrow table breaks them
    Align align;
};

/// A table before anybody decided how it looks. Every row has a cell per column; figures of emulated functions end in `*`.
struct Grid {
    std::vector<GridColumn> columns;
    std::vector<std::vector<std::string>> rows;
};

/// The article's table and more: the cold starts of all functions, then the warm ones. Without samples the figures are "-".
[[nodiscard]] Grid summary_grid(const ComparisonResult& result);
/// Cost per million requests: a row a function, a column a share of cold starts.
[[nodiscard]] Grid cost_grid(const ComparisonResult& result);
/// Mean, percentiles and maximum of everything measured; rows only for what has samples.
[[nodiscard]] Grid percentile_grid(const ComparisonResult& result);

} // namespace lambox::lab
