// Goal: an invocation always has a whole trace header. Method: a table of what callers send against what the function sees.
#include "lambox/wire/trace_header.hpp"

#include <doctest/doctest.h>

using namespace lambox::wire;

namespace {

const TraceDefaults defaults{0x5759e988, "bd862e3fe1be46a994272793", "53995c3f42cd8ad8", "68fd508a"};
const std::string made = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:68fd508a:0";
const std::string root = "Root=1-63441c4a-abcdef012345678912345678";

std::string complete(std::string_view callers) { return complete_trace_header(callers, defaults); }

} // namespace

TEST_CASE("without a header every part is made up") { CHECK(complete("") == made); }

TEST_CASE("a whole header is passed on in AWS's order") {
    const auto whole = root + ";Parent=0123456789abcdef;Sampled=1;Lineage=1:a8d8f9d9:7";
    CHECK(complete(whole) == whole);
    CHECK(complete("Lineage=1:a8d8f9d9:7;Sampled=1;Parent=0123456789abcdef;" + root) == whole);
}

TEST_CASE("what is given is kept and the rest is made up") {
    CHECK(complete(root) == root + ";Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:68fd508a:0");
    CHECK(complete(root + ";Sampled=1") == root + ";Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:68fd508a:0");
    CHECK(complete("Parent=0123456789ABCDEF") ==
          "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0123456789ABCDEF;Sampled=0;Lineage=1:68fd508a:0");
}

TEST_CASE("blanks, empty parts, foreign parts and repetitions do no harm") {
    const auto expected = root + ";Parent=0123456789abcdef;Sampled=1;Lineage=1:68fd508a:0";
    CHECK(complete(" " + root + " ; Parent = 0123456789abcdef;\tSampled=1 ") == expected);
    CHECK(complete(";;" + root + ";;Parent=0123456789abcdef;Self=1-2-3;=;x;Sampled=1;") == expected);
    CHECK(complete(root + ";Root=1-00000000-000000000000000000000000;Parent=0123456789abcdef;Sampled=1;Sampled=0") == expected);
}

TEST_CASE("a malformed part counts as absent") {
    for (const char* part : {"Root=",
                             "Root=1-5759e988",
                             "Root=2-63441c4a-abcdef012345678912345678",
                             "Root=1-63441c4a-abcdef01234567891234567",
                             "Root=1-63441c4a-abcdef0123456789123456789",
                             "Root=1-63441c4g-abcdef012345678912345678",
                             "Root=1-63441c4a_abcdef012345678912345678",
                             "Parent=0123456789abcde",
                             "Parent=0123456789abcdefa",
                             "Parent=0123456789abcdeg",
                             "Sampled=2",
                             "Sampled=?",
                             "Sampled=",
                             "Sampled=true",
                             "Lineage=2:a8d8f9d9:7",
                             "Lineage=1:a8d8f9d9",
                             "Lineage=1:a8d8f9d9:",
                             "Lineage=1:a8d8f9d:7",
                             "Lineage=1:a8d8f9d9:x",
                             "Lineage=1:a8d8f9d9:12345",
                             "root=1-63441c4a-abcdef012345678912345678",
                             "garbage",
                             " ",
                             ";",
                             "=",
                             "\r\nX-Evil: 1"}) {
        CAPTURE(part);
        CHECK(complete(part) == made);
    }
}

TEST_CASE("a well formed part after a malformed one of its name is used") {
    CHECK(complete("Parent=short;Parent=0123456789abcdef").find(";Parent=0123456789abcdef;") != std::string::npos);
}

TEST_CASE("the time of a made-up root always has eight digits") {
    CHECK(complete_trace_header("", {0xff, defaults.root_random, "p", "l"}).starts_with("Root=1-000000ff-bd86"));
}
