#pragma once

#include "lambox/base/error.hpp"

#include <filesystem>
#include <string>

namespace lambox::io {

/// A folder of this process alone below the system's temporary folder, named `<prefix>-XXXXXX`, removed with the object. It holds
/// a lock while its process lives; folders of the same prefix whose process has died without removing them are removed
/// when the next one is made.
class ScratchFolder {
public:
    /// Errors: io (the temporary folder cannot be written).
    [[nodiscard]] static Result<ScratchFolder> make(const std::string& prefix);
    ScratchFolder(ScratchFolder&& other) noexcept;
    ScratchFolder& operator=(ScratchFolder&& other) noexcept;
    ~ScratchFolder();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    ScratchFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
    void remove();

    std::filesystem::path path_;
    int lock_ = -1;
};

} // namespace lambox::io
