#include "lambox/io/cgroup_files.hpp"

#include "posix_process_detail.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace lambox::io {
namespace {

constexpr std::size_t read_bytes_max = 1024 * 1024;

Error failure(const std::string& path, int error) {
    const char* text = ::strerrordesc_np(error);
    const std::string message = path + ": " + (text != nullptr ? text : "errno " + std::to_string(error));
    switch (error) {
    case ENOENT:
    case ENODEV:
    case ENOTDIR: return make_error(Errc::not_found, message);
    case EACCES:
    case EPERM:
    case EROFS: return make_error(Errc::permission_denied, message);
    case EEXIST:
    case ENOTEMPTY:
    case EBUSY: return make_error(Errc::conflict, message);
    case EINVAL:
    case ERANGE: return make_error(Errc::invalid_argument, message);
    default: return make_error(Errc::io, message);
    }
}

} // namespace

Result<std::string> CgroupFiles::read(const std::string& path) const {
    const posix::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.open()) return failure(path, errno);
    std::string text;
    char piece[4096];
    while (text.size() < read_bytes_max) {
        const ssize_t count = ::read(file.get(), piece, sizeof piece);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failure(path, errno);
        if (count == 0) return text;
        text.append(piece, static_cast<std::size_t>(count));
    }
    return make_error(Errc::io, path + ": longer than a control file may be");
}

KeptControlFile::~KeptControlFile() {
    if (fd_ >= 0) ::close(fd_);
}

Result<std::string> CgroupFiles::read_kept(const std::string& path, KeptControlFile& kept) const {
    if (kept.fd_ < 0) kept.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (kept.fd_ < 0) return failure(path, errno);
    char text[4096];
    const ssize_t count = ::pread(kept.fd_, text, sizeof text, 0);
    if (count < 0) return failure(path, errno);
    return std::string(text, static_cast<std::size_t>(count));
}

Result<void> CgroupFiles::write(const std::string& path, std::string_view text) {
    const posix::Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.open()) return failure(path, errno);
    while (true) {
        const ssize_t count = ::write(file.get(), text.data(), text.size());
        if (count == static_cast<ssize_t>(text.size())) return {};
        if (count >= 0) return failure(path, EIO);
        if (errno != EINTR) return failure(path, errno);
    }
}

Result<void> CgroupFiles::make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) != 0) return failure(path, errno);
    return {};
}

Result<void> CgroupFiles::remove_directory(const std::string& path) {
    if (::rmdir(path.c_str()) != 0) return failure(path, errno);
    return {};
}

std::vector<std::string> CgroupFiles::directories(const std::string& path) const {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), [](DIR* open) { return ::closedir(open); });
    if (!folder) return names;
    while (const dirent* entry = ::readdir(folder.get())) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    return names;
}

bool CgroupFiles::writable(const std::string& path) const { return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0; }

} // namespace lambox::io
