// Goal: packages are kept once by their content, go with their last user, and stay where they are to outlive the program. Method: real
// files; zips made byte by byte.
#include "lambox/engine/code_store.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

using namespace lambox;
using engine::CodeLifetime;
using engine::CodeStore;

namespace {

namespace fs = std::filesystem;

struct Folder {
    Folder() { fs::create_directories(path); }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
    }
    fs::path path = fs::temp_directory_path() / ("lambox-code-" + std::to_string(::getpid()));
};

std::uint32_t crc32(const std::string& bytes) {
    std::uint32_t sum = 0xffffffff;
    for (const char byte : bytes) {
        sum ^= static_cast<unsigned char>(byte);
        for (int i = 0; i < 8; ++i)
            sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xedb88320U : 0U);
    }
    return ~sum;
}

std::string little(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i)
        out += static_cast<char>(value >> (8 * i) & 0xff);
    return out;
}

/// A zip of one stored file.
std::string zip_of(const std::string& name, const std::string& content) {
    const std::string common = little(0, 2) + little(0, 2) + little(0, 4) + little(crc32(content), 4) + little(content.size(), 4) +
                               little(content.size(), 4) + little(name.size(), 2) + little(0, 2);
    const std::string local = "PK\x03\x04" + little(20, 2) + common + name + content;
    const std::string central = "PK\x01\x02" + little(0x031e, 2) + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 2) +
                                little(0100755ULL << 16, 4) + little(0, 4) + name;
    return local + central + "PK\x05\x06" + little(0, 4) + little(1, 2) + little(1, 2) + little(central.size(), 4) +
           little(local.size(), 4) + little(0, 2);
}

model::FunctionRecord record_of(const model::PackageInfo& package) {
    model::FunctionRecord record;
    record.package = package;
    return record;
}

std::string text_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

} // namespace

TEST_CASE("a zip is unpacked, described as AWS does, and goes with its last user") {
    const Folder folder;
    CodeStore store(folder.path, CodeLifetime::durable);
    const std::string zip = zip_of("bootstrap", "#!/bin/sh\n");
    auto stored = store.store_zip(zip);
    REQUIRE(stored.has_value());
    CHECK(stored->info.size == zip.size());
    CHECK(stored->info.sha256.size() == 44);
    CHECK(stored->info.location.size() == 64);
    CHECK(text_of(store.zip_path(stored->info.location)) == zip);
    auto code = store.prepare(record_of(stored->info));
    REQUIRE(code.has_value());
    CHECK(text_of(code->task / "bootstrap") == "#!/bin/sh\n");
    stored->kept.reset();
    CHECK(fs::exists(code->task)); // the code is still used
    code->kept.clear();
    CHECK(folder.files() == 0);
    CHECK(!store.prepare(record_of(stored->info)).has_value());
}

TEST_CASE("the same bytes are kept once") {
    const Folder folder;
    CodeStore store(folder.path, CodeLifetime::durable);
    const auto first = store.store_zip(zip_of("a", "1"));
    const auto again = store.store_zip(zip_of("a", "1"));
    const auto other = store.store_zip(zip_of("a", "2"));
    REQUIRE((first.has_value() && again.has_value() && other.has_value()));
    CHECK(first->info == again->info);
    CHECK(first->info.location != other->info.location);
    CHECK(folder.files() == 4); // two zips, two folders
}

TEST_CASE("what is no zip is refused in AWS's words and leaves nothing") {
    const Folder folder;
    CodeStore store(folder.path, CodeLifetime::durable);
    for (const std::string& bytes : {std::string("no zip"), zip_of("a", "1").substr(0, 20), zip_of("../a", "1")}) {
        const auto refused = store.store_zip(bytes);
        REQUIRE(!refused.has_value());
        CHECK(refused.error().code == Errc::no_zip);
        CHECK(refused.error().message == "Could not unzip uploaded file. Please check your file, then try to upload again.");
    }
    CHECK(folder.files() == 0);
}

TEST_CASE("layers are merged in their order, one layer is used where it lies") {
    const Folder folder;
    CodeStore store(folder.path, CodeLifetime::durable);
    auto task = store.store_zip(zip_of("bootstrap", "x"));
    auto one = store.store_zip(zip_of("word", "one"));
    auto two = store.store_zip(zip_of("word", "two"));
    REQUIRE((task.has_value() && one.has_value() && two.has_value()));
    auto record = record_of(task->info);
    record.layers = {{"a", one->info}, {"b", two->info}};
    auto both = store.prepare(record);
    REQUIRE(both.has_value());
    CHECK(text_of(both->layers / "word") == "two");
    std::swap(record.layers[0], record.layers[1]);
    const auto swapped = store.prepare(record);
    REQUIRE(swapped.has_value());
    CHECK(text_of(swapped->layers / "word") == "one");
    record.layers.pop_back();
    const auto single = store.prepare(record);
    REQUIRE(single.has_value());
    CHECK(text_of(single->layers / "word") == "two");
    const fs::path merged = both->layers;
    both->kept.clear();
    CHECK(!fs::exists(merged));
}

TEST_CASE("packages outlive a durable store, and the next one collects those that nobody names") {
    const Folder folder;
    std::string kept;
    {
        CodeStore store(folder.path, CodeLifetime::durable);
        const auto first = store.store_zip(zip_of("a", "1"));
        const auto second = store.store_zip(zip_of("a", "2"));
        REQUIRE((first.has_value() && second.has_value()));
        kept = first->info.location;
        store.release_all();
    }
    CHECK(folder.files() == 4);
    fs::create_directories(folder.path / "unfinished-7");
    CodeStore store(folder.path, CodeLifetime::durable);
    const auto there = store.collect({kept, "missing"});
    CHECK(folder.files() == 2);
    CHECK((there.size() == 1 && there.contains(kept)));
    store.release_all(); // or what is kept below would go at once
    CHECK(store.keep(kept).has_value());
    fs::remove_all(folder.path / ("task-" + kept));
    CHECK(store.prepare(record_of({model::PackageKind::zip, kept, "", 1})).has_value()); // unpacked anew
}

TEST_CASE("a hot folder has to be an absolute path of a folder") {
    const Folder folder;
    const auto used = CodeStore::use_folder(folder.path.string());
    REQUIRE(used.has_value());
    CHECK(used->info.size == 0);
    CHECK(used->info.location == fs::canonical(folder.path).string());
    for (const std::string& path :
         {std::string("relative"), std::string(""), (folder.path / "missing").string(), std::string("/proc/self/exe")}) {
        CAPTURE(path);
        CHECK(!CodeStore::use_folder(path).has_value());
    }
}

TEST_CASE("a temporary store takes its folder with it") {
    const Folder folder;
    const fs::path inner = folder.path / "inner";
    fs::create_directories(inner);
    {
        CodeStore store(inner, CodeLifetime::temporary);
        REQUIRE(store.store_zip(zip_of("a", "1")).has_value());
    }
    CHECK(!fs::exists(inner));
}
