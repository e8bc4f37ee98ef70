// The decode loop: which tokens' scores are told, and when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gatehouse/engine/loop.h"
#include "test_loop.h"

namespace gatehouse::engine {
namespace {

namespace w = wire::engine;

// The tokens that scores have come for, one behind the other.
std::string scored(const Told& told) {
  std::string text;
  for (const w::TokenScore& score : told.scores) text += score.sampled.text;
  return text;
}

TEST(EngineLoopScores, ComeWithTheirTokens) {
  TurnedLoop t;
  t.ask_for_scores(1, "loop:abc", 100);
  for (int turn = 0; turn < 20; ++turn) {
    t.turn();
    EXPECT_EQ(scored(t.told(1)), t.told(1).text);
  }
  ASSERT_FALSE(t.told(1).scores.empty());
  const w::TokenScore& first = t.told(1).scores.front();
  EXPECT_EQ(first.sampled, (w::ScoredToken{"a", true, -0.5F}));
  EXPECT_EQ(first.likeliest, (std::vector<w::ScoredToken>{{"a", true, -0.5F}, {"b", true, -1.0F}}));
}

TEST(EngineLoopScores, ComeToNobodyWhoHasNotAsked) {
  TurnedLoop t;
  t.ask(1, "say:abc", 100);
  t.ask_for_scores(2, "say:abc", 100);
  t.settle();
  EXPECT_TRUE(t.told(1).scores.empty());
  EXPECT_EQ(t.told(2).scores.size(), 3U);
}

TEST(EngineLoopScores, WaitForTextThatIsHeldBack) {
  TurnedLoop t;
  t.ask_for_scores(1, "say:one ENough", 100, {"END"});
  while (t.told(1).tokens < 6) t.turn();
  EXPECT_EQ(t.told(1).text, "one ");
  EXPECT_EQ(scored(t.told(1)), "one ");
  t.settle();
  EXPECT_EQ(scored(t.told(1)), "one ENough");
}

TEST(EngineLoopScores, SayNothingOfAStopString) {
  TurnedLoop t;
  t.ask_for_scores(1, "say:one END two", 100, {"END"});
  t.settle();
  EXPECT_EQ(t.told(1).tokens, 7U);
  EXPECT_EQ(t.told(1).text, "one ");
  EXPECT_EQ(scored(t.told(1)), "one ");
}

TEST(EngineLoopScores, OfWhatWasHeldBackComeAtAnyOtherEnd) {
  for (const std::uint32_t grant : {6U, 100U}) {  // the allowance's end, and the end token
    TurnedLoop t;
    t.ask_for_scores(1, "say:one EN", grant, {"END"});
    t.finish(1);
    t.settle();
    EXPECT_EQ(t.told(1).text, "one EN");
    EXPECT_EQ(scored(t.told(1)), "one EN");
  }
  TurnedLoop parked;
  parked.ask_for_scores(1, "loop:EN", 2, {"END"});
  parked.settle();
  EXPECT_TRUE(parked.told(1).scores.empty());
  parked.finish(1);
  parked.settle();
  EXPECT_EQ(scored(parked.told(1)), "EN");
}

TEST(EngineLoopScores, ComeWithTheLastByteOfACharacter) {
  TurnedLoop t;
  t.ask_for_scores(1, "say:\xE6\x97\xA5\xE6", 100);
  while (t.told(1).tokens < 2) t.turn();
  EXPECT_TRUE(t.told(1).scores.empty());
  t.turn();
  EXPECT_EQ(t.told(1).text, "日");
  EXPECT_EQ(scored(t.told(1)), "日");
  t.settle();  // the unfinished character is no text, but its token was sampled
  EXPECT_EQ(t.told(1).text, "日");
  EXPECT_EQ(scored(t.told(1)), "日\xE6");
}

}  // namespace
}  // namespace gatehouse::engine
