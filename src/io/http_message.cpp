#include "lambox/io/http_message.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <ostream> // Boost.Beast names it without including it

namespace lambox::io {

const std::string* HttpHeaders::find(std::string_view name) const {
    for (const auto& field : fields_) {
        if (boost::beast::iequals(field.first, name)) return &field.second;
    }
    return nullptr;
}

std::size_t HttpHeaders::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(fields_.begin(), fields_.end(), [name](const auto& field) { return boost::beast::iequals(field.first, name); }));
}

std::string_view http_reason(unsigned status) {
    const auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    return {text.data(), text.size()};
}

} // namespace lambox::io
