// Calls that are over, settled in batches.
#include <limits>

#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class LedgerContract : public StoreContract {
 protected:
  LedgerContract() {
    make_tenant("demo");
    make_tenant("other");
    budget_ = get(store().budgets().create(reactor_, full_budget("b", "demo"))).number;
    other_budget_ = get(store().budgets().create(reactor_, full_budget("c", "other"))).number;
  }
  static store::UsageRow row(const std::string& tenant, std::int64_t cost) {
    store::UsageRow used(TenantId(tenant), day("2026-11-22"), ModelName("m"), "llm");
    used.requests = 1;
    used.prompt_tokens = 9;
    used.cost = cost;
    return used;
  }
  // A call of each tenant, which cost that much.
  store::LedgerBatch batch(const std::string& writer, std::int64_t number, std::int64_t cost) const {
    store::LedgerBatch one(writer, number);
    one.usage = {row("demo", cost), row("other", cost)};
    one.spent = {store::BudgetSpend(budget_, 86'400, cost), store::BudgetSpend(other_budget_, 0, cost)};
    return one;
  }
  std::string settle(const store::LedgerBatch& one) { return outcome(ask(store().ledger().settle(reactor_, one))); }
  std::vector<store::BudgetSpend> spent() { return get(store().budgets().spent(reactor_)); }
  // What a tenant's calls cost in all, and how many there were.
  std::pair<std::int64_t, std::int64_t> used(const std::string& tenant) {
    const store::UsageQuery query(store::Reach::of(TenantId(tenant)), day("2026-11-22"), day("2026-11-22"));
    std::pair<std::int64_t, std::int64_t> sum{0, 0};
    for (const store::UsageRow& one : get(store().usage().rows(reactor_, query))) sum.first += one.cost, sum.second += one.requests;
    return sum;
  }
  std::vector<std::pair<std::string, std::int64_t>> settled() { return get(store().ledger().settled(reactor_)); }
  std::uint32_t budget_ = 0, other_budget_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Stores, LedgerContract, ::testing::ValuesIn(stores_under_test()), name_of);
class LastingLedgerContract : public LedgerContract {};
INSTANTIATE_TEST_SUITE_P(Stores, LastingLedgerContract, ::testing::ValuesIn(lasting_stores()), name_of);

TEST_P(LedgerContract, AddsToWhatStandsThere) {
  EXPECT_THAT(settled(), IsEmpty());
  EXPECT_EQ(settle(batch("w", 1, 3)), "ok");
  EXPECT_EQ(settle(batch("w", 2, 4)), "ok");
  EXPECT_THAT(spent(), ElementsAre(store::BudgetSpend(budget_, 86'400, 7), store::BudgetSpend(other_budget_, 0, 7)));
  EXPECT_THAT(used("demo"), Pair(7, 2));
  EXPECT_THAT(settled(), ElementsAre(Pair("w", 2)));
}

TEST_P(LedgerContract, ABatchThatComesTwiceCountsOnce) {
  EXPECT_EQ(settle(batch("w", 5, 3)), "ok");
  EXPECT_EQ(settle(batch("w", 5, 3)), "ok");
  EXPECT_EQ(settle(batch("w", 4, 100)), "ok") << "settled before that one";
  EXPECT_THAT(used("demo"), Pair(3, 1));
  EXPECT_EQ(spent()[0].units, 3);
  EXPECT_THAT(settled(), ElementsAre(Pair("w", 5)));
}

TEST_P(LedgerContract, EachWriterCountsForItself) {
  EXPECT_EQ(settle(batch("v", 9, 1)), "ok");
  EXPECT_EQ(settle(batch("w", 1, 2)), "ok");
  EXPECT_EQ(settle(batch("v", 10, 4)), "ok");
  EXPECT_THAT(used("demo"), Pair(7, 3));
  EXPECT_THAT(settled(), ElementsAre(Pair("v", 10), Pair("w", 1)));
}

TEST_P(LedgerContract, WhatIsOfATenantThatIsGoneGoesWithItAndTheRestIsKept) {
  ASSERT_EQ(outcome(ask(store().tenants().remove(reactor_, TenantId("demo"), at(500), std::nullopt))), "ok");
  EXPECT_EQ(settle(batch("w", 1, 3)), "ok");
  EXPECT_THAT(used("demo"), Pair(0, 0));
  EXPECT_THAT(used("other"), Pair(3, 1));
  EXPECT_THAT(spent(), ElementsAre(store::BudgetSpend(other_budget_, 0, 3)));
}

TEST_P(LedgerContract, WhatIsOfABudgetThatIsGoneGoesWithItAndTheRestIsKept) {
  ASSERT_EQ(outcome(ask(store().budgets().remove(reactor_, store::Reach::everything(), store::BudgetId("b"), std::nullopt))), "ok");
  EXPECT_EQ(settle(batch("w", 1, 3)), "ok");
  EXPECT_THAT(used("demo"), Pair(3, 1));
  EXPECT_THAT(spent(), ElementsAre(store::BudgetSpend(other_budget_, 0, 3)));
}

TEST_P(LedgerContract, ABatchThatIsWrongIsSettledInNoPart) {
  store::LedgerBatch wrong = batch("w", 1, 3);
  wrong.usage.push_back(row("demo", -1));
  EXPECT_EQ(settle(wrong), "record_invalid");
  wrong = batch("w", 1, 3);
  wrong.spent.emplace_back(budget_, 0, -1);
  EXPECT_EQ(settle(wrong), "record_invalid");
  wrong = batch("w", 1, 3);
  wrong.spent.emplace_back(budget_, 86'400, std::numeric_limits<std::int64_t>::max());
  EXPECT_NE(settle(wrong), "ok") << "the sum does not fit";
  EXPECT_EQ(settle(batch("w", 0, 3)), "record_invalid");
  EXPECT_EQ(settle(batch("", 1, 3)), "record_invalid");
  EXPECT_THAT(used("demo"), Pair(0, 0));
  EXPECT_THAT(spent(), IsEmpty());
  EXPECT_THAT(settled(), IsEmpty());
  EXPECT_EQ(settle(batch("w", 1, 3)), "ok") << "that number is free still";
}

TEST_P(LedgerContract, NothingIsLostOrDoubledWhenManySettleAtOnce) {
  std::vector<Task<Status>> settling;
  for (int i = 0; i < 50; ++i) {
    settling.push_back(store().ledger().settle(reactor_, batch("w-" + std::to_string(i % 25), 1, 1)));
  }
  for (const Status& one : run_tasks(reactor_, std::move(settling))) EXPECT_EQ(outcome(one), "ok");
  EXPECT_THAT(used("demo"), Pair(25, 25));
  EXPECT_EQ(spent()[0].units, 25);
  EXPECT_EQ(settled().size(), 25U);
}

TEST_P(LastingLedgerContract, IsThereAfterTheStoreIsOpenedAgain) {
  ASSERT_EQ(settle(batch("w", 3, 8)), "ok");
  under_test_->reopen();
  EXPECT_THAT(settled(), ElementsAre(Pair("w", 3)));
  EXPECT_THAT(spent(), ElementsAre(store::BudgetSpend(budget_, 86'400, 8), store::BudgetSpend(other_budget_, 0, 8)));
  EXPECT_EQ(settle(batch("w", 3, 8)), "ok");
  EXPECT_THAT(used("demo"), Pair(8, 1));
}

}  // namespace
}  // namespace gatehouse::testing
