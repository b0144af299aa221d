#include "lambox/base/limits.hpp"
#include "lambox/wire/gob.hpp"

#include <array>

namespace lambox::wire {
namespace {

// gob describes definitions with gob's own types; these ids are fixed by encoding/gob.
constexpr GobTypeId floating_id = 4;
constexpr GobTypeId complex_id = 7;
constexpr GobTypeId interface_id = 8;
constexpr GobTypeId wire_type_id = 16;
constexpr GobTypeId array_type_id = 17;
constexpr GobTypeId common_type_id = 18;
constexpr GobTypeId slice_type_id = 19;
constexpr GobTypeId struct_type_id = 20;
constexpr GobTypeId field_type_id = 21;
constexpr GobTypeId fields_id = 22;
constexpr GobTypeId map_type_id = 23;
constexpr GobTypeId encoder_type_id = 24; // never on the wire by number, so any free one will do

constexpr std::array wire_type_fields{
    GobFieldSketch{"ArrayT", array_type_id},        GobFieldSketch{"SliceT", slice_type_id},
    GobFieldSketch{"StructT", struct_type_id},      GobFieldSketch{"MapT", map_type_id},
    GobFieldSketch{"GobEncoderT", encoder_type_id}, GobFieldSketch{"BinaryMarshalerT", encoder_type_id},
    GobFieldSketch{"TextMarshalerT", encoder_type_id},
};
constexpr std::array common_type_fields{GobFieldSketch{"Name", gob_string_id}, GobFieldSketch{"Id", gob_int_id}};
constexpr std::array array_type_fields{GobFieldSketch{"CommonType", common_type_id}, GobFieldSketch{"Elem", gob_int_id},
                                       GobFieldSketch{"Len", gob_int_id}};
constexpr std::array slice_type_fields{GobFieldSketch{"CommonType", common_type_id}, GobFieldSketch{"Elem", gob_int_id}};
constexpr std::array struct_type_fields{GobFieldSketch{"CommonType", common_type_id}, GobFieldSketch{"Field", fields_id}};
constexpr std::array field_type_fields{GobFieldSketch{"Name", gob_string_id}, GobFieldSketch{"Id", gob_int_id}};
constexpr std::array map_type_fields{GobFieldSketch{"CommonType", common_type_id}, GobFieldSketch{"Key", gob_int_id},
                                     GobFieldSketch{"Elem", gob_int_id}};
constexpr std::array encoder_type_fields{GobFieldSketch{"CommonType", common_type_id}};

bool read_field(GobDecoder& decoder, GobTypeId type, GobField& field) {
    return decoder.read_struct(type, [&](std::string_view name, GobTypeId part) {
        if (name == "Name") return decoder.read_string(part, field.name);
        return decoder.read_int(part, field.type);
    });
}

bool read_struct_type(GobDecoder& decoder, GobTypeId type, GobStruct& result) {
    return decoder.read_struct(type, [&](std::string_view name, GobTypeId part) {
        if (name != "Field") return decoder.skip(part);
        return decoder.read_slice(part, [&](GobTypeId element) {
            if (result.fields.size() == gob_struct_fields_max) return decoder.fail(Errc::too_large, "a struct type has too many fields");
            return read_field(decoder, element, result.fields.emplace_back());
        });
    });
}

/// Array, slice and map types: numbers beside the common part.
bool read_numbers(GobDecoder& decoder, GobTypeId type, GobMap& key_and_element, std::int64_t& length) {
    return decoder.read_struct(type, [&](std::string_view name, GobTypeId part) {
        if (name == "Key") return decoder.read_int(part, key_and_element.key);
        if (name == "Elem") return decoder.read_int(part, key_and_element.element);
        if (name == "Len") return decoder.read_int(part, length);
        return decoder.skip(part);
    });
}

bool read_kind(GobDecoder& decoder, std::string_view kind, GobTypeId type, GobType& result) {
    if (kind == "StructT") return read_struct_type(decoder, type, result.emplace<GobStruct>());
    if (kind != "ArrayT" && kind != "SliceT" && kind != "MapT") {
        result = GobOpaque{};
        return decoder.skip(type);
    }
    GobMap parts;
    std::int64_t length = 0;
    if (!read_numbers(decoder, type, parts, length)) return false;
    if (kind == "ArrayT") result = GobArray{parts.element, length};
    else if (kind == "SliceT") result = GobSlice{parts.element};
    else result = parts;
    return true;
}

} // namespace

GobTypeTable::GobTypeTable() {
    types_ = {{gob_bool_id, GobScalar::boolean},          {gob_int_id, GobScalar::integer},   {gob_uint_id, GobScalar::unsigned_integer},
              {floating_id, GobScalar::floating},         {gob_bytes_id, GobScalar::bytes},   {gob_string_id, GobScalar::string},
              {complex_id, GobScalar::complex},           {interface_id, GobScalar::interface}, {fields_id, GobSlice{field_type_id}}};
    add_struct(wire_type_id, wire_type_fields);
    add_struct(array_type_id, array_type_fields);
    add_struct(common_type_id, common_type_fields);
    add_struct(slice_type_id, slice_type_fields);
    add_struct(struct_type_id, struct_type_fields);
    add_struct(field_type_id, field_type_fields);
    add_struct(map_type_id, map_type_fields);
    add_struct(encoder_type_id, encoder_type_fields);
}

void GobTypeTable::add_struct(GobTypeId id, std::span<const GobFieldSketch> fields) {
    GobStruct definition;
    for (const auto& field : fields) definition.fields.push_back(GobField{std::string(field.name), field.type});
    types_.emplace(id, std::move(definition));
}

Result<void> GobTypeTable::define(GobTypeId id, std::string_view content) {
    const auto number = std::to_string(id);
    if (id < gob_first_user_id) return make_error(Errc::malformed, "gob: type id " + number + " is reserved and cannot be defined");
    if (types_.contains(id)) return make_error(Errc::malformed, "gob: type id " + number + " is defined twice");
    if (user_types_ == limits::gob_types_max) {
        return make_error(Errc::too_large, "gob: more than " + std::to_string(limits::gob_types_max) + " types are defined");
    }
    if (content.size() > gob_definition_bytes_max) {
        return make_error(Errc::too_large, "gob: the definition of type id " + number + " is over the limit of " +
                                               std::to_string(gob_definition_bytes_max) + " bytes");
    }
    GobDecoder decoder(*this, content);
    GobType type;
    std::size_t kinds = 0;
    const auto read = decoder.read_struct(wire_type_id, [&](std::string_view kind, GobTypeId part) {
        ++kinds;
        return read_kind(decoder, kind, part, type);
    });
    if (!read || !decoder.expect_end()) return *decoder.error();
    if (kinds != 1) return make_error(Errc::malformed, "gob: the definition of type id " + number + " is not of exactly one kind");
    types_.emplace(id, std::move(type));
    ++user_types_;
    return {};
}

const GobType* GobTypeTable::find(GobTypeId id) const {
    const auto found = types_.find(id);
    return found == types_.end() ? nullptr : &found->second;
}

} // namespace lambox::wire
