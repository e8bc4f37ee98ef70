#include "open.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "gatehouse/base/fd.h"
#include "migrations.h"

namespace gatehouse::adapters {
namespace {

Error open_failed(const std::string& name, const std::string& why) {
  return operator_error("store_open_failed", "cannot open the store '" + name + "': " + why);
}

Error open_failed(const std::filesystem::path& file, int error_number) {
  return open_failed(file.string(), std::generic_category().message(error_number));
}

Status prepare_file(Database& database, const std::string& name) {
  GH_CHECK(check_schema(database, migration_steps(), name));
  GH_TRY(const std::string mode, database.ask("PRAGMA journal_mode = WAL"));
  if (mode != "wal") return open_failed(name, "its file system has no shared memory for the write-ahead log");
  // After a burst the log's file shrinks again.
  GH_TRY([[maybe_unused]] const std::string limit, database.ask("PRAGMA journal_size_limit = 67108864"));
  return ok();
}

}  // namespace

Status check_file(const std::filesystem::path& file, Missing missing) {
  // One that stands is looked at without being opened: closing it would drop the locks that SQLite holds on it in this process.
  if (missing == Missing::make) {
    const Fd made(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!made && errno != EEXIST) return open_failed(file, errno);
  }
  struct stat found{};
  if (lstat(file.c_str(), &found) != 0) return open_failed(file, errno);
  if (!S_ISREG(found.st_mode)) return open_failed(file.string(), "it is not a file");
  if ((found.st_mode & 077U) != 0) {
    return operator_error("store_exposed", "'" + file.string() + "' can be read by others: chmod 0600 '" + file.string() + "'");
  }
  return ok();
}

Result<Database> open_file(const std::filesystem::path& file) {
  const std::string name = file.string();
  Result<Database> database = Database::open(name, SQLITE_OPEN_READWRITE);
  if (!database) return in_operators_words(name, database.error());
  const Status prepared = prepare_file(*database, name);
  if (!prepared) return in_operators_words(name, prepared.error());
  return database;
}

Error damaged(const std::string& name, const std::string& why) {
  return operator_error("store_damaged", "the store '" + name + "' is damaged (" + why + "): put it back from a backup");
}

Error in_operators_words(const std::string& name, Error error) {
  if (error.code() != Code::unavailable) return error;
  return error.retry().worthwhile() ? open_failed(name, error.detail()) : damaged(name, error.detail());
}

}  // namespace gatehouse::adapters
