#pragma once

#include <string_view>

namespace lambox::emulator {

/// Twelve digits of the commit that was built, `-dirty` behind them when files had been changed; `unknown` outside a checkout.
[[nodiscard]] std::string_view built_commit();

} // namespace lambox::emulator
