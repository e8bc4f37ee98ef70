// adapters/store_sqlite/database.h — SQLite's C interface with owners, values and Results.
// Threads  one at a time: a connection and its statements move between threads only as a whole
// Errors   store_unavailable (whatever the disk or the file does; not worth trying again when the file is damaged), store_record_refused (a
//          constraint that checks.h should have kept)
// Source   SQLite 3.40 C interface
#pragma once
#include <sqlite3.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"

namespace gatehouse::adapters {

// What a step came to; the two refusals are news for callers, not failures.
enum class Step { done, row, duplicate, orphan };

struct Bytes {
  explicit Bytes(std::string_view view_) : view(view_) {}
  std::string_view view;
};

class Database;

// Made by Database::prepare, and given back to it when destroyed.
class Statement {
 public:
  Statement(Database& database, sqlite3_stmt* compiled, int failed) : database_(database), compiled_(compiled), failed_(failed) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // To ?1, ?2 and so on.
  template <class... Values>
  Statement& bind(const Values&... values) {
    int place = 0;
    (put(++place, values), ...);
    return *this;
  }
  Result<Step> step();
  // One step of a statement that gives no rows and cannot be refused.
  Status run();

  std::int64_t integer(int column) const { return sqlite3_column_int64(compiled_, column); }
  double real(int column) const { return sqlite3_column_double(compiled_, column); }
  bool truth(int column) const { return integer(column) != 0; }
  bool is_null(int column) const { return sqlite3_column_type(compiled_, column) == SQLITE_NULL; }
  std::string text(int column) const;  // bytes, too
  std::chrono::sys_seconds moment(int column) const { return std::chrono::sys_seconds(seconds(integer(column))); }
  std::optional<std::chrono::sys_seconds> maybe_moment(int column) const {
    return is_null(column) ? std::nullopt : std::optional(moment(column));
  }

 private:
  void put(int place, std::integral auto number) { note(sqlite3_bind_int64(compiled_, place, static_cast<std::int64_t>(number))); }
  void put(int place, double number) { note(sqlite3_bind_double(compiled_, place, number)); }
  void put(int place, std::string_view text);
  void put(int place, const std::string& text) { put(place, std::string_view(text)); }
  void put(int place, const Bytes& bytes);
  void put(int place, std::chrono::sys_seconds moment) { put(place, moment.time_since_epoch().count()); }
  template <class T>
  void put(int place, const std::optional<T>& value) {
    value ? put(place, *value) : note(sqlite3_bind_null(compiled_, place));
  }
  void note(int code) {
    if (code != SQLITE_OK && failed_ == SQLITE_OK) failed_ = code;
  }

  Database& database_;
  sqlite3_stmt* compiled_;
  int failed_;
};

class Database {
 public:
  // name: a file's, or ":memory:". flags: SQLITE_OPEN_…
  static Result<Database> open(const std::string& name, int flags);
  Database(Database&&) noexcept = default;
  Database& operator=(Database&&) noexcept = default;

  // Compiled once a connection. sql must have static storage, and one that is under way may not be prepared again.
  Statement prepare(const char* sql);
  // Several statements without values and rows.
  Status run(const char* script);
  // The first column of the first row, as text; for pragmas.
  Result<std::string> ask(const std::string& sql);
  Result<std::int64_t> ask_number(const std::string& sql);

  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  std::int64_t changed() const { return sqlite3_changes64(handle_.get()); }
  std::int64_t last_number() const { return sqlite3_last_insert_rowid(handle_.get()); }
  sqlite3* handle() { return handle_.get(); }
  Error failure(int code) const;

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    void operator()(sqlite3_stmt* compiled) const { sqlite3_finalize(compiled); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Close>> compiled_;
};

// Rolled back unless committed.
class Transaction {
 public:
  // From the start the only writer.
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  // Durable when it says so.
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace gatehouse::adapters
