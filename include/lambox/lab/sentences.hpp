#pragma once

#include "lambox/lab/comparison_result.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What a comparison says in words, the same in the table, the page and the JSON. Names come out as they went in:
/// whoever prints them escapes them.
namespace lambox::lab {

/// "b uses less memory than a in cold starts: 19.0 MB against 29.0 MB (52.63 %)".
[[nodiscard]] std::string sentence(const ComparisonResult& result, const Statement& statement);
/// "b is cheaper than a up to 2.64 % cold starts, a above".
[[nodiscard]] std::string sentence(const ComparisonResult& result, const BreakEven& even);

/// How the percentages and the costs are computed.
[[nodiscard]] std::string_view percentage_definition();
[[nodiscard]] std::string cost_definition(const ComparisonResult& result);

/// The footnote of the figures marked `*`; empty when nothing was emulated.
[[nodiscard]] std::string emulation_note(const ComparisonFacts& facts);

/// What the figures were measured under; `lines` is never empty.
struct Circumstance {
    std::string label;
    std::vector<std::string> lines;
    enum class Kind { plain, failure } kind = Kind::plain;
};
/// Era, prices, machine, size of the run, failures if there were any, conditions if there are any.
[[nodiscard]] std::vector<Circumstance> circumstances(const ComparisonResult& result);

} // namespace lambox::lab
