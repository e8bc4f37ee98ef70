// tests/contract/store_harness.h — the suite of store/ports.h meets the stores that it is run for.
// To run it for another adapter: one more StoreUnderTest, and its maker in stores_under_test().
#pragma once
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gatehouse/adapters/store_sqlite/sqlite_store.h"
#include "gatehouse/runtime/run_task.h"
#include "gatehouse/store/ports.h"

namespace gatehouse::testing {

// An empty store, and all that it needs, gone with it.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual store::Store& store() = 0;
  // Ends the store and opens it again; only asked of lasting ones.
  virtual void reopen() = 0;
};

struct StoreMaker {
  std::string name;
  bool lasting;
  std::unique_ptr<StoreUnderTest> (*make)();
  friend std::ostream& operator<<(std::ostream& out, const StoreMaker& maker) { return out << maker.name; }
};

class SqliteUnderTest final : public StoreUnderTest {
 public:
  static std::unique_ptr<StoreUnderTest> in_memory() { return std::make_unique<SqliteUnderTest>(); }
  static std::unique_ptr<StoreUnderTest> in_file() {
    std::string folder = "/tmp/gatehouse-store-XXXXXX";
    EXPECT_NE(mkdtemp(folder.data()), nullptr);
    return std::make_unique<SqliteUnderTest>(folder);
  }
  explicit SqliteUnderTest(std::filesystem::path folder = {}) : folder_(std::move(folder)) { reopen(); }
  ~SqliteUnderTest() override {
    store_.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  store::Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    adapters::SqliteOptions options;
    if (!folder_.empty()) options.file = folder_ / "gatehouse.db";
    Result<std::unique_ptr<adapters::SqliteStore>> opened = adapters::SqliteStore::open(options);
    ASSERT_TRUE(opened.ok()) << opened.error().describe();
    store_ = std::move(*opened);
  }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<adapters::SqliteStore> store_;
};

inline std::vector<StoreMaker> stores_under_test() {
  return {{"SqliteFile", true, &SqliteUnderTest::in_file}, {"SqliteMemory", false, &SqliteUnderTest::in_memory}};
}
inline std::vector<StoreMaker> lasting_stores() {
  std::vector<StoreMaker> lasting;
  for (StoreMaker& maker : stores_under_test()) {
    if (maker.lasting) lasting.push_back(std::move(maker));
  }
  return lasting;
}

inline store::Moment at(std::int64_t unix_seconds) { return store::Moment(seconds(unix_seconds)); }
inline store::Day day(const std::string& text) { return store::parse_day(text).value(); }

// "ok", or why not.
template <class T>
std::string outcome(const Result<T>& result) {
  return result.ok() ? "ok" : std::string(result.error().reason());
}

class StoreContract : public ::testing::TestWithParam<StoreMaker> {
 protected:
  template <class T>
  T ask(Task<T> task) {
    return run_task(reactor_, std::move(task));
  }
  // What must go well.
  template <class T>
  T get(Task<Result<T>> task) {
    Result<T> answer = ask(std::move(task));
    EXPECT_EQ(outcome(answer), "ok");
    return std::move(answer).value();
  }
  store::Store& store() { return under_test_->store(); }
  store::Tenant make_tenant(const std::string& id) { return get(store().tenants().create(reactor_, store::Tenant(TenantId(id)), {})); }
  // With every field set, none of them as by default; number makes prefix and digest its own.
  static store::ApiKey full_key(const std::string& id, const std::string& tenant, unsigned number) {
    store::ApiKey key{KeyId(id), TenantId(tenant)};
    key.user = store::UserId("u-1");
    key.name = "\"quoted\" \xe4\xb8\xad\n";
    key.prefix = "0000000" + std::string(1, "0123456789abcdef"[number % 16]);
    key.digest.fill(static_cast<unsigned char>(number));
    key.previous = store::PreviousSecret(store::Digest{1, 2, 3}, at(1'700'000'500));
    key.previous->sealed_signing_secret = std::string("\x02\0", 2);
    key.sealed_signing_secret = std::string("\x01\0\xff", 3);
    key.scopes = {"llm", "usage:read"};
    key.models = {"*"};
    key.cidrs = {"10.0.0.0/8", "::1/128"};
    key.is_active = false;
    key.created = at(1'700'000'000);
    key.expires = at(1'800'000'000);
    return key;
  }
  // The same of a user; the name is made from the id.
  static store::User full_user(const std::string& id, const std::string& tenant) {
    store::User user{store::UserId(id), TenantId(tenant)};
    user.username = "Name-" + id;
    user.email = id + "@example.org";
    user.password_hash = "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA";
    user.role = "tenant-admin";
    user.is_active = false;
    user.created = at(1'700'000'000);
    user.updated = at(1'700'000'100);
    return user;
  }
  static store::User active_user(const std::string& id, const std::string& tenant) {
    store::User user = full_user(id, tenant);
    user.is_active = true;
    return user;
  }
  // The same of a role.
  static store::Role full_role(const std::string& name, const std::string& tenant) {
    store::Role role(TenantId(tenant), name);
    role.scopes = {"llm", "usage:read"};
    role.tasks = {"ner"};
    role.models = {"a", "b"};
    role.max_tokens = 256;
    role.n = 2;
    role.temperature = 0.7;
    role.created = at(1'700'000'000);
    return role;
  }
  // The same of a budget, for the whole tenant.
  static store::Budget full_budget(const std::string& id, const std::string& tenant) {
    store::Budget budget{store::BudgetId(id), TenantId(tenant)};
    budget.unit = store::BudgetUnit::money;
    budget.amount = 12'500'000'000;
    budget.period = store::BudgetPeriod::day;
    budget.created = at(1'700'000'000);
    return budget;
  }
  static store::SigningKey signing_key(const std::string& kid, std::int64_t created) {
    store::SigningKey key(kid, "EdDSA");
    key.sealed_private = std::string("\0\xff sealed", 9);
    key.public_jwk = R"({"kty":"OKP"})";
    key.created = at(created);
    return key;
  }

  const SystemClock clock_;
  Reactor reactor_{0, clock_};
  std::unique_ptr<StoreUnderTest> under_test_ = GetParam().make();
};

class LastingStoreContract : public StoreContract {};

inline std::string name_of(const ::testing::TestParamInfo<StoreMaker>& info) { return info.param.name; }

}  // namespace gatehouse::testing
