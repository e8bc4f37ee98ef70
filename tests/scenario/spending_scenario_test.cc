// What calls take of budgets: to the last token, across midnight, and whatever becomes of a budget meanwhile.
#include <gmock/gmock.h>

#include "demo.h"

namespace gatehouse::testing {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* spoken = R"(,"max_tokens":5)";

TEST(Budget, IsSpentToItsLastTokenAndNotOneFurther) {
  for (const int amount : {7, 8, 70, 71, 135, 500}) {
    Demo house;
    house.set_budget(store::BudgetUnit::tokens, amount);
    const FakeExchange& answer = house.chat("loop:x", R"(,"max_tokens":1000)");
    const int made = amount - 6;
    EXPECT_EQ(answer.status(), 200) << amount;
    EXPECT_THAT(answer.sent(), HasSubstr("\"content\":\"" + std::string(static_cast<std::size_t>(made), 'x') + "\""));
    EXPECT_THAT(answer.sent(), AllOf(HasSubstr(R"("finish_reason":"length")"), HasSubstr(R"("stop_reason":"budget")")));
    const auto ledger = house.ledger();
    ASSERT_EQ(ledger.spent.size(), 1U);
    EXPECT_EQ(ledger.spent[0].units, amount);
    ASSERT_EQ(ledger.usage.size(), 1U);
    EXPECT_EQ(ledger.usage[0].completion_tokens, made);
    const FakeExchange& refused = house.chat("say:Hi");
    EXPECT_EQ(refused.status(), 429);
    EXPECT_THAT(refused.sent(), AllOf(HasSubstr("The budget is used up"), HasSubstr("insufficient_quota")));
    EXPECT_THAT(refused.fields(), AllOf(HasSubstr("x-should-retry: false"), Not(HasSubstr("Retry-After"))));
  }
}

TEST(Budget, ThatHoldsLessThanThePromptAndOneTokenRefusesAtOnce) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 6);
  const FakeExchange& refused = house.chat("loop:x");
  EXPECT_EQ(refused.status(), 429);
  EXPECT_THAT(refused.sent(), HasSubstr("The budget does not hold enough: it has 6 tokens left, and this call needs at least 7 tokens"));
  EXPECT_THAT(refused.fields(), HasSubstr("x-gatehouse-budget-remaining: 6;"));
  EXPECT_TRUE(house.ledger().empty());
  EXPECT_EQ(house.chat("loop:").status(), 200) << "a prompt of five, and one token";
}

TEST(Budget, GivesBackWhatAnAnswerDidNotNeed) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 100);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(house.chat("say:Hi", spoken).status(), 200) << i;
  const auto ledger = house.ledger();
  ASSERT_EQ(ledger.spent.size(), 1U);
  EXPECT_EQ(ledger.spent[0].units, 80);
  ASSERT_EQ(ledger.usage.size(), 1U);
  EXPECT_EQ(ledger.usage[0].requests, 10);
}

TEST(Budget, OfMoneyGoesByThePriceOfTheModel) {
  gateway::LimitRules rules;
  rules.prices["scripted"] = {100, 10, 1000, 5};
  Demo house(rules);
  house.set_budget(store::BudgetUnit::money, 5 + 6 * 100 + 10 * 1000 + 999);
  const FakeExchange& answer = house.chat("loop:x", R"(,"max_tokens":1000)");
  EXPECT_THAT(answer.sent(), AllOf(HasSubstr(R"("completion_tokens":10,)"), HasSubstr(R"("cost":0.000010605)")));
  EXPECT_THAT(answer.fields(), HasSubstr("x-gatehouse-cost: 0.000010605"));
  const auto ledger = house.ledger();
  ASSERT_EQ(ledger.spent.size(), 1U);
  EXPECT_EQ(ledger.spent[0].units, 10605);
  EXPECT_EQ(ledger.usage.at(0).cost, 10605);
}

TEST(Budget, IsSettledToWhatWasMadeWhenTheClientGoes) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 1000);
  house.engine.hold(true);
  FakeExchange& leaves = house.chat("loop:x", R"(,"max_tokens":500,"stream":true)");
  leaves.leave();
  house.engine.hold(false);
  house.pass(1s);
  EXPECT_TRUE(leaves.handled);
  const auto ledger = house.ledger();
  ASSERT_EQ(ledger.usage.size(), 1U);
  EXPECT_EQ(ledger.usage[0].requests, 1);
  ASSERT_EQ(ledger.spent.size(), 1U);
  EXPECT_EQ(ledger.spent[0].units, ledger.usage[0].prompt_tokens + ledger.usage[0].completion_tokens);
  const gateway::BudgetUse use = house.budget_use();
  EXPECT_EQ(use.spent, ledger.spent[0].units);
  EXPECT_EQ(use.reserved, 0);
}

TEST(Budget, SaysHowMuchIsLeft) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 1000);
  EXPECT_THAT(house.chat("say:Hi", spoken).fields(), HasSubstr("x-gatehouse-budget-remaining: "));
}

TEST(Budget, ThatHoldsLittleMoneySaysWhatIsLeftAndWhatIsNeeded) {
  gateway::LimitRules rules;
  rules.prices["scripted"] = {100, 10, 1000, 500'000'000};
  Demo house(rules);
  house.set_budget(store::BudgetUnit::money, 400'000'000, store::BudgetPeriod::month);
  EXPECT_THAT(house.chat("say:Hi").sent(),
              HasSubstr("The budget of this month does not hold enough: it has 0.4 left, and this call needs at least 0.5"));
  house.change_budget(500'000'600);
  EXPECT_THAT(house.chat("say:Hi").sent(), HasSubstr("it has 0.5000006 left, and this call needs at least 0.5000016"));
}

TEST(Budget, IsReservedAtTheHigherPriceOfAPrompt) {
  gateway::LimitRules rules;
  rules.prices["scripted"] = {100, 300, 1000, 5};
  Demo house(rules);
  house.set_budget(store::BudgetUnit::money, 5 + 6 * 300 + 1000 - 1);
  EXPECT_EQ(house.chat("say:Hi", spoken).status(), 429);
  house.change_budget(5 + 6 * 300 + 1000);
  EXPECT_EQ(house.chat("say:Hi", spoken).status(), 200);
}

// 64 tokens are granted before the engine makes one.
TEST(Budget, ThatIsLoweredEndsAnswersThatRun) {
  for (const int amount : {1, 70, 71, 200}) {
    Demo house;
    house.set_budget(store::BudgetUnit::tokens, 100'000);
    house.engine.hold(true);
    const FakeExchange& answer = house.chat("loop:x", R"(,"max_tokens":1000,"stream":true)");
    house.change_budget(amount);
    house.engine.hold(false);
    house.settle();
    EXPECT_TRUE(answer.handled);
    EXPECT_THAT(answer.sent(), HasSubstr(R"("stop_reason":"budget")"));
    EXPECT_EQ(house.ledger().spent.at(0).units, std::max(amount, 6 + 64)) << "what was granted before is paid for";
  }
}

TEST(Budget, ThatIsRaisedOrRemovedLetsAnswersThatRunGoOn) {
  for (const bool removed : {false, true}) {
    Demo house;
    house.set_budget(store::BudgetUnit::tokens, 72);
    house.engine.hold(true);
    const FakeExchange& answer = house.chat("loop:x", R"(,"max_tokens":1000,"stream":true)");
    removed ? house.remove_budget() : house.change_budget(506);
    house.engine.hold(false);
    house.settle();
    EXPECT_TRUE(answer.handled);
    const auto ledger = house.ledger();
    EXPECT_EQ(ledger.usage.at(0).completion_tokens, removed ? 1000 : 500);
    EXPECT_EQ(ledger.spent.at(0).units, removed ? 1006 : 506);
  }
}

TEST(Budget, OfADayIsTakenInTheDayInWhichItIsGranted) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 100'000, store::BudgetPeriod::day);
  house.go_before_midnight(1s);
  const std::int64_t midnight = unix_seconds(house.clock.wall()) + 1;
  house.engine.hold(true);
  const FakeExchange& answer = house.chat("loop:x", R"(,"max_tokens":200,"stream":true)");
  house.clock.advance(2s);
  house.engine.hold(false);
  house.settle();
  EXPECT_TRUE(answer.handled);
  const auto ledger = house.ledger();
  ASSERT_EQ(ledger.spent.size(), 2U);
  EXPECT_EQ(ledger.spent[0], store::BudgetSpend(1, midnight - Demo::day_length, 6 + 64));
  EXPECT_EQ(ledger.spent[1], store::BudgetSpend(1, midnight, 200 - 64));
  EXPECT_EQ(ledger.usage.at(0).day, store::Day(std::chrono::sys_days(std::chrono::days(midnight / Demo::day_length - 1))));
  EXPECT_EQ(house.budget_use().spent, 200 - 64);
  EXPECT_EQ(house.budget_use().reserved, 0);
}

TEST(Budget, AndTheDaysUsageAreOfOneMoment) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 1'000'000, store::BudgetPeriod::day);
  house.set_quota(1'000'000);
  for (int early = 1; early <= 30; ++early) {
    house.go_before_midnight(seconds(early));
    house.clock.step(1s);
    EXPECT_EQ(house.chat("say:Hi", spoken).status(), 200);
    house.clock.step(0s);
    const auto ledger = house.ledger();
    ASSERT_EQ(ledger.usage.size(), 1U);
    const std::int64_t day = std::chrono::sys_days(ledger.usage[0].day).time_since_epoch().count();
    EXPECT_EQ(ledger.spent.at(0).period, day * Demo::day_length) << early;
  }
}

TEST(Budget, HoldsForAllChoicesTogether) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 6 + 100);
  const FakeExchange& answer = house.chat("loop:x", R"(,"max_tokens":50,"n":3)");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(count(answer.sent(), R"("finish_reason":"length")"), 3U);
  const auto ledger = house.ledger();
  EXPECT_EQ(ledger.usage.at(0).completion_tokens, 100);
  EXPECT_EQ(ledger.spent.at(0).units, 106);
}

TEST(Budget, ThatHoldsNotOneTokenForEachChoiceRefusesAtOnce) {
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 6 + 2);
  EXPECT_THAT(house.chat("loop:x", R"(,"max_tokens":50,"n":3)").sent(),
              HasSubstr("it has 8 tokens left, and this call needs at least 9 tokens"));
  house.change_budget(6 + 3);
  EXPECT_EQ(house.chat("loop:x", R"(,"max_tokens":50,"n":3)").status(), 200);
  EXPECT_EQ(house.ledger().spent.at(0).units, 9);
}

TEST(Budget, AndRatesCountACallThatWasTriedTwiceOnce) {
  Demo house(with(rule("key", limits::SlidingWindow{2, 60s})));
  house.set_budget(store::BudgetUnit::tokens, 1000);
  house.engine.hold(true);
  const FakeExchange& answer = house.chat("loop:x", R"(,"max_tokens":10)");
  house.engine.lose();
  house.settle();
  house.engine.come_back();
  house.engine.hold(false);
  house.settle();
  EXPECT_EQ(answer.status(), 200);
  const auto ledger = house.ledger();
  EXPECT_EQ(ledger.usage.at(0).requests, 1);
  EXPECT_EQ(ledger.spent.at(0).units, 16);
  EXPECT_EQ(house.budget_use().spent, 16);
  EXPECT_EQ(house.budget_use().reserved, 0);
  EXPECT_EQ(house.chat("say:Hi").status(), 200);
  EXPECT_EQ(house.chat("say:Hi").status(), 429);
}

// What an earlier process spent is spent: of budgets, and of the day's quota.
TEST(Budget, AndQuotaAreWhatWasLeftOfThemAfterAStart) {
  Demo before;
  before.set_budget(store::BudgetUnit::tokens, 100, store::BudgetPeriod::day);
  EXPECT_EQ(before.chat("loop:x", R"(,"max_tokens":24)").status(), 200);
  auto ledger = before.ledger();
  Demo house;
  house.set_budget(store::BudgetUnit::tokens, 100, store::BudgetPeriod::day);
  house.set_quota(2);
  gateway::SpentBefore spent;
  spent.usage = ledger.usage;
  spent.spent = ledger.spent;
  spent.budgets = {house.budget()};
  house.gateway().remember(spent, *house.directory());
  EXPECT_EQ(house.budget_use().spent, 30);
  EXPECT_EQ(house.chat("loop:x", R"(,"max_tokens":1000)").status(), 200);
  EXPECT_EQ(house.ledger().spent.at(0).units, 70);
  EXPECT_THAT(house.chat("say:Hi").sent(), HasSubstr("Daily quota exceeded")) << "its wait is as long as the budget's, and it comes first";
}

std::size_t warnings_of(Demo& house, const std::string& more) {
  ::testing::internal::CaptureStderr();
  house.chat("loop:x", more);
  return count(::testing::internal::GetCapturedStderr(), "a budget comes to its end");
}

TEST(Budget, WarnsAtEachPercentageOnceAndAgainWhenItIsAnotherSum) {
  gateway::LimitRules rules;
  rules.alerts = {7, 50, 100};
  Demo house(rules);
  house.set_budget(store::BudgetUnit::tokens, 100);
  EXPECT_EQ(warnings_of(house, R"(,"max_tokens":1)"), 1U) << "seven at once, of which one when it was let in";
  EXPECT_EQ(warnings_of(house, R"(,"max_tokens":1)"), 0U);
  EXPECT_EQ(warnings_of(house, R"(,"max_tokens":30)"), 1U) << "half of it is reached";
  EXPECT_EQ(warnings_of(house, R"(,"max_tokens":1)"), 0U);
  house.change_budget(80);
  EXPECT_EQ(warnings_of(house, R"(,"max_tokens":1)"), 1U) << "more than half of what it is now has gone before";
  EXPECT_EQ(warnings_of(house, R"(,"max_tokens":1000)"), 1U) << "all of it";
}

TEST(Budget, WarnsWithTheFirstUnit) {
  gateway::LimitRules rules;
  rules.alerts = {50};
  Demo house(rules);
  house.set_budget(store::BudgetUnit::tokens, 14);
  EXPECT_EQ(warnings_of(house, R"(,"max_tokens":1)"), 1U);
  EXPECT_EQ(house.ledger().spent.at(0).units, 7);
  Demo other(rules);
  other.set_budget(store::BudgetUnit::tokens, 2);
  EXPECT_EQ(warnings_of(other, ""), 1U) << "one of two is held as long as it is looked at";
}

}  // namespace
}  // namespace gatehouse::testing
