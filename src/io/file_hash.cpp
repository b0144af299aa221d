#include "lambox/io/file_hash.hpp"

#include "lambox/base/assert.hpp"

#include <openssl/evp.h>

#include <fcntl.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <system_error>

namespace lambox::io {

Result<std::string> sha256_of_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return make_error(Errc::not_found, path.string() + " cannot be read");
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    LAMBOX_ASSERT(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
    std::array<char, 65'536> buffer{};
    while (file.read(buffer.data(), buffer.size()) || file.gcount() > 0) {
        LAMBOX_ASSERT(EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(file.gcount())) == 1);
    }
    if (file.bad()) return make_error(Errc::io, path.string() + " cannot be read to its end");
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    LAMBOX_ASSERT(EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1);
    std::string text;
    text.reserve(2 * std::size_t{size});
    for (unsigned int i = 0; i < size; ++i) {
        text += "0123456789abcdef"[digest[i] >> 4];
        text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
}

std::string sha256(std::string_view bytes) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    unsigned int size = 0;
    const int hashed =
        EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(), nullptr);
    LAMBOX_ASSERT(hashed == 1 && size == digest.size());
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
