#pragma once

#include "style/source_file.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The rules of the house that a machine can check. Each looks at one file and appends what it found; which files it is
/// meant for is its own affair.
namespace lambox::style {

/// A file that may break a rule, and why.
struct Exception {
    std::string_view path;
    std::string_view reason;
};

inline constexpr std::size_t file_lines_max = 600;
inline constexpr std::size_t file_lines_without_reason = 400;
inline constexpr std::size_t line_characters_max = 140;
inline constexpr std::size_t function_lines_max = 70;

// text_rules.cpp: any text file
void check_blanks(const SourceFile& file, Findings& findings);
void check_line_lengths(const SourceFile& file, Findings& findings);
void check_file_length(const SourceFile& file, std::span<const Exception> longer, Findings& findings);
void check_banned_words(const SourceFile& file, Findings& findings);

// floor_rules.cpp: what a file may include
void check_floors(const SourceFile& file, Findings& findings);
void check_foreign_headers(const SourceFile& file, Findings& findings);

// code_rules.cpp: C++ alone
void check_pragma_once(const SourceFile& file, Findings& findings);
void check_function_lengths(const SourceFile& file, Findings& findings);
void check_switches(const SourceFile& file, Findings& findings);
void check_coroutines(const SourceFile& file, Findings& findings);
void check_clocks(const SourceFile& file, std::span<const Exception> allowed, Findings& findings);
void check_macros(const SourceFile& file, Findings& findings);
void check_goal(const SourceFile& file, Findings& findings);

// project_rules.cpp: files against each other
/// `table` without its last newline must be what stands between the README's markers.
void check_option_table(const SourceFile& readme, std::string_view table, Findings& findings);
/// `source` is from the folder of `lists` (`model/era.cpp`).
void check_listed(const SourceFile& lists, std::string_view source, Findings& findings);
/// A public header has a body of its name, or a reason.
void check_counterpart(std::string_view header, std::span<const std::string> paths, std::span<const Exception> alone, Findings& findings);
/// Names of the constants of limits.hpp.
[[nodiscard]] std::vector<std::string> limit_names(const SourceFile& limits);
/// True if the code says `limits::name`.
[[nodiscard]] bool uses_limit(const SourceFile& file, std::string_view name);

} // namespace lambox::style
