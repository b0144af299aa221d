// Goal: foreign gob bytes can neither crash the reader nor make it grow, and what is wrong with them is said.
// Method: each rule just kept and just broken, each bound just reached and just passed.
#include "lambox/wire/gob.hpp"

#include "lambox/base/limits.hpp"
#include "unit/wire/gob_stream.hpp"

#include <limits>

using namespace lambox;
using namespace lambox::test;
using namespace lambox::wire;
using nlohmann::json;

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
    for (const GobTypeId id : {GobTypeId{1}, GobTypeId{16}, GobTypeId{63}})
        CHECK(failure(define_slice(id, 2)) == Errc::malformed);
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
    for (std::size_t i = 0; i < limits::gob_types_max; ++i)
        stream += define_slice(static_cast<GobTypeId>(64 + i), 2);
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
