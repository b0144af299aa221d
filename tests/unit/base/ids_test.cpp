// Goal: identifiers have the form that AWS's own have. Method: many random ones against the recogniser.
#include "lambox/base/ids.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace lambox;

TEST_CASE("a random uuid is a version 4 uuid and does not repeat") {
    RandomIds ids;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto uuid = ids.uuid();
        CHECK(is_uuid(uuid));
        CHECK(uuid[14] == '4');
        CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
        CHECK(seen.insert(uuid).second);
    }
}

TEST_CASE("hex gives exactly as many digits as asked for") {
    RandomIds ids;
    for (const std::size_t digits : {0U, 1U, 8U, 32U, 33U, 100U}) {
        CHECK(ids.hex(digits).size() == digits);
        CHECK(ids.hex(digits).find_first_not_of("0123456789abcdef") == std::string::npos);
    }
}

TEST_CASE("is_uuid refuses everything else") {
    CHECK(is_uuid("8476a536-e9f4-11e8-9739-2dfe598c3fcd"));
    CHECK(is_uuid("8476A536-E9F4-11E8-9739-2DFE598C3FCD"));
    for (const char* text :
         {"", "8476a536e9f411e897392dfe598c3fcd", "8476a536-e9f4-11e8-9739-2dfe598c3fc", "8476a536-e9f4-11e8-9739-2dfe598c3fcg",
          "8476a536-e9f4-11e8-97392-dfe598c3fcd", "8476a536-e9f4-11e8-9739-2dfe598c3fcd0"}) {
        CHECK_FALSE(is_uuid(text));
    }
}
