#pragma once

#include <optional>
#include <string_view>

namespace lambox::wire {

struct JsonLine {
    /// The outermost member `level`, if its value is a text without escapes; a view into the line. Else empty.
    std::string_view level;
};

/// Whether a line of a log, with or without its newline, is one JSON object (RFC 8259), and the level that it names. Nothing for anything
/// else, and for what is nested deeper than 128 levels.
[[nodiscard]] std::optional<JsonLine> parse_json_line(std::string_view line);

} // namespace lambox::wire
