// Budgets of tenants, their users and their keys.
#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class BudgetContract : public StoreContract {
 protected:
  BudgetContract() {
    for (const char* tenant : {"demo", "other"}) {
      make_tenant(tenant);
      get(store().users().create(reactor_, full_user(std::string("u-") + tenant, tenant)));
    }
    for (const char* id : {"k-demo", "k-more"}) get(store().keys().create(reactor_, key_of(id, "demo", "u-demo")));
    get(store().keys().create(reactor_, key_of("k-other", "other", "u-other")));
  }
  static store::ApiKey key_of(const std::string& id, const std::string& tenant, const std::string& user) {
    store::ApiKey key = full_key(id, tenant, static_cast<unsigned>(id.back()));
    key.user = store::UserId(user);
    return key;
  }
  static store::Budget of_user(const std::string& id, const std::string& tenant, const std::string& user) {
    store::Budget budget = full_budget(id, tenant);
    budget.user = store::UserId(user);
    return budget;
  }
  static store::Budget of_key(const std::string& id, const std::string& tenant, const std::string& key) {
    store::Budget budget = full_budget(id, tenant);
    budget.key = KeyId(key);
    return budget;
  }
  store::BudgetStore& budgets() { return store().budgets(); }
  Result<store::Budget> create(const store::Budget& budget) { return ask(budgets().create(reactor_, budget)); }
  Result<store::Budget> find(const std::string& id, const store::Reach& reach = store::Reach::everything()) {
    return ask(budgets().find(reactor_, reach, store::BudgetId(id)));
  }
  std::string remove(const std::string& id, const store::Reach& reach) {
    return outcome(ask(budgets().remove(reactor_, reach, store::BudgetId(id), std::nullopt)));
  }
  void spend(std::uint32_t number, std::int64_t period, std::int64_t units) {
    store::LedgerBatch batch("w-" + std::to_string(number) + "-" + std::to_string(period), 1);
    batch.spent.emplace_back(number, period, units);
    get(store().ledger().settle(reactor_, std::move(batch)));
  }
  std::vector<store::BudgetSpend> spent() { return get(budgets().spent(reactor_)); }
  std::vector<std::string> listed(const store::Reach& reach, const std::string& after, std::size_t limit) {
    store::BudgetQuery query(reach);
    query.after = store::BudgetId(after);
    query.limit = limit;
    const store::Page<store::Budget> page = get(budgets().list(reactor_, query));
    std::vector<std::string> found;
    for (const store::Budget& budget : page.data) found.push_back(budget.id.value());
    if (page.has_more) found.emplace_back("more");
    return found;
  }
  const store::Reach all_ = store::Reach::everything();
  const store::Reach demo_ = store::Reach::of(TenantId("demo")), other_ = store::Reach::of(TenantId("other"));
};
INSTANTIATE_TEST_SUITE_P(Stores, BudgetContract, ::testing::ValuesIn(stores_under_test()), name_of);

TEST_P(BudgetContract, ComesBackAsItWasGiven) {
  std::uint32_t number = 0;
  for (store::Budget wanted : {full_budget("b", "demo"), of_user("bu", "demo", "u-demo"), of_key("bk", "demo", "k-demo")}) {
    const Result<store::Budget> made = create(wanted);
    ASSERT_EQ(outcome(made), "ok");
    EXPECT_GT(made->number, number);
    number = wanted.number = made->number;
    wanted.version = 1;
    EXPECT_EQ(*made, wanted);
    EXPECT_EQ(*find(wanted.id.value(), demo_), wanted);
  }
}

TEST_P(BudgetContract, OneOfAUnitAndAPeriodForEachWhoHasSome) {
  store::Budget first = full_budget("b-1", "demo");
  ASSERT_EQ(outcome(create(first)), "ok");
  store::Budget again = full_budget("b-2", "demo");
  again.amount = 1;
  const Result<store::Budget> refused = create(again);
  ASSERT_EQ(outcome(refused), "budget_exists");
  EXPECT_EQ(refused.error().code(), Code::conflict);
  EXPECT_EQ(outcome(create(first)), "budget_exists") << "the id";
  again.unit = store::BudgetUnit::tokens;
  EXPECT_EQ(outcome(create(again)), "ok");
  again.id = store::BudgetId("b-3");
  again.period = store::BudgetPeriod::total;
  EXPECT_EQ(outcome(create(again)), "ok");
  EXPECT_EQ(outcome(create(of_user("b-4", "demo", "u-demo"))), "ok");
  EXPECT_EQ(outcome(create(of_user("b-5", "demo", "u-demo"))), "budget_exists");
  EXPECT_EQ(outcome(create(of_key("b-5", "demo", "k-demo"))), "ok");
  EXPECT_EQ(outcome(create(of_key("b-6", "demo", "k-demo"))), "budget_exists");
  EXPECT_EQ(outcome(create(of_key("b-6", "demo", "k-more"))), "ok");
  EXPECT_EQ(outcome(create(full_budget("b-7", "other"))), "ok");
}

TEST_P(BudgetContract, IsOfWhoIsThereInItsTenant) {
  EXPECT_EQ(outcome(create(full_budget("b", "none"))), "tenant_not_found");
  EXPECT_EQ(outcome(create(of_user("b", "demo", "none"))), "user_not_found");
  EXPECT_EQ(outcome(create(of_user("b", "demo", "u-other"))), "user_not_found");
  EXPECT_EQ(outcome(create(of_key("b", "demo", "none"))), "key_not_found");
  EXPECT_EQ(outcome(create(of_key("b", "demo", "k-other"))), "key_not_found");
  EXPECT_THAT(listed(all_, "", 5), IsEmpty());
}

TEST_P(BudgetContract, WhatCannotBeRightIsRefusedByName) {
  const auto refused = [this](const store::Budget& budget) {
    const Result<store::Budget> created = create(budget);
    if (created.ok()) return std::string("it was taken");
    EXPECT_EQ(created.error().reason(), "record_invalid");
    return created.error().param();
  };
  const auto with_amount = [](std::int64_t amount) {
    store::Budget budget = full_budget("b", "demo");
    budget.amount = amount;
    return budget;
  };
  EXPECT_EQ(refused(with_amount(0)), "amount");
  EXPECT_EQ(refused(with_amount(-1)), "amount");
  EXPECT_EQ(refused(with_amount(1'000'000'000'000'000'001)), "amount");
  store::Budget of_both = of_user("b", "demo", "u-demo");
  of_both.key = KeyId("k-demo");
  EXPECT_EQ(refused(of_both), "key_id");
  EXPECT_EQ(refused(full_budget("", "demo")), "id");
  EXPECT_EQ(refused(full_budget(std::string(65, 'b'), "demo")), "id");
  EXPECT_EQ(outcome(create(with_amount(1'000'000'000'000'000'000))), "ok");
  store::Budget nothing = with_amount(0);
  nothing.version = 1;
  EXPECT_EQ(outcome(ask(budgets().change(reactor_, nothing))), "record_invalid");
}

TEST_P(BudgetContract, AreListedByIdPageByPage) {
  store::Budget tokens = full_budget("c", "demo");
  tokens.unit = store::BudgetUnit::tokens;
  for (const store::Budget& budget : {tokens, full_budget("a", "demo"), full_budget("b", "other")}) get(budgets().create(reactor_, budget));
  EXPECT_THAT(listed(all_, "", 5), ElementsAre("a", "b", "c"));
  EXPECT_THAT(listed(all_, "", 2), ElementsAre("a", "b", "more"));
  EXPECT_THAT(listed(all_, "b", 2), ElementsAre("c"));
  EXPECT_THAT(listed(demo_, "", 1), ElementsAre("a", "more"));
  EXPECT_THAT(listed(demo_, "a", 5), ElementsAre("c"));
  EXPECT_THAT(listed(store::Reach::of(TenantId("none")), "", 5), IsEmpty());
}

TEST_P(BudgetContract, AnothersAreNotThere) {
  get(budgets().create(reactor_, full_budget("b", "demo")));
  EXPECT_EQ(outcome(find("b", other_)), "budget_not_found");
  EXPECT_EQ(remove("b", other_), "budget_not_found");
  EXPECT_EQ(outcome(find("none")), "budget_not_found");
  store::Budget stolen = full_budget("b", "other");
  stolen.version = 1;
  EXPECT_EQ(outcome(ask(budgets().change(reactor_, stolen))), "budget_not_found");
  EXPECT_EQ(outcome(find("b", demo_)), "ok");
}

TEST_P(BudgetContract, AChangeIsOfTheAmountAlone) {
  store::Budget wanted = get(budgets().create(reactor_, full_budget("b", "demo")));
  store::Budget asked = wanted;
  asked.amount = 3;
  asked.unit = store::BudgetUnit::tokens;
  asked.period = store::BudgetPeriod::total;
  asked.user = store::UserId("u-demo");
  asked.number = 77;
  asked.created = at(1);
  const Result<store::Budget> changed = ask(budgets().change(reactor_, asked));
  ASSERT_EQ(outcome(changed), "ok");
  wanted.amount = 3;
  wanted.version = 2;
  EXPECT_EQ(*changed, wanted);
  EXPECT_EQ(*find("b"), wanted);
  EXPECT_EQ(outcome(ask(budgets().change(reactor_, asked))), "version_conflict");
  EXPECT_EQ(outcome(ask(budgets().change(reactor_, full_budget("none", "demo")))), "budget_not_found");
}

TEST_P(BudgetContract, GoesWithWhatWasSpentOfIt) {
  const store::Budget first = get(budgets().create(reactor_, full_budget("b", "demo")));
  const store::Budget stays = get(budgets().create(reactor_, full_budget("c", "other")));
  spend(first.number, 86'400, 5);
  spend(stays.number, 86'400, 6);
  EXPECT_EQ(outcome(ask(budgets().remove(reactor_, demo_, store::BudgetId("b"), 7))), "version_conflict");
  const Result<store::Budget> removed = ask(budgets().remove(reactor_, demo_, store::BudgetId("b"), std::nullopt));
  ASSERT_EQ(outcome(removed), "ok");
  EXPECT_EQ(*removed, first);
  EXPECT_EQ(remove("b", all_), "budget_not_found");
  EXPECT_THAT(spent(), ElementsAre(store::BudgetSpend(stays.number, 86'400, 6)));
  EXPECT_GT(get(budgets().create(reactor_, full_budget("b", "demo"))).number, stays.number) << "another one, whatever its id";
}

TEST_P(BudgetContract, OfAUserAndTheirKeysGoWithThem) {
  const store::Budget users = get(budgets().create(reactor_, of_user("bu", "demo", "u-demo")));
  const store::Budget keys = get(budgets().create(reactor_, of_key("bk", "demo", "k-demo")));
  get(budgets().create(reactor_, full_budget("b", "demo")));
  get(budgets().create(reactor_, of_key("bo", "other", "k-other")));
  spend(users.number, 0, 1);
  const store::SessionEnd end(at(500), at(900));
  const store::RemovedUser removed = get(store().users().remove(reactor_, demo_, store::UserId("u-demo"), 1, at(500), end));
  EXPECT_THAT(removed.budgets, ::testing::UnorderedElementsAre(users, keys));
  EXPECT_THAT(listed(all_, "", 9), ElementsAre("b", "bo"));
  EXPECT_THAT(spent(), IsEmpty());
}

TEST_P(BudgetContract, ARevokedKeyKeepsItsOwn) {
  get(budgets().create(reactor_, of_key("bk", "demo", "k-demo")));
  get(store().keys().revoke(reactor_, demo_, KeyId("k-demo"), at(500), std::nullopt));
  EXPECT_EQ(outcome(find("bk")), "ok");
}

TEST_P(BudgetContract, IsNotOlderThanItsTenant) {
  store::Tenant young(TenantId("young"));
  young.created = at(1'800'000'000);
  get(store().tenants().create(reactor_, young, {}));
  store::Budget budget = full_budget("b", "young");
  budget.created = at(1'799'999'000);
  EXPECT_EQ(get(budgets().create(reactor_, budget)).created, young.created);
  EXPECT_EQ(find("b")->created, young.created);
}

TEST_P(BudgetContract, WhatWasSpentLongAgoIsForgottenButOfWhatNeverEnds) {
  const std::uint32_t number = get(budgets().create(reactor_, full_budget("b", "demo"))).number;
  for (const std::int64_t period : {0, 86'400, 172'800}) spend(number, period, 5);
  get(budgets().drop_spent(reactor_, at(172'800)));
  EXPECT_THAT(spent(), ElementsAre(store::BudgetSpend(number, 0, 5), store::BudgetSpend(number, 172'800, 5)));
}

}  // namespace
}  // namespace gatehouse::testing
