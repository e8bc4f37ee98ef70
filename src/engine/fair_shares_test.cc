#include "gatehouse/engine/fair_shares.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <random>
#include <vector>

namespace gatehouse::engine {
namespace {

class FairSharesTest : public testing::Test {
 protected:
  void want(std::initializer_list<std::uint64_t> tenants) {
    std::vector<Wanting> all;
    for (const std::uint64_t tenant : tenants) all.push_back({tenant});
    shares.want(all);
  }
  FairShares shares;
};

TEST_F(FairSharesTest, WorkIsDividedByTheWeight) {
  want({1, 2});
  shares.charge({1, 1}, 100);
  shares.charge({2, 4}, 100);
  EXPECT_EQ(shares.time_of(1), 100);
  EXPECT_EQ(shares.time_of(2), 25);
  shares.charge({1, 0}, 1);
  EXPECT_EQ(shares.time_of(1), 101) << "a weight of nothing is one";
}

TEST_F(FairSharesTest, ANewcomerBeginsWhereTheOthersAre) {
  want({1, 2});
  shares.charge({1}, 500);
  shares.charge({2}, 300);
  want({1, 2, 3});
  EXPECT_EQ(shares.time_of(3), 300) << "with the one that has had least";
  EXPECT_EQ(shares.time_of(4), 300) << "as would anybody";
}

TEST_F(FairSharesTest, WhoWantedNothingHasNoClaim) {
  want({1, 2});
  shares.charge({2}, 10);
  want({1});  // 2 has all it wants
  shares.charge({1}, 1000);
  want({1, 2});
  EXPECT_EQ(shares.time_of(2), 1000) << "it does not make up what it did not ask for";
}

TEST_F(FairSharesTest, WhoIsAheadStaysAhead) {
  want({1, 2});
  shares.charge({1}, 900);
  shares.charge({2}, 100);
  want({2});
  want({1, 2});
  EXPECT_EQ(shares.time_of(1), 900) << "a pause does not wash off what it has had";
}

TEST_F(FairSharesTest, WorkWithoutRivalsIsNoDebt) {
  want({1});
  want({});
  shares.charge({1}, 5000);  // it runs alone, and nobody waits
  want({2});
  EXPECT_EQ(shares.time_of(2), 5000);
  want({1, 2});
  EXPECT_EQ(shares.time_of(1), shares.time_of(2));
}

TEST_F(FairSharesTest, ARunningTenantThatWantsNothingHoldsThePresentNotBack) {
  want({1, 2});
  want({1});
  shares.charge({2}, 1);  // one stream, with all it wants
  for (int i = 0; i < 100; ++i) {
    shares.charge({1}, 15);
    want({1});
  }
  want({1, 3});
  EXPECT_EQ(shares.time_of(3), 1500) << "else 1 would wait until 3 has had as much as 1 had in an hour";
}

TEST_F(FairSharesTest, ForgetsWhoIsNotAheadOfThePresent) {
  std::mt19937_64 random(7);
  want({0});
  for (std::uint64_t tenant = 1; tenant <= 1000; ++tenant) {
    want({0, tenant});
    shares.charge({tenant}, random() % 50);
    shares.charge({0}, 50);
    want({0});
  }
  EXPECT_LE(shares.remembered(), 2U);
}

}  // namespace
}  // namespace gatehouse::engine
