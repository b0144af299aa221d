// Goal: figures are printed as AWS prints them. Method: tables.
#include "lambox/base/log.hpp"
#include "lambox/base/units.hpp"

#include <doctest/doctest.h>

using namespace lambox;

TEST_CASE("durations are printed in milliseconds with two decimals, half rounding up") {
    CHECK(format_ms_2(Microseconds{0}) == "0.00");
    CHECK(format_ms_2(Microseconds{4}) == "0.00");
    CHECK(format_ms_2(Microseconds{5}) == "0.01");
    CHECK(format_ms_2(Microseconds{2'030}) == "2.03");
    CHECK(format_ms_2(Microseconds{999'995}) == "1000.00");
    CHECK(format_ms_2(Microseconds{1'234'567}) == "1234.57");
    CHECK(format_ms_2(Microseconds{2'000'000}) == "2000.00");
}

TEST_CASE("memory is rounded up to whole MiB") {
    CHECK(Mebibytes::covering(0).count == 0);
    CHECK(Mebibytes::covering(1).count == 1);
    CHECK(Mebibytes::covering(1024 * 1024).count == 1);
    CHECK(Mebibytes::covering(1024 * 1024 + 1).count == 2);
}

TEST_CASE("wall time is printed as ISO 8601 with milliseconds") {
    using namespace std::chrono;
    const WallTime time = sys_days{2024y / 4 / 8} + 8h + 59min + 59s + 123'999us;
    CHECK(format_iso8601_ms(time) == "2024-04-08T08:59:59.123Z");
    CHECK(format_iso8601_ms(WallTime{}) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("foreign bytes cannot forge a log line") {
    CHECK(escape_for_log("plain Ünïcode") == "plain Ünïcode");
    CHECK(escape_for_log("a\nb\r\x1b[31m\x7f") == "a\\x0ab\\x0d\\x1b[31m\\x7f");
}
