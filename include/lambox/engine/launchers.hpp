#pragma once

#include "lambox/base/error.hpp"

#include <filesystem>

namespace lambox::engine {

/// Writes what managed functions find below LAMBDA_RUNTIME_DIR into `folder`, which is made, readable by everybody. Errors: io.
[[nodiscard]] Result<void> write_launchers(const std::filesystem::path& folder);

} // namespace lambox::engine
