#include "style/source_file.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

namespace lambox::style {
namespace {

std::vector<std::string_view> split_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

bool is_word(char character) { return std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '_'; }

/// Blanks comments and the insides of literals of C++.
class Blanker {
public:
    explicit Blanker(std::string text) : text_(std::move(text)) {}

    std::string run() {
        while (at_ < text_.size()) {
            const std::string_view rest = std::string_view(text_).substr(at_);
            if (rest.starts_with("//"))
                blank_until(std::min(rest.find('\n'), rest.size()));
            else if (rest.starts_with("/*"))
                blank_until(rest.find("*/", 2) == std::string_view::npos ? rest.size() : rest.find("*/", 2) + 2);
            else if (rest.starts_with("R\"") && (at_ == 0 || !is_word(text_[at_ - 1])))
                raw_literal(rest);
            else if (rest.front() == '"')
                literal('"');
            else if (rest.front() == '\'' && !is_digit_separator())
                literal('\'');
            else
                ++at_;
        }
        return std::move(text_);
    }

private:
    /// In `1'000` the quote stands between two parts of a number.
    [[nodiscard]] bool is_digit_separator() const { return at_ > 0 && is_word(text_[at_ - 1]); }

    void blank_until(std::size_t length) {
        for (std::size_t i = 0; i < length; ++i, ++at_) {
            if (text_[at_] != '\n') text_[at_] = ' ';
        }
    }
    void raw_literal(std::string_view rest) {
        const std::size_t open = std::min(rest.find('('), rest.size());
        const std::string close = ")" + std::string(rest.substr(2, open - 2)) + "\"";
        const std::size_t end = rest.find(close, open);
        blank_until(end == std::string_view::npos ? rest.size() : end + close.size());
    }
    void literal(char quote) {
        std::size_t length = 1;
        while (at_ + length < text_.size() && text_[at_ + length] != quote && text_[at_ + length] != '\n') {
            length += text_[at_ + length] == '\\' ? 2 : 1;
        }
        ++at_;
        blank_until(std::min(length - 1, text_.size() - at_));
        if (at_ < text_.size()) ++at_;
    }

    std::string text_;
    std::size_t at_ = 0;
};

} // namespace

SourceFile::SourceFile(std::string path_from_root, std::string content)
    : path(std::move(path_from_root)), text(std::move(content)), code(is_cpp() ? Blanker(text).run() : std::string()),
      lines(split_lines(text)), code_lines(split_lines(code)) {}

std::size_t line_at(std::string_view text, std::size_t offset) {
    return 1 + static_cast<std::size_t>(
                   std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size())), '\n'));
}

std::string read_text(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

} // namespace lambox::style
