#pragma once

#include "lambox/base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace lambox::io {

/// One prepared SQL statement; columns and parameters as SQLite counts them (columns from 0, parameters from 1). Must not outlive its
/// database.
class Statement {
public:
    Statement(Statement&&) noexcept = default;
    Statement& operator=(Statement&&) noexcept = default;

    /// Binds the next parameter. An unknown one is a programmer's error.
    Statement& bind(std::string_view text);
    Statement& bind(std::int64_t number);
    /// The next row: true while there is one. After the last, and after an error, the statement may be bound and stepped anew.
    [[nodiscard]] Result<bool> step();
    /// Steps a statement that returns nothing.
    [[nodiscard]] Result<void> run();
    /// Of the current row; valid until the next step.
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int next_ = 1;
};

/// An SQLite database that belongs to this process alone. Calls block; those of a durable one wait for the disk at each commit.
class Database {
public:
    /// Forgotten with the object. Errors: io.
    [[nodiscard]] static Result<Database> in_memory();
    /// Made if it is not there; what is committed survives a kill and a power cut (WAL, synchronous=FULL). Errors: conflict (another
    /// process holds it), malformed (no database, or a broken one), permission_denied, io.
    [[nodiscard]] static Result<Database> open(const std::filesystem::path& file);
    Database(Database&&) noexcept = default;
    Database& operator=(Database&&) noexcept = default;

    /// Brings the schema up to date: the steps behind the stored `user_version` run in one transaction. Errors: unsupported (made by a
    /// newer program), and those of SQLite.
    [[nodiscard]] Result<void> migrate(std::span<const std::string_view> steps);
    /// Runs SQL without parameters, several statements if need be.
    [[nodiscard]] Result<void> execute(const std::string& sql);
    /// Errors: malformed (not SQL).
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);

private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    explicit Database(sqlite3* handle) : handle_(handle) {}
    [[nodiscard]] static Result<Database> open_named(const char* name);

    std::unique_ptr<sqlite3, Close> handle_;
};

/// Rolls back unless committed.
class Transaction {
public:
    [[nodiscard]] static Result<Transaction> begin(Database& database);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    /// Errors: io (a full disk among them); then nothing of it has happened.
    [[nodiscard]] Result<void> commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}

    Database* database_; ///< null once it has ended
};

} // namespace lambox::io
