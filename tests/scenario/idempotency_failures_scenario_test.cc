// Requests with an Idempotency-Key of which something goes wrong: the client, the engine, or their size.
#include "once.h"

namespace gatehouse::testing {
namespace {

using namespace std::chrono_literals;  // NOLINT: a test
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Once, AWholeAnswerIsMadeThoughItsClientHasGone) {
  house().engine.hold(true);
  FakeExchange& leaves = send("k", saying("say:Hello"));
  let_the_store_answer();
  house().settle();
  house().engine.hold(false);
  house().engine.hold(true);
  leaves.leave();
  house().settle();
  house().engine.hold(false);
  over(leaves);
  const FakeExchange& again = ask("k", saying("say:Hello"));
  EXPECT_EQ(again.status(), 200) << again.sent();
  EXPECT_THAT(again.sent(), HasSubstr(R"("content":"Hello")"));
  EXPECT_TRUE(replayed(again));
  EXPECT_EQ(charged(), 1U);
  EXPECT_EQ(house().engine.trace().open_seats, 0U);
}

TEST_F(Once, AStreamWhoseClientLeavesIsBrokenOffAndNeverMadeAgain) {
  const std::string body = saying("loop:x", R"(,"stream":true,"max_tokens":4000)");
  house().engine.hold(true);
  FakeExchange& leaves = send("k", body);
  leaves.stop_reading();
  let_the_store_answer();
  house().engine.hold(false);
  house().settle();
  ASSERT_EQ(leaves.status(), 200);
  ASSERT_FALSE(leaves.handled);
  leaves.leave();
  over(leaves);
  EXPECT_EQ(charged(), 1U);
  const FakeExchange& again = ask("k", body);
  EXPECT_EQ(again.status(), 409);
  EXPECT_EQ(code(again), "idempotent_call_broken_off");
  EXPECT_THAT(again.fields(), AllOf(HasSubstr("x-should-retry: false"), Not(HasSubstr("Retry-After"))));
  EXPECT_EQ(charged(), 0U);
}

TEST_F(Once, WhatFailedAfterItCostSomethingIsToldAgain) {
  serve(breaks_at_pass(3));
  const FakeExchange& first = ask("k", saying("say:Hello"));
  ASSERT_EQ(first.status(), 500);
  EXPECT_EQ(charged(), 1U) << "a word was made";
  const FakeExchange& again = ask("k", saying("say:Hello"));
  EXPECT_EQ(again.status(), 500);
  EXPECT_EQ(again.sent(), first.sent());
  EXPECT_TRUE(replayed(again));
  EXPECT_THAT(again.fields(), HasSubstr("x-should-retry: false"));
  EXPECT_EQ(charged(), 0U);
}

TEST_F(Once, AnEngineThatIsLostBeforeAWordIsAskedTwiceAndChargedOnce) {
  house().engine.hold(true);
  FakeExchange& first = send("k", saying("say:Hi"));
  let_the_store_answer();
  house().engine.lose();
  house().settle();
  house().engine.hold(false);
  house().engine.come_back();
  EXPECT_EQ(over(first).status(), 200);
  EXPECT_EQ(charged(), 1U);
  EXPECT_TRUE(replayed(ask("k", saying("say:Hi"))));
}

// Twice lost, and never back.
TEST_F(Once, AnEngineThatIsLostForGoodBeforeAWordCostsNothingAndLeavesTheKey) {
  for (const std::string more : {"", R"(,"stream":true)"}) {
    for (const bool comes_back : {true, false}) {
      const std::string key = "k" + more + (comes_back ? "1" : "0");
      house().engine.hold(true);
      FakeExchange& first = send(key, saying("say:Hi", more));
      let_the_store_answer();
      house().engine.lose();
      house().settle();
      if (comes_back) {
        house().engine.come_back();
        house().settle();
        house().engine.lose();
      } else {
        house().pass(6s);
      }
      EXPECT_EQ(over(first).status(), 503);
      EXPECT_EQ(code(first), "engine_lost");
      EXPECT_EQ(charged(), 0U) << more << comes_back;
      house().engine.hold(false);
      house().engine.come_back();
      const FakeExchange& retry = ask(key, saying("say:Hi", more));
      EXPECT_EQ(retry.status(), 200) << retry.sent();
      EXPECT_FALSE(replayed(retry));
      EXPECT_EQ(charged(), 1U);
    }
  }
}

TEST_F(Once, APassThatFailsBeforeAWordCostsNothingAndLeavesTheKey) {
  serve(breaks_at_pass(1));
  for (int i = 0; i < 2; ++i) {
    const FakeExchange& fails = ask("k", saying("say:Hi"));
    EXPECT_EQ(fails.status(), 500);
    EXPECT_FALSE(replayed(fails)) << "it was tried again";
  }
  EXPECT_EQ(charged(), 0U);
}

TEST_F(Once, WhatBrokeInTheMiddleIsNotMadeAgain) {
  house().engine.break_invariants();
  EXPECT_EQ(ask("k", saying("say:Hi")).status(), 500);
  const FakeExchange& again = ask("k", saying("say:Hi"));
  EXPECT_EQ(again.status(), 409);
  EXPECT_EQ(code(again), "idempotent_call_broken_off");
}

TEST_F(Once, AnAnswerOfMoreThanAMebibyteIsNotKeptAndNotMadeAgain) {
  const std::string body = saying("loop:x", R"(,"max_tokens":3500,"logprobs":true,"top_logprobs":20)");
  const FakeExchange& first = ask("k", body);
  ASSERT_EQ(first.status(), 200) << first.sent();
  ASSERT_GT(first.sent().size(), 1024U * 1024);
  EXPECT_EQ(charged(), 1U);
  const FakeExchange& again = ask("k", body);
  EXPECT_EQ(again.status(), 409);
  EXPECT_EQ(code(again), "idempotent_answer_not_kept");
  EXPECT_THAT(again.sent(), HasSubstr("too large to be kept"));
  EXPECT_EQ(charged(), 0U);
}

}  // namespace
}  // namespace gatehouse::testing
