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
  EXPECT_EQ(outcome(backup_store(file(), folder_ / "none" / "b.db")), "store_open_failed");
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
