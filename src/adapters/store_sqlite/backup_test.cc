#include "gatehouse/adapters/store_sqlite/backup.h"

#include <sys/stat.h>

#include <thread>

#include "test_store.h"

namespace gatehouse::adapters {
namespace {

using ::testing::HasSubstr;

class Backup : public StoreTest {
 protected:
  std::filesystem::path copy() const { return folder_ / "copy.db"; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator()));
  }
};

TEST_F(Backup, HoldsOneMomentWhileOthersWriteOn) {
  open();
  ASSERT_EQ(outcome(create("first")), "ok");
  std::atomic<bool> copied = false;
  Status backed_up = ok();
  {
    std::jthread copier([&] {
      backed_up = backup_store(file(), copy());
      copied = true;
    });
    for (int i = 0; !copied; ++i) ASSERT_EQ(outcome(create("t-" + std::to_string(i))), "ok");
  }
  ASSERT_EQ(outcome(backed_up), "ok") << backed_up.error().describe();
  struct stat found{};
  ASSERT_EQ(stat(copy().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0600U);
  SqliteOptions of_copy;
  of_copy.file = copy();
  const std::unique_ptr<SqliteStore> opened = std::move(*SqliteStore::open(of_copy));
  EXPECT_EQ(outcome(ask(opened->tenants().find(reactor_, TenantId("first")))), "ok");
  EXPECT_EQ(outcome(create("still works")), "ok") << "the locks of the store that is open stand";
  EXPECT_EQ(outcome(ask(opened->tenants().find(reactor_, TenantId("still works")))), "tenant_not_found");
}

TEST_F(Backup, DoesNotOverwriteAndLeavesNothingHalf) {
  open();
  std::ofstream(copy()) << "precious";
  EXPECT_EQ(outcome(backup_store(file(), copy())), "backup_target_exists");
  EXPECT_EQ(std::filesystem::file_size(copy()), 8U);
  const std::size_t before = files();
  EXPECT_EQ(outcome(backup_store(folder_ / "none.db", folder_ / "b.db")), "store_open_failed");
  EXPECT_EQ(outcome(backup_store(file(), folder_ / "none" / "b.db")), "backup_failed");
  EXPECT_EQ(outcome(backup_store(copy(), folder_ / "b.db")), "store_exposed");
  EXPECT_EQ(files(), before);
}

TEST_F(Backup, ComesBackAsItWas) {
  open();
  ASSERT_EQ(outcome(create("kept")), "ok");
  ASSERT_EQ(outcome(backup_store(file(), copy())), "ok");
  ASSERT_EQ(outcome(create("later")), "ok");
  store_.reset();
  ASSERT_EQ(outcome(restore_store(copy(), file())), "ok");
  EXPECT_EQ(files(), 2U);
  open();
  EXPECT_EQ(outcome(find("kept")), "ok");
  EXPECT_EQ(outcome(find("later")), "tenant_not_found");
  EXPECT_EQ(integrity(), "ok");
}

TEST_F(Backup, TakesThePlaceOfADamagedStoreAndOfItsLog) {
  open();
  ASSERT_EQ(outcome(create("kept")), "ok");
  ASSERT_EQ(outcome(backup_store(file(), copy())), "ok");
  // As a killed server leaves it: a log that no longer fits, beside a file that is broken.
  const std::string log = file().string() + "-wal";
  open();  // begins a log that says little
  ASSERT_EQ(outcome(create("later")), "ok");
  std::filesystem::copy_file(log, folder_ / "log");
  store_.reset();
  std::filesystem::copy_file(folder_ / "log", log);
  std::filesystem::remove(folder_ / "log");
  std::ofstream(file(), std::ios::binary | std::ios::trunc) << std::string(4096, 'x');
  EXPECT_EQ(outcome(try_open()), "store_damaged");
  ASSERT_EQ(outcome(restore_store(copy(), file())), "ok");
  open();
  EXPECT_EQ(outcome(find("kept")), "ok");
  EXPECT_EQ(outcome(find("later")), "tenant_not_found");
}

TEST_F(Backup, ReplacesAFileWhereThatIsAskedForAndNothingElse) {
  open();
  ASSERT_EQ(outcome(create("kept")), "ok");
  BackupOptions replacing;
  replacing.existing = Existing::replace;
  std::ofstream(copy()) << "yesterday's";
  ASSERT_EQ(outcome(backup_store(file(), copy(), replacing)), "ok");
  EXPECT_EQ(*Database::open(copy().string(), SQLITE_OPEN_READONLY)->ask("SELECT id FROM tenants"), "kept");
  const std::string before = contents();
  EXPECT_EQ(outcome(backup_store(file(), file(), replacing)), "backup_target_exists");
  store_.reset();
  std::filesystem::create_hard_link(file(), folder_ / "the same");
  EXPECT_EQ(outcome(backup_store(file(), folder_ / "the same", replacing)), "backup_target_exists");
  std::ofstream(copy().string() + "-wal") << "a log that is somebody's";
  EXPECT_EQ(outcome(backup_store(file(), copy(), replacing)), "backup_target_exists");
  EXPECT_EQ(outcome(backup_store(file(), folder_, replacing)), "backup_target_exists");
  open();
  EXPECT_EQ(outcome(find("kept")), "ok");
}

TEST_F(Backup, SaysHowFarItIs) {
  open();
  ASSERT_EQ(outcome(create("kept")), "ok");
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
  BackupOptions options;
  options.on_pages = [&told](std::uint64_t done, std::uint64_t all) { told.emplace_back(done, all); };
  ASSERT_EQ(outcome(backup_store(file(), copy(), options)), "ok");
  ASSERT_FALSE(told.empty());
  EXPECT_GT(told.back().second, 0U);
  EXPECT_EQ(told.back().first, told.back().second);
}

TEST_F(Backup, KeepsWhatItReplaces) {
  open();
  ASSERT_EQ(outcome(create("kept")), "ok");
  ASSERT_EQ(outcome(backup_store(file(), copy())), "ok");
  ASSERT_EQ(outcome(create("later")), "ok");
  store_.reset();
  RestoreOptions options;
  options.kept = folder_ / "replaced.db";
  ASSERT_EQ(outcome(restore_store(copy(), file(), options)), "ok");
  Database old = *Database::open(options.kept.string(), SQLITE_OPEN_READWRITE);
  EXPECT_EQ(*old.ask_number("SELECT count(*) FROM tenants"), 2);
  open();
  EXPECT_EQ(outcome(find("later")), "tenant_not_found");
  store_.reset();
  EXPECT_EQ(outcome(restore_store(copy(), file(), options)), "backup_failed") << "what was kept before is not overwritten";
  open();
  EXPECT_EQ(outcome(find("kept")), "ok");
}

TEST_F(Backup, ACopyThatIsNotAcceptedChangesNothing) {
  open();
  ASSERT_EQ(outcome(backup_store(file(), copy())), "ok");
  ASSERT_EQ(outcome(create("later")), "ok");
  store_.reset();
  RestoreOptions options;
  options.kept = folder_ / "replaced.db";
  options.accept = [](const std::filesystem::path& fresh) -> Status {
    EXPECT_EQ(std::filesystem::status(fresh).permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return operator_error("not_this_one", "");
  };
  EXPECT_EQ(outcome(restore_store(copy(), file(), options)), "not_this_one");
  EXPECT_EQ(files(), 2U);
  open();
  EXPECT_EQ(outcome(find("later")), "ok");
}

TEST_F(Backup, AnAcceptedCopyMayHaveBeenWrittenTo) {
  open();
  ASSERT_EQ(outcome(backup_store(file(), copy())), "ok");
  store_.reset();
  RestoreOptions options;
  options.accept = [this](const std::filesystem::path& fresh) -> Status {
    SqliteOptions of_copy;
    of_copy.file = fresh;
    GH_TRY(const std::unique_ptr<SqliteStore> opened, SqliteStore::open(of_copy));
    return ask(opened->settings().put(reactor_, "colour", "green"));
  };
  ASSERT_EQ(outcome(restore_store(copy(), file(), options)), "ok");
  EXPECT_EQ(files(), 2U);
  open();
  EXPECT_EQ(*ask(store_->settings().get(reactor_, "colour")), "green");
}

TEST_F(Backup, AStoreThatOthersHaveOpenIsNotReplaced) {
  open();
  ASSERT_EQ(outcome(backup_store(file(), copy())), "ok");
  ASSERT_EQ(outcome(create("later")), "ok");
  Database reader = beside();
  ASSERT_EQ(outcome(reader.run("BEGIN; SELECT * FROM tenants")), "ok");
  ASSERT_EQ(outcome(create("latest")), "ok");
  EXPECT_EQ(outcome(restore_store(copy(), file())), "store_in_use");
  EXPECT_EQ(outcome(find("latest")), "ok");
}

TEST_F(Backup, AnEmptyFileIsNoStore) {
  open();
  ASSERT_EQ(outcome(create("kept")), "ok");
  store_.reset();
  std::ofstream(copy(), std::ios::binary).flush();
  chmod(copy().c_str(), 0600);
  EXPECT_EQ(outcome(restore_store(copy(), file())), "store_foreign");
  open();
  EXPECT_EQ(outcome(find("kept")), "ok");
}

TEST_F(Backup, WhatIsNoStoreIsNotPutBack) {
  open();
  ASSERT_EQ(outcome(create("kept")), "ok");
  store_.reset();
  std::ofstream(copy(), std::ios::binary) << std::string(4096, 'x');
  chmod(copy().c_str(), 0600);
  const Status damaged = restore_store(copy(), file());
  ASSERT_EQ(outcome(damaged), "store_damaged");
  EXPECT_THAT(damaged.error().public_text(), HasSubstr(copy().string()));
  std::filesystem::remove(copy());
  ASSERT_EQ(outcome(backup_store(file(), copy())), "ok");
  ASSERT_EQ(outcome(Database::open(copy().string(), SQLITE_OPEN_READWRITE)->run("PRAGMA user_version = 99")), "ok");
  EXPECT_EQ(outcome(restore_store(copy(), file())), "store_too_new");
  open();
  EXPECT_EQ(outcome(find("kept")), "ok");
}

}  // namespace
}  // namespace gatehouse::adapters
