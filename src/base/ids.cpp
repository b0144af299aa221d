#include "lambox/base/ids.hpp"

#include "lambox/base/assert.hpp"

#include <sys/random.h>

#include <cctype>

namespace lambox {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

} // namespace

std::uint8_t RandomIds::byte() {
    if (used_ == pool_.size()) {
        const auto got = getrandom(pool_.data(), pool_.size(), 0);
        LAMBOX_ASSERT(got == static_cast<ssize_t>(pool_.size())); // up to 256 bytes never come short, getrandom(2)
        used_ = 0;
    }
    return pool_[used_++];
}

std::string RandomIds::hex(std::size_t digits) {
    std::string text(digits, '0');
    for (std::size_t at = 0; at < digits; at += 2) {
        const auto random = byte();
        text[at] = hex_digits[random >> 4];
        if (at + 1 < digits) text[at + 1] = hex_digits[random & 15];
    }
    return text;
}

std::string RandomIds::uuid() {
    std::string text(36, '-');
    for (std::size_t at = 0; at < text.size(); at += 2) {
        if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
        const auto random = byte();
        text[at] = hex_digits[random >> 4];
        text[at + 1] = hex_digits[random & 15];
    }
    text[14] = '4';
    text[19] = hex_digits[8 + (static_cast<unsigned char>(text[19]) & 3U)];
    return text;
}

bool is_uuid(const std::string& text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
    }
    return true;
}

} // namespace lambox
