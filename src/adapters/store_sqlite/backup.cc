#include "gatehouse/adapters/store_sqlite/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "database.h"
#include "gatehouse/base/fd.h"
#include "migrations.h"
#include "open.h"

namespace gatehouse::adapters {
namespace {

Error failed(const std::filesystem::path& target, const std::string& why) {
  return operator_error("backup_failed", "cannot write '" + target.string() + "': " + why);
}
Error failed(const std::filesystem::path& target, int error_number) {
  return failed(target, std::generic_category().message(error_number));
}

std::filesystem::path beside(const std::filesystem::path& file, const char* suffix) {
  std::filesystem::path other = file;
  other += suffix;
  return other;
}

void remove_with_log(const std::filesystem::path& file) {
  for (const char* suffix : {"-wal", "-shm", "-journal", ""}) ::unlink(beside(file, suffix).c_str());
}

// Every page in one go, under one read transaction: writers are neither waited for nor seen.
Status copy_pages(Database& from, Database& to) {
  sqlite3_backup* copying = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (copying == nullptr) return to.failure(sqlite3_extended_errcode(to.handle()));
  const int step = sqlite3_backup_step(copying, -1);
  const int finished = sqlite3_backup_finish(copying);
  if (step != SQLITE_DONE) return to.failure(step);
  return finished == SQLITE_OK ? ok() : Status(to.failure(finished));
}

// In one file, without a log beside it. A copy that is not whole says that what it was made from is not.
Status copy_to(Database& from, const std::filesystem::path& fresh, const std::string& name) {
  remove_with_log(fresh);
  GH_CHECK(check_file(fresh, Missing::make));
  GH_TRY(Database to, Database::open(fresh.string(), SQLITE_OPEN_READWRITE));
  GH_CHECK(copy_pages(from, to));
  GH_TRY([[maybe_unused]] const std::string mode, to.ask("PRAGMA journal_mode = DELETE"));
  GH_TRY(const std::string verdict, to.ask("PRAGMA integrity_check(1)"));
  return verdict == "ok" ? ok() : Status(damaged(name, verdict));
}

Status sync(const std::filesystem::path& path, int flags) {
  const Fd opened(::open(path.c_str(), flags | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return failed(path, errno);
  return ok();
}

// What stands at target, if anything, is replaced in one moment.
Status move_into_place(const std::filesystem::path& fresh, const std::filesystem::path& target) {
  GH_CHECK(sync(fresh, O_RDONLY));
  if (::rename(fresh.c_str(), target.c_str()) != 0) return failed(target, errno);
  const std::filesystem::path folder = target.parent_path();
  return sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

Status copy_into_place(const std::filesystem::path& from, const std::filesystem::path& fresh, const std::filesystem::path& target) {
  GH_CHECK(check_file(from, Missing::refuse));
  Result<Database> source = Database::open(from.string(), SQLITE_OPEN_READWRITE);
  if (!source) return in_operators_words(from.string(), source.error());
  const Status readable = check_schema(*source, migration_steps(), from.string());
  if (!readable) return in_operators_words(from.string(), readable.error());
  const Status copied = copy_to(*source, fresh, from.string());
  if (copied) return ok();
  remove_with_log(fresh);
  const Error& why = copied.error();
  return why.retry().worthwhile() ? failed(target, why.detail()) : in_operators_words(from.string(), why);
}

// A log beside a file that it does not belong to would destroy it: what the old store's log holds goes into the old store first.
void settle_old(const std::filesystem::path& store) {
  if (Result<Database> old = Database::open(store.string(), SQLITE_OPEN_READWRITE)) {
    static_cast<void>(old->ask("PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  for (const char* suffix : {"-wal", "-shm", "-journal"}) ::unlink(beside(store, suffix).c_str());
}

}  // namespace

Status backup_store(const std::filesystem::path& store, const std::filesystem::path& target) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(target, ignored))) {
    return operator_error("backup_target_exists", "'" + target.string() + "' is there already: name a file that is not");
  }
  const std::filesystem::path fresh = beside(target, ".new");
  GH_CHECK(copy_into_place(store, fresh, target));
  return move_into_place(fresh, target);
}

Status restore_store(const std::filesystem::path& backup, const std::filesystem::path& store) {
  const std::filesystem::path fresh = beside(store, ".new");
  GH_CHECK(copy_into_place(backup, fresh, store));
  settle_old(store);
  return move_into_place(fresh, store);
}

}  // namespace gatehouse::adapters
