#pragma once

#include "lambox/base/embedded.hpp"

namespace lambox::io::embedded {

/// A program that is process 1 of a sandbox: it does nothing, and with it all others inside end.
[[nodiscard]] Embedded sandbox_init();

} // namespace lambox::io::embedded
