#include "lambox/io/file_hash.hpp"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <system_error>

namespace lambox::io {

Result<std::string> sha256_of_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return make_error(Errc::not_found, path.string() + " cannot be read");
    sha256_ctx context;
    sha256_init(&context);
    std::array<char, 65'536> buffer{};
    while (file.read(buffer.data(), buffer.size()) || file.gcount() > 0)
        sha256_update(&context, static_cast<std::size_t>(file.gcount()), reinterpret_cast<const std::uint8_t*>(buffer.data()));
    if (file.bad()) return make_error(Errc::io, path.string() + " cannot be read to its end");
    std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
    sha256_digest(&context, digest.size(), digest.data());
    std::string text;
    text.reserve(2 * digest.size());
    for (const std::uint8_t byte : digest) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

std::string sha256(std::string_view bytes) {
    sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
    std::string digest(SHA256_DIGEST_SIZE, '\0');
    sha256_digest(&context, digest.size(), reinterpret_cast<std::uint8_t*>(digest.data()));
    return digest;
}

namespace {

Error system_error(const std::filesystem::path& path) {
    return make_error(Errc::io, path.string() + ": " + std::generic_category().message(errno));
}

Result<void> write_all(int file, const std::filesystem::path& path, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error(path);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file) != 0) return system_error(path);
    return {};
}

} // namespace

Result<void> write_durably(const std::filesystem::path& path, std::string_view bytes) {
    const std::filesystem::path unfinished = path.string() + ".part";
    const int file = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return system_error(unfinished);
    auto written = write_all(file, unfinished, bytes);
    ::close(file);
    std::error_code error;
    if (written) std::filesystem::rename(unfinished, path, error);
    if (!written || error) {
        std::error_code ignored;
        std::filesystem::remove(unfinished, ignored);
        if (!written) return written;
        return make_error(Errc::io, path.string() + ": " + error.message());
    }
    const int folder = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return system_error(path.parent_path());
    const int synced = ::fsync(folder); // the rename is safe once the folder is
    ::close(folder);
    if (synced != 0) return system_error(path.parent_path());
    return {};
}

} // namespace lambox::io
