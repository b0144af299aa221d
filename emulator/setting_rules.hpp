#pragma once

#include <string>
#include <string_view>

/// Shapes of settings that both the command line and lambox.yaml accept, with the words that describe them.
namespace lambox::emulator {

inline constexpr std::string_view region_shape = "an AWS region such as us-east-1";
inline constexpr std::string_view account_shape = "12 digits";
inline constexpr std::string_view era_shape = "a date as YYYY-MM-DD, 2014-11-13 or later";

/// The shape only: AWS opens regions faster than lambox is released.
[[nodiscard]] bool is_region(std::string_view text);
[[nodiscard]] bool is_account(std::string_view text);
[[nodiscard]] bool is_era(std::string_view text);

/// A function name made from the file's: `build/my hello.zip` → `my-hello`.
[[nodiscard]] std::string function_name(const std::string& path);

} // namespace lambox::emulator
