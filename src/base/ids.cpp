#include "lambox/base/ids.hpp"

#include "lambox/base/assert.hpp"

#include <sys/random.h>

#include <cctype>

namespace lambox {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

} // namespace

std::string RandomIds::hex(std::size_t digits) {
    std::string text;
    text.reserve(digits);
    while (text.size() < digits) {
        if (used_ == pool_.size()) {
            const auto got = getrandom(pool_.data(), pool_.size(), 0);
            LAMBOX_ASSERT(got == static_cast<ssize_t>(pool_.size())); // up to 256 bytes never come short, getrandom(2)
            used_ = 0;
        }
        const auto byte = pool_[used_++];
        text += hex_digits[byte >> 4];
        if (text.size() < digits) text += hex_digits[byte & 15];
    }
    return text;
}

std::string RandomIds::uuid() {
    const std::string digits = hex(32);
    std::string text;
    text.reserve(36);
    for (std::size_t at = 0; at < digits.size(); ++at) {
        if (at == 8 || at == 12 || at == 16 || at == 20) text += '-';
        text += digits[at];
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
