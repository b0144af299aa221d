#include "lambox/io/scratch_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace lambox::io {
namespace {

namespace fs = std::filesystem;

constexpr const char* lock_name = ".lock";

/// Removes what dead processes left. A folder is a dead one's when its lock can be taken. Folders younger than their lock
/// file (made, not locked yet) have none and are left alone.
void collect_stale(const fs::path& parent, const std::string& prefix) {
    std::error_code error;
    for (fs::directory_iterator entry(parent, fs::directory_options::skip_permission_denied, error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(prefix + "-") || name.size() != prefix.size() + 7) continue;
        const int lock = ::open((entry->path() / lock_name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (lock < 0) continue;
        if (::flock(lock, LOCK_EX | LOCK_NB) == 0) {
            std::error_code ignored;
            fs::remove_all(entry->path(), ignored);
        }
        ::close(lock);
    }
}

} // namespace

Result<ScratchFolder> ScratchFolder::make(const std::string& prefix) {
    std::error_code error;
    const fs::path parent = fs::temp_directory_path(error);
    if (error) return make_error(Errc::io, "the temporary folder (TMPDIR) cannot be used: " + error.message());
    collect_stale(parent, prefix);
    std::string pattern = (parent / (prefix + "-XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        return make_error(Errc::io, "no folder can be made in " + parent.string() + ": " + std::strerror(errno));
    }
    const fs::path path(pattern);
    const int lock = ::open((path / lock_name).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        const std::string why = std::strerror(errno);
        if (lock >= 0) ::close(lock);
        fs::remove_all(path, error);
        return make_error(Errc::io, path.string() + " cannot be locked: " + why);
    }
    return ScratchFolder(path, lock);
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::exchange(other.lock_, -1)) {}

ScratchFolder& ScratchFolder::operator=(ScratchFolder&& other) noexcept {
    if (this != &other) {
        remove();
        path_ = std::exchange(other.path_, {});
        lock_ = std::exchange(other.lock_, -1);
    }
    return *this;
}

ScratchFolder::~ScratchFolder() { remove(); }

void ScratchFolder::remove() {
    if (lock_ < 0) return;
    std::error_code ignored; // on the way out there is nobody to tell
    fs::remove_all(path_, ignored);
    ::close(std::exchange(lock_, -1));
}

} // namespace lambox::io
