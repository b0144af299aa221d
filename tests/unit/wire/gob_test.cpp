// Goal: the gob reader and writer agree with Go's, and foreign bytes can neither crash them nor make them grow.
// Method: captured vectors, a second reader, hand-made definitions of every kind, and each bound just reached and just passed.
#include "lambox/wire/gob.hpp"

#include "lambox/base/limits.hpp"
#include "unit/wire/gob_vectors.hpp"
#include "unit/wire/tiny_gob.hpp"

#include <array>
#include <limits>

using namespace lambox;
using namespace lambox::wire;
using nlohmann::json;

namespace {

/// Any value along its type, as JSON; only fields that were sent.
bool read_any(const GobTypeTable& types, GobDecoder& decoder, GobTypeId type, json& out) {
    const auto* definition = types.find(type);
    if (definition == nullptr) return decoder.skip(type);
    if (std::holds_alternative<GobStruct>(*definition)) {
        out = json::object();
        return decoder.read_struct(type, [&](std::string_view name, GobTypeId part) {
            return read_any(types, decoder, part, out[std::string(name)]);
        });
    }
    if (std::holds_alternative<GobSlice>(*definition)) {
        out = json::array();
        return decoder.read_slice(type, [&](GobTypeId element) { return read_any(types, decoder, element, out.emplace_back()); });
    }
    bool truth = false;
    std::int64_t integer = 0;
    std::uint64_t number = 0;
    std::string_view bytes;
    std::string text;
    bool read = false;
    if (type == gob_bool_id && (read = decoder.read_bool(type, truth))) out = truth;
    else if (type == gob_int_id && (read = decoder.read_int(type, integer))) out = integer;
    else if (type == gob_uint_id && (read = decoder.read_uint(type, number))) out = number;
    else if (type == gob_bytes_id && (read = decoder.read_bytes(type, bytes))) out = std::string(bytes);
    else if (type == gob_string_id && (read = decoder.read_string(type, text))) out = text;
    else read = decoder.skip(type);
    return read;
}

/// One direction of a connection, read by the code under test.
struct Connection {
    GobFramer framer;
    GobTypeTable types;

    Result<std::vector<json>> decode(std::string_view bytes) {
        framer.append(bytes);
        std::vector<json> messages;
        for (;;) {
            const auto body = framer.next();
            if (body.has_error()) return body.error();
            if (!*body) return messages;
            GobReader reader(**body);
            const auto id = reader.take_int();
            if (!id) return make_error(Errc::malformed, "no id");
            if (*id > 0) {
                GobDecoder decoder(types, reader.rest());
                json value;
                if (!read_any(types, decoder, *id, value) || !decoder.expect_end()) return *decoder.error();
                messages.push_back({{"value_of_type", *id}, {"value", value}});
            } else {
                const auto defined = types.define(-*id, reader.rest());
                if (defined.has_error()) return defined.error();
                messages.push_back({{"typedef", -*id}, {"type", describe(-*id)}});
            }
        }
    }
    [[nodiscard]] json describe(GobTypeId id) const {
        const auto* type = types.find(id);
        REQUIRE(type != nullptr);
        if (const auto* slice = std::get_if<GobSlice>(type)) return {"slice", slice->element};
        const auto* structure = std::get_if<GobStruct>(type);
        if (structure == nullptr) return nullptr; // no capture has another kind
        auto fields = json::array();
        for (const auto& field : structure->fields) fields.push_back({field.name, field.type});
        return {"struct", fields};
    }
};

std::string number(std::int64_t value) {
    std::string out;
    append_gob_int(out, value);
    return out;
}
std::string message(const std::string& body) {
    std::string out;
    append_gob_message(out, body);
    return out;
}
std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (const int value : values) out += static_cast<char>(value);
    return out;
}
/// A definition message of any kind: `wire_field` is its number in wireType, `parts` follows the common part.
std::string define(GobTypeId id, int wire_field, const std::string& parts) {
    return message(number(-id) + bytes({wire_field + 1, 1, 2}) + number(id) + bytes({0}) + parts + bytes({0, 0}));
}
std::string define_array(GobTypeId id, GobTypeId element, int length) {
    return define(id, 0, bytes({1}) + number(element) + bytes({1}) + number(length));
}
std::string define_slice(GobTypeId id, GobTypeId element) { return define(id, 1, bytes({1}) + number(element)); }
std::string define_map(GobTypeId id, GobTypeId key, GobTypeId element) {
    return define(id, 3, bytes({1}) + number(key) + bytes({1}) + number(element));
}
std::string define_struct(GobTypeId id, const std::vector<GobFieldSketch>& fields) {
    std::string out;
    append_gob_struct_definition(out, id, "T", fields);
    return out;
}
Errc failure(std::string_view stream) {
    Connection connection;
    const auto decoded = connection.decode(stream);
    REQUIRE(decoded.has_error());
    CHECK(decoded.error().message.starts_with("gob: "));
    return decoded.error().code;
}

} // namespace

TEST_CASE("every primitive vector is read and written byte for byte") {
    std::size_t seen = 0;
    for (const auto& vector : test::gob_vectors()) {
        if (vector.direction != "primitive") continue;
        CAPTURE(vector.name);
        ++seen;
        GobReader reader(vector.bytes);
        std::string written;
        const auto& value = vector.decoded.at("value");
        const auto kind = vector.decoded.at("kind");
        if (kind == "uint") {
            CHECK(reader.take_uint() == value.get<std::uint64_t>());
            append_gob_uint(written, value.get<std::uint64_t>());
        } else if (kind == "int") {
            CHECK(reader.take_int() == value.get<std::int64_t>());
            append_gob_int(written, value.get<std::int64_t>());
        } else {
            REQUIRE(kind == "string");
            CHECK(reader.take_text() == value.get<std::string>());
            append_gob_text(written, value.get<std::string>());
        }
        CHECK(reader.rest().empty());
        CHECK(written == vector.bytes);
        for (std::size_t cut = 0; cut < vector.bytes.size(); ++cut) {
            GobReader partial(std::string_view(vector.bytes).substr(0, cut));
            if (kind == "string") CHECK_FALSE(partial.take_text());
            else CHECK_FALSE(partial.take_uint());
            CHECK(partial.rest().size() == cut);
        }
    }
    CHECK(seen == 29);
}

TEST_CASE("numbers of every width come back as they were written") {
    for (int shift = 0; shift < 64; ++shift) {
        for (const auto value : {(std::uint64_t{1} << shift) - 1, std::uint64_t{1} << shift, (std::uint64_t{1} << shift) + 1}) {
            std::string out;
            append_gob_uint(out, value);
            append_gob_int(out, static_cast<std::int64_t>(value));
            append_gob_int(out, -static_cast<std::int64_t>(value & std::numeric_limits<std::int64_t>::max()));
            GobReader reader(out);
            CHECK(reader.take_uint() == value);
            CHECK(reader.take_int() == static_cast<std::int64_t>(value));
            CHECK(reader.take_int() == -static_cast<std::int64_t>(value & std::numeric_limits<std::int64_t>::max()));
            CHECK(reader.rest().empty());
        }
    }
}

TEST_CASE("a first byte that announces more than eight bytes is no number") {
    for (int first = 0x80; first < 0xf8; ++first) {
        const auto text = bytes({first}) + std::string(200, '\1');
        GobReader reader(text);
        CHECK_FALSE(reader.take_uint());
        CHECK(failure(text) == Errc::malformed);
    }
}

TEST_CASE("every captured message is read as what Go says it is, both directions of each connection") {
    std::map<std::string, Connection> connections;
    std::size_t messages = 0;
    for (const auto& direction : {"client->server", "server->client"}) {
        for (const auto& vector : test::gob_messages(direction)) {
            CAPTURE(vector.name);
            const auto decoded = connections[vector.connection() + direction].decode(vector.bytes);
            REQUIRE(decoded.has_value());
            REQUIRE(decoded->size() == vector.decoded.size());
            for (std::size_t i = 0; i < decoded->size(); ++i) {
                auto expected = vector.decoded[i];
                expected.erase("hex");
                if (expected.contains("type")) expected["type"].erase(1); // the type's name, which nothing depends on
                CHECK((*decoded)[i] == expected);
                ++messages;
            }
        }
    }
    CHECK(messages > 100);
}

TEST_CASE("the second reader agrees with the captured messages too, so that it may judge our own encoding") {
    std::map<std::string, test::TinyGob> connections;
    for (const auto& direction : {"client->server", "server->client"}) {
        for (const auto& vector : test::gob_messages(direction)) {
            CAPTURE(vector.name);
            auto decoded = connections[vector.connection() + direction].decode(vector.bytes);
            for (std::size_t i = 0; i < vector.decoded.size(); ++i) {
                auto expected = vector.decoded[i];
                expected.erase("hex");
                if (expected.contains("type")) expected["type"].erase(1), decoded[i]["type"].erase(1);
                CHECK(decoded[i] == expected);
            }
        }
    }
}

TEST_CASE("a written struct definition is the one that Go writes") {
    const std::array fields{GobFieldSketch{"ServiceMethod", gob_string_id}, GobFieldSketch{"Seq", gob_uint_id}};
    std::string out;
    append_gob_struct_definition(out, 65, "Request", fields);
    CHECK(out == test::from_hex(test::gob_vector("min-client/ping.request").decoded[0].at("hex").get<std::string>()));
    out.clear();
    append_gob_struct_definition(out, 70, "", {});
    CHECK(out == test::from_hex("0aff8b030102ff8c000000"));
}

TEST_CASE("the framer gives the same messages for every cut") {
    std::string stream;
    std::vector<std::string> expected;
    for (const std::size_t size : {1U, 127U, 128U, 255U, 256U, 70'000U}) {
        expected.emplace_back(size, 'x');
        append_gob_message(stream, expected.back());
    }
    for (const std::size_t step : {1U, 2U, 3U, 1000U, 100'000U}) {
        GobFramer framer;
        std::vector<std::string> got;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            framer.append(std::string_view(stream).substr(at, step));
            for (;;) {
                const auto body = framer.next();
                REQUIRE(body.has_value());
                if (!*body) break;
                got.emplace_back(**body);
            }
        }
        CHECK(got == expected);
    }
}

TEST_CASE("a message may be as long as its limit and no longer, which is said before its bytes arrive") {
    for (const std::uint64_t length : {std::uint64_t{limits::gob_message_bytes_max} + 1, std::numeric_limits<std::uint64_t>::max()}) {
        std::string head;
        append_gob_uint(head, length);
        CHECK(failure(head) == Errc::too_large);
    }
    std::string head;
    append_gob_uint(head, limits::gob_message_bytes_max);
    GobFramer framer;
    framer.append(head);
    const auto body = framer.next();
    REQUIRE(body.has_value());
    CHECK_FALSE(body->has_value());
}

TEST_CASE("values of every kind of type can be skipped") {
    const auto all = define_struct(70, {{"Float", 4}, {"Complex", 7}, {"Interface", 8}, {"Nil", 8}, {"Array", 71}, {"Map", 72}, {"Slice", 73},
                                        {"Own", 74}, {"Struct", 75}, {"Last", gob_string_id}}) +
                     define_array(71, 2, 3) + define_map(72, gob_string_id, 73) + define_slice(73, 4) + define(74, 4, "") +
                     define_struct(75, {{"Deep", 71}, {"Flag", gob_bool_id}});
    const auto value = message(number(70) +
                               bytes({1, 0xfe, 0xf0, 0x3f,              // float 1.0
                                      1, 0xfe, 0xf0, 0x3f, 0x40,        // complex 1+2i
                                      1, 3, 'i', 'n', 't', 4, 2, 0, 2,  // interface: name, type int, two bytes
                                      1, 0,                             // nil interface
                                      1, 3, 2, 4, 6,                    // [3]int
                                      1, 2, 1, 'a', 1, 0x40, 1, 'b', 0, // map of slices
                                      1, 2, 0x40, 0x40,                 // slice
                                      1, 4, 9, 9, 9, 9,                 // bytes of its own
                                      1, 1, 3, 2, 4, 6, 1, 1, 0,        // struct
                                      1, 3, 'e', 'n', 'd', 0}));
    Connection connection;
    REQUIRE(connection.decode(all).has_value());
    GobReader reader(value);
    const auto body = reader.take_text();
    REQUIRE(body);
    GobReader in_body(*body);
    REQUIRE(in_body.take_int() == 70);
    GobDecoder skipping(connection.types, in_body.rest());
    CHECK(skipping.skip(70));
    CHECK(skipping.expect_end());

    std::string last;
    GobDecoder reading(connection.types, in_body.rest());
    CHECK(reading.read_struct(70, [&](std::string_view name, GobTypeId part) {
        if (name == "Last") return reading.read_string(part, last);
        return reading.skip(part);
    }));
    CHECK(reading.expect_end());
    CHECK(last == "end");

    for (std::size_t cut = 0; cut < in_body.rest().size(); ++cut) {
        GobDecoder partial(connection.types, in_body.rest().substr(0, cut));
        CHECK_FALSE(partial.skip(70));
        REQUIRE(partial.error());
        CHECK(partial.error()->code == Errc::malformed);
    }
}

TEST_CASE("an interface value that carries a definition is refused") {
    CHECK(failure(define_struct(70, {{"I", 8}}) + message(number(70) + bytes({1, 1, 'x', 1, 0, 0}))) == Errc::malformed);
}

TEST_CASE("counts beyond the bytes that are there are refused at once") {
    const auto huge = bytes({0xf8, 0x40, 0, 0, 0, 0, 0, 0, 0});
    const auto slice = define_struct(70, {{"S", 71}}) + define_slice(71, 72) + define_struct(72, {});
    CHECK(failure(slice + message(number(70) + bytes({1}) + huge + bytes({0, 0}))) == Errc::malformed);
    CHECK(failure(slice + message(number(70) + bytes({1, 3, 0, 0}))) == Errc::malformed);
    const auto map = define_struct(70, {{"M", 71}}) + define_map(71, 2, 2);
    CHECK(failure(map + message(number(70) + bytes({1}) + huge + bytes({0}))) == Errc::malformed);
    const auto text = define_struct(70, {{"T", gob_string_id}});
    CHECK(failure(text + message(number(70) + bytes({1}) + huge + bytes({0}))) == Errc::malformed);
    // A definition whose field count lies.
    CHECK(failure(message(number(-70) + bytes({3, 1, 2}) + number(70) + bytes({0, 1}) + huge)) == Errc::malformed);
}

TEST_CASE("a struct value cannot name fields that its type lacks") {
    const auto type = define_struct(70, {{"A", gob_uint_id}, {"B", gob_uint_id}});
    Connection connection;
    const auto both = connection.decode(type + message(number(70) + bytes({1, 7, 1, 8, 0})));
    REQUIRE(both.has_value());
    CHECK((*both)[1].at("value") == json{{"A", 7}, {"B", 8}});
    CHECK(failure(type + message(number(70) + bytes({3, 7, 0}))) == Errc::malformed);
    CHECK(failure(type + message(number(70) + bytes({2, 7, 1, 7, 0}))) == Errc::malformed);
    CHECK(failure(type + message(number(70) + bytes({0xf8, 255, 255, 255, 255, 255, 255, 255, 255, 7, 0}))) == Errc::malformed);
}

TEST_CASE("bytes after a value or a definition are refused") {
    const auto type = define_struct(70, {{"A", gob_uint_id}});
    CHECK(failure(type + message(number(70) + bytes({0, 0}))) == Errc::malformed);
    CHECK(failure(message(number(-70) + bytes({3, 1, 2}) + number(70) + bytes({0, 0, 0, 0}))) == Errc::malformed);
}

TEST_CASE("a definition must be of one kind, new, and for a user's id") {
    CHECK(failure(message(number(-70) + bytes({0}))) == Errc::malformed);
    // Slice and struct at once.
    CHECK(failure(message(number(-70) + bytes({2, 1, 2}) + number(70) + bytes({0, 1, 4, 0, 1, 1, 2}) + number(70) + bytes({0, 0, 0}))) ==
          Errc::malformed);
    CHECK(failure(define_slice(70, 2) + define_slice(70, 2)) == Errc::malformed);
    for (const GobTypeId id : {GobTypeId{1}, GobTypeId{16}, GobTypeId{63}}) CHECK(failure(define_slice(id, 2)) == Errc::malformed);
    Connection connection;
    CHECK(connection.decode(define_slice(64, 2)).has_value());
    CHECK(connection.decode(define_slice(std::numeric_limits<GobTypeId>::max(), 2)).has_value());
}

TEST_CASE("a reference to a type that never came is found when a value needs it, not before") {
    const auto type = define_struct(70, {{"A", 99}, {"B", gob_uint_id}});
    Connection connection;
    CHECK(connection.decode(type + message(number(70) + bytes({2, 5, 0}))).has_value());
    CHECK(failure(type + message(number(70) + bytes({1, 5, 0}))) == Errc::malformed);
    CHECK(failure(message(number(99) + bytes({0}))) == Errc::malformed);
}

TEST_CASE("types, fields and the size of a definition are bounded") {
    std::string stream;
    for (std::size_t i = 0; i < limits::gob_types_max; ++i) stream += define_slice(static_cast<GobTypeId>(64 + i), 2);
    Connection connection;
    CHECK(connection.decode(stream).has_value());
    CHECK(failure(stream + define_slice(9999, 2)) == Errc::too_large);

    std::vector<GobFieldSketch> fields(gob_struct_fields_max, GobFieldSketch{"F", gob_uint_id});
    Connection wide;
    CHECK(wide.decode(define_struct(70, fields)).has_value());
    fields.push_back({"One more", gob_uint_id});
    CHECK(failure(define_struct(70, fields)) == Errc::too_large);

    const std::string name(gob_definition_bytes_max, 'n');
    CHECK(failure(define_struct(70, {{name, gob_uint_id}})) == Errc::too_large);
}

TEST_CASE("nesting is bounded, for reading and for skipping") {
    const auto type = define_struct(70, {{"Next", 70}});
    const auto nested = [&](std::size_t depth) {
        return type + message(number(70) + std::string(depth - 1, '\1') + std::string(depth, '\0'));
    };
    Connection connection;
    CHECK(connection.decode(nested(limits::gob_depth_max)).has_value());
    CHECK(failure(nested(limits::gob_depth_max + 1)) == Errc::too_large);

    Connection skipping;
    REQUIRE(skipping.decode(type).has_value());
    GobDecoder decoder(skipping.types, std::string_view("\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"));
    CHECK_FALSE(decoder.skip(70));
    REQUIRE(decoder.error());
    CHECK(decoder.error()->code == Errc::too_large);

    // A slice of itself needs no struct in between.
    CHECK(failure(define_slice(71, 71) + define_struct(70, {{"S", 71}}) + message(number(70) + std::string(100, '\1'))) == Errc::too_large);
}

TEST_CASE("a value is never taken for one of another type") {
    GobTypeTable types;
    const std::string_view text("\1a");
    bool truth = false;
    std::int64_t integer = 0;
    std::uint64_t unsigned_integer = 0;
    std::string string;
    std::string_view view;
    CHECK_FALSE(GobDecoder(types, text).read_bool(gob_uint_id, truth));
    CHECK_FALSE(GobDecoder(types, text).read_int(gob_uint_id, integer));
    CHECK_FALSE(GobDecoder(types, text).read_uint(gob_int_id, unsigned_integer));
    CHECK_FALSE(GobDecoder(types, text).read_string(gob_bytes_id, string));
    CHECK_FALSE(GobDecoder(types, text).read_bytes(gob_string_id, view));
    CHECK_FALSE(GobDecoder(types, text).read_struct(gob_string_id, [](std::string_view, GobTypeId) { return true; }));
    CHECK_FALSE(GobDecoder(types, text).read_slice(gob_string_id, [](GobTypeId) { return true; }));
    CHECK(GobDecoder(types, text).read_bytes(gob_bytes_id, view));
    CHECK(view == "a");
}

TEST_CASE("after a failure nothing more is read and the first cause stays") {
    GobTypeTable types;
    GobDecoder decoder(types, "\1a\1b");
    std::string_view view;
    CHECK_FALSE(decoder.read_bytes(gob_string_id, view));
    const auto first = decoder.error()->message;
    CHECK_FALSE(decoder.read_bytes(gob_bytes_id, view));
    CHECK_FALSE(decoder.skip(gob_bytes_id));
    CHECK_FALSE(decoder.expect_end());
    CHECK_FALSE(decoder.fail(Errc::too_large, "later"));
    CHECK(decoder.error()->message == first);
    CHECK(decoder.error()->code == Errc::malformed);
}
