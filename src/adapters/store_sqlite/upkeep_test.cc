#include "gatehouse/adapters/store_sqlite/upkeep.h"

#include <sys/stat.h>

#include "migrations.h"
#include "test_store.h"

namespace gatehouse::adapters {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Upkeep : public StoreTest {
 protected:
  // A store as an earlier Gatehouse left it.
  void leave(std::size_t steps) {
    Database old = beside();
    ASSERT_EQ(outcome(migrate(old, migration_steps().first(steps))), "ok");
    chmod(file().c_str(), 0600);
  }
  const std::size_t known_ = migration_steps().size();
};

TEST_F(Upkeep, MigratingSaysWhatItDid) {
  leave(known_ - 2);
  EXPECT_EQ(schema_of(file())->found, known_ - 2);
  std::vector<std::size_t> told;
  const auto done = migrate_store(file(), [&told](std::size_t number, std::size_t, const std::string&) { told.push_back(number); });
  ASSERT_EQ(outcome(done), "ok");
  EXPECT_EQ(done->from, known_ - 2);
  EXPECT_EQ(done->to, known_);
  EXPECT_THAT(done->applied, ElementsAre(migration_steps()[known_ - 2].what, migration_steps()[known_ - 1].what));
  EXPECT_THAT(told, ElementsAre(known_ - 1, known_));
  EXPECT_EQ(schema_of(file())->found, schema_of(file())->known);
}

TEST_F(Upkeep, WhatIsUpToDateStaysAsItIs) {
  open();
  store_.reset();
  const std::string before = contents();
  const auto done = migrate_store(file());
  ASSERT_EQ(outcome(done), "ok");
  EXPECT_EQ(done->from, done->to);
  EXPECT_THAT(done->applied, IsEmpty());
  EXPECT_EQ(contents(), before);
}

TEST_F(Upkeep, NoStoreIsMadeAndNoneOfOthersTouched) {
  EXPECT_EQ(outcome(migrate_store(file())), "store_open_failed");
  EXPECT_EQ(outcome(look_into_store(file())), "store_open_failed");
  EXPECT_FALSE(std::filesystem::exists(file()));
  ASSERT_EQ(outcome(beside().run("CREATE TABLE notes (text)")), "ok");
  chmod(file().c_str(), 0600);
  EXPECT_EQ(outcome(migrate_store(file())), "store_foreign");
  EXPECT_EQ(outcome(schema_of(file())), "store_foreign");
}

TEST_F(Upkeep, ANewerSchemaIsRefused) {
  open();
  store_.reset();
  ASSERT_EQ(outcome(beside().run("PRAGMA user_version = 99")), "ok");
  EXPECT_EQ(outcome(migrate_store(file())), "store_too_new");
  EXPECT_EQ(outcome(schema_of(file())), "store_too_new");
  EXPECT_EQ(outcome(look_into_store(file())), "store_too_new");
}

TEST_F(Upkeep, LooksIntoAStoreThatIsInUse) {
  open();
  store::Tenant tenant(TenantId("demo"));
  tenant.created = store::Moment(seconds(1'790'000'000));
  ASSERT_EQ(outcome(ask(store_->tenants().create(reactor_, tenant, {}))), "ok");
  store::SigningKey key("kid", "EdDSA");
  key.sealed_private = "sealed";
  key.public_jwk = "{}";
  ASSERT_EQ(outcome(ask(store_->signing_keys().add(reactor_, key))), "ok");
  const auto found = look_into_store(file());
  ASSERT_EQ(outcome(found), "ok");
  EXPECT_EQ(found->verdict, "ok");
  EXPECT_EQ(found->schema.found, known_);
  ASSERT_EQ(found->signing_keys.size(), 1U);
  EXPECT_EQ(found->signing_keys.front().sealed_private, "sealed");
  EXPECT_EQ(found->newest, tenant.created);
  EXPECT_EQ(outcome(create("still writes")), "ok");
}

TEST_F(Upkeep, LooksIntoAnOlderStoreWithoutChangingIt) {
  leave(2);
  const auto found = look_into_store(file());
  ASSERT_EQ(outcome(found), "ok");
  EXPECT_EQ(found->schema.found, 2U);
  EXPECT_THAT(found->signing_keys, IsEmpty());
  EXPECT_FALSE(found->newest);
  EXPECT_EQ(schema_of(file())->found, 2U);
}

TEST_F(Upkeep, SaysWhatIsDamaged) {
  open();
  for (int i = 0; i < 400; ++i) ASSERT_EQ(outcome(create("tenant-" + std::to_string(i))), "ok");
  store_.reset();
  {
    std::fstream edit(file(), std::ios::in | std::ios::out | std::ios::binary);
    edit.seekp(-4096 * 3, std::ios::end);
    edit << std::string(4096 * 3, 'x');
  }
  const auto found = look_into_store(file());
  EXPECT_TRUE(found ? found->verdict != "ok" : found.error().reason() == "store_damaged") << outcome(found);
}

}  // namespace
}  // namespace gatehouse::adapters
