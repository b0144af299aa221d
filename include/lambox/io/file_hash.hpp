#pragma once

#include "lambox/base/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace lambox::io {

/// SHA-256 of a file's content, 64 hexadecimal digits. Errors: not_found, io.
[[nodiscard]] Result<std::string> sha256_of_file(const std::filesystem::path& path);

/// SHA-256 of bytes: 32 bytes, not text.
[[nodiscard]] std::string sha256(std::string_view bytes);

/// Writes `bytes` to `path` so that the file is there whole and survives a power cut, or is not there at all. Errors: io.
[[nodiscard]] Result<void> write_durably(const std::filesystem::path& path, std::string_view bytes);

} // namespace lambox::io
