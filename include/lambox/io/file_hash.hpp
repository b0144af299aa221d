#pragma once

#include "lambox/base/error.hpp"

#include <filesystem>
#include <string>

namespace lambox::io {

/// SHA-256 of a file's content, 64 hexadecimal digits. Errors: not_found, io.
[[nodiscard]] Result<std::string> sha256_of_file(const std::filesystem::path& path);

} // namespace lambox::io
