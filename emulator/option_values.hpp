#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What the text of an option may be: constraints that can be checked and described, and the readers behind them.
namespace lambox::emulator {

enum class OptionType { text, path, integer, number, date, choice, url, json, key_value, toggle };
[[nodiscard]] std::string_view to_string(OptionType type);

struct AnyValue {};
struct IntegerRange {
    std::int64_t least;
    std::int64_t most;
};
struct NumberRange {
    double least;
    double most;
};
struct Choices {
    std::vector<std::string_view> values;
};
struct Shape {
    std::string description;
    bool (*matches)(std::string_view);
};
using Constraint = std::variant<AnyValue, IntegerRange, NumberRange, Choices, Shape>;

/// "0 to 65535", "auto, process"; empty when anything goes.
[[nodiscard]] std::string describe(const Constraint& constraint);
/// Why `value` is not allowed, with what is; nothing when it is fine. An empty value never is.
[[nodiscard]] std::optional<std::string> refusal(const Constraint& constraint, OptionType type, std::string_view value);

/// The whole-number or decimal value of `text`, nothing but it.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
/// 1, true, yes, on; 0, false, no, off.
[[nodiscard]] std::optional<bool> parse_toggle(std::string_view text);

struct Endpoint {
    std::string host;
    std::uint16_t port = 80;
};
/// `http://HOST[:PORT][/]`, HOST a name, an IPv4 address or an IPv6 address in brackets (kept without them).
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view url);

/// AWS bounds the header, which carries the text in base64: four characters for three bytes.
inline constexpr std::size_t client_context_text_bytes_max = 2'685;

[[nodiscard]] bool is_host(std::string_view text);
[[nodiscard]] bool is_runtime(std::string_view text);
[[nodiscard]] bool is_handler(std::string_view text);
[[nodiscard]] bool is_key_value(std::string_view text);
[[nodiscard]] bool is_endpoint(std::string_view text);
/// Texts with commas between, none of them empty, without blanks.
[[nodiscard]] bool is_name_list(std::string_view text);
/// `ID:SECRET`, several with commas between.
[[nodiscard]] bool is_credentials(std::string_view text);
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);
[[nodiscard]] bool is_qualifier(std::string_view text);
[[nodiscard]] bool is_client_context(std::string_view text);

} // namespace lambox::emulator
