#pragma once

#include "lambox/wire/gob.hpp"

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace lambox::test {

/// Any value along its type, as JSON; only fields that were sent.
inline bool read_any(const wire::GobTypeTable& types, wire::GobDecoder& decoder, wire::GobTypeId type, nlohmann::json& out) {
    const auto* definition = types.find(type);
    if (definition == nullptr) return decoder.skip(type);
    if (std::holds_alternative<wire::GobStruct>(*definition)) {
        out = nlohmann::json::object();
        return decoder.read_struct(
            type, [&](std::string_view name, wire::GobTypeId part) { return read_any(types, decoder, part, out[std::string(name)]); });
    }
    if (std::holds_alternative<wire::GobSlice>(*definition)) {
        out = nlohmann::json::array();
        return decoder.read_slice(type, [&](wire::GobTypeId element) { return read_any(types, decoder, element, out.emplace_back()); });
    }
    bool truth = false;
    std::int64_t integer = 0;
    std::uint64_t number = 0;
    std::string_view bytes;
    std::string text;
    bool read = false;
    if (type == wire::gob_bool_id && (read = decoder.read_bool(type, truth)))
        out = truth;
    else if (type == wire::gob_int_id && (read = decoder.read_int(type, integer)))
        out = integer;
    else if (type == wire::gob_uint_id && (read = decoder.read_uint(type, number)))
        out = number;
    else if (type == wire::gob_bytes_id && (read = decoder.read_bytes(type, bytes)))
        out = std::string(bytes);
    else if (type == wire::gob_string_id && (read = decoder.read_string(type, text)))
        out = text;
    else
        read = decoder.skip(type);
    return read;
}

/// One direction of a connection, read by the code under test.
struct Connection {
    wire::GobFramer framer;
    wire::GobTypeTable types;

    Result<std::vector<nlohmann::json>> decode(std::string_view bytes) {
        framer.append(bytes);
        std::vector<nlohmann::json> messages;
        for (;;) {
            const auto body = framer.next();
            if (body.has_error()) return body.error();
            if (!*body) return messages;
            wire::GobReader reader(**body);
            const auto id = reader.take_int();
            if (!id) return make_error(Errc::malformed, "no id");
            if (*id > 0) {
                wire::GobDecoder decoder(types, reader.rest());
                nlohmann::json value;
                if (!read_any(types, decoder, *id, value) || !decoder.expect_end()) return *decoder.error();
                messages.push_back({{"value_of_type", *id}, {"value", value}});
            } else {
                const auto defined = types.define(-*id, reader.rest());
                if (defined.has_error()) return defined.error();
                messages.push_back({{"typedef", -*id}, {"type", describe(-*id)}});
            }
        }
    }
    [[nodiscard]] nlohmann::json describe(wire::GobTypeId id) const {
        const auto* type = types.find(id);
        REQUIRE(type != nullptr);
        if (const auto* slice = std::get_if<wire::GobSlice>(type)) return {"slice", slice->element};
        const auto* structure = std::get_if<wire::GobStruct>(type);
        if (structure == nullptr) return nullptr; // no capture has another kind
        auto fields = nlohmann::json::array();
        for (const auto& field : structure->fields)
            fields.push_back({field.name, field.type});
        return {"struct", fields};
    }
};

inline std::string number(std::int64_t value) {
    std::string out;
    wire::append_gob_int(out, value);
    return out;
}
inline std::string message(const std::string& body) {
    std::string out;
    wire::append_gob_message(out, body);
    return out;
}
inline std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (const int value : values)
        out += static_cast<char>(value);
    return out;
}
/// A definition message of any kind: `wire_field` is its number in wireType, `parts` follows the common part.
inline std::string define(wire::GobTypeId id, int wire_field, const std::string& parts) {
    return message(number(-id) + bytes({wire_field + 1, 1, 2}) + number(id) + bytes({0}) + parts + bytes({0, 0}));
}
inline std::string define_array(wire::GobTypeId id, wire::GobTypeId element, int length) {
    return define(id, 0, bytes({1}) + number(element) + bytes({1}) + number(length));
}
inline std::string define_slice(wire::GobTypeId id, wire::GobTypeId element) { return define(id, 1, bytes({1}) + number(element)); }
inline std::string define_map(wire::GobTypeId id, wire::GobTypeId key, wire::GobTypeId element) {
    return define(id, 3, bytes({1}) + number(key) + bytes({1}) + number(element));
}
inline std::string define_struct(wire::GobTypeId id, const std::vector<wire::GobFieldSketch>& fields) {
    std::string out;
    wire::append_gob_struct_definition(out, id, "T", fields);
    return out;
}
inline Errc failure(std::string_view stream) {
    Connection connection;
    const auto decoded = connection.decode(stream);
    REQUIRE(decoded.has_error());
    CHECK(decoded.error().message.starts_with("gob: "));
    return decoded.error().code;
}

} // namespace lambox::test
