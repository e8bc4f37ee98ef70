#include "store_harness.h"

namespace gatehouse::testing {
namespace {

class NonceContract : public StoreContract {
 protected:
  static store::Nonce nonce(unsigned char mark, std::int64_t expires = 1000) {
    store::Digest digest{};
    digest.fill(mark);
    return {digest, at(expires)};
  }
  std::string take(unsigned char mark, std::int64_t expires = 1000, std::size_t most = 100, std::int64_t now = 0) {
    return outcome(ask(store().nonces().take(reactor_, nonce(mark, expires), at(now), most)));
  }
  std::string drop(std::int64_t now) { return outcome(ask(store().nonces().drop_expired(reactor_, at(now)))); }
};
class LastingNonceContract : public NonceContract {};
INSTANTIATE_TEST_SUITE_P(Stores, NonceContract, ::testing::ValuesIn(stores_under_test()), name_of);
INSTANTIATE_TEST_SUITE_P(Stores, LastingNonceContract, ::testing::ValuesIn(lasting_stores()), name_of);

TEST_P(NonceContract, IsTakenOnce) {
  EXPECT_EQ(take(1), "ok");
  EXPECT_EQ(take(2), "ok");
  EXPECT_EQ(take(1), "nonce_taken");
  EXPECT_EQ(take(1, 9000), "nonce_taken");
}

TEST_P(NonceContract, IsForgottenWhenItExpiresAndNotBefore) {
  EXPECT_EQ(take(1, 1000), "ok");
  EXPECT_EQ(take(2, 1001), "ok");
  EXPECT_EQ(drop(999), "ok");
  EXPECT_EQ(take(1), "nonce_taken");
  EXPECT_EQ(drop(1000), "ok");
  EXPECT_EQ(take(1), "ok");
  EXPECT_EQ(take(2), "nonce_taken");
}

TEST_P(NonceContract, AreKeptUpToABound) {
  for (unsigned char mark = 1; mark <= 3; ++mark) EXPECT_EQ(take(mark, 1000, 3), "ok");
  EXPECT_EQ(take(4, 1000, 3), "too_many_nonces");
  EXPECT_EQ(take(1, 1000, 4), "nonce_taken");
  EXPECT_EQ(drop(1000), "ok");
  EXPECT_EQ(take(4, 2000, 3), "ok");
}

TEST_P(NonceContract, MakeRoomByThemselvesOnceTheyHaveExpired) {
  for (unsigned char mark = 1; mark <= 5; ++mark) EXPECT_EQ(take(mark, 1000, 5, 0), "ok");
  EXPECT_EQ(take(6, 2000, 5, 999), "too_many_nonces");
  for (unsigned char mark = 6; mark <= 9; ++mark) EXPECT_EQ(take(mark, 2000, 5, 1000), "ok");
  EXPECT_EQ(take(6, 2000, 9, 1000), "nonce_taken");
}

TEST_P(NonceContract, OneOfTwoAtOnceTakesIt) {
  std::vector<Task<Status>> takes;
  for (int n = 0; n < 2; ++n) takes.push_back(store().nonces().take(reactor_, nonce(1), at(0), 100));
  std::vector<std::string> outcomes;
  for (const Status& came_to : run_tasks(reactor_, std::move(takes))) outcomes.push_back(outcome(came_to));
  EXPECT_THAT(outcomes, ::testing::UnorderedElementsAre("ok", "nonce_taken"));
}

TEST_P(LastingNonceContract, AreStillTakenAfterARestart) {
  EXPECT_EQ(take(1), "ok");
  under_test_->reopen();
  EXPECT_EQ(take(1), "nonce_taken");
  EXPECT_EQ(take(2), "ok");
}

}  // namespace
}  // namespace gatehouse::testing
