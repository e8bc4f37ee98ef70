// What goes with a tenant, and what stays.
#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RemovalContract : public StoreContract {
 protected:
  void fill(const std::string& tenant, unsigned number) {
    make_tenant(tenant);
    get(store().keys().create(reactor_, full_key("k-" + tenant, tenant, number)));
    get(store().users().create(reactor_, full_user("u-" + tenant, tenant)));
    get(store().roles().create(reactor_, full_role("analyst", tenant)));
    store::User analyst = full_user("a-" + tenant, tenant);
    analyst.role = "analyst";
    get(store().users().create(reactor_, analyst));
    store::UsageRow used(TenantId(tenant), today_, ModelName("m"), "llm");
    used.requests = 1;
    get(store().usage().add(reactor_, {used}));
    store::Budget of_user = full_budget("bu-" + tenant, tenant), of_key = full_budget("bk-" + tenant, tenant);
    of_user.user = store::UserId("u-" + tenant);
    of_key.key = KeyId("k-" + tenant);
    store::LedgerBatch batch("writer-" + tenant, 1);
    for (const store::Budget& budget : {full_budget("b-" + tenant, tenant), of_user, of_key}) {
      batch.spent.emplace_back(get(store().budgets().create(reactor_, budget)).number, 0, 5);
    }
    get(store().ledger().settle(reactor_, std::move(batch)));
  }
  std::string remove(const std::string& tenant) {
    return outcome(ask(store().tenants().remove(reactor_, TenantId(tenant), at(500), std::nullopt)));
  }
  // How many keys, users, roles, budgets and rows of usage there are.
  std::vector<std::size_t> kept(const store::Reach& reach) {
    return {get(store().keys().list(reactor_, store::KeyQuery(reach))).data.size(),
            get(store().users().list(reactor_, store::UserQuery(reach))).data.size(),
            get(store().roles().list(reactor_, store::RoleQuery(reach))).data.size(),
            get(store().budgets().list(reactor_, store::BudgetQuery(reach))).data.size(),
            get(store().usage().rows(reactor_, store::UsageQuery(reach, today_, today_))).size()};
  }
  std::vector<store::Revocation> told() { return get(store().revocations().since(reactor_, 0, 10)).data; }
  const store::Day today_ = day("2026-11-22");
  const store::Reach all_ = store::Reach::everything();
};
INSTANTIATE_TEST_SUITE_P(Stores, RemovalContract, ::testing::ValuesIn(stores_under_test()), name_of);

TEST_P(RemovalContract, TakesWhatBelongsToTheTenantAndNothingElse) {
  fill("demo", 1);
  fill("other", 2);
  ASSERT_EQ(remove("demo"), "ok");
  EXPECT_EQ(outcome(ask(store().tenants().find(reactor_, TenantId("demo")))), "tenant_not_found");
  EXPECT_EQ(get(store().budgets().spent(reactor_)).size(), 3U);
  EXPECT_THAT(kept(store::Reach::of(TenantId("demo"))), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(kept(all_), ElementsAre(1, 2, 1, 3, 1));
  EXPECT_EQ(outcome(ask(store().users().find_by_name(reactor_, "Name-u-demo"))), "user_not_found");
  EXPECT_EQ(get(store().users().find_by_name(reactor_, "Name-u-other")).tenant, TenantId("other"));
}

TEST_P(RemovalContract, IsToldToWhoFollowsTheRevocations) {
  fill("demo", 1);
  get(store().keys().revoke(reactor_, all_, KeyId("k-demo"), at(400), std::nullopt));
  const std::vector<store::Revocation> before = told();
  ASSERT_EQ(remove("demo"), "ok");
  const std::vector<store::Revocation> after = told();
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(after[0], before[0]) << "what was revoked before stays so";
  EXPECT_GT(after[1].number, before[0].number);
  EXPECT_EQ(after[1].kind, store::RevocationKind::tenant);
  EXPECT_EQ(after[1].id, "demo");
  EXPECT_EQ(after[1].not_before, at(500));
  EXPECT_EQ(after[1].expires, std::nullopt);
}

TEST_P(RemovalContract, OfNobodyChangesNothing) {
  fill("demo", 1);
  EXPECT_EQ(remove("none"), "tenant_not_found");
  EXPECT_EQ(outcome(ask(store().tenants().remove(reactor_, TenantId("demo"), at(500), 7))), "version_conflict");
  EXPECT_EQ(remove("Demo"), "tenant_not_found");
  EXPECT_THAT(kept(all_), ElementsAre(1, 2, 1, 3, 1));
  EXPECT_THAT(told(), IsEmpty());
  ASSERT_EQ(remove("demo"), "ok");
  EXPECT_EQ(remove("demo"), "tenant_not_found") << "once";
  EXPECT_EQ(told().size(), 1U);
}

TEST_P(RemovalContract, ANumberIsNeverGivenAgain) {
  make_tenant("first");
  fill("demo", 1);
  ASSERT_EQ(remove("demo"), "ok");
  fill("demo", 1);  // all of its ids and names are free again
  const store::Tenant again = get(store().tenants().find(reactor_, TenantId("demo")));
  EXPECT_EQ(again.number, 3U);
  EXPECT_EQ(again.version, 1U);
}

TEST_P(RemovalContract, NothingCanBeAddedToATenantThatIsGone) {
  fill("demo", 1);
  ASSERT_EQ(remove("demo"), "ok");
  EXPECT_EQ(outcome(ask(store().keys().create(reactor_, full_key("k-2", "demo", 2)))), "tenant_not_found");
  EXPECT_EQ(outcome(ask(store().users().create(reactor_, full_user("u-2", "demo")))), "tenant_not_found");
  EXPECT_EQ(outcome(ask(store().roles().create(reactor_, full_role("analyst", "demo")))), "tenant_not_found");
  EXPECT_EQ(outcome(ask(store().budgets().create(reactor_, full_budget("b-2", "demo")))), "tenant_not_found");
  store::UsageRow used(TenantId("demo"), today_, ModelName("m"), "llm");
  EXPECT_EQ(outcome(ask(store().usage().add(reactor_, {used}))), "tenant_not_found");
  get(store().keys().record_uses(reactor_, {store::KeyUse(KeyId("k-demo"), 1, at(600))}));  // uses that were counted before
  EXPECT_THAT(kept(all_), ElementsAre(0, 0, 0, 0, 0));
}

}  // namespace
}  // namespace gatehouse::testing
