// Goal: figures are printed so that none of them says what is not true. Method: tables, with the borders.
#include "lambox/lab/figures.hpp"

#include <doctest/doctest.h>

using namespace lambox;
using namespace lambox::lab;

TEST_CASE("a share is printed without idle zeros and never rounded to nothing or to everything") {
    CHECK(print_share(0) == "0 %");
    CHECK(print_share(0.01) == "1 %");
    CHECK(print_share(0.1) == "10 %");
    CHECK(print_share(1) == "100 %");
    CHECK(print_share(0.026425) == "2.64 %");
    CHECK(print_share(0.5) == "50 %");
    CHECK(print_share(0.000031) == "0.0031 %");
    CHECK(print_share(0.99999) == "99.999 %");
    CHECK(print_share(0.0000001) == "0.00001 %");
}

TEST_CASE("a price per millisecond has the price page's ten decimals, or three more") {
    CHECK(print_usd_per_ms(0.0000000021, model::PriceRounding::printed10) == "$0.0000000021");
    CHECK(print_usd_per_ms(0.00000000208334, model::PriceRounding::exact) == "$0.0000000020833");
}

TEST_CASE("times, memory and money have a fixed number of decimals") {
    CHECK(print_ms(8.92) == "8.92 ms");
    CHECK(print_ms(1234.567) == "1234.57 ms");
    CHECK(print_mb(29) == "29.0 MB");
    CHECK(print_usd(0.20441) == "$0.2044");
    CHECK(print_percent(522.7224) == "522.72 %");
}

TEST_CASE("elapsed time is printed in the unit a person would use") {
    CHECK(print_elapsed(Microseconds{0}) == "0.0 s");
    CHECK(print_elapsed(Microseconds{59'999'999}) == "59.9 s");
    CHECK(print_elapsed(Seconds{60}) == "1 min 0 s");
    CHECK(print_elapsed(Seconds{3'599}) == "59 min 59 s");
    CHECK(print_elapsed(Seconds{3'720}) == "1 h 2 min");
}
