#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lambox::emulator {

/// The candidate that `text` was probably meant to be: equal but for case and separators, one that it
/// begins, or the nearest within a third of its length in edits. Nothing for texts of more than 64 characters.
[[nodiscard]] std::optional<std::string_view> did_you_mean(std::string_view text, std::span<const std::string_view> candidates);

/// `text` for an error message: cut to `bytes_max` bytes on a character's edge, then control characters escaped.
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max);
/// At most 64 bytes of `text`, printable, between backquotes.
[[nodiscard]] std::string in_ticks(std::string_view text);

} // namespace lambox::emulator
