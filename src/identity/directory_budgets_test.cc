#include <gmock/gmock.h>

#include "gatehouse/identity/directory.h"
#include "test_people.h"

namespace gatehouse::identity {
namespace {

using ::testing::ElementsAre;

store::Budget make_test_budget(std::uint32_t number, std::uint32_t version = 1) {
  store::Budget budget(store::BudgetId("b-" + std::to_string(number)), TenantId("demo"));
  budget.number = number;
  budget.amount = 100 * number + version;
  budget.version = version;
  return budget;
}

store::Budget of_ada(std::uint32_t number) {
  store::Budget budget = make_test_budget(number);
  budget.user = store::UserId("ada");
  return budget;
}

class DirectoryBudgets : public ::testing::Test {
 protected:
  DirectoryBudgets() {
    directory_.put(make_test_tenant("demo", 1));
    directory_.put(make_test_tenant("other", 2));
  }
  std::vector<std::int64_t> amounts(const std::string& tenant = "demo") const {
    std::vector<std::int64_t> found;
    const BudgetsPtr budgets = directory_.budgets(TenantId(tenant));
    if (!budgets) return found;
    for (const store::Budget& budget : *budgets) found.push_back(budget.amount);
    return found;
  }
  Directory directory_;
};

TEST_F(DirectoryBudgets, AreOfTheTenantAndOfItsUsersAndKeys) {
  EXPECT_EQ(directory_.budgets(TenantId("demo")), nullptr);
  store::Budget of_key = make_test_budget(3);
  of_key.key = KeyId("k");
  for (const store::Budget& budget : {make_test_budget(1), of_ada(2), of_key}) directory_.put(budget);
  EXPECT_THAT(amounts(), ElementsAre(101, 201, 301));
  EXPECT_EQ(directory_.budgets(TenantId("other")), nullptr);
}

TEST_F(DirectoryBudgets, ACopyKeepsWhatItHad) {
  directory_.put(make_test_budget(1));
  const Directory before = directory_;
  directory_.put(make_test_budget(1, 2));
  directory_.put(of_ada(2));
  EXPECT_THAT(amounts(), ElementsAre(102, 201));
  ASSERT_EQ(before.budgets(TenantId("demo"))->size(), 1U);
  EXPECT_EQ(before.budgets(TenantId("demo"))->front().amount, 101);
}

TEST_F(DirectoryBudgets, TakeChangesInAnyOrder) {
  directory_.put(make_test_budget(1, 2));
  const std::uint64_t version = directory_.version();
  directory_.put(make_test_budget(1, 1));
  EXPECT_THAT(amounts(), ElementsAre(102)) << "that is older";
  EXPECT_EQ(directory_.version(), version);
  directory_.put(make_test_budget(5));
  EXPECT_THAT(amounts(), ElementsAre(501)) << "another one for the same, made after that was removed";
  directory_.remove_budget(make_test_budget(1, 2));
  EXPECT_THAT(amounts(), ElementsAre(501)) << "the removal of the first";
  directory_.remove_budget(make_test_budget(5));
  EXPECT_EQ(directory_.budgets(TenantId("demo")), nullptr);
  directory_.put(make_test_budget(5, 3));
  EXPECT_EQ(directory_.budgets(TenantId("demo")), nullptr) << "a change that was made before the removal";
}

TEST_F(DirectoryBudgets, ARemovalIsOfThatOneAlone) {
  directory_.put(make_test_budget(1));
  directory_.put(of_ada(2));
  const std::uint64_t version = directory_.version();
  directory_.remove_budget(of_ada(2));
  EXPECT_THAT(amounts(), ElementsAre(101));
  EXPECT_GT(directory_.version(), version);
}

TEST_F(DirectoryBudgets, GoWithTheirTenantAndNoneComesLater) {
  store::Budget early = make_test_budget(1);
  early.created = test_moment;
  directory_.put(early);
  directory_.remove_tenant(TenantId("demo"), 1);
  EXPECT_EQ(directory_.budgets(TenantId("demo")), nullptr);
  directory_.put(early);
  EXPECT_EQ(directory_.budgets(TenantId("demo")), nullptr) << "of no tenant";
  store::Tenant another = make_test_tenant("demo", 5);
  another.created = test_moment + seconds(1);
  directory_.put(another);
  directory_.put(early);
  EXPECT_EQ(directory_.budgets(TenantId("demo")), nullptr) << "of the tenant before";
}

TEST_F(DirectoryBudgets, AreReadAllAtOnceAtTheStart) {
  store::Budget others = of_ada(2);
  others.tenant = TenantId("other");
  directory_.set_budgets({make_test_budget(1), others, of_ada(3)});
  EXPECT_THAT(amounts(), ElementsAre(101, 301));
  EXPECT_THAT(amounts("other"), ElementsAre(201));
  directory_.put(make_test_budget(1, 2));
  EXPECT_THAT(amounts(), ElementsAre(102, 301));
}

}  // namespace
}  // namespace gatehouse::identity
