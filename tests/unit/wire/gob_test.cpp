// Goal: the gob reader and writer agree with Go's.
// Method: captured vectors, a second reader, and hand-made definitions and values of every kind.
#include "lambox/wire/gob.hpp"

#include "unit/wire/gob_stream.hpp"
#include "unit/wire/gob_vectors.hpp"
#include "unit/wire/tiny_gob.hpp"

#include <array>
#include <limits>
#include <map>

using namespace lambox;
using namespace lambox::test;
using namespace lambox::wire;
using nlohmann::json;

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
            if (kind == "string")
                CHECK_FALSE(partial.take_text());
            else
                CHECK_FALSE(partial.take_uint());
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

TEST_CASE("values of every kind of type can be skipped") {
    const auto all = define_struct(70, {{"Float", 4},
                                        {"Complex", 7},
                                        {"Interface", 8},
                                        {"Nil", 8},
                                        {"Array", 71},
                                        {"Map", 72},
                                        {"Slice", 73},
                                        {"Own", 74},
                                        {"Struct", 75},
                                        {"Last", gob_string_id}}) +
                     define_array(71, 2, 3) + define_map(72, gob_string_id, 73) + define_slice(73, 4) + define(74, 4, "") +
                     define_struct(75, {{"Deep", 71}, {"Flag", gob_bool_id}});
    const auto value = message(number(70) + bytes({1, 0xfe, 0xf0, 0x3f,                        // float 1.0
                                                   1, 0xfe, 0xf0, 0x3f, 0x40,                  // complex 1+2i
                                                   1, 3,    'i',  'n',  't',  4,    2, 0,   2, // interface: name, type int, two bytes
                                                   1, 0,                                       // nil interface
                                                   1, 3,    2,    4,    6,                     // [3]int
                                                   1, 2,    1,    'a',  1,    0x40, 1, 'b', 0, // map of slices
                                                   1, 2,    0x40, 0x40,                        // slice
                                                   1, 4,    9,    9,    9,    9,               // bytes of its own
                                                   1, 1,    3,    2,    4,    6,    1, 1,   0, // struct
                                                   1, 3,    'e',  'n',  'd',  0}));
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
