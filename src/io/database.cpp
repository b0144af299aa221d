#include "lambox/io/database.hpp"

#include "lambox/base/assert.hpp"

#include <sqlite3.h>

#include <utility>

namespace lambox::io {
namespace {

Errc code_of(int result) {
    switch (result & 0xff) { // SQLite's extended codes carry the plain one in their low byte
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Errc::conflict;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: return Errc::malformed;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH: return Errc::permission_denied;
    case SQLITE_TOOBIG: return Errc::too_large;
    default: return Errc::io; // SQLite's codes are an open set of macros
    }
}

Error error_of(sqlite3* handle, int result) {
    std::string message = "database: ";
    message += sqlite3_errstr(result);
    if (handle != nullptr && sqlite3_errcode(handle) != SQLITE_OK) message.append(": ").append(sqlite3_errmsg(handle));
    return make_error(code_of(result), std::move(message));
}

} // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(std::string_view text) {
    // A null pointer would bind NULL, which an empty text is not.
    const char* data = text.data() == nullptr ? "" : text.data();
    const int bound = sqlite3_bind_text64(statement_.get(), next_++, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    LAMBOX_ASSERT(bound == SQLITE_OK || bound == SQLITE_NOMEM || bound == SQLITE_TOOBIG);
    return *this;
}

Statement& Statement::bind(std::int64_t number) {
    const int bound = sqlite3_bind_int64(statement_.get(), next_++, number);
    LAMBOX_ASSERT(bound == SQLITE_OK);
    return *this;
}

Result<bool> Statement::step() {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    next_ = 1;
    if (result == SQLITE_DONE) {
        sqlite3_reset(statement_.get());
        return false;
    }
    const Error error = error_of(sqlite3_db_handle(statement_.get()), result);
    sqlite3_reset(statement_.get());
    return error;
}

Result<void> Statement::run() {
    const auto stepped = step();
    if (!stepped) return stepped.error();
    LAMBOX_ASSERT(!*stepped);
    return {};
}

std::string_view Statement::text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::open_named(const char* name) {
    sqlite3* handle = nullptr;
    const int opened = sqlite3_open_v2(name, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(handle); // SQLite gives a handle to be closed even when it fails
    if (opened != SQLITE_OK) {
        Error error = error_of(handle, opened);
        error.message += std::string(" (") + name + ")";
        return error;
    }
    sqlite3_extended_result_codes(handle, 1);
    return database;
}

Result<Database> Database::in_memory() { return open_named(":memory:"); }

Result<Database> Database::open(const std::filesystem::path& file) {
    auto database = open_named(file.c_str());
    if (!database) return database;
    // Exclusive from the first read on: a second program with the same folder must fail at once, not share it. Set before WAL begins,
    // so that no shared-memory file is made.
    const auto prepared = database->execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                            "BEGIN EXCLUSIVE; COMMIT;");
    if (prepared) return database;
    const Error& error = prepared.error();
    if (error.code == Errc::conflict) return make_error(error.code, file.string() + " is in use by another lambox");
    return make_error(error.code, error.message + " (" + file.string() + ")");
}

Result<void> Database::execute(const std::string& sql) {
    const int result = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) return error_of(handle_.get(), result);
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    if (result != SQLITE_OK) return error_of(handle_.get(), result);
    return Statement(statement);
}

Result<void> Database::migrate(std::span<const std::string_view> steps) {
    auto version = prepare("PRAGMA user_version");
    if (!version) return version.error();
    const auto row = version->step();
    if (!row) return row.error();
    const auto done = static_cast<std::size_t>(version->integer(0));
    *version = Statement(nullptr); // an open read would block the commit
    if (done > steps.size()) return make_error(Errc::unsupported, "the state was written by a newer version of lambox");
    if (done == steps.size()) return {};
    auto transaction = Transaction::begin(*this);
    if (!transaction) return transaction.error();
    for (const auto& step : steps.subspan(done)) {
        if (const auto ran = execute(std::string(step)); !ran) return ran.error();
    }
    if (const auto set = execute("PRAGMA user_version=" + std::to_string(steps.size())); !set) return set.error();
    return transaction->commit();
}

Result<Transaction> Transaction::begin(Database& database) {
    if (const auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun.error();
    return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
    // SQLite itself may have rolled back already (a full disk); then this fails, and nothing is lost by that.
    if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
    LAMBOX_ASSERT(database_ != nullptr);
    auto done = database_->execute("COMMIT");
    if (done) database_ = nullptr;
    return done;
}

} // namespace lambox::io
