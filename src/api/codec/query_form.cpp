#include "lambox/api/codec/query_form.hpp"

#include "lambox/base/limits.hpp"
#include "lambox/wire/arn.hpp"

#include <algorithm>

namespace lambox::api::codec {
namespace {

std::optional<std::string> decode(std::string_view text) {
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return wire::url_decode(spaced);
}

} // namespace

std::optional<QueryForm> parse_query_form(std::string_view body) {
    QueryForm form;
    while (!body.empty()) {
        const auto field = body.substr(0, body.find('&'));
        body.remove_prefix(std::min(field.size() + 1, body.size()));
        const auto equals = std::min(field.find('='), field.size());
        auto name = decode(field.substr(0, equals));
        auto value = decode(field.substr(std::min(equals + 1, field.size())));
        if (!name || !value || form.size() >= limits::form_fields_max) return std::nullopt;
        form.emplace(std::move(*name), std::move(*value));
    }
    return form;
}

std::map<std::string, std::string> tags_in(const QueryForm& form, std::string_view list) {
    std::map<std::string, std::string> tags;
    for (std::size_t i = 1; i <= limits::tags_max; ++i) {
        const std::string member = std::string(list) + ".member." + std::to_string(i);
        const auto key = form.find(member + ".Key");
        if (key == form.end()) break;
        const auto value = form.find(member + ".Value");
        tags[key->second] = value == form.end() ? std::string() : value->second;
    }
    return tags;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char character : text) {
        const bool letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
        if (letter || (character >= '0' && character <= '9') || std::string_view("-._~").find(character) != std::string_view::npos) {
            out += character;
            continue;
        }
        const auto byte = static_cast<unsigned char>(character);
        out += '%';
        out += "0123456789ABCDEF"[byte >> 4];
        out += "0123456789ABCDEF"[byte & 15];
    }
    return out;
}

} // namespace lambox::api::codec
