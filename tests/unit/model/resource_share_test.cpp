// Goal: shares and limits that derive from the memory size. Method: tables; figures of behaviour §3.3.
#include "lambox/model/resource_share.hpp"

#include <doctest/doctest.h>

using namespace lambox;

namespace {

constexpr std::uint64_t mib = 1024 * 1024;

} // namespace

TEST_CASE("a vCPU goes with 1,769 MB, other sizes in proportion") {
    struct Row {
        std::uint64_t memory_mib;
        std::uint32_t millionths;
    };
    for (const auto& [memory_mib, millionths] :
         {Row{128, 72'357}, {512, 289'429}, {1'024, 578'858}, {1'769, 1'000'000}, {3'008, 1'700'396}, {10'240, 5'788'581}}) {
        CHECK_MESSAGE(model::cpu_millionths(Mebibytes{memory_mib}) == millionths, memory_mib);
    }
}

TEST_CASE("what lies in /tmp is no memory of the function") {
    struct Row {
        std::uint64_t now_mib;
        std::uint64_t before_mib;
        std::uint64_t limit_mib;
    };
    for (const auto& [now_mib, before_mib, limit_mib] :
         {Row{0, 0, 128}, {10, 10, 138}, {10, 0, 158}, {10, 40, 138}, {512, 512, 640}, {400, 0, 640}}) {
        CHECK_MESSAGE(model::memory_limit_bytes(Mebibytes{128}, now_mib * mib, before_mib * mib, Mebibytes{512}) == limit_mib * mib,
                      now_mib);
    }
}
