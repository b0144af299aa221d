#pragma once

#include "lambox/base/error.hpp"

#include <cstdint>
#include <filesystem>

namespace lambox::io {

struct UnpackLimits {
    std::uint64_t unpacked_bytes_max;
    std::size_t entries_max;
};

/// Unpacks the zip at `archive` into the existing, empty `folder`, keeping permission bits and symbolic links.
/// An entry that is absolute, holds `..`, or would be written through a link leaving `folder`, and device or
/// special files, are refused; on any error what was written stays for the caller to remove.
/// Errors: malformed, too_large, not_found, io (a full disk among them).
[[nodiscard]] Result<void> unpack_zip(const std::filesystem::path& archive, const std::filesystem::path& folder, UnpackLimits limits);

} // namespace lambox::io
