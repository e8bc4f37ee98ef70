#include "gatehouse/adapters/store_sqlite/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "database.h"
#include "gatehouse/base/fd.h"
#include "migrations.h"
#include "open.h"

namespace gatehouse::adapters {
namespace {

constexpr int pages_at_a_time = 2048;  // 8 MiB
constexpr std::array logs{"-wal", "-shm", "-journal"};

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

bool stands(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

Error target_exists(const std::filesystem::path& found, const std::string& what_to_do) {
  return operator_error("backup_target_exists", "'" + found.string() + "' is there already: " + what_to_do);
}

void remove_with_log(const std::filesystem::path& file) {
  for (const char* suffix : logs) ::unlink(beside(file, suffix).c_str());
  ::unlink(file.c_str());
}

// Ours from its first byte on: a file that somebody else put there meanwhile is not taken.
Status make_fresh(const std::filesystem::path& fresh) {
  remove_with_log(fresh);
  const Fd made(::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  return made ? ok() : Status(failed(fresh, errno));
}

// Every page under one read transaction: writers are neither waited for nor seen.
Status copy_pages(Database& from, Database& to, const OnPages& on_pages) {
  GH_CHECK(from.run("BEGIN"));
  GH_TRY([[maybe_unused]] const std::int64_t moment, from.ask_number("SELECT count(*) FROM sqlite_schema"));
  sqlite3_backup* copying = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (copying == nullptr) return to.failure(sqlite3_extended_errcode(to.handle()));
  int step = SQLITE_OK;
  while (step == SQLITE_OK) {
    step = sqlite3_backup_step(copying, pages_at_a_time);
    const int all = sqlite3_backup_pagecount(copying), left = sqlite3_backup_remaining(copying);
    if (on_pages && all > 0) on_pages(static_cast<std::uint64_t>(all - left), static_cast<std::uint64_t>(all));
  }
  const int finished = sqlite3_backup_finish(copying);
  if (step != SQLITE_DONE) return to.failure(step);
  return finished == SQLITE_OK ? ok() : Status(to.failure(finished));
}

// In one file, without a log beside it.
Status into_one_file(Database& database) {
  GH_TRY([[maybe_unused]] const std::string mode, database.ask("PRAGMA journal_mode = DELETE"));
  return ok();
}

// A copy that is not whole says that what it was made from is not.
Status copy_to(Database& from, const std::filesystem::path& fresh, const std::string& name, const OnPages& on_pages) {
  GH_TRY(Database to, Database::open(fresh.string(), SQLITE_OPEN_READWRITE));
  GH_CHECK(copy_pages(from, to, on_pages));
  GH_CHECK(into_one_file(to));
  GH_TRY(const std::string verdict, to.ask("PRAGMA integrity_check(1)"));
  return verdict == "ok" ? ok() : Status(damaged(name, verdict));
}

Status sync(const std::filesystem::path& path, int flags) {
  const Fd opened(::open(path.c_str(), flags | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return failed(path, errno);
  return ok();
}

Status sync_folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.parent_path();
  return sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

// In one moment. Where nothing may be replaced, nothing that came meanwhile is, as far as the file system can do that.
Status move_into_place(const std::filesystem::path& fresh, const std::filesystem::path& target, Existing existing) {
  GH_CHECK(sync(fresh, O_RDONLY));
  int moved = existing == Existing::refuse ? ::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) : -1;
  if (moved != 0 && existing == Existing::refuse && errno == EEXIST) return target_exists(target, "name a file that is not");
  if (moved != 0) moved = ::rename(fresh.c_str(), target.c_str());
  if (moved != 0) return failed(target, errno);
  return sync_folder_of(target);
}

// A Gatehouse's store with something in it, that this one can read.
Status check_source(Database& source, const std::string& name) {
  GH_CHECK(check_schema(source, migration_steps(), name));
  GH_TRY(const std::int64_t whose, source.ask_number("PRAGMA application_id"));
  return whose == application_id ? ok() : Status(operator_error("store_foreign", "'" + name + "' is empty, not a Gatehouse's store"));
}

Status copy_whole(const std::filesystem::path& from, const std::filesystem::path& fresh, const OnPages& on_pages) {
  GH_CHECK(check_file(from, Missing::refuse));
  Result<Database> source = Database::open(from.string(), SQLITE_OPEN_READWRITE);
  if (!source) return in_operators_words(from.string(), source.error());
  const Status readable = check_source(*source, from.string());
  if (!readable) return in_operators_words(from.string(), readable.error());
  GH_CHECK(make_fresh(fresh));
  const Status copied = copy_to(*source, fresh, from.string(), on_pages);
  if (copied) return ok();
  const Error& why = copied.error();
  return why.retry().worthwhile() ? failed(fresh, why.detail()) : in_operators_words(from.string(), why);
}

Status check_target(const std::filesystem::path& store, const std::filesystem::path& target, Existing existing) {
  std::error_code ignored;
  if (std::filesystem::equivalent(store, target, ignored)) return target_exists(target, "it is the store itself, name another file");
  for (const char* suffix : logs) {
    if (stands(beside(target, suffix))) return target_exists(beside(target, suffix), "a database there is in use, name another file");
  }
  if (!stands(target)) return ok();
  if (existing == Existing::refuse) return target_exists(target, "name a file that is not, or say --force");
  const bool file = std::filesystem::is_regular_file(std::filesystem::symlink_status(target, ignored));
  return file ? ok() : Status(target_exists(target, "it is no file, name another one"));
}

// What the old store's log holds goes into the old store, while that can be read at all.
Status settle_old(const std::filesystem::path& store) {
  if (!stands(store)) return ok();
  Result<Database> old = Database::open(store.string(), SQLITE_OPEN_READWRITE);
  if (!old) return old.error().retry().worthwhile() ? in_operators_words(store.string(), old.error()) : ok();
  const Result<std::string> busy = old->ask("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!busy) return busy.error().retry().worthwhile() ? in_operators_words(store.string(), busy.error()) : ok();
  return *busy == "0" ? ok() : Status(operator_error("store_in_use", "another program has '" + store.string() + "' open: end it first"));
}

// Under another name, too: there is no moment without a store.
Status keep_old(const std::filesystem::path& store, const std::filesystem::path& kept) {
  if (::link(store.c_str(), kept.c_str()) == 0 || errno == ENOENT) return ok();
  if (errno == EEXIST) return failed(kept, errno);
  std::error_code why;
  std::filesystem::copy_file(store, kept, why);
  return why ? Status(failed(kept, why.value())) : ok();
}

// A log beside a file that it does not belong to would destroy it. What is left of one belongs to a store that cannot be read.
Status put_log_away(const std::filesystem::path& store, const std::filesystem::path& kept) {
  for (const char* suffix : logs) {
    const std::filesystem::path log = beside(store, suffix);
    if (!kept.empty() && std::string_view(suffix) != "-shm") {
      ::rename(log.c_str(), beside(kept, suffix).c_str());
    } else {
      ::unlink(log.c_str());
    }
    if (stands(log)) return failed(log, errno);
  }
  return sync_folder_of(store);
}

Status accept_copy(const std::filesystem::path& fresh, const RestoreOptions& options) {
  if (!options.accept) return ok();
  GH_CHECK(options.accept(fresh));
  Result<Database> accepted = Database::open(fresh.string(), SQLITE_OPEN_READWRITE);
  if (!accepted) return in_operators_words(fresh.string(), accepted.error());
  const Status single = into_one_file(*accepted);
  return single ? ok() : Status(in_operators_words(fresh.string(), single.error()));
}

Status replace_by(const std::filesystem::path& fresh, const std::filesystem::path& store, const RestoreOptions& options) {
  GH_CHECK(accept_copy(fresh, options));
  GH_CHECK(settle_old(store));
  if (!options.kept.empty()) GH_CHECK(keep_old(store, options.kept));
  GH_CHECK(put_log_away(store, options.kept));
  return move_into_place(fresh, store, Existing::replace);
}

// What was begun and did not come to its end is not left behind.
Status or_remove(Status came_to, const std::filesystem::path& fresh) {
  if (!came_to) remove_with_log(fresh);
  return came_to;
}

}  // namespace

Status backup_store(const std::filesystem::path& store, const std::filesystem::path& target, const BackupOptions& options) {
  GH_CHECK(check_target(store, target, options.existing));
  const std::filesystem::path fresh = beside(target, ".unfinished");
  GH_CHECK(or_remove(copy_whole(store, fresh, options.on_pages), fresh));
  return or_remove(move_into_place(fresh, target, options.existing), fresh);
}

Status restore_store(const std::filesystem::path& backup, const std::filesystem::path& store, const RestoreOptions& options) {
  const std::filesystem::path fresh = beside(store, ".unfinished");
  GH_CHECK(or_remove(copy_whole(backup, fresh, options.on_pages), fresh));
  return or_remove(replace_by(fresh, store, options), fresh);
}

}  // namespace gatehouse::adapters
