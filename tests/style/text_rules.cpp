#include "style/rules.hpp"

#include <algorithm>
#include <regex>

namespace lambox::style {
namespace {

/// Characters, not bytes: what a reader's window has to hold.
std::size_t characters(std::string_view line) {
    return static_cast<std::size_t>(
        std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_table_line(const SourceFile& file, std::string_view line) { return file.path.ends_with(".md") && line.starts_with('|'); }

} // namespace

void check_blanks(const SourceFile& file, Findings& findings) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string_view line = file.lines[i];
        if (line.find('\t') != std::string_view::npos) findings.push_back({file.path, i + 1, "a tab; indent with spaces"});
        if (line.ends_with('\r')) findings.push_back({file.path, i + 1, "a carriage return at the end of the line"});
        if (line.ends_with(' ')) findings.push_back({file.path, i + 1, "blanks at the end of the line"});
    }
    if (file.text.empty() || !file.text.ends_with('\n')) findings.push_back({file.path, file.lines.size(), "no newline at the end"});
    if (file.text.ends_with("\n\n")) findings.push_back({file.path, file.lines.size(), "an empty line at the end"});
}

void check_line_lengths(const SourceFile& file, Findings& findings) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::size_t length = characters(file.lines[i]);
        if (length <= line_characters_max || is_table_line(file, file.lines[i])) continue;
        findings.push_back({file.path, i + 1, std::to_string(length) + " characters; at most " + std::to_string(line_characters_max)});
    }
}

void check_file_length(const SourceFile& file, std::span<const Exception> longer, Findings& findings) {
    const std::size_t lines = file.lines.size();
    if (lines > file_lines_max)
        findings.push_back({file.path, 0, std::to_string(lines) + " lines; at most " + std::to_string(file_lines_max)});
    const bool excused = std::any_of(longer.begin(), longer.end(), [&file](const Exception& entry) { return entry.path == file.path; });
    if (lines <= file_lines_without_reason || lines > file_lines_max || excused) return;
    findings.push_back(
        {file.path, 0,
         std::to_string(lines) + " lines; more than " + std::to_string(file_lines_without_reason) + " need a reason in tidy_test"});
}

void check_banned_words(const SourceFile& file, Findings& findings) {
    // In pieces, so that this file may be checked too.
    static const std::regex unowned("\\bTO"
                                    "DO\\b(?!\\([a-z]+ #[0-9]+\\))");
    static const std::regex never("\\b(FIX"
                                  "ME|X"
                                  "XX|HA"
                                  "CK)\\b");
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string line(file.lines[i]);
        if (std::regex_search(line, unowned)) findings.push_back({file.path, i + 1, "a task without `(kind #issue)`"});
        if (std::regex_search(line, never)) findings.push_back({file.path, i + 1, "a banned word"});
    }
}

} // namespace lambox::style
