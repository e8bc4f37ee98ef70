// How an installation begins: with all of its first records or with none.
#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class InitialContract : public StoreContract {
 protected:
  store::Initial initial() const {
    store::Initial initial(signing_key("first", 100));
    initial.tenants = {store::Tenant(TenantId("demo")), store::Tenant(TenantId("system"))};
    initial.users = {full_user("u-1", "system")};
    initial.keys = {full_key("k-1", "demo", 1)};
    return initial;
  }
  std::string initialise(const store::Initial& wanted) { return outcome(ask(store().initialise(reactor_, wanted))); }
  std::vector<std::string> tenants() {
    std::vector<std::string> ids;
    for (const store::Tenant& tenant : get(store().tenants().list(reactor_, TenantId(), 10)).data) ids.push_back(tenant.id.value());
    return ids;
  }
  void expect_nothing() {
    EXPECT_THAT(tenants(), IsEmpty());
    EXPECT_THAT(get(store().users().list(reactor_, store::UserQuery(all_))).data, IsEmpty());
    EXPECT_THAT(get(store().keys().list(reactor_, store::KeyQuery(all_))).data, IsEmpty());
    EXPECT_THAT(get(store().signing_keys().all(reactor_)), IsEmpty());
  }
  const store::Reach all_ = store::Reach::everything();
};
INSTANTIATE_TEST_SUITE_P(Stores, InitialContract, ::testing::ValuesIn(stores_under_test()), name_of);

TEST_P(InitialContract, KeepsEverythingThatItWasGiven) {
  const store::Initial wanted = initial();
  ASSERT_EQ(initialise(wanted), "ok");
  EXPECT_THAT(tenants(), ElementsAre("demo", "system"));
  EXPECT_EQ(get(store().tenants().find(reactor_, TenantId("demo"))).number, 1U) << "in the order in which they were given";
  EXPECT_EQ(get(store().tenants().find(reactor_, TenantId("system"))).number, 2U);
  store::User user = wanted.users[0];
  store::ApiKey key = wanted.keys[0];
  user.version = key.version = 1;
  EXPECT_EQ(get(store().users().find_by_name(reactor_, user.username)), user);
  EXPECT_EQ(get(store().keys().find(reactor_, all_, key.id)), key);
  EXPECT_THAT(get(store().signing_keys().all(reactor_)), ElementsAre(wanted.signing_key));
}

TEST_P(InitialContract, HappensOnce) {
  ASSERT_EQ(initialise(initial()), "ok");
  store::Initial other(signing_key("second", 200));
  other.tenants = {store::Tenant(TenantId("other"))};
  const Status again = ask(store().initialise(reactor_, other));
  ASSERT_EQ(outcome(again), "already_initialised");
  EXPECT_EQ(again.error().code(), Code::conflict);
  EXPECT_EQ(again.error().origin(), Origin::operator_);
  EXPECT_THAT(tenants(), ElementsAre("demo", "system"));
  EXPECT_EQ(get(store().signing_keys().all(reactor_)).size(), 1U);
}

TEST_P(InitialContract, IsRefusedWhereATenantStandsHoweverItCame) {
  make_tenant("mine");
  EXPECT_EQ(initialise(initial()), "already_initialised");
  EXPECT_THAT(tenants(), ElementsAre("mine"));
}

TEST_P(InitialContract, OfManyAtOnceOneHappens) {
  std::vector<Task<Status>> asked;
  for (int i = 0; i < 8; ++i) asked.push_back(store().initialise(reactor_, initial()));
  int won = 0;
  for (const Status& one : run_tasks(reactor_, std::move(asked))) {
    won += one.ok();
    EXPECT_TRUE(one.ok() || one.error().reason() == "already_initialised") << outcome(one);
  }
  EXPECT_EQ(won, 1);
}

TEST_P(InitialContract, WithOneRecordThatCannotBeKeepsNone) {
  const auto refused = [this](auto spoil) {
    store::Initial wanted = initial();
    spoil(wanted);
    const std::string why = initialise(wanted);
    expect_nothing();
    return why;
  };
  EXPECT_EQ(refused([](store::Initial& i) { i.tenants[1].quota_per_day = -1; }), "record_invalid");
  EXPECT_EQ(refused([](store::Initial& i) { i.tenants.push_back(i.tenants[0]); }), "tenant_exists");
  EXPECT_EQ(refused([](store::Initial& i) { i.users[0].tenant = TenantId("none"); }), "tenant_not_found");
  EXPECT_EQ(refused([](store::Initial& i) { i.users.push_back(i.users[0]); }), "user_exists");
  EXPECT_EQ(refused([](store::Initial& i) { i.keys.push_back(i.keys[0]); }), "key_exists");
  EXPECT_EQ(refused([](store::Initial& i) { i.signing_key.sealed_private = ""; }), "record_invalid");
  EXPECT_EQ(refused([](store::Initial& i) { i.tenants.clear(), i.users.clear(), i.keys.clear(); }), "record_invalid")
      << "without a tenant it could happen again";
  EXPECT_EQ(initialise(initial()), "ok") << "and can be put right";
  EXPECT_EQ(get(store().tenants().find(reactor_, TenantId("demo"))).number, 1U);
}

}  // namespace
}  // namespace gatehouse::testing
