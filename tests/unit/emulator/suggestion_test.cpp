// Goal: a slip of the finger is answered with what was meant, and nonsense with nothing. Method: tables.
#include "emulator/setting_rules.hpp"
#include "emulator/suggestion.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace lambox::emulator;

namespace {
constexpr std::array<std::string_view, 6> members{"memory_size", "timeout", "environment", "layers", "code", "architectures"};
}

TEST_CASE("a near miss is recognised") {
    CHECK(did_you_mean("memory-size", members) == "memory_size");
    CHECK(did_you_mean("MemorySize", members) == "memory_size");
    CHECK(did_you_mean("memory", members) == "memory_size");
    CHECK(did_you_mean("env", members) == "environment");
    CHECK(did_you_mean("tiemout", members) == "timeout");
    CHECK(did_you_mean("layer", members) == "layers");
    CHECK(did_you_mean("coed", members) == "code");
    CHECK(did_you_mean("architecture", members) == "architectures");
}

TEST_CASE("what is near to nothing gets no suggestion") {
    CHECK_FALSE(did_you_mean("colour", members));
    CHECK_FALSE(did_you_mean("", members));
    CHECK_FALSE(did_you_mean(std::string(65, 'e'), members));
    CHECK_FALSE(did_you_mean("timeout", {}));
}

TEST_CASE("text in messages is bounded, printable and never cut inside a character") {
    CHECK(in_ticks("plain") == "`plain`");
    CHECK(in_ticks("a\nb") == "`a\\x0ab`");
    CHECK(in_ticks(std::string(64, 'x')) == "`" + std::string(64, 'x') + "`");
    CHECK(in_ticks(std::string(65, 'x')) == "`" + std::string(64, 'x') + "…`");
    CHECK(in_ticks(std::string(63, 'x') + "é" + "yyy") == "`" + std::string(63, 'x') + "…`");
}

TEST_CASE("regions are known by their shape") {
    for (const auto* good : {"us-east-1", "eu-central-2", "us-gov-west-1", "ap-southeast-11", "us-iso-east-1"})
        CHECK_MESSAGE(is_region(good), good);
    for (const auto* bad :
         {"", "us", "us-east", "us-east-", "us-east-1a", "US-east-1", "us--east-1", "usa-east-1", "us-1", "us-east-123", "-us-east-1"}) {
        CHECK_FALSE_MESSAGE(is_region(bad), bad);
    }
    CHECK_FALSE(is_region("us-" + std::string(100, 'a') + "-1"));
}

TEST_CASE("accounts are twelve digits") {
    CHECK(is_account("000000000000"));
    for (const auto* bad : {"", "00000000000", "0000000000000", "00000000000a", "-00000000000"})
        CHECK_FALSE_MESSAGE(is_account(bad), bad);
}

TEST_CASE("eras are days since Lambda was announced") {
    CHECK(is_era("2014-11-13"));
    CHECK(is_era("2026-11-24"));
    for (const auto* bad : {"", "2014-11-12", "2023-02-29", "2023-13-01", "2023-1-1", "today", "2023-01-01 "})
        CHECK_FALSE_MESSAGE(is_era(bad), bad);
}
