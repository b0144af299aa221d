#include "lambox/wire/json_check.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lambox::wire {
namespace {

constexpr std::size_t depth_max = 512;
constexpr std::size_t digits_max = 300; ///< whatever is written with so many digits fits into a double

constexpr std::uint64_t in_every_byte(std::uint64_t byte) { return byte * 0x0101010101010101U; }

constexpr std::uint64_t zero_bytes(std::uint64_t word) { return (word - in_every_byte(0x01)) & ~word & in_every_byte(0x80); }

/// Whether eight bytes of a string are all plain: ASCII, no quote, no backslash, no control character.
bool all_plain(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    const std::uint64_t quotes = zero_bytes(word ^ in_every_byte('"'));
    const std::uint64_t backslashes = zero_bytes(word ^ in_every_byte('\\'));
    const std::uint64_t controls = (word - in_every_byte(0x20)) & ~word & in_every_byte(0x80);
    return ((word & in_every_byte(0x80)) | quotes | backslashes | controls) == 0;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

enum class Container : std::uint8_t { array, object };

class Scanner {
public:
    explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    bool document() {
        for (;;) {
            if (!value()) return false;
            // A container was opened and holds something: its first value is next.
            if (opened_) continue;
            while (depth_ > 0 && closes())
                --depth_;
            skip_blanks();
            if (depth_ == 0) return at_ == end_;
            if (!take(',')) return false;
            if (within_[depth_ - 1] == Container::object && !name()) return false;
        }
    }

private:
    [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

    void skip_blanks() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
            ++at_;
    }

    bool take(char c) {
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }

    /// The end of the innermost container, if it is next.
    bool closes() {
        skip_blanks();
        return take(within_[depth_ - 1] == Container::object ? '}' : ']');
    }

    bool value() {
        opened_ = false;
        skip_blanks();
        if (at_ == end_) return false;
        switch (*at_) {
        case '{': return open(Container::object);
        case '[': return open(Container::array);
        case '"': return string();
        case 't': return word("true");
        case 'f': return word("false");
        case 'n': return word("null");
        default: return number();
        }
    }

    bool open(Container container) {
        if (depth_ == depth_max) return false;
        ++at_;
        within_[depth_++] = container;
        if (closes()) {
            --depth_;
            return true;
        }
        opened_ = true;
        return container == Container::array || name();
    }

    bool name() {
        skip_blanks();
        if (at_ == end_ || *at_ != '"' || !string()) return false;
        skip_blanks();
        return take(':');
    }

    bool word(std::string_view expected) {
        if (left() < expected.size() || std::memcmp(at_, expected.data(), expected.size()) != 0) return false;
        at_ += expected.size();
        return true;
    }

    bool digits() {
        const char* begin = at_;
        while (at_ != end_ && is_digit(*at_))
            ++at_;
        return at_ != begin && static_cast<std::size_t>(at_ - begin) <= digits_max;
    }

    bool number() {
        take('-');
        // Nothing may follow a leading zero but a fraction; what does is then no comma and no end.
        if (!take('0') && !digits()) return false;
        return !take('.') || digits();
    }

    bool string() {
        ++at_;
        for (;;) {
            while (left() >= sizeof(std::uint64_t) && all_plain(at_))
                at_ += sizeof(std::uint64_t);
            if (at_ == end_) return false;
            const auto byte = static_cast<unsigned char>(*at_);
            if (byte == '"') {
                ++at_;
                return true;
            }
            if (byte < 0x20) return false;
            if (byte == '\\') {
                if (!escape()) return false;
            } else if (byte >= 0x80) {
                if (!multibyte()) return false;
            } else {
                ++at_;
            }
        }
    }

    bool escape() {
        if (left() < 2) return false;
        const char kind = at_[1];
        at_ += 2;
        // Surrogates have to come in pairs, which a whole parser may check.
        if (kind == 'u') return left() >= 4 && is_hex(at_[0]) && is_hex(at_[1]) && is_hex(at_[2]) && is_hex(at_[3]) && !surrogate();
        return std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
    }

    [[nodiscard]] bool surrogate() const { return (at_[0] == 'd' || at_[0] == 'D') && at_[1] >= '8'; }

    /// One character of UTF-8 that is more than a byte (Unicode 15, table 3-7).
    bool multibyte() {
        const auto first = static_cast<unsigned char>(*at_);
        unsigned char low = 0x80;
        unsigned char high = 0xBF;
        std::size_t more = 0;
        if (first >= 0xC2 && first <= 0xDF)
            more = 1;
        else if (first >= 0xE0 && first <= 0xEF)
            more = 2;
        else if (first >= 0xF0 && first <= 0xF4)
            more = 3;
        else
            return false;
        if (first == 0xE0) low = 0xA0;
        if (first == 0xED) high = 0x9F;
        if (first == 0xF0) low = 0x90;
        if (first == 0xF4) high = 0x8F;
        if (left() <= more) return false;
        for (++at_; more > 0; --more, ++at_) {
            const auto next = static_cast<unsigned char>(*at_);
            if (next < low || next > high) return false;
            low = 0x80;
            high = 0xBF;
        }
        return true;
    }

    const char* at_;
    const char* end_;
    std::array<Container, depth_max> within_{};
    std::size_t depth_ = 0;
    bool opened_ = false;
};

} // namespace

bool is_plainly_json(std::string_view text) { return Scanner(text).document(); }

} // namespace lambox::wire
