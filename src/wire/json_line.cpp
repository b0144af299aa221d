#include "lambox/wire/json_line.hpp"

#include <cstddef>

namespace lambox::wire {
namespace {

constexpr std::size_t depth_max = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::optional<JsonLine> line() {
        blanks();
        if (!next_is('{') || !object(0)) return std::nullopt;
        blanks();
        if (at_ != text_.size()) return std::nullopt;
        return found_;
    }

private:
    [[nodiscard]] bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
    bool take(char c) {
        if (!next_is(c)) return false;
        ++at_;
        return true;
    }
    void blanks() {
        while (next_is(' ') || next_is('\t') || next_is('\n') || next_is('\r'))
            ++at_;
    }

    bool object(std::size_t depth) {
        ++at_;
        blanks();
        if (take('}')) return true;
        do {
            blanks();
            const auto name = string();
            blanks();
            if (!name || !take(':')) return false;
            blanks();
            const std::size_t begin = at_;
            if (!value(depth + 1)) return false;
            if (depth == 0 && *name == "level" && text_[begin] == '"') found_.level = plain(text_.substr(begin + 1, at_ - begin - 2));
            blanks();
        } while (take(','));
        return take('}');
    }

    bool array(std::size_t depth) {
        ++at_;
        blanks();
        if (take(']')) return true;
        do {
            blanks();
            if (!value(depth + 1)) return false;
            blanks();
        } while (take(','));
        return take(']');
    }

    bool value(std::size_t depth) {
        if (depth > depth_max || at_ == text_.size()) return false;
        switch (text_[at_]) {
        case '{': return object(depth);
        case '[': return array(depth);
        case '"': return string().has_value();
        case 't': return word("true");
        case 'f': return word("false");
        case 'n': return word("null");
        default: return number();
        }
    }

    bool word(std::string_view expected) {
        if (text_.substr(at_, expected.size()) != expected) return false;
        at_ += expected.size();
        return true;
    }

    bool digits() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_digit(text_[at_]))
            ++at_;
        return at_ > begin;
    }

    bool number() {
        (void)take('-');
        if (!take('0') && !digits()) return false;
        if (take('.') && !digits()) return false;
        if (!take('e') && !take('E')) return true;
        if (!take('+')) (void)take('-');
        return digits();
    }

    /// What is between the quotes, escapes as written. Bytes above ASCII are not looked at: what is not UTF-8 is the reader's concern.
    std::optional<std::string_view> string() {
        if (!take('"')) return std::nullopt;
        const std::size_t begin = at_;
        for (; at_ < text_.size(); ++at_) {
            const auto byte = static_cast<unsigned char>(text_[at_]);
            if (byte == '"') return text_.substr(begin, at_++ - begin);
            if (byte < 0x20 || (byte == '\\' && !escape())) return std::nullopt;
        }
        return std::nullopt;
    }

    /// Leaves `at_` at the last character of the escape.
    bool escape() {
        if (++at_ == text_.size()) return false;
        if (text_[at_] != 'u') return std::string_view("\"\\/bfnrt").find(text_[at_]) != std::string_view::npos;
        for (int i = 0; i < 4; ++i) {
            if (++at_ == text_.size() || !is_hex(text_[at_])) return false;
        }
        return true;
    }

    static std::string_view plain(std::string_view text) { return text.find('\\') == std::string_view::npos ? text : std::string_view(); }

    std::string_view text_;
    std::size_t at_ = 0;
    JsonLine found_;
};

} // namespace

std::optional<JsonLine> parse_json_line(std::string_view line) { return Reader(line).line(); }

} // namespace lambox::wire
