#include "lambox/api/codec/error_cause.hpp"

#include "lambox/wire/json_check.hpp"

#include <nlohmann/json.hpp>

namespace lambox::api::codec {

std::optional<std::string> error_without_cause(std::string_view body) {
    const auto parsed = nlohmann::ordered_json::parse(body, nullptr, false);
    if (!parsed.is_object()) return std::nullopt;
    nlohmann::ordered_json kept = nlohmann::ordered_json::object();
    for (const char* member : {"errorMessage", "errorType", "stackTrace"}) {
        if (parsed.contains(member)) kept[member] = parsed[member];
    }
    return kept.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

bool is_json(std::string_view text) { return wire::is_plainly_json(text) || nlohmann::json::accept(text); }

std::string json_complaint(std::string_view text) {
    try {
        const auto parsed = nlohmann::json::parse(text);
        if (!parsed.is_discarded()) return {};
    } catch (const nlohmann::json::exception& error) {
        const std::string words = error.what();
        const auto end_of_tag = words.find("] ");
        return end_of_tag == std::string::npos ? words : words.substr(end_of_tag + 2);
    }
    return {};
}

} // namespace lambox::api::codec
