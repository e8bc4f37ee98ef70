#include "gatehouse/identity/nonces.h"

#include <gtest/gtest.h>

namespace gatehouse::identity {
namespace {

TEST(NonceShares, AreOfEachKeyAndOfTheLastWhile) {
  NonceShares shares(3);
  const KeyId one("k-1"), other("k-2");
  Instant now{seconds(100 * 660)};
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(shares.take(one, now)) << n;
  EXPECT_FALSE(shares.take(one, now));
  EXPECT_TRUE(shares.take(other, now)) << "another key has its own";
  now += NonceShares::stretch;
  EXPECT_FALSE(shares.take(one, now)) << "they are kept still";
  EXPECT_TRUE(shares.take(other, now));
  now += NonceShares::stretch;
  EXPECT_TRUE(shares.take(one, now));
  now += NonceShares::stretch * 5;
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(shares.take(other, now)) << n;
}

TEST(NonceShares, OfWhatWasNoneAreThereAgain) {
  NonceShares shares(1);
  const KeyId one("k-1"), other("k-2");
  const Instant now{seconds(100 * 660)};
  for (int n = 0; n < 5; ++n) {
    EXPECT_TRUE(shares.take(one, now)) << n;
    shares.give_back(one);
  }
  shares.give_back(one), shares.give_back(other);
  EXPECT_TRUE(shares.take(one, now));
  EXPECT_FALSE(shares.take(one, now));
}

}  // namespace
}  // namespace gatehouse::identity
