#include "gatehouse/gateway/ledger_book.h"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

limits::CallFacts facts() {
  limits::CallFacts made;
  made.tenant = "acme";
  made.model = "small";
  made.day = 20'000;
  made.price = {2, 1, 3, 5};
  made.budgets = {{7, limits::BudgetCounts::tokens, 1000, ~limits::Units{0}, 0}, {8, limits::BudgetCounts::money, 0, ~limits::Units{0}, 0}};
  return made;
}

std::int64_t spent_of(const LedgerBook::Taken& taken, std::uint32_t budget, std::int64_t period) {
  for (const store::BudgetSpend& one : taken.spent) {
    if (one.budget == budget && one.period == period) return one.units;
  }
  return 0;
}

TEST(LedgerBook, CallsOfOneLineAreAddedUpAndEachBatchBeginsAtNothing) {
  LedgerBook book;
  LedgerBook::Line line;
  const limits::CallFacts mine = facts();
  for (std::int64_t batch = 1; batch <= 3; ++batch) {
    for (std::int64_t i = 0; i < batch; ++i) book.add(mine, {4, 1, 6}, line);
    book.add(mine, {4, 1, 6});
    const LedgerBook::Taken taken = book.take();
    const std::int64_t calls = batch + 1;
    ASSERT_EQ(taken.usage.size(), 1U);
    EXPECT_EQ(taken.usage[0].requests, calls);
    EXPECT_EQ(taken.usage[0].completion_tokens, 6 * calls);
    EXPECT_EQ(taken.usage[0].cost, (5 + 3 * 2 + 1 + 6 * 3) * calls);
    EXPECT_EQ(spent_of(taken, 7, 1000), 10 * calls);
    EXPECT_EQ(spent_of(taken, 8, 0), taken.usage[0].cost);
  }
  EXPECT_TRUE(book.take().empty());
}

TEST(LedgerBook, WhatGrewInAnotherPeriodIsSpentThereAndWhatIsNothingIsNoEntry) {
  LedgerBook book;
  limits::CallFacts late = facts();
  late.budgets[0].most_of_period = 3;
  late.budgets[0].next_period = 2000;
  late.price = {};
  book.add(late, {4, 0, 6});
  const LedgerBook::Taken taken = book.take();
  EXPECT_EQ(spent_of(taken, 7, 1000), 3);
  EXPECT_EQ(spent_of(taken, 7, 2000), 7);
  EXPECT_EQ(taken.spent.size(), 2U);
}

TEST(LedgerBook, CallsThatTheJournalHasAddedUpCountAsSoMany) {
  LedgerBook book;
  book.add(facts(), {12, 3, 18, 3});
  const LedgerBook::Taken taken = book.take();
  ASSERT_EQ(taken.usage.size(), 1U);
  EXPECT_EQ(taken.usage[0].requests, 3);
  EXPECT_EQ(taken.usage[0].cost, 3 * 5 + 9 * 2 + 3 * 1 + 18 * 3) << "the price of a call is paid by each";
}

}  // namespace
}  // namespace gatehouse::gateway
