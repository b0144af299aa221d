// Goal: packages unpack as they are, and no archive can write outside its folder, make special files or pass a bound.
// Method: archives made here with libarchive, hostile ones patched byte by byte.
#include "lambox/io/zip_archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace fs = std::filesystem;
using namespace lambox;

namespace {

constexpr io::UnpackLimits roomy{64 * 1024 * 1024, 1'000};

/// Writes one archive; it is complete when this ends.
class Zip {
public:
    explicit Zip(const fs::path& path, const char* options = nullptr) : to_(::archive_write_new()) {
        ::archive_write_set_format_zip(to_);
        if (options != nullptr) REQUIRE(::archive_write_set_options(to_, options) == ARCHIVE_OK);
        ::archive_write_set_passphrase(to_, "secret");
        REQUIRE(::archive_write_open_filename(to_, path.c_str()) == ARCHIVE_OK);
    }
    Zip(const Zip&) = delete;
    Zip& operator=(const Zip&) = delete;
    ~Zip() {
        CHECK(::archive_write_close(to_) == ARCHIVE_OK);
        ::archive_write_free(to_);
    }
    Zip& file(const std::string& name, const std::string& text, mode_t mode = 0644) { return add(name, AE_IFREG, mode, text, {}); }
    Zip& folder(const std::string& name, mode_t mode = 0755) { return add(name, AE_IFDIR, mode, {}, {}); }
    Zip& link(const std::string& name, const std::string& target) { return add(name, AE_IFLNK, 0777, {}, target); }

private:
    Zip& add(const std::string& name, mode_t type, mode_t mode, const std::string& text, const std::string& target) {
        archive_entry* entry = ::archive_entry_new();
        ::archive_entry_set_pathname(entry, name.c_str());
        ::archive_entry_set_filetype(entry, type);
        ::archive_entry_set_perm(entry, mode);
        ::archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
        if (!target.empty()) ::archive_entry_set_symlink(entry, target.c_str());
        REQUIRE_MESSAGE(::archive_write_header(to_, entry) == ARCHIVE_OK, ::archive_error_string(to_));
        REQUIRE(::archive_write_data(to_, text.data(), text.size()) == static_cast<la_ssize_t>(text.size()));
        ::archive_entry_free(entry);
        return *this;
    }
    archive* to_;
};

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// A folder with an archive, the folder it is unpacked to, and one that must stay empty.
class Bench {
public:
    Bench() : root_(make_folder()), archive(root_ / "package.zip"), into(root_ / "into"), outside(root_ / "outside") {
        fs::create_directory(into);
        fs::create_directory(outside);
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    ~Bench() {
        CHECK(fs::is_empty(outside));
        CHECK(std::distance(fs::directory_iterator(root_), fs::directory_iterator()) <= 3);
        fs::remove_all(root_);
    }
    [[nodiscard]] Result<void> unpack(io::UnpackLimits limits = roomy) const { return io::unpack_zip(archive, into, limits); }
    [[nodiscard]] Error refusal(io::UnpackLimits limits = roomy) const {
        const auto result = unpack(limits);
        REQUIRE(result.has_error());
        return result.error();
    }
    void write_archive(const std::string& bytes) const { std::ofstream(archive, std::ios::binary) << bytes; }
    void empty_folder() const {
        fs::remove_all(into);
        fs::create_directory(into);
    }
    [[nodiscard]] mode_t mode(const std::string& name) const {
        struct stat info {};
        REQUIRE(::lstat((into / name).c_str(), &info) == 0);
        return info.st_mode & 07777;
    }
    /// Bytes in all files.
    [[nodiscard]] std::uintmax_t unpacked_bytes() const {
        std::uintmax_t sum = 0;
        for (const auto& entry : fs::recursive_directory_iterator(into)) {
            if (entry.is_regular_file()) sum += entry.file_size();
        }
        return sum;
    }

private:
    static fs::path make_folder() {
        char path[] = "/tmp/lambox-zip-XXXXXX";
        REQUIRE(::mkdtemp(path) != nullptr);
        return path;
    }
    fs::path root_;

public:
    const fs::path archive;
    const fs::path into;
    const fs::path outside;
};

/// Puts `mode` (type and permissions) into the first entry of the central directory.
std::string with_mode(std::string bytes, std::uint32_t mode) {
    const std::size_t central = bytes.find("PK\1\2");
    REQUIRE(central != std::string::npos);
    bytes[central + 40] = static_cast<char>(mode & 0xff);
    bytes[central + 41] = static_cast<char>(mode >> 8);
    return bytes;
}

} // namespace

TEST_CASE("files, folders and links unpack with their contents and permissions") {
    Bench bench;
    const std::string large(300'000, 'L');
    Zip(bench.archive)
        .file("bootstrap", "#!/bin/sh\n", 0755)
        .folder("lib/", 0750)
        .file("lib/data", large, 0640)
        .file("deep/er/than/listed", "x", 0600)
        .file("./odd//name", "y")
        .file("empty", "")
        .link("alias", "bootstrap")
        .link("absolute", "/opt/layer");
    const mode_t before = ::umask(0077);
    const auto result = bench.unpack();
    ::umask(before);
    REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message));
    CHECK(read(bench.into / "bootstrap") == "#!/bin/sh\n");
    CHECK(bench.mode("bootstrap") == 0755);
    CHECK(bench.mode("lib") == 0750);
    CHECK(read(bench.into / "lib/data") == large);
    CHECK(bench.mode("lib/data") == 0640);
    CHECK(read(bench.into / "deep/er/than/listed") == "x");
    CHECK(read(bench.into / "odd/name") == "y");
    CHECK(fs::file_size(bench.into / "empty") == 0);
    CHECK(fs::read_symlink(bench.into / "alias") == "bootstrap");
    CHECK(fs::read_symlink(bench.into / "absolute") == "/opt/layer");
}

TEST_CASE("stored and deflated entries both unpack") {
    for (const char* options : {"zip:compression=store", "zip:compression=deflate"}) {
        Bench bench;
        Zip(bench.archive, options).file("data", std::string(200'000, 'd'));
        REQUIRE(bench.unpack().has_value());
        CHECK(read(bench.into / "data") == std::string(200'000, 'd'));
    }
}

TEST_CASE("names beyond ASCII keep their bytes in every locale") {
    Bench bench;
    const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    const locale_t before = ::uselocale(utf8);
    Zip(bench.archive).file("größe/日本.txt", "x");
    ::uselocale(before);
    ::freelocale(utf8);
    REQUIRE(bench.unpack().has_value());
    CHECK(fs::exists(bench.into / "größe/日本.txt"));
    CHECK(::uselocale(nullptr) == before);
}

TEST_CASE("an archive without entries is refused") {
    Bench bench;
    const std::string end_of_directory = std::string("PK\5\6", 4) + std::string(18, '\0');
    SUBCASE("nothing else") { bench.write_archive(end_of_directory); }
    SUBCASE("behind other bytes") { bench.write_archive("prefix" + end_of_directory); }
    CHECK(bench.refusal().code == Errc::malformed);
}

TEST_CASE("privileged bits are dropped") {
    Bench bench;
    Zip(bench.archive).file("tool", "x", 06755).folder("shared/", 03777);
    REQUIRE(bench.unpack().has_value());
    CHECK(bench.mode("tool") == 0755);
    CHECK(bench.mode("shared") == 0777);
}

TEST_CASE("files in a folder that nobody may write to are unpacked, and its owner can still remove them") {
    Bench bench;
    Zip(bench.archive).folder("frozen/", 0555).file("frozen/file", "x", 0444).folder("closed/", 0);
    REQUIRE(bench.unpack().has_value());
    CHECK(bench.mode("frozen/file") == 0444);
    CHECK(bench.mode("frozen") == 0755);
    CHECK(bench.mode("closed") == 0700);
}

TEST_CASE("a later entry replaces an earlier one of its name") {
    Bench bench;
    Zip(bench.archive)
        .file("data", "a long first text")
        .file("data", "second", 0600)
        .folder("twice/")
        .folder("twice/", 0700)
        .link("link", "x")
        .link("link", "y");
    REQUIRE(bench.unpack().has_value());
    CHECK(read(bench.into / "data") == "second");
    CHECK(bench.mode("data") == 0600);
    CHECK(bench.mode("twice") == 0700);
    CHECK(fs::read_symlink(bench.into / "link") == "y");
}

TEST_CASE("a file replaces a link instead of writing through it") {
    Bench bench;
    Zip(bench.archive).link("data", "../outside/data").file("data", "text");
    REQUIRE(bench.unpack().has_value());
    CHECK(fs::is_regular_file(fs::symlink_status(bench.into / "data")));
}

TEST_CASE("entries that contradict each other are refused") {
    Bench bench;
    SUBCASE("a file where a folder is") { Zip(bench.archive).folder("a/").file("a", "x"); }
    SUBCASE("a folder where a file is") { Zip(bench.archive).file("a", "x").folder("a/"); }
    SUBCASE("a file below a file") { Zip(bench.archive).file("a", "x").file("a/b", "x"); }
    SUBCASE("a file below a link to nothing") { Zip(bench.archive).link("a", "nothing").file("a/b", "x"); }
    SUBCASE("a file below a circle of links") { Zip(bench.archive).link("a", "b").link("b", "a").file("a/c", "x"); }
    CHECK(bench.refusal().code == Errc::malformed);
}

TEST_CASE("entries that leave the folder by their name are refused") {
    Bench bench;
    SUBCASE("up") { Zip(bench.archive).file("../outside/x", "x"); }
    SUBCASE("up from within") { Zip(bench.archive).folder("a/").file("a/../../outside/x", "x"); }
    SUBCASE("up and back") { Zip(bench.archive).file("a/../b", "x"); }
    SUBCASE("only up") { Zip(bench.archive).folder("../"); }
    SUBCASE("up at the end") { Zip(bench.archive).folder("a/.."); }
    SUBCASE("absolute") { Zip(bench.archive).file((bench.outside / "x").string(), "x"); }
    SUBCASE("a link going up by its name") { Zip(bench.archive).link("../outside/x", "y"); }
    const Error error = bench.refusal();
    CHECK(error.code == Errc::malformed);
    CHECK(error.message.find("entry \"") == 0);
}

TEST_CASE("writing through links that stay inside works") {
    Bench bench;
    Zip(bench.archive).folder("real/").link("alias", "real").link("chain", "./alias").file("chain/file", "x");
    REQUIRE(bench.unpack().has_value());
    CHECK(read(bench.into / "real/file") == "x");
}

TEST_CASE("writing through links that leave the folder is refused") {
    Bench bench;
    SUBCASE("a file below a relative link") { Zip(bench.archive).link("out", "../outside").file("out/x", "x"); }
    SUBCASE("a file below an absolute link") { Zip(bench.archive).link("out", bench.outside.string()).file("out/x", "x"); }
    SUBCASE("an absolute link that comes back inside") { Zip(bench.archive).link("out", bench.into.string()).file("out/x", "x"); }
    SUBCASE("new folders below a link") { Zip(bench.archive).link("out", "../outside").file("out/a/b/c", "x"); }
    SUBCASE("a folder in place of a link") { Zip(bench.archive).link("out", "../outside").folder("out/", 0777); }
    SUBCASE("a link below a link") { Zip(bench.archive).link("out", "../outside").link("out/x", "y"); }
    SUBCASE("a chain of links") { Zip(bench.archive).link("up", "..").link("out", "up/outside").file("out/x", "x"); }
    SUBCASE("out and in again") { Zip(bench.archive).folder("a/").link("out", "../into/a").file("out/x", "x"); }
    const Error error = bench.refusal();
    CHECK(error.code == Errc::malformed);
    CHECK(error.message.find("leaves the folder") != std::string::npos);
}

TEST_CASE("special files are refused, or unpacked as the plain file that libarchive takes them for") {
    Bench bench;
    Zip(bench.archive).file("special", "x");
    const std::string plain = read(bench.archive);
    for (const std::uint32_t type : {S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK}) {
        CAPTURE(type);
        bench.empty_folder();
        bench.write_archive(with_mode(plain, type | 0644));
        if (type == S_IFIFO) {
            REQUIRE(bench.unpack().has_value());
            CHECK(fs::is_regular_file(fs::symlink_status(bench.into / "special")));
        } else {
            CHECK(bench.refusal().code == Errc::malformed);
            CHECK(fs::is_empty(bench.into));
        }
    }
}

TEST_CASE("encrypted entries are refused") {
    Bench bench;
    Zip(bench.archive, "zip:encryption=traditional").file("secret", "text");
    CHECK(bench.refusal().code == Errc::malformed);
}

TEST_CASE("unpacking stops at the bound on bytes, however small the archive is") {
    Bench bench;
    Zip(bench.archive)
        .file("a", std::string(600'000, '\0'))
        .file("b", std::string(400'000, '\0'))
        .file("c", std::string(32 * 1024 * 1024, '\0'));
    CHECK(fs::file_size(bench.archive) < 100'000);
    CHECK(bench.refusal({1'000'000, 10}).code == Errc::too_large);
    CHECK(bench.unpacked_bytes() <= 1'000'000 + 65'536);
}

TEST_CASE("the bounds themselves are allowed") {
    Bench bench;
    Zip(bench.archive).file("a", std::string(600'000, 'a')).file("b", std::string(400'000, 'b'));
    CHECK(bench.unpack({1'000'000, 2}).has_value());
    bench.empty_folder();
    CHECK(bench.refusal({999'999, 2}).code == Errc::too_large);
    bench.empty_folder();
    CHECK(bench.refusal({1'000'000, 1}).code == Errc::too_large);
}

TEST_CASE("missing archives and folders are told apart from broken ones") {
    Bench bench;
    CHECK(bench.refusal().code == Errc::not_found);
    Zip(bench.archive).file("a", "x");
    const auto nowhere = io::unpack_zip(bench.archive, bench.into / "none", roomy);
    REQUIRE(nowhere.has_error());
    CHECK(nowhere.error().code == Errc::not_found);
    const auto folder = io::unpack_zip(bench.into, bench.into, roomy);
    REQUIRE(folder.has_error());
    CHECK(folder.error().code == Errc::io);
}

TEST_CASE("what is no zip is malformed") {
    Bench bench;
    SUBCASE("nothing") { bench.write_archive(""); }
    SUBCASE("text") { bench.write_archive("#!/bin/sh\nexit 0\n"); }
    SUBCASE("another format") { bench.write_archive("!<arch>\n"); }
    CHECK(bench.refusal().code == Errc::malformed);
}

TEST_CASE("an archive cut off anywhere is malformed") {
    Bench bench;
    Zip(bench.archive).file("first", "some text").file("second", std::string(2'000, 's')).link("third", "first");
    const std::string whole = read(bench.archive);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        bench.write_archive(whole.substr(0, length));
        bench.empty_folder();
        CAPTURE(length);
        CHECK(bench.refusal().code == Errc::malformed);
    }
}

TEST_CASE("a damaged archive never writes outside, and damaged contents are noticed") {
    Bench bench;
    const std::string text = "a text that is stored as it is";
    Zip(bench.archive, "zip:compression=store").file("file", text).link("link", "file").folder("folder/");
    const std::string whole = read(bench.archive);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const int bit : {0, 3, 7}) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            bench.write_archive(damaged);
            bench.empty_folder();
            const bool unpacked = bench.unpack().has_value();
            const bool in_contents = at >= whole.find(text) && at < whole.find(text) + text.size();
            if (in_contents) CHECK_FALSE(unpacked);
        }
    }
}

TEST_CASE("a full disk is an error of the system") {
    Bench bench;
    Zip(bench.archive).file("large", std::string(500'000, 'x'));
    // A bound on file sizes plays the full disk.
    rlimit before;
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{100'000, before.rlim_max};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto result = bench.unpack();
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_DFL);
    REQUIRE(result.has_error());
    CHECK(result.error().code == Errc::io);
    CHECK(result.error().message.find("large: ") == 0);
}
