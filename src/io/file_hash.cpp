#include "lambox/io/file_hash.hpp"

#include "lambox/base/assert.hpp"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>

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

} // namespace lambox::io
