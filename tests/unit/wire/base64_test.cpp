// Goal: base64 both ways, strict on input. Method: RFC 4648's own vectors, every length and byte, every single wrong character.
#include "lambox/wire/base64.hpp"

#include <doctest/doctest.h>

using namespace lambox::wire;

TEST_CASE("the vectors of RFC 4648 hold both ways") {
    const std::pair<const char*, const char*> vectors[] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : vectors) {
        CHECK(base64_encode(plain) == encoded);
        CHECK(base64_decode(encoded) == std::string(plain));
    }
}

TEST_CASE("every byte value at every position comes back") {
    for (int value = 0; value < 256; ++value) {
        for (std::size_t size = 1; size <= 5; ++size) {
            for (std::size_t at = 0; at < size; ++at) {
                std::string bytes(size, '\xa5');
                bytes[at] = static_cast<char>(value);
                const auto encoded = base64_encode(bytes);
                REQUIRE(encoded.size() == (size + 2) / 3 * 4);
                REQUIRE(base64_decode(encoded) == bytes);
            }
        }
    }
    CHECK(base64_encode("\xfb\xff") == "+/8=");
}

TEST_CASE("only characters of the alphabet are accepted") {
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int value = 0; value < 256; ++value) {
        std::string text = "AAAAAAAA";
        text[2] = static_cast<char>(value);
        CHECK(base64_decode(text).has_value() == (alphabet.find(static_cast<char>(value)) != std::string::npos));
    }
}

TEST_CASE("missing, superfluous or misplaced padding and stray bits are refused") {
    for (const char* text :
         {"A", "AA", "AAA", "AAAAA", "A===", "====", "=AAA", "A=AA", "AA=A", "AA==AAAA", "AAAA====", "Zh==", "Zm9=", "Zg==\n"}) {
        CAPTURE(text);
        CHECK_FALSE(base64_decode(text));
    }
}
