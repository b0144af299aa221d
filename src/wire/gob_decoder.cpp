#include "lambox/base/limits.hpp"
#include "lambox/wire/gob.hpp"

namespace lambox::wire {

bool GobDecoder::fail(Errc code, std::string_view what) {
    if (!error_) error_ = make_error(code, "gob: " + std::string(what));
    return false;
}

bool GobDecoder::expect_end() {
    if (error_) return false;
    return reader_.rest().empty() || fail(Errc::malformed, std::to_string(reader_.rest().size()) + " bytes follow the end of a value");
}

const GobType* GobDecoder::look_up(GobTypeId type) {
    if (error_) return nullptr;
    const auto* found = types_.find(type);
    if (found == nullptr) fail(Errc::malformed, "type id " + std::to_string(type) + " was never defined");
    return found;
}

std::optional<std::uint64_t> GobDecoder::take_uint() {
    if (error_) return std::nullopt;
    const auto value = reader_.take_uint();
    if (!value) fail(Errc::malformed, "a number is cut short or has no valid length");
    return value;
}

std::optional<std::string_view> GobDecoder::take_text() {
    if (error_) return std::nullopt;
    const auto text = reader_.take_text();
    if (!text) fail(Errc::malformed, "a string is longer than its message");
    return text;
}

std::optional<std::uint64_t> GobDecoder::take_count() {
    const auto count = take_uint();
    // Every value of every type takes at least one byte, so a larger count can only be a lie.
    if (count && *count > reader_.rest().size()) {
        fail(Errc::malformed, std::to_string(*count) + " elements are announced in " + std::to_string(reader_.rest().size()) + " bytes");
        return std::nullopt;
    }
    return count;
}

bool GobDecoder::enter() {
    if (depth_ == limits::gob_depth_max) {
        return fail(Errc::too_large, "values are nested deeper than " + std::to_string(limits::gob_depth_max));
    }
    ++depth_;
    return true;
}

bool GobDecoder::expect_scalar(GobTypeId type, GobScalar scalar) {
    const auto* found = look_up(type);
    if (found == nullptr) return false;
    const auto* actual = std::get_if<GobScalar>(found);
    if (actual != nullptr && *actual == scalar) return true;
    return fail(Errc::malformed, "type id " + std::to_string(type) + " is not the type expected");
}

bool GobDecoder::read_bool(GobTypeId type, bool& value) {
    if (!expect_scalar(type, GobScalar::boolean)) return false;
    const auto bits = take_uint();
    if (!bits) return false;
    value = *bits != 0;
    return true;
}

bool GobDecoder::read_uint(GobTypeId type, std::uint64_t& value) {
    if (!expect_scalar(type, GobScalar::unsigned_integer)) return false;
    const auto bits = take_uint();
    if (!bits) return false;
    value = *bits;
    return true;
}

bool GobDecoder::read_int(GobTypeId type, std::int64_t& value) {
    if (!expect_scalar(type, GobScalar::integer)) return false;
    const auto number = reader_.take_int();
    if (!number) return fail(Errc::malformed, "a number is cut short or has no valid length");
    value = *number;
    return true;
}

bool GobDecoder::read_bytes(GobTypeId type, std::string_view& value) {
    if (!expect_scalar(type, GobScalar::bytes)) return false;
    const auto text = take_text();
    if (!text) return false;
    value = *text;
    return true;
}

bool GobDecoder::read_string(GobTypeId type, std::string_view& value) {
    if (!expect_scalar(type, GobScalar::string)) return false;
    const auto text = take_text();
    if (!text) return false;
    value = *text;
    return true;
}

bool GobDecoder::read_string(GobTypeId type, std::string& value) {
    std::string_view text;
    if (!read_string(type, text)) return false;
    value.assign(text);
    return true;
}

const GobStruct* GobDecoder::enter_struct(GobTypeId type) {
    const auto* found = look_up(type);
    if (found == nullptr) return nullptr;
    const auto* definition = std::get_if<GobStruct>(found);
    if (definition == nullptr) fail(Errc::malformed, "type id " + std::to_string(type) + " is not a struct");
    else if (!enter()) return nullptr;
    return definition;
}

const GobSlice* GobDecoder::enter_slice(GobTypeId type) {
    const auto* found = look_up(type);
    if (found == nullptr) return nullptr;
    const auto* definition = std::get_if<GobSlice>(found);
    if (definition == nullptr) fail(Errc::malformed, "type id " + std::to_string(type) + " is not a slice");
    else if (!enter()) return nullptr;
    return definition;
}

const GobField* GobDecoder::next_field(const GobStruct& definition, std::size_t& next_index) {
    const auto delta = take_uint();
    if (!delta || *delta == 0) return nullptr;
    if (*delta > definition.fields.size() - next_index) {
        fail(Errc::malformed, "a struct has a field beyond the " + std::to_string(definition.fields.size()) + " of its type");
        return nullptr;
    }
    next_index += static_cast<std::size_t>(*delta);
    return &definition.fields[next_index - 1];
}

bool GobDecoder::skip(GobTypeId type) {
    const auto* found = look_up(type);
    if (found == nullptr) return false;
    if (const auto* scalar = std::get_if<GobScalar>(found)) return skip_scalar(*scalar);
    if (std::holds_alternative<GobOpaque>(*found)) return take_text().has_value();
    if (!enter()) return false;
    bool done = false;
    if (const auto* structure = std::get_if<GobStruct>(found)) done = skip_struct(*structure);
    else if (const auto* slice = std::get_if<GobSlice>(found)) done = skip_elements(slice->element);
    else if (const auto* array = std::get_if<GobArray>(found)) done = skip_elements(array->element);
    else if (const auto* map = std::get_if<GobMap>(found)) done = skip_map(*map);
    --depth_;
    return done;
}

bool GobDecoder::skip_scalar(GobScalar scalar) {
    switch (scalar) {
    case GobScalar::boolean:
    case GobScalar::integer:
    case GobScalar::unsigned_integer:
    case GobScalar::floating: return take_uint().has_value();
    case GobScalar::complex: return take_uint() && take_uint();
    case GobScalar::bytes:
    case GobScalar::string: return take_text().has_value();
    case GobScalar::interface: return skip_interface();
    }
    return false;
}

bool GobDecoder::skip_interface() {
    const auto name = take_text();
    if (!name) return false;
    if (name->empty()) return true; // a nil interface
    const auto id = reader_.take_int();
    // gob allows a definition in here, but no encoder of net/rpc's messages writes one.
    if (!id || *id <= 0) return fail(Errc::malformed, "an interface value does not begin with its type");
    return take_text().has_value();
}

bool GobDecoder::skip_struct(const GobStruct& definition) {
    std::size_t next_index = 0;
    while (const auto* field = next_field(definition, next_index)) {
        if (!skip(field->type)) return false;
    }
    return !error_;
}

bool GobDecoder::skip_elements(GobTypeId type) {
    const auto count = take_count();
    if (!count) return false;
    for (std::uint64_t i = 0; i < *count; ++i) {
        if (!skip(type)) return false;
    }
    return true;
}

bool GobDecoder::skip_map(const GobMap& definition) {
    const auto count = take_count();
    if (!count) return false;
    for (std::uint64_t i = 0; i < *count; ++i) {
        if (!skip(definition.key) || !skip(definition.element)) return false;
    }
    return true;
}

} // namespace lambox::wire
