#include <sys/stat.h>
#include <unistd.h>

#include "gatehouse/base/random.h"
#include "test_store.h"

namespace gatehouse::adapters {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class StoreFile : public StoreTest {
 protected:
  static unsigned mode_of(const std::filesystem::path& path) {
    struct stat found{};
    EXPECT_EQ(lstat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777U;
  }
  void put(const std::string& bytes) {
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << bytes;
    EXPECT_EQ(chmod(file().c_str(), 0600), 0);
  }
};

TEST_F(StoreFile, NobodyElseMayReadIt) {
  const mode_t before = umask(0);
  open();
  umask(before);
  ASSERT_EQ(outcome(create("demo")), "ok");
  for (const char* suffix : {"", "-wal", "-shm"}) EXPECT_EQ(mode_of(file().string() + suffix), 0600U) << suffix;
  store_.reset();
  chmod(file().c_str(), 0640);
  const Result<std::unique_ptr<SqliteStore>> opened = try_open();
  ASSERT_EQ(outcome(opened), "store_exposed");
  EXPECT_THAT(opened.error().public_text(), AllOf(HasSubstr("chmod 0600"), HasSubstr(file().string())));
}

TEST_F(StoreFile, EndsWithoutALogBesideIt) {
  open();
  ASSERT_EQ(outcome(create("demo")), "ok");
  store_.reset();
  EXPECT_FALSE(std::filesystem::exists(file().string() + "-wal"));
  open();
  EXPECT_EQ(outcome(find("demo")), "ok");
}

TEST_F(StoreFile, EachCommitIsSynced) {
  open();
  Database same = beside();
  EXPECT_EQ(*same.ask("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(*same.ask_number("PRAGMA synchronous"), 2) << "FULL";
  EXPECT_EQ(*same.ask_number("PRAGMA foreign_keys"), 1);
  EXPECT_EQ(*same.ask_number("PRAGMA secure_delete"), 1);
}

TEST_F(StoreFile, InPlacesWhereNoneCanBeIsAnOperatorsMatter) {
  std::filesystem::create_directory(file());
  EXPECT_EQ(outcome(try_open()), "store_open_failed");
  std::filesystem::remove(file());
  std::filesystem::create_symlink("/dev/null", file());
  EXPECT_EQ(outcome(try_open()), "store_open_failed");
  SqliteOptions nowhere;
  nowhere.file = folder_ / "none" / "gatehouse.db";
  const Result<std::unique_ptr<SqliteStore>> opened = SqliteStore::open(nowhere);
  ASSERT_EQ(outcome(opened), "store_open_failed");
  EXPECT_THAT(opened.error().public_text(), AllOf(HasSubstr("none/gatehouse.db"), HasSubstr("No such file")));
}

TEST_F(StoreFile, ThatIsNoDatabaseIsDamageWithACure) {
  put(std::string(8192, 'x'));
  const Result<std::unique_ptr<SqliteStore>> opened = try_open();
  ASSERT_EQ(outcome(opened), "store_damaged");
  EXPECT_THAT(opened.error().public_text(), AllOf(HasSubstr(file().string()), HasSubstr("backup")));
}

// A constraint holds what is written, not what a disk makes of it.
TEST_F(StoreFile, WordsThatNoVersionWroteAreToldAsDamage) {
  open();
  ASSERT_EQ(outcome(create("demo")), "ok");
  const store::Revocation revocation(store::RevocationKind::tenant, "demo", store::Moment());
  ASSERT_EQ(outcome(ask(store_->revocations().add(reactor_, revocation))), "ok");
  Database same = beside();
  for (const char* sql :
       {"PRAGMA ignore_check_constraints = ON", "UPDATE tenants SET signatures = 'sometimes'", "UPDATE revocations SET kind = 'nobody'"}) {
    ASSERT_EQ(outcome(same.run(sql)), "ok") << sql;
  }
  EXPECT_EQ(outcome(ask(store_->tenants().list(reactor_, TenantId(), 100))), "store_record_unreadable");
  EXPECT_EQ(outcome(ask(store_->revocations().since(reactor_, 0, 100))), "store_record_unreadable");
}

TEST_F(StoreFile, BytesThatChangedNeverCrashAnyone) {
  constexpr std::uint64_t seed = 4711;
  open();
  for (int i = 0; i < 40; ++i) ASSERT_EQ(outcome(create("t-" + std::to_string(i))), "ok");
  store_.reset();
  const std::string whole = contents();
  SeededRandom random(seed);
  for (int round = 0; round < 60; ++round) {
    std::string spoilt = whole;
    for (int i = 0; i < 20; ++i) spoilt[random.next_u64() % spoilt.size()] = static_cast<char>(random.next_u64());
    put(spoilt);
    Result<std::unique_ptr<SqliteStore>> opened = try_open();
    if (!opened) continue;
    store_ = std::move(*opened);
    const auto listed = ask(store_->tenants().list(reactor_, TenantId(), 100));
    EXPECT_TRUE(listed.ok() || listed.error().reason() == "store_unavailable" || listed.error().reason() == "store_record_unreadable")
        << "seed " << seed << ", round " << round << ": " << outcome(listed);
    static_cast<void>(create("new"));
    store_.reset();
  }
}

TEST_F(StoreFile, TwoStoresOnOneFileSeeEachOthersWrites) {
  open();
  const std::unique_ptr<SqliteStore> other = std::move(*try_open());
  ASSERT_EQ(outcome(create("mine")), "ok");
  ASSERT_EQ(outcome(ask(other->tenants().create(reactor_, store::Tenant(TenantId("theirs")), {}))), "ok");
  EXPECT_EQ(outcome(ask(other->tenants().find(reactor_, TenantId("mine")))), "ok");
  EXPECT_EQ(outcome(find("theirs")), "ok");
}

}  // namespace
}  // namespace gatehouse::adapters
