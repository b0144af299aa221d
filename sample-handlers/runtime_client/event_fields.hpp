#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Looks up members of an event that is a JSON object, as far as these handlers need it: top level only, no validation of the rest.
namespace runtime_client {

// Whole numbers only: 1.5 and 1e3 are not found.
std::optional<std::int64_t> number_field(std::string_view event, std::string_view name);
// Escapes are resolved to UTF-8.
std::optional<std::string> string_field(std::string_view event, std::string_view name);
std::optional<bool> bool_field(std::string_view event, std::string_view name);

// As above with a value for events that do not name it.
std::int64_t number_field_or(std::string_view event, std::string_view name, std::int64_t otherwise);
std::string string_field_or(std::string_view event, std::string_view name, std::string_view otherwise);

} // namespace runtime_client
