#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::style {

/// One file of the tree, with a copy in which comments and the insides of literals are blank, line by line and column
/// by column the same, so that rules about code do not stumble over words.
struct SourceFile {
    SourceFile(std::string path, std::string text);

    std::string path; ///< from the root of the tree, with `/`
    std::string text;
    std::string code;
    std::vector<std::string_view> lines; ///< of `text`, without the newline
    std::vector<std::string_view> code_lines;

    SourceFile(SourceFile&&) = delete; // the views point into the object
    SourceFile& operator=(SourceFile&&) = delete;

    [[nodiscard]] bool is_cpp() const { return path.ends_with(".cpp") || path.ends_with(".hpp"); }
    [[nodiscard]] bool is_under(std::string_view folder) const { return path.starts_with(folder); }
};

struct Finding {
    std::string path;
    std::size_t line = 0; ///< from one; zero = the file
    std::string message;
    [[nodiscard]] std::string str() const { return path + ":" + std::to_string(line) + ": " + message; }
};
using Findings = std::vector<Finding>;

/// Line of the text in which `offset` lies, from one.
[[nodiscard]] std::size_t line_at(std::string_view text, std::size_t offset);

[[nodiscard]] std::string read_text(const std::filesystem::path& path);

} // namespace lambox::style
