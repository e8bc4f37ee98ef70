#include "database.h"

#include <charconv>

#include "gatehouse/base/assert.h"
#include "gatehouse/store/errors.h"

namespace gatehouse::adapters {
namespace {

constexpr milliseconds wait_for_others{5000};  // another process that writes

}  // namespace

Statement::~Statement() {
  if (compiled_ == nullptr) return;  // the schema in a damaged file may be another
  sqlite3_reset(compiled_);
  sqlite3_clear_bindings(compiled_);
}

void Statement::put(int place, std::string_view text) {
  const char* data = text.data() != nullptr ? text.data() : "";  // a null pointer would be NULL
  note(sqlite3_bind_text64(compiled_, place, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::put(int place, const Bytes& bytes) {
  const char* data = bytes.view.data() != nullptr ? bytes.view.data() : "";
  note(sqlite3_bind_blob64(compiled_, place, data, bytes.view.size(), SQLITE_TRANSIENT));
}

Result<Step> Statement::step() {
  if (failed_ != SQLITE_OK) return database_.failure(failed_);
  const int code = sqlite3_step(compiled_);
  switch (code) {
    case SQLITE_DONE:
      return Step::done;
    case SQLITE_ROW:
      return Step::row;
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return Step::duplicate;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return Step::orphan;
    default:
      return database_.failure(code);
  }
}

Status Statement::run() {
  GH_TRY(const Step came_to, step());
  GH_ASSERT(came_to == Step::done);
  return ok();
}

std::string Statement::text(int column) const {
  const void* data = sqlite3_column_blob(compiled_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(compiled_, column));
  return data != nullptr ? std::string(static_cast<const char*>(data), size) : std::string();
}

Result<Database> Database::open(const std::string& name, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database(handle);  // there is one to close even where opening failed
  if (code != SQLITE_OK) return database.failure(code);
  sqlite3_busy_timeout(handle, static_cast<int>(wait_for_others.count()));
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  GH_CHECK(database.run("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY"));
  // What is forgotten is written over, whatever this SQLite was built to do.
  GH_CHECK(database.run("PRAGMA secure_delete = ON"));
  return database;
}

Statement Database::prepare(const char* sql) {
  auto& compiled = compiled_[sql];
  int code = SQLITE_OK;
  if (!compiled) {
    sqlite3_stmt* made = nullptr;
    code = sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    compiled.reset(made);
  }
  GH_ASSERT(!compiled || sqlite3_stmt_busy(compiled.get()) == 0);
  return Statement(*this, compiled.get(), code);
}

Status Database::run(const char* script) {
  const int code = sqlite3_exec(handle_.get(), script, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? ok() : Status(failure(code));
}

Result<std::string> Database::ask(const std::string& sql) {
  sqlite3_stmt* made = nullptr;
  int code = sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &made, nullptr);
  const std::unique_ptr<sqlite3_stmt, Close> compiled(made);
  if (code == SQLITE_OK) code = sqlite3_step(made);
  if (code != SQLITE_ROW) return failure(code);
  const unsigned char* text = sqlite3_column_text(made, 0);
  return text != nullptr ? std::string(reinterpret_cast<const char*>(text)) : std::string();
}

Result<std::int64_t> Database::ask_number(const std::string& sql) {
  GH_TRY(const std::string text, ask(sql));
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return store::store_unavailable("no number where one was asked for: " + text);
  return number;
}

Error Database::failure(int code) const {
  std::string detail = sqlite3_errstr(code);
  if (handle_) detail += ": " + std::string(sqlite3_errmsg(handle_.get()));
  detail += " (SQLite " + std::to_string(code) + ")";
  const int primary = code & 0xff;
  if (primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH || primary == SQLITE_TOOBIG) {
    return internal_error("store_record_refused", std::move(detail));
  }
  Error unavailable = store::store_unavailable(std::move(detail));
  const bool damaged = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
  return damaged ? std::move(unavailable).with_retry(Retry::never()) : std::move(unavailable);
}

Result<Transaction> Transaction::begin(Database& database) {
  GH_CHECK(database.run("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // SQLite has rolled back by itself after the worst failures.
  if (database_ != nullptr && database_->in_transaction()) static_cast<void>(database_->run("ROLLBACK"));
}

Status Transaction::commit() { return database_->run("COMMIT"); }

}  // namespace gatehouse::adapters
