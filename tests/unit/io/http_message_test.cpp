// Goal: header fields come back as they went in, in order, found without case; nothing of one field runs into another. Method: values.
#include "lambox/io/http_message.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using lambox::io::HttpHeaders;

TEST_CASE("fields keep their order, and are found without case, the first one of a name") {
    HttpHeaders headers;
    CHECK(headers.size() == 0);
    CHECK(headers.find("Host") == std::nullopt);
    headers.add("Host", "localhost");
    headers.add("X-Empty", "");
    headers.add("", "nameless");
    headers.add("host", "second");
    CHECK(headers.size() == 4);
    CHECK(headers.find("HOST") == "localhost");
    CHECK(headers.find("x-empty") == "");
    CHECK(headers.find("") == "nameless");
    CHECK(headers.find("Hos") == std::nullopt);
    CHECK(headers.find("localhost") == std::nullopt);
    CHECK(headers.count("Host") == 2);
    CHECK(headers.count("absent") == 0);
    std::string all;
    for (const auto [name, value] : headers)
        all.append(name).append("=").append(value).append(";");
    CHECK(all == "Host=localhost;X-Empty=;=nameless;host=second;");
}

TEST_CASE("long and binary values, copies and moves keep what they were") {
    HttpHeaders headers;
    const std::string large(300'000, 'v');
    const std::string binary("a\0b\xff", 4);
    headers.add("Large", large);
    headers.add("Binary", binary);
    HttpHeaders copy = headers;
    CHECK(copy == headers);
    copy.add("More", "1");
    CHECK_FALSE(copy == headers);
    const HttpHeaders moved = std::move(copy);
    CHECK(moved.find("large") == large);
    CHECK(moved.find("binary") == binary);
    CHECK(moved.find("more") == "1");
    CHECK(headers.size() == 2);
}
