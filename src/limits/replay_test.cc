#include "gatehouse/limits/replay.h"

#include <gtest/gtest.h>

namespace gatehouse::limits {
namespace {

std::string said(Replay& replay, std::string_view line) {
  const Result<std::string> answer = replay.answer(line);
  return answer ? *answer : "error: " + answer.error().public_text();
}

TEST(Replay, ASlidingWindow) {
  Replay replay;
  EXPECT_EQ(said(replay, "0 alice 1 1/1s 0"), "admit 0 1 0");
  EXPECT_EQ(said(replay, "0.25 alice 1 1/1s 0"), "refuse 0 0.75 0.75");
  EXPECT_EQ(said(replay, "0.25 bob 1 1/1s 0"), "admit 0 1 0") << "each key by itself";
  EXPECT_EQ(said(replay, "1 alice 1 1/1s 0"), "admit 0 1 0");
  EXPECT_EQ(said(replay, "1 alice 2 1/1s 0"), "refuse 0 1 -") << "more than the limit never fits";
  EXPECT_EQ(said(replay, "1.5 alice 0 1/1s 0"), "admit 0 0.5 0") << "a look";
  EXPECT_EQ(said(replay, "9 alice 0 1/1s 0"), "admit 1 0 0");
}

TEST(Replay, ARateWithABurst) {
  Replay replay;
  EXPECT_EQ(said(replay, "1700000000 k 3 10/60s 4"), "admit 1 18 0");
  EXPECT_EQ(said(replay, "1700000000.5 k 2 10/60s 4"), "refuse 1 17.5 5.5");
  EXPECT_EQ(said(replay, "1700000006 k 2 10/60s 4"), "admit 0 24 0");
  EXPECT_EQ(said(replay, "1700000006 k 5 10/60s 4"), "refuse 0 24 -");
}

TEST(Replay, TimesAreExactToTheNanosecond) {
  Replay replay;
  EXPECT_EQ(said(replay, "0.1000000009 k 1 3/10s 1"), "admit 0 3.333333334 0") << "what is finer is cut off, waits are rounded up";
  EXPECT_EQ(said(replay, "  3.433333333\tk  1 3/10s 1 "), "refuse 0 0.000000001 0.000000001");
  EXPECT_EQ(said(replay, "3.433333334 k 1 3/10s 1"), "admit 0 3.333333334 0");
}

TEST(Replay, WhatIsNoCallIsNamed) {
  Replay replay;
  for (const std::string_view line :
       {"", " ", "0 k 1 1/1s", "0 k 1 1/1s 0 0", "-1 k 1 1/1s 0", "1e3 k 1 1/1s 0", "1. k 1 1/1s 0", ".5 k 1 1/1s 0", "x k 1 1/1s 0",
        "99999999999 k 1 1/1s 0", "0 k -1 1/1s 0", "0 k 1.5 1/1s 0", "0 k 99999999999999999999 1/1s 0", "0 k 1 1 0", "0 k 1 0/1s 0",
        "0 k 1 1/0s 0", "0 k 1 1/1s -1", "0 k 1 1/1s x"}) {
    const Result<std::string> answer = replay.answer(line);
    ASSERT_FALSE(answer.ok()) << line;
    EXPECT_EQ(answer.error().reason(), "bad_call");
    EXPECT_FALSE(answer.error().public_text().empty());
  }
  EXPECT_EQ(said(replay, "0 k 1 nonsense 0"), "error: 'nonsense' is no rate; write it as 10/60s");
}

}  // namespace
}  // namespace gatehouse::limits
