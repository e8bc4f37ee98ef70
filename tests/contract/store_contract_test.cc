// Tenants, signing keys, settings, and what holds for all of a store.
#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TenantContract : public StoreContract {};
class SigningKeyContract : public StoreContract {};
class SettingContract : public StoreContract {};
class WholeStoreContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Stores, TenantContract, ::testing::ValuesIn(stores_under_test()), name_of);
INSTANTIATE_TEST_SUITE_P(Stores, SigningKeyContract, ::testing::ValuesIn(stores_under_test()), name_of);
INSTANTIATE_TEST_SUITE_P(Stores, SettingContract, ::testing::ValuesIn(stores_under_test()), name_of);
INSTANTIATE_TEST_SUITE_P(Stores, WholeStoreContract, ::testing::ValuesIn(stores_under_test()), name_of);
INSTANTIATE_TEST_SUITE_P(Stores, LastingStoreContract, ::testing::ValuesIn(lasting_stores()), name_of);

store::Tenant full_tenant(const std::string& id) {
  store::Tenant tenant{TenantId(id)};
  tenant.enabled = false;
  tenant.console = true;
  tenant.tasks = {"ner", "qa"};
  tenant.models = {"\xe6\xa8\xa1\xe5\x9e\x8b", "a \"b\""};
  tenant.scopes = {"llm"};
  tenant.quota_per_day = 5000;
  tenant.token_lifetime = seconds(7);
  tenant.time_zone = "Asia/Shanghai";
  tenant.weight = 7;
  tenant.signatures = store::Signatures::required;
  tenant.created = at(1'700'000'000);
  return tenant;
}

std::vector<std::string> ids(const store::Page<store::Tenant>& page) {
  std::vector<std::string> out;
  for (const store::Tenant& tenant : page.data) out.push_back(tenant.id.value());
  return out;
}

TEST_P(TenantContract, ComesBackAsItWasGivenWithNumberAndVersion) {
  store::Tenant wanted = full_tenant("tenant-001");
  const Result<store::Tenant> made = ask(store().tenants().create(reactor_, wanted, {}));
  ASSERT_EQ(outcome(made), "ok");
  wanted.number = 1;
  wanted.version = 1;
  EXPECT_EQ(*made, wanted);
  EXPECT_EQ(get(store().tenants().find(reactor_, wanted.id)), wanted);
  EXPECT_EQ(make_tenant("tenant-002").number, 2U);
}

TEST_P(TenantContract, OneIdIsOneTenant) {
  make_tenant("demo");
  const Result<store::Tenant> again = ask(store().tenants().create(reactor_, full_tenant("demo"), {}));
  ASSERT_EQ(outcome(again), "tenant_exists");
  EXPECT_EQ(again.error().code(), Code::conflict);
  EXPECT_TRUE(get(store().tenants().find(reactor_, TenantId("demo"))).enabled) << "the first one stands";
  make_tenant("Demo");
}

TEST_P(TenantContract, ThatIsNotThereIsSaid) {
  const Result<store::Tenant> found = ask(store().tenants().find(reactor_, TenantId("none")));
  ASSERT_EQ(outcome(found), "tenant_not_found");
  EXPECT_EQ(found.error().code(), Code::not_found);
  EXPECT_EQ(outcome(ask(store().tenants().change(reactor_, store::Tenant(TenantId("none"))))), "tenant_not_found");
}

TEST_P(TenantContract, IsListedById) {
  EXPECT_THAT(get(store().tenants().list(reactor_, TenantId(), 10)).data, IsEmpty());
  for (const char* id : {"c", "a", "b"}) make_tenant(id);
  const store::Page<store::Tenant> first = get(store().tenants().list(reactor_, TenantId(), 2));
  EXPECT_THAT(ids(first), ElementsAre("a", "b"));
  EXPECT_TRUE(first.has_more);
  const store::Page<store::Tenant> second = get(store().tenants().list(reactor_, TenantId("b"), 2));
  EXPECT_THAT(ids(second), ElementsAre("c"));
  EXPECT_FALSE(second.has_more);
}

TEST_P(TenantContract, AChangeKeepsWhatIsFixedAndRaisesTheVersion) {
  const store::Tenant made = make_tenant("demo");
  store::Tenant wanted = full_tenant("demo");
  wanted.version = made.version;
  wanted.number = 77;
  const Result<store::Tenant> changed = ask(store().tenants().change(reactor_, wanted));
  ASSERT_EQ(outcome(changed), "ok");
  wanted.number = made.number;
  wanted.created = made.created;
  wanted.version = 2;
  EXPECT_EQ(*changed, wanted);
  EXPECT_EQ(get(store().tenants().find(reactor_, wanted.id)), wanted);
}

// A disabled tenant's keys and tokens work again once it is enabled: that is no revocation.
TEST_P(TenantContract, AChangeRevokesNothing) {
  store::Tenant tenant = make_tenant("demo");
  tenant.enabled = false;
  get(store().tenants().change(reactor_, tenant));
  EXPECT_THAT(get(store().revocations().since(reactor_, 0, 10)).data, IsEmpty());
}

TEST_P(TenantContract, AChangeFromAnOldVersionIsRefused) {
  store::Tenant mine = make_tenant("demo"), theirs = mine;
  theirs.quota_per_day = 7;
  ASSERT_EQ(outcome(ask(store().tenants().change(reactor_, theirs))), "ok");
  mine.quota_per_day = 8;
  const Result<store::Tenant> late = ask(store().tenants().change(reactor_, mine));
  ASSERT_EQ(outcome(late), "version_conflict");
  EXPECT_EQ(late.error().code(), Code::conflict);
  EXPECT_EQ(get(store().tenants().find(reactor_, mine.id)).quota_per_day, 7);
}

TEST_P(TenantContract, OfManyChangesFromOneVersionOneWins) {
  const store::Tenant made = make_tenant("demo");
  std::vector<Task<Result<store::Tenant>>> changes;
  for (int i = 0; i < 16; ++i) {
    store::Tenant mine = made;
    mine.quota_per_day = 100 + i;
    changes.push_back(store().tenants().change(reactor_, mine));
  }
  int won = 0;
  for (const Result<store::Tenant>& one : run_tasks(reactor_, std::move(changes))) won += one.ok();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(get(store().tenants().find(reactor_, made.id)).version, 2U);
}

TEST_P(TenantContract, ComesWithItsKeysOrNotAtAll) {
  const std::vector<store::ApiKey> keys{full_key("k-1", "demo", 1), full_key("k-2", "demo", 1)};
  EXPECT_EQ(outcome(ask(store().tenants().create(reactor_, full_tenant("demo"), keys))), "key_exists") << "one prefix twice";
  EXPECT_EQ(outcome(ask(store().tenants().find(reactor_, TenantId("demo")))), "tenant_not_found");
  const std::vector<store::ApiKey> foreign{full_key("k-1", "other", 1)};
  EXPECT_EQ(outcome(ask(store().tenants().create(reactor_, full_tenant("demo"), foreign))), "record_invalid");
  EXPECT_EQ(get(store().tenants().create(reactor_, full_tenant("demo"), {keys[0]})).number, 1U);
  EXPECT_EQ(get(store().keys().find(reactor_, store::Reach::everything(), KeyId("k-1"))).tenant, TenantId("demo"));
}

TEST_P(TenantContract, WhatCannotBeRightIsRefusedByName) {
  const auto refused = [this](auto spoil) {
    store::Tenant tenant = full_tenant("demo");
    spoil(tenant);
    const Result<store::Tenant> made = ask(store().tenants().create(reactor_, tenant, {}));
    return made.ok() ? "it was taken" : made.error().param();
  };
  EXPECT_EQ(refused([](store::Tenant& t) { t.id = TenantId(""); }), "id");
  EXPECT_EQ(refused([](store::Tenant& t) { t.id = TenantId(std::string("a\0b", 3)); }), "id");
  EXPECT_EQ(refused([](store::Tenant& t) { t.quota_per_day = -1; }), "quota_per_day");
  EXPECT_EQ(refused([](store::Tenant& t) { t.token_lifetime = seconds(0); }), "token_lifetime");
  EXPECT_EQ(refused([](store::Tenant& t) { t.scopes = {""}; }), "scopes");
  EXPECT_EQ(refused([](store::Tenant& t) { t.time_zone = ""; }), "time_zone");
  EXPECT_EQ(refused([](store::Tenant& t) { t.weight = 0; }), "weight");
  EXPECT_EQ(refused([](store::Tenant& t) { t.weight = store::heaviest_tenant + 1; }), "weight");
}

TEST_P(SigningKeyContract, ComeBackOldestFirst) {
  store::SigningKey old = signing_key("z", 100);
  old.retires = at(900);
  get(store().signing_keys().add(reactor_, signing_key("a", 200)));
  get(store().signing_keys().add(reactor_, old));
  EXPECT_THAT(get(store().signing_keys().all(reactor_)), ElementsAre(old, signing_key("a", 200)));
  EXPECT_EQ(outcome(ask(store().signing_keys().add(reactor_, signing_key("a", 300)))), "signing_key_exists");
}

TEST_P(SigningKeyContract, RetireAndAreDroppedWhenNothingSignedByThemIsValid) {
  get(store().signing_keys().add(reactor_, signing_key("a", 100)));
  get(store().signing_keys().add(reactor_, signing_key("b", 200)));
  get(store().signing_keys().retire(reactor_, "a", at(300)));
  EXPECT_EQ(outcome(ask(store().signing_keys().retire(reactor_, "c", at(300)))), "signing_key_not_found");
  EXPECT_EQ(get(store().signing_keys().all(reactor_)).front().retires, at(300));
  get(store().signing_keys().drop_retired(reactor_, at(300)));
  EXPECT_EQ(get(store().signing_keys().all(reactor_)).size(), 2U) << "not before";
  get(store().signing_keys().drop_retired(reactor_, at(301)));
  EXPECT_THAT(get(store().signing_keys().all(reactor_)), ElementsAre(signing_key("b", 200)));
}

TEST_P(SigningKeyContract, MakeRoomForANextOneAtOnceOrNotAtAll) {
  store::SigningKey leaving = signing_key("a", 100);
  leaving.retires = at(250);
  get(store().signing_keys().add(reactor_, leaving));
  get(store().signing_keys().add(reactor_, signing_key("b", 200)));
  get(store().signing_keys().rotate(reactor_, signing_key("c", 300), at(400)));
  store::SigningKey second = signing_key("b", 200);
  second.retires = at(400);
  EXPECT_THAT(get(store().signing_keys().all(reactor_)), ElementsAre(leaving, second, signing_key("c", 300)));
  EXPECT_EQ(outcome(ask(store().signing_keys().rotate(reactor_, signing_key("b", 400), at(210)))), "signing_key_exists");
  EXPECT_THAT(get(store().signing_keys().all(reactor_)), ElementsAre(leaving, second, signing_key("c", 300)));
  get(store().signing_keys().rotate(reactor_, signing_key("d", 400), at(350)));
  EXPECT_EQ(get(store().signing_keys().all(reactor_))[1].retires, at(350)) << "sooner than was said before";
  EXPECT_EQ(get(store().signing_keys().all(reactor_))[2].retires, at(350));
}

TEST_P(SettingContract, IsWhatWasPutLast) {
  EXPECT_EQ(get(store().settings().get(reactor_, "initialised")), std::nullopt);
  get(store().settings().put(reactor_, "initialised", "1"));
  get(store().settings().put(reactor_, "initialised", ""));
  EXPECT_EQ(get(store().settings().get(reactor_, "initialised")), "");
  EXPECT_EQ(outcome(ask(store().settings().put(reactor_, "", "1"))), "record_invalid");
}

TEST_P(WholeStoreContract, AWriterThatIsRefusedDoesNotHinderThoseBesideIt) {
  make_tenant("taken");
  std::vector<Task<Result<store::Tenant>>> asked;
  for (int i = 0; i < 50; ++i) {
    const std::string id = i % 5 == 0 ? "taken" : "t-" + std::to_string(i);
    asked.push_back(store().tenants().create(reactor_, store::Tenant(TenantId(id)), {}));
  }
  const std::vector<Result<store::Tenant>> answers = run_tasks(reactor_, std::move(asked));
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(outcome(answers[i]), i % 5 == 0 ? "tenant_exists" : "ok") << i;
  EXPECT_EQ(get(store().tenants().list(reactor_, TenantId(), 100)).data.size(), 41U);
}

TEST_P(WholeStoreContract, WhoWasAnsweredReadsWhatHeWrote) {
  for (int i = 0; i < 20; ++i) {
    const std::string value = std::to_string(i);
    ASSERT_EQ(outcome(ask(store().settings().put(reactor_, "n", value))), "ok");
    ASSERT_EQ(get(store().settings().get(reactor_, "n")), value);
  }
}

TEST_P(LastingStoreContract, EverythingIsThereAgain) {
  store::Tenant tenant = get(store().tenants().create(reactor_, full_tenant("demo"), {full_key("k-1", "demo", 1)}));
  get(store().signing_keys().add(reactor_, signing_key("a", 100)));
  get(store().settings().put(reactor_, "initialised", "1"));
  store::UsageRow used(TenantId("demo"), day("2026-11-22"), ModelName("m"), "llm");
  used.requests = 3;
  get(store().usage().add(reactor_, {used}));
  get(store().keys().revoke(reactor_, store::Reach::everything(), KeyId("k-1"), at(500), std::nullopt));
  const store::User user = get(store().users().create(reactor_, full_user("u-1", "demo")));
  under_test_->reopen();
  EXPECT_EQ(get(store().tenants().find(reactor_, TenantId("demo"))), tenant);
  EXPECT_EQ(get(store().keys().find(reactor_, store::Reach::everything(), KeyId("k-1"))).revoked, at(500));
  EXPECT_EQ(get(store().users().find(reactor_, store::Reach::everything(), user.id)), user);
  EXPECT_EQ(get(store().signing_keys().all(reactor_)).size(), 1U);
  EXPECT_EQ(get(store().settings().get(reactor_, "initialised")), "1");
  EXPECT_EQ(get(store().revocations().since(reactor_, 0, 10)).data.size(), 1U);
  EXPECT_THAT(get(store().usage().rows(reactor_, store::UsageQuery(store::Reach::everything(), used.day, used.day))), ElementsAre(used));
}

}  // namespace
}  // namespace gatehouse::testing
