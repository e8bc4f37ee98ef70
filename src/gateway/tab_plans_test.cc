#include "tab_plans.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace gatehouse::gateway {
namespace {

constexpr std::uint64_t directory = 7;

identity::Principal asking(std::uint32_t tenant, std::uint64_t mark = 1, std::uint32_t key = 0) {
  identity::Principal who(identity::Proof::api_key, TenantId("a"), tenant);
  who.mark.high = mark;
  who.key_prefix = key;
  return who;
}

TabPlanPtr a_plan() { return TabPlanPtr(std::make_unique<TabPlan>().release()); }

// That has seen the directory already.
class TabPlansTest : public testing::Test {
 protected:
  TabPlansTest() { EXPECT_EQ(plans.find(mine, "clerk", directory), nullptr); }

  const PlanFor mine{asking(1), 3, Action::chat};
  TabPlans plans;
};

TEST_F(TabPlansTest, ThePlanIsForThoseWhoseCallsAreAlike) {
  const TabPlanPtr plan = a_plan();
  plans.put(mine, "clerk", plan);
  EXPECT_EQ(plans.find(PlanFor(asking(1), 3, Action::chat), "clerk", directory), plan);
  const std::vector<PlanFor> others{PlanFor(asking(2), 3, Action::chat), PlanFor(asking(1, 2), 3, Action::chat),
                                    PlanFor(asking(1, 1, 9), 3, Action::chat), PlanFor(asking(1), 4, Action::chat),
                                    PlanFor(asking(1), 3, Action::completion)};
  for (const PlanFor& other : others) EXPECT_EQ(plans.find(other, "clerk", directory), nullptr);
}

TEST_F(TabPlansTest, AnotherRoleOfTheSameUserNeedsAnother) {
  plans.put(mine, "clerk", a_plan());
  EXPECT_EQ(plans.find(mine, "", directory), nullptr);
  const TabPlanPtr as_chief = a_plan();
  plans.put(mine, "chief", as_chief);
  EXPECT_EQ(plans.find(mine, "chief", directory), as_chief);
  EXPECT_EQ(plans.find(mine, "clerk", directory), nullptr) << "the latest alone is kept";
}

TEST_F(TabPlansTest, AnotherDirectoryNeedsAllOfThemAnew) {
  const PlanFor other(asking(2), 3, Action::chat);
  plans.put(mine, "clerk", a_plan());
  plans.put(other, "clerk", a_plan());
  EXPECT_EQ(plans.find(mine, "clerk", directory + 1), nullptr);
  EXPECT_EQ(plans.find(other, "clerk", directory + 1), nullptr);
  const TabPlanPtr again = a_plan();
  plans.put(mine, "clerk", again);
  EXPECT_EQ(plans.find(mine, "clerk", directory + 1), again);
}

TEST_F(TabPlansTest, KeepsNoMoreThanItMay) {
  constexpr std::uint32_t callers = 5000, may_be_kept = 2048;
  std::vector<TabPlanPtr> all;
  for (std::uint32_t i = 0; i < callers; ++i) {
    all.push_back(a_plan());
    plans.put(PlanFor(asking(1, i), 3, Action::chat), "clerk", all.back());
    EXPECT_EQ(plans.find(PlanFor(asking(1, i), 3, Action::chat), "clerk", directory), all.back());
  }
  std::size_t kept = 0;
  for (const TabPlanPtr& plan : all) kept += plan->use_count() - 1;
  EXPECT_LE(kept, may_be_kept);
  EXPECT_GT(kept, 0U);
}

TEST_F(TabPlansTest, WhatIsLetGoOfLivesAsLongAsACallHasIt) {
  TabPlanPtr call = a_plan();
  plans.put(mine, "clerk", call);
  plans.put(mine, "clerk", a_plan());
  EXPECT_EQ(call->use_count(), 1U);
  EXPECT_TRUE(call->spare.empty());
}

}  // namespace
}  // namespace gatehouse::gateway
