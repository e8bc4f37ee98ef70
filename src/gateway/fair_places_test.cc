#include "fair_places.h"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::gateway {
namespace {

// As many as the tenant gets.
std::vector<FairPlaces::Place> take_all(FairPlaces& places, std::uint32_t tenant) {
  std::vector<FairPlaces::Place> taken;
  while (std::optional<FairPlaces::Place> place = places.take(tenant)) taken.push_back(std::move(*place));
  return taken;
}

TEST(FairPlaces, OneTenantNeverTakesThemAll) {
  FairPlaces places(64);
  const auto first = take_all(places, 1);
  EXPECT_EQ(first.size(), 32U);
  const auto second = take_all(places, 2);
  EXPECT_EQ(second.size(), 16U);
  EXPECT_TRUE(places.take(3)) << "whoever comes next finds one";
}

TEST(FairPlaces, AreThereAgainOnceTheyAreGivenBack) {
  FairPlaces places(4);
  for (int i = 0; i < 3; ++i) {
    auto held = take_all(places, 1);
    EXPECT_EQ(held.size(), 2U);
    const FairPlaces::Place moved = std::move(held.front());
    EXPECT_FALSE(places.take(1)) << "a place that moves is the same one";
  }
  EXPECT_EQ(take_all(places, 2).size(), 2U);
}

TEST(FairPlaces, OneByOneTenantsShareAlike) {
  FairPlaces places(64);
  std::vector<std::vector<FairPlaces::Place>> held(3);
  for (int round = 0; round < 64; ++round) {
    for (std::uint32_t tenant = 0; tenant < 3; ++tenant) {
      if (std::optional<FairPlaces::Place> place = places.take(tenant)) held[tenant].push_back(std::move(*place));
    }
  }
  for (const auto& one : held) EXPECT_EQ(one.size(), 16U);
  EXPECT_EQ(take_all(places, 9).size(), 8U);
}

TEST(FairPlaces, WithoutAnyNobodyGetsOne) { EXPECT_FALSE(FairPlaces(0).take(1)); }

}  // namespace
}  // namespace gatehouse::gateway
