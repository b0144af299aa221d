#include "lambox/io/zip_archive.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <locale.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lambox::io {
namespace {

constexpr std::size_t block_bytes = 64 * 1024;
constexpr mode_t permission_bits = 0777; ///< setuid, setgid and sticky are dropped
constexpr mode_t owner_bits = 0700;
constexpr mode_t folder_mode = 0755; ///< of folders that the archive does not name

using Reader = std::unique_ptr<archive, int (*)(archive*)>;

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool open() const { return fd_ >= 0; }

private:
    int fd_;
};

/// libarchive turns UTF-8 names into the locale's encoding and gives none for what that cannot express.
class Utf8Locale {
public:
    Utf8Locale() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
        if (utf8_ != nullptr) before_ = ::uselocale(utf8_);
    }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;
    ~Utf8Locale() {
        if (utf8_ == nullptr) return;
        ::uselocale(before_);
        ::freelocale(utf8_);
    }

private:
    locale_t utf8_;
    locale_t before_ = nullptr;
};

Error system_failure(const std::string& what, int error) { return make_error(Errc::io, what + ": " + std::strerror(error)); }

/// libarchive's own complaints have numbers of their own; what the system refused has errno's.
Error archive_failure(archive* from, const std::string& what) {
    const int error = ::archive_errno(from);
    const char* text = ::archive_error_string(from);
    const std::string message = what + ": " + (text != nullptr ? text : "not a zip archive");
    if (error == EIO || error == ENOMEM || error == EACCES || error == EISDIR) return make_error(Errc::io, message);
    return make_error(Errc::malformed, message);
}

/// The names from the folder down to the entry, or why it is refused. `.` and doubled slashes vanish.
Result<std::vector<std::string>> split_path(const std::string& path) {
    std::vector<std::string> names;
    if (path.starts_with('/')) return make_error(Errc::malformed, "entry \"" + path + "\" has an absolute path");
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        std::string name = path.substr(at, end - at);
        at = end + 1;
        if (name == "..") return make_error(Errc::malformed, "entry \"" + path + "\" leaves the folder");
        if (!name.empty() && name != ".") names.push_back(std::move(name));
    }
    return names;
}

class Unpacker {
public:
    Unpacker(archive* from, int folder, UnpackLimits limits) : from_(from), folder_(folder), limits_(limits) {}

    Result<void> run() {
        archive_entry* entry = nullptr;
        while (true) {
            const int status = ::archive_read_next_header(from_, &entry);
            if (status == ARCHIVE_EOF) break;
            if (status < ARCHIVE_WARN) return archive_failure(from_, "reading the archive");
            if (++entries_ > limits_.entries_max) {
                return make_error(Errc::too_large, "more than " + std::to_string(limits_.entries_max) + " entries");
            }
            if (auto done = unpack(entry); !done) return done.error();
        }
        // Nobody means to deliver that; more likely a tool packed the wrong folder.
        if (entries_ == 0) return make_error(Errc::malformed, "the archive holds no entries");
        return set_folder_modes();
    }

private:
    Result<void> unpack(archive_entry* entry) {
        const char* raw = ::archive_entry_pathname(entry);
        if (raw == nullptr) return make_error(Errc::malformed, "an entry's name is not UTF-8");
        const std::string path = raw;
        auto names = split_path(path);
        if (!names) return names.error();
        if (::archive_entry_is_encrypted(entry) != 0) return make_error(Errc::malformed, "entry \"" + path + "\" is encrypted");
        if (::archive_entry_hardlink(entry) != nullptr) return make_error(Errc::malformed, "entry \"" + path + "\" is a hard link");
        const mode_t mode = ::archive_entry_perm(entry) & permission_bits;
        switch (::archive_entry_filetype(entry)) {
        case AE_IFDIR: return unpack_folder(path, *names, mode);
        case AE_IFREG: return unpack_file(path, *names, mode);
        case AE_IFLNK: return unpack_link(path, *names, entry);
        default: return make_error(Errc::malformed, "entry \"" + path + "\" is neither a file, a folder nor a symbolic link");
        }
    }

    Result<void> unpack_folder(const std::string& path, const std::vector<std::string>& names, mode_t mode) {
        if (names.empty()) return {};
        const Descriptor made(open_folder(names, names.size()));
        if (!made.open()) return refused(path, errno);
        folder_modes_.emplace_back(names, mode);
        return {};
    }

    Result<void> unpack_file(const std::string& path, const std::vector<std::string>& names, mode_t mode) {
        if (names.empty()) return make_error(Errc::malformed, "entry \"" + path + "\" has no name");
        const Descriptor parent(open_folder(names, names.size() - 1));
        if (!parent.open()) return refused(path, errno);
        if (!make_way(parent.get(), names.back())) return refused(path, errno);
        constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        const Descriptor file(::openat(parent.get(), names.back().c_str(), flags, owner_bits));
        if (!file.open()) return refused(path, errno);
        if (auto copied = copy_data(path, file.get()); !copied) return copied.error();
        // After the data: writing clears some bits, and the umask must not take others.
        if (::fchmod(file.get(), mode) != 0) return system_failure(path, errno);
        return {};
    }

    Result<void> unpack_link(const std::string& path, const std::vector<std::string>& names, archive_entry* entry) {
        const char* target = ::archive_entry_symlink(entry);
        if (names.empty() || target == nullptr || *target == '\0') {
            return make_error(Errc::malformed, "entry \"" + path + "\" is a link to nothing");
        }
        const Descriptor parent(open_folder(names, names.size() - 1));
        if (!parent.open()) return refused(path, errno);
        if (!make_way(parent.get(), names.back())) return refused(path, errno);
        if (::symlinkat(target, parent.get(), names.back().c_str()) != 0) return refused(path, errno);
        return {};
    }

    Result<void> copy_data(const std::string& path, int file) {
        std::array<char, block_bytes> block;
        while (true) {
            const la_ssize_t count = ::archive_read_data(from_, block.data(), block.size());
            if (count < 0) return archive_failure(from_, "entry \"" + path + "\"");
            if (count == 0) return {};
            // What an entry announces is not believed; what comes out is counted.
            unpacked_bytes_ += static_cast<std::uint64_t>(count);
            if (unpacked_bytes_ > limits_.unpacked_bytes_max) {
                return make_error(Errc::too_large, "more than " + std::to_string(limits_.unpacked_bytes_max) + " bytes when unpacked");
            }
            for (la_ssize_t done = 0; done < count;) {
                const ssize_t written = ::write(file, block.data() + done, static_cast<std::size_t>(count - done));
                if (written < 0 && errno != EINTR) return system_failure(path, errno);
                if (written > 0) done += written;
            }
        }
    }

    /// Opens a folder below ours, making what is missing. The kernel follows links inside and none to the outside.
    int open_folder(const std::vector<std::string>& names, std::size_t depth) {
        std::string path = ".";
        for (std::size_t i = 0; i < depth; ++i) path += "/" + names[i];
        if (const int fd = open_beneath(path); fd >= 0 || errno != ENOENT) return fd;
        if (depth == 0) return -1;
        const Descriptor parent(open_folder(names, depth - 1));
        if (!parent.open()) return -1;
        if (::mkdirat(parent.get(), names[depth - 1].c_str(), folder_mode) != 0) {
            if (errno != EEXIST) return -1;
            return open_beneath(path);
        }
        const int made = open_beneath(path);
        // The umask of whoever runs us must not hide a package from the user that functions run as.
        if (made >= 0) static_cast<void>(::fchmod(made, folder_mode));
        return made;
    }

    int open_beneath(const std::string& path) const {
        open_how how{};
        how.flags = O_DIRECTORY | O_RDONLY | O_CLOEXEC;
        how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
        return static_cast<int>(::syscall(SYS_openat2, folder_, path.c_str(), &how, sizeof how));
    }

    /// As other unpackers do, a later entry replaces an earlier one of the same name; a folder stays.
    static bool make_way(int parent, const std::string& name) { return ::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT; }

    static Error refused(const std::string& path, int error) {
        switch (error) {
        case EXDEV: return make_error(Errc::malformed, "entry \"" + path + "\" would be written through a link that leaves the folder");
        case ELOOP:
        case ENOTDIR:
        case EISDIR:
        case EEXIST:
        case ENOENT: return make_error(Errc::malformed, "entry \"" + path + "\" contradicts an earlier one");
        case ENAMETOOLONG: return make_error(Errc::malformed, "entry \"" + path.substr(0, 64) + "...\" has too long a name");
        default: return system_failure(path, error);
        }
    }

    /// At the end, so that a folder's entries can be written whatever its mode is.
    Result<void> set_folder_modes() {
        for (const auto& [names, mode] : folder_modes_) {
            const Descriptor folder(open_folder(names, names.size()));
            if (!folder.open()) return refused(names.back(), errno);
            if (::fchmod(folder.get(), mode | owner_bits) != 0) return system_failure(names.back(), errno);
        }
        return {};
    }

    archive* from_;
    int folder_;
    UnpackLimits limits_;
    std::size_t entries_ = 0;
    std::uint64_t unpacked_bytes_ = 0;
    std::vector<std::pair<std::vector<std::string>, mode_t>> folder_modes_;
};

} // namespace

Result<void> unpack_zip(const std::filesystem::path& archive_path, const std::filesystem::path& folder, UnpackLimits limits) {
    const Utf8Locale utf8;
    const Descriptor file(::open(archive_path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.open() && errno == ENOENT) return make_error(Errc::not_found, archive_path.string() + " does not exist");
    if (!file.open()) return system_failure(archive_path.string(), errno);
    const Descriptor target(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!target.open() && errno == ENOENT) return make_error(Errc::not_found, folder.string() + " does not exist");
    if (!target.open()) return system_failure(folder.string(), errno);

    const Reader reader(::archive_read_new(), &::archive_read_free);
    if (!reader) return system_failure("archive", ENOMEM);
    // Only through the central directory: an archive cut off before it must not pass for a shorter one.
    ::archive_read_support_format_zip_seekable(reader.get());
    if (::archive_read_open_fd(reader.get(), file.get(), block_bytes) != ARCHIVE_OK) {
        return archive_failure(reader.get(), archive_path.string());
    }
    return Unpacker(reader.get(), target.get(), limits).run();
}

} // namespace lambox::io
