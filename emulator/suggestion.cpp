#include "emulator/suggestion.hpp"

#include "lambox/base/log.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>
#include <vector>

namespace lambox::emulator {
namespace {

constexpr std::size_t shown_bytes_max = 64;
constexpr std::size_t shortened_chars_min = 3;

std::string bare_letters(std::string_view text) {
    std::string out;
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (character != '_' && character != '-') out += static_cast<char>(std::tolower(byte));
    }
    return out;
}

/// Edits are insertions, deletions, replacements and swaps of neighbours (a swap is the commonest slip).
std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> before_last;
    std::vector<std::size_t> last(right.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::vector<std::size_t> row(right.size() + 1);
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last = std::move(last);
        last = std::move(row);
    }
    return last.back();
}

} // namespace

std::optional<std::string_view> did_you_mean(std::string_view text, std::span<const std::string_view> candidates) {
    if (text.empty() || text.size() > shown_bytes_max) return std::nullopt;
    const std::string wanted = bare_letters(text);
    std::optional<std::string_view> best;
    std::size_t best_distance = 0;
    for (const auto candidate : candidates) {
        const std::string bare = bare_letters(candidate);
        const bool shortened = wanted.size() >= shortened_chars_min && bare.starts_with(wanted);
        const std::size_t distance = shortened ? std::min<std::size_t>(1, bare.size() - wanted.size()) : edit_distance(wanted, bare);
        if (distance > std::max(wanted.size(), bare.size()) / 3) continue;
        if (best && distance >= best_distance) continue;
        best = candidate;
        best_distance = distance;
    }
    return best;
}

std::string printable(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return escape_for_log(text);
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;
    return escape_for_log(text.substr(0, end)) + "…";
}

std::string in_ticks(std::string_view text) { return "`" + printable(text, shown_bytes_max) + "`"; }

} // namespace lambox::emulator
