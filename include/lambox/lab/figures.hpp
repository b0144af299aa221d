#pragma once

#include "lambox/base/units.hpp"
#include "lambox/model/price_list.hpp"

#include <string>

/// How figures are printed, the same in the table and in the page.
namespace lambox::lab {

[[nodiscard]] std::string print_ms(double milliseconds);     ///< "8.92 ms"
[[nodiscard]] std::string print_mb(double megabytes);        ///< "29.0 MB"
[[nodiscard]] std::string print_percent(double percent);     ///< "52.63 %"
[[nodiscard]] std::string print_usd(double dollars);         ///< "$0.2044"
[[nodiscard]] std::string print_elapsed(Microseconds value); ///< "12.3 s", "2 min 5 s", "1 h 2 min"

/// A share of 0 to 1 as a percentage without idle zeros, never rounded to 0 % or 100 % unless it is: "1 %", "2.64 %", "0.0031 %".
[[nodiscard]] std::string print_share(double share);

/// "$0.0000000021" with the price page's ten decimals, three more when exact.
[[nodiscard]] std::string print_usd_per_ms(double dollars, model::PriceRounding rounding);

} // namespace lambox::lab
