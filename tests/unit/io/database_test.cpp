// Goal: what is committed is there after a new open, what is not is gone, and every failure is a Result. Method: real SQLite on real files,
// a second connection that holds the lock, a file-size limit as a full disk, broken files.

#include "lambox/io/database.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <string>
#include <string_view>

using namespace lambox;
using io::Database;
using io::Transaction;

namespace {

/// doctest cannot print a Result.
template <class R>
bool good(const R& result) {
    return result.has_value();
}

namespace fs = std::filesystem;

struct Folder {
    Folder() { fs::create_directories(path); }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    fs::path path = fs::temp_directory_path() / ("lambox-database-" + std::to_string(::getpid()));
    fs::path file = path / "state.sqlite";
};

constexpr std::array<std::string_view, 1> first_schema{"CREATE TABLE things (name TEXT PRIMARY KEY, size INTEGER)"};
constexpr std::array<std::string_view, 2> second_schema{first_schema[0], "ALTER TABLE things ADD COLUMN colour TEXT DEFAULT 'red'"};

Result<void> add(Database& database, std::string_view name, std::int64_t size) {
    auto statement = database.prepare("INSERT INTO things (name, size) VALUES (?, ?)");
    if (!statement) return statement.error();
    return statement->bind(name).bind(size).run();
}

std::int64_t count(Database& database) {
    auto statement = database.prepare("SELECT COUNT(*) FROM things");
    REQUIRE(good(statement));
    REQUIRE(good(statement->step()));
    return statement->integer(0);
}

} // namespace

TEST_CASE("rows come back as they were bound, empty texts and NULs included") {
    auto database = Database::in_memory();
    REQUIRE(good(database));
    REQUIRE(good(database->migrate(first_schema)));
    const std::string with_nul("a\0b", 3);
    REQUIRE(good(add(*database, "", 1)));
    REQUIRE(good(add(*database, with_nul, -5'000'000'000)));
    auto rows = database->prepare("SELECT name, size FROM things WHERE size < ? ORDER BY size");
    REQUIRE(good(rows));
    rows->bind(std::int64_t{0});
    const auto row = rows->step();
    REQUIRE((row && *row));
    CHECK(rows->text(0) == with_nul);
    CHECK(rows->integer(1) == -5'000'000'000);
    const auto end = rows->step();
    REQUIRE((end && !*end));
    rows->bind(std::int64_t{100}); // may be bound anew
    CHECK(good(rows->step()));
    CHECK(count(*database) == 2);
}

TEST_CASE("what is committed is there after a new open, what is not is gone") {
    const Folder folder;
    {
        auto database = Database::open(folder.file);
        REQUIRE(good(database));
        REQUIRE(good(database->migrate(first_schema)));
        {
            auto kept = Transaction::begin(*database);
            REQUIRE(good(kept));
            REQUIRE(good(add(*database, "kept", 1)));
            REQUIRE(good(kept->commit()));
        }
        auto lost = Transaction::begin(*database);
        REQUIRE(good(lost));
        REQUIRE(good(add(*database, "lost", 2)));
    }
    auto database = Database::open(folder.file);
    REQUIRE(good(database));
    CHECK(count(*database) == 1);
}

TEST_CASE("a transaction that is left rolls back, and another may begin") {
    auto database = Database::in_memory();
    REQUIRE(good(database));
    REQUIRE(good(database->migrate(first_schema)));
    {
        auto transaction = Transaction::begin(*database);
        REQUIRE(good(transaction));
        REQUIRE(good(add(*database, "a", 1)));
    }
    CHECK(count(*database) == 0);
    auto transaction = Transaction::begin(*database);
    REQUIRE(good(transaction));
    CHECK(good(transaction->commit()));
}

TEST_CASE("a schema grows step by step, keeps its rows, and refuses one of a newer program") {
    const Folder folder;
    {
        auto database = Database::open(folder.file);
        REQUIRE(good(database));
        REQUIRE(good(database->migrate(first_schema)));
        REQUIRE(good(add(*database, "old", 1)));
    }
    {
        auto database = Database::open(folder.file);
        REQUIRE(good(database));
        REQUIRE(good(database->migrate(second_schema)));
        REQUIRE(good(database->migrate(second_schema))); // nothing to do
        auto row = database->prepare("SELECT colour FROM things");
        REQUIRE(good(row));
        REQUIRE(good(row->step()));
        CHECK(row->text(0) == "red");
    }
    auto database = Database::open(folder.file);
    REQUIRE(good(database));
    const auto refused = database->migrate(first_schema);
    REQUIRE(!refused);
    CHECK(refused.error().code == Errc::unsupported);
}

TEST_CASE("a step that fails leaves the schema as it was") {
    auto database = Database::in_memory();
    REQUIRE(good(database));
    constexpr std::array<std::string_view, 2> broken{first_schema[0], "CREATE TABLE oops ("};
    CHECK(!database->migrate(broken));
    CHECK(!database->prepare("SELECT * FROM things"));
    CHECK(good(database->migrate(first_schema)));
}

TEST_CASE("a database in use is refused by name") {
    const Folder folder;
    auto first = Database::open(folder.file);
    REQUIRE(good(first));
    const auto second = Database::open(folder.file);
    REQUIRE(!second);
    CHECK(second.error().code == Errc::conflict);
    CHECK(second.error().message.find(folder.file.string()) != std::string::npos);
}

TEST_CASE("a file that is none and a folder that is not there are refused") {
    const Folder folder;
    std::ofstream(folder.file) << std::string(4'096, 'x');
    const auto none = Database::open(folder.file);
    REQUIRE(!none);
    CHECK(none.error().code == Errc::malformed);
    CHECK(!Database::open(folder.path / "missing" / "state.sqlite"));
}

TEST_CASE("a full disk is an error, and what was there stays") {
    const Folder folder;
    auto database = Database::open(folder.file);
    REQUIRE(good(database));
    REQUIRE(good(database->migrate(first_schema)));
    REQUIRE(good(add(*database, "before", 1)));
    // No file may grow past this, which SQLite sees as it sees a full disk: a write that fails.
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{65'536, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const auto failed = add(*database, std::string(1'000'000, 'x'), 2);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
    REQUIRE(!failed);
    CHECK(failed.error().code == Errc::io);
    CHECK(count(*database) == 1);
    CHECK(good(add(*database, "after", 3)));
}
