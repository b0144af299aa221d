#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What only the command line of a runtime interface emulator has.
namespace lambox::emulator {

/// The name under which lambox is AWS's runtime interface emulator, whatever stands behind it.
inline constexpr std::string_view rie_program_name = "aws-lambda-rie";

/// A command line of `lambox rie`, or of a program of that name, taken apart.
struct RieLine {
    std::vector<std::string> options; ///< for the parser: the program, `rie` and its options
    std::vector<std::string> command; ///< of the image, as it stands: everything from the first word on that is neither option nor value
};
/// Nothing when the line is of another command. `--` ends the options.
[[nodiscard]] std::optional<RieLine> rie_line(int argc, const char* const* argv);

struct ListenAddress {
    std::string host; ///< numeric
    std::uint16_t port = 0;
};
/// `ADDRESS:PORT`, `[ADDRESS]:PORT`, or `:PORT` for every address; `localhost` is 127.0.0.1.
[[nodiscard]] std::optional<ListenAddress> parse_address(std::string_view text);
[[nodiscard]] bool is_address(std::string_view text);
[[nodiscard]] bool is_function_name(std::string_view text);

/// Our level for one of AWS's tool, in letters of either case; nothing for other words.
[[nodiscard]] std::optional<std::string_view> emulator_log_level(std::string_view text);

} // namespace lambox::emulator
