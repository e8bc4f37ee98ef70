// Token events whose scores are too many for one frame.
#include <gtest/gtest.h>

#include "gatehouse/base/assert.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::wire::engine {
namespace {

TokenEvent event_with_scores(std::size_t count) {
  TokenEvent event;
  event.job = 9;
  event.count = 3;
  event.waiting = true;
  event.text = "text";
  for (std::size_t i = 0; i < count; ++i) {
    TokenScore& score = event.scores.emplace_back();
    score.sampled = {std::to_string(i), true, -1};
    score.likeliest.assign(20, {"a token of some length", true, -2});
  }
  return event;
}

// The frames of the encoding; each keeps to the limit.
std::vector<TokenEvent> events_of(const TokenBatch& batch) {
  FrameReader reader(Sender::engine);
  encode(0, batch, reader.buffer());
  std::vector<TokenEvent> events;
  for (auto next = reader.next(); next && next->has_value(); next = reader.next()) {
    for (TokenEvent& event : std::get<TokenBatch>((*next)->body).events) events.push_back(std::move(event));
  }
  EXPECT_TRUE(reader.buffer().empty());
  return events;
}

TEST(TokenScores, OfOneFrameStayWithTheirEvent) {
  const TokenEvent event = event_with_scores(100);
  EXPECT_EQ(events_of(TokenBatch{{event}}), std::vector<TokenEvent>{event});
}

TEST(TokenScores, TooManyForOneFrameComeBehindTheirEvent) {
  const TokenEvent event = event_with_scores(4000);  // as many as the bytes of the longest stop string
  TokenEvent before;
  before.job = 8;
  before.text = "first";
  std::vector<TokenEvent> events = events_of(TokenBatch{{before, event}});
  ASSERT_GT(events.size(), 3U);
  EXPECT_EQ(events.front(), before);
  TokenEvent together = events[1];
  for (std::size_t i = 2; i < events.size(); ++i) {
    together.scores.insert(together.scores.end(), events[i].scores.begin(), events[i].scores.end());
    events[i].scores.clear();
    TokenEvent nothing_else;
    nothing_else.job = event.job;
    EXPECT_EQ(events[i], nothing_else);
  }
  EXPECT_EQ(together, event);
}

TEST(TokenScores, ASingleOneBeyondAFrameIsABrokenInvariant) {
  TokenEvent event = event_with_scores(1);
  event.scores.front().sampled.text.assign(2 * max_payload, 't');
  std::string out;
  EXPECT_THROW(encode(0, TokenBatch{{event}}, out), BrokenInvariant);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace gatehouse::wire::engine
