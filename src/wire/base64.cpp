#include "lambox/wire/base64.hpp"

#include <array>
#include <cstdint>

namespace lambox::wire {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> reverse_alphabet() {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    return table;
}
constexpr auto reverse = reverse_alphabet();

} // namespace

std::string base64_encode(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4, '=');
    auto to = out.begin();
    const auto at = [&bytes](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(bytes[i]); };
    const auto put = [&to](std::uint32_t bits, int digits) {
        for (int shift = 18; digits > 0; --digits, shift -= 6)
            *to++ = alphabet[bits >> shift & 63U];
    };
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3)
        put(at(i) << 16 | at(i + 1) << 8 | at(i + 2), 4);
    switch (bytes.size() - i) {
    case 1: put(at(i) << 16, 2); break;
    case 2: put(at(i) << 16 | at(i + 1) << 8, 3); break;
    default: break;
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    int held = 0;
    for (const char character : text.substr(0, text.size() - padding)) {
        const auto value = reverse[static_cast<unsigned char>(character)];
        if (value < 0) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out += static_cast<char>(bits >> held & 255U);
        }
    }
    if ((bits & ((1U << held) - 1U)) != 0) return std::nullopt;
    return out;
}

} // namespace lambox::wire
