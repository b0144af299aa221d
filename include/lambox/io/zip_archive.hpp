#pragma once

#include "lambox/base/error.hpp"

#include <cstdint>
#include <filesystem>

namespace lambox::io {

struct UnpackLimits {
    std::uint64_t unpacked_bytes_max;
    std::size_t entries_max;
};

/// Unpacks the zip at `archive` into the existing, empty `folder`, keeping permission bits and symbolic links; setuid,
/// setgid and sticky bits are dropped, and folders stay accessible to their owner. A later entry replaces an earlier
/// file or link of the same name.
/// An entry that is absolute, holds `..`, or would be written through a link leaving `folder`, encrypted entries, hard
/// links and special files, and an archive without entries are refused; on any error what was written stays for the
/// caller to remove. Blocks.
/// Errors: malformed, too_large, not_found, io (a full disk among them).
[[nodiscard]] Result<void> unpack_zip(const std::filesystem::path& archive, const std::filesystem::path& folder, UnpackLimits limits);

} // namespace lambox::io
