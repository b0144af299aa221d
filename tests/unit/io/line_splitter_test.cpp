// Goal: lines come out whole, in order and bounded, however the bytes were cut. Method: every way to cut short texts.
#include "lambox/io/line_splitter.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using lambox::io::LineSplitter;

namespace {

std::vector<std::string> feed(LineSplitter& splitter, std::string_view bytes) {
    std::vector<std::string> lines;
    splitter.feed(bytes, [&lines](std::string_view line) { lines.emplace_back(line); });
    return lines;
}

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("finished lines are passed on with their newline and the rest is held") {
    LineSplitter splitter(100);
    CHECK(feed(splitter, "one\ntwo\nthr") == Lines{"one\n", "two\n"});
    CHECK(feed(splitter, "") == Lines{});
    CHECK(feed(splitter, "ee\n\n") == Lines{"three\n", "\n"});
    CHECK(splitter.take_rest().empty());
    CHECK(feed(splitter, "tail") == Lines{});
    CHECK(splitter.take_rest() == "tail");
    CHECK(splitter.take_rest().empty());
    CHECK(feed(splitter, "x\n") == Lines{"x\n"});
}

TEST_CASE("a line of exactly the bound, newline included, stays whole") {
    LineSplitter splitter(4);
    CHECK(feed(splitter, "abc\n") == Lines{"abc\n"});
    CHECK(feed(splitter, "abcd\n") == Lines{"abcd", "\n"});
    CHECK(feed(splitter, "abcdefghij\n") == Lines{"abcd", "efgh", "ij\n"});
    CHECK(feed(splitter, "abcd") == Lines{"abcd"});
    CHECK(splitter.take_rest().empty());
}

TEST_CASE("a bound of one byte passes on byte by byte") {
    LineSplitter splitter(1);
    CHECK(feed(splitter, "a\n\nb") == Lines{"a", "\n", "\n", "b"});
}

TEST_CASE("bytes that are not text pass unchanged") {
    LineSplitter splitter(100);
    const std::string bytes("\0\xff\r\n\0", 5);
    CHECK(feed(splitter, bytes) == Lines{std::string("\0\xff\r\n", 4)});
    CHECK(splitter.take_rest() == std::string("\0", 1));
}

TEST_CASE("how the bytes were cut makes no difference") {
    const std::string text = "a\n\nbcdefgh\nij";
    LineSplitter whole(3);
    const Lines expected = feed(whole, text);
    const std::string expected_rest = whole.take_rest();
    // Bit i of `cuts` cuts behind byte i.
    for (unsigned cuts = 0; cuts < (1U << (text.size() - 1)); ++cuts) {
        LineSplitter splitter(3);
        Lines lines;
        std::string piece;
        for (std::size_t i = 0; i < text.size(); ++i) {
            piece += text[i];
            if ((cuts >> i & 1U) == 0 && i + 1 < text.size()) continue;
            for (std::string& line : feed(splitter, piece)) lines.push_back(std::move(line));
            piece.clear();
        }
        REQUIRE(lines == expected);
        REQUIRE(splitter.take_rest() == expected_rest);
    }
}
