#pragma once

namespace lambox {

/// Prints the broken expectation to stderr and aborts. Never returns.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

} // namespace lambox

/// Checks what only a mistake in this program can break. Active in every build.
#define LAMBOX_ASSERT(expression) \
    (static_cast<bool>(expression) ? void(0) : ::lambox::assertion_failed(#expression, __FILE__, __LINE__))
