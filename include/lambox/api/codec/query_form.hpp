#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lambox::api::codec {

/// The parameters of AWS's Query protocol (`application/x-www-form-urlencoded`), by name.
using QueryForm = std::map<std::string, std::string, std::less<>>;

/// Nothing for a broken escape or more than `limits::form_fields_max` fields. Of a repeated name the first counts.
[[nodiscard]] std::optional<QueryForm> parse_query_form(std::string_view body);

/// `Tags.member.1.Key`, `Tags.member.1.Value`, …: by key. `list` is `Tags`.
[[nodiscard]] std::map<std::string, std::string> tags_in(const QueryForm& form, std::string_view list);

/// Everything but letters, digits and `-._~` as `%XX`.
[[nodiscard]] std::string percent_encode(std::string_view text);

} // namespace lambox::api::codec
