// What the disk can do to a store: every write and every sync fails once, the disk is full, and is there again.
#include <signal.h>
#include <sys/resource.h>

#include <functional>
#include <set>

#include "test_faulty_disk.h"
#include "test_store.h"

namespace gatehouse::adapters {
namespace {

// Files may not grow past a size, as on a disk that is full; the signal that would end the process is ignored.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uintmax_t most) {
    before_ = signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &limit_), 0);
    const rlimit tight{most, limit_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  }
  ~FileSizeLimit() {
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit_), 0);
    signal(SIGXFSZ, before_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit limit_{};
  void (*before_)(int) = nullptr;
};

class Disk : public StoreTest {
 protected:
  ~Disk() override { store_.reset(); }  // before the disk
  // Users are all demo's.
  enum class Kind { tenant, user };
  std::string make(Kind kind, const std::string& id) {
    if (kind == Kind::tenant) return outcome(create(id));
    store::User user{store::UserId(id), TenantId("demo")};
    user.username = "name-" + id;
    return outcome(ask(store_->users().create(reactor_, std::move(user))));
  }
  std::string look_for(Kind kind, const std::string& id) {
    return kind == Kind::tenant ? outcome(find(id))
                                : outcome(ask(store_->users().find(reactor_, store::Reach::everything(), store::UserId(id))));
  }
  // Those that were not acknowledged may or may not be there.
  void create_and_note(const std::string& id) {
    const std::string came_to = make(kind_, id);
    EXPECT_TRUE(came_to == "ok" || came_to == "store_unavailable") << came_to;
    if (came_to == "ok") acknowledged_.insert(id);
  }
  void expect_all_there() {
    for (const std::string& id : acknowledged_) EXPECT_EQ(look_for(kind_, id), "ok") << id;
  }
  // Every write and sync of a small change fails in its turn; the reads between, and the next change, do not.
  void sweep(int code, FaultyDisk::Lasts lasts, const std::string& name) {
    bool reached = true;
    for (int n = 0; reached; ++n) {
      ASSERT_LT(n, 100) << "the sweep does not end";
      const std::string id = name + "-" + std::to_string(n);
      disk_.arm(n, code, lasts);
      create_and_note(id);
      reached = disk_.failed();
      EXPECT_NE(reached, acknowledged_.contains(id)) << id << ": acknowledged and failed, or neither";
      expect_all_there();
      disk_.repair();
      create_and_note(id + "-next");
      EXPECT_TRUE(acknowledged_.contains(id + "-next"));
    }
    open();
    expect_all_there();
    EXPECT_EQ(integrity(), "ok");
    EXPECT_GT(acknowledged_.size(), 4U) << "hardly anything was made to fail";
  }

  // Tenants, users, keys, signing keys and revocations.
  std::vector<std::size_t> counts() {
    const store::Reach all = store::Reach::everything();
    return {ask(store_->tenants().list(reactor_, TenantId(), 10))->data.size(),
            ask(store_->users().list(reactor_, store::UserQuery(all)))->data.size(),
            ask(store_->keys().list(reactor_, store::KeyQuery(all)))->data.size(), ask(store_->signing_keys().all(reactor_))->size(),
            ask(store_->revocations().since(reactor_, 0, 10))->data.size()};
  }
  // Two tenants, of which demo has two users and a key.
  Status initialise() {
    store::SigningKey signing_key("kid", "EdDSA");
    signing_key.sealed_private = "sealed";
    signing_key.public_jwk = "{}";
    store::Initial initial(signing_key);
    initial.tenants = {store::Tenant(TenantId("demo")), store::Tenant(TenantId("system"))};
    for (const char* id : {"u-1", "u-2"}) {
      initial.users.emplace_back(store::UserId(id), TenantId("demo"));
      initial.users.back().username = id;
    }
    initial.keys.emplace_back(KeyId("k"), TenantId("demo"));
    initial.keys.back().prefix = "00000000";
    return ask(store_->initialise(reactor_, std::move(initial)));
  }
  // Every write and sync of the work fails in its turn: then it has changed nothing, and can be done again.
  void expect_all_or_nothing(const std::function<Status()>& work, const std::vector<std::size_t>& after) {
    const std::vector<std::size_t> before = counts();
    bool reached = true;
    for (int n = 0; reached; ++n) {
      ASSERT_LT(n, 100) << "the sweep does not end";
      disk_.arm(n, SQLITE_FULL, FaultyDisk::Lasts::once);
      const std::string came_to = outcome(work());
      reached = disk_.failed();
      disk_.repair();
      EXPECT_EQ(came_to, reached ? "store_unavailable" : "ok") << n;
      EXPECT_EQ(counts(), reached ? before : after) << n;
    }
    open();
    EXPECT_EQ(counts(), after);
    EXPECT_EQ(integrity(), "ok");
  }

  FaultyDisk disk_;
  Kind kind_ = Kind::tenant;
  std::set<std::string> acknowledged_;
};

TEST_F(Disk, EveryWriteThatFindsItFullIsACleanError) {
  open();
  sweep(SQLITE_FULL, FaultyDisk::Lasts::once, "once");
  sweep(SQLITE_FULL, FaultyDisk::Lasts::until_repaired, "lasting");
}

TEST_F(Disk, EveryWriteThatBreaksIsACleanError) {
  open();
  sweep(SQLITE_IOERR_WRITE, FaultyDisk::Lasts::once, "once");
  sweep(SQLITE_IOERR_FSYNC, FaultyDisk::Lasts::until_repaired, "lasting");
}

TEST_F(Disk, EveryUserThatFindsItFullOrBrokenIsACleanError) {
  open();
  ASSERT_EQ(outcome(create("demo")), "ok");
  kind_ = Kind::user;
  sweep(SQLITE_FULL, FaultyDisk::Lasts::once, "once");
  sweep(SQLITE_IOERR_WRITE, FaultyDisk::Lasts::until_repaired, "lasting");
}

TEST_F(Disk, AnInstallationBeginsWithEverythingOrNothing) {
  open();
  expect_all_or_nothing([this] { return initialise(); }, {2, 2, 1, 1, 0});
}

TEST_F(Disk, ATenantGoesWithEverythingOrNothing) {
  open();
  ASSERT_EQ(outcome(initialise()), "ok");
  const auto remove = [this] {
    const Result<std::uint32_t> removed = ask(store_->tenants().remove(reactor_, TenantId("demo"), store::Moment(), std::nullopt));
    return removed ? ok() : Status(removed.error());
  };
  expect_all_or_nothing(remove, {1, 0, 0, 1, 1});
}

TEST_F(Disk, AFirstStartThatFailsAnywhereIsMendedByTheNext) {
  bool reached = true;
  for (int n = 0; reached; ++n) {
    ASSERT_LT(n, 500) << "the sweep does not end";
    disk_.arm(n, SQLITE_FULL, FaultyDisk::Lasts::until_repaired);
    const Result<std::unique_ptr<SqliteStore>> opened = try_open();
    reached = disk_.failed();
    EXPECT_THAT(outcome(opened), ::testing::AnyOf("ok", "store_open_failed")) << n;
    EXPECT_TRUE(reached || opened.ok()) << n;
    disk_.repair();
  }
  open();
  EXPECT_EQ(outcome(create("demo")), "ok");
  EXPECT_EQ(integrity(), "ok");
}

TEST_F(Disk, AnEndThatCannotTidyUpLosesNothing) {
  open();
  bool reached = true;
  for (int n = 0; reached; ++n) {
    ASSERT_LT(n, 100) << "the sweep does not end";
    create_and_note(std::to_string(n));
    disk_.arm(n, SQLITE_IOERR_WRITE, FaultyDisk::Lasts::until_repaired);
    store_.reset();
    reached = disk_.failed();
    disk_.repair();
    open();
    expect_all_there();
  }
  EXPECT_EQ(integrity(), "ok");
}

TEST_F(Disk, AFullOneLosesNothingAndIsRecoveredFromWithoutARestart) {
  open();
  create_and_note("before");
  ASSERT_EQ(outcome(create("demo")), "ok");
  ASSERT_EQ(make(Kind::user, "before"), "ok");
  {
    const FileSizeLimit full(std::filesystem::file_size(file().string() + "-wal") + 32 * 1024);
    for (int i = 0; i < 30; ++i) create_and_note("full-" + std::to_string(i));
    EXPECT_LT(acknowledged_.size(), 31U) << "the limit was never met";
    EXPECT_EQ(make(Kind::user, "refused"), "store_unavailable");
    EXPECT_EQ(look_for(Kind::user, "before"), "ok") << "what is there is read on";
    const Result<store::Tenant> refused = create("refused");
    ASSERT_EQ(outcome(refused), "store_unavailable");
    EXPECT_EQ(refused.error().code(), Code::unavailable);
    EXPECT_TRUE(refused.error().retry().worthwhile());
    EXPECT_THAT(refused.error().public_text(), ::testing::Not(::testing::HasSubstr("SQLite")));
    expect_all_there();
  }
  create_and_note("after");
  EXPECT_TRUE(acknowledged_.contains("after"));
  EXPECT_EQ(make(Kind::user, "after"), "ok");
  EXPECT_EQ(look_for(Kind::user, "refused"), "user_not_found");
  expect_all_there();
  EXPECT_EQ(outcome(find("refused")), "tenant_not_found");
  open();
  expect_all_there();
  EXPECT_EQ(integrity(), "ok");
}

}  // namespace
}  // namespace gatehouse::adapters
