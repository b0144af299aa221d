#include "lambox/io/http_message.hpp"

#include "lambox/base/assert.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <ostream> // Boost.Beast names it without including it

namespace lambox::io {

namespace {

constexpr std::size_t first_bytes = 512; ///< as much as the head of most messages needs

struct Lengths {
    std::uint32_t name = 0;
    std::uint32_t value = 0;
};

Lengths lengths_at(const char* at) {
    Lengths lengths;
    std::memcpy(&lengths, at, sizeof lengths); // may lie anywhere
    return lengths;
}

} // namespace

HttpHeaders::Field HttpHeaders::Iterator::operator*() const {
    const Lengths lengths = lengths_at(at_);
    const char* const name = at_ + sizeof lengths;
    return {{name, lengths.name}, {name + lengths.name, lengths.value}};
}

HttpHeaders::Iterator& HttpHeaders::Iterator::operator++() {
    const Lengths lengths = lengths_at(at_);
    at_ += sizeof lengths + lengths.name + lengths.value;
    return *this;
}

HttpHeaders::Iterator HttpHeaders::Iterator::operator++(int) {
    const Iterator before = *this;
    ++*this;
    return before;
}

void HttpHeaders::add(std::string_view name, std::string_view value) {
    constexpr std::size_t bytes_max = std::numeric_limits<std::uint32_t>::max();
    LAMBOX_ASSERT(name.size() < bytes_max && value.size() < bytes_max);
    if (fields_.empty()) fields_.reserve(first_bytes);
    const Lengths lengths{static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())};
    fields_.append(reinterpret_cast<const char*>(&lengths), sizeof lengths).append(name).append(value);
}

std::optional<std::string_view> HttpHeaders::find(std::string_view name) const {
    for (const Field field : *this) {
        if (boost::beast::iequals(field.name, name)) return field.value;
    }
    return std::nullopt;
}

std::size_t HttpHeaders::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(begin(), end(), [name](const Field& field) { return boost::beast::iequals(field.name, name); }));
}

std::string_view http_reason(unsigned status) {
    const auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    return {text.data(), text.size()};
}

} // namespace lambox::io
