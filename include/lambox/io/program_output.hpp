#pragma once

#include "lambox/base/error.hpp"
#include "lambox/base/units.hpp"

#include <string>
#include <vector>

namespace lambox::io {

/// What a program prints on both its outputs, at most 4 KiB, for programs that say something short and end, like `node --version`. The
/// calling thread waits, for `patience` at most; then the program is killed. `arguments[0]` is a path; the program has an empty
/// environment. Errors: not_found, permission_denied, timed_out, io.
[[nodiscard]] Result<std::string> program_output(const std::vector<std::string>& arguments, Milliseconds patience);

} // namespace lambox::io
