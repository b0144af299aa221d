// Goal: what a short program prints comes back, and one that does not end does not hold us up. Method: the probe child and the shell.
#include "lambox/io/program_output.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace lambox::io;

TEST_CASE("both outputs come back, and nothing is inherited") {
    const auto said = program_output({"/bin/sh", "-c", "echo one; echo two >&2; echo \"[$HOME]\""}, Milliseconds(10'000));
    REQUIRE(said.has_value());
    CHECK(*said == "one\ntwo\n[]\n");
}

TEST_CASE("a missing program is an error that names it") {
    const auto said = program_output({"/no/such/program"}, Milliseconds(10'000));
    REQUIRE_FALSE(said.has_value());
    CHECK(said.error().code == Errc::not_found);
    CHECK(said.error().message.find("/no/such/program") == 0);
}

TEST_CASE("one that hangs is killed, with what it has started, and one that prints without end is cut") {
    const auto hung = program_output({"/bin/sh", "-c", "sleep 600 & sleep 600"}, Milliseconds(50));
    REQUIRE_FALSE(hung.has_value());
    CHECK(hung.error().code == Errc::timed_out);
    const auto endless = program_output({"/bin/sh", "-c", "while :; do echo again; done"}, Milliseconds(10'000));
    REQUIRE(endless.has_value());
    CHECK(endless->size() < 8'192);
}
