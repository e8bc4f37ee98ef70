#include "kept_answer.h"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

KeptAnswer sample() {
  KeptAnswer answer;
  answer.status = 200;
  answer.cost = "0.000001";
  answer.content_type = "application/json";
  answer.body = "{\"a\":\n\n\"\0b\"}";
  answer.body.append(1, '\0').append("\n1\n");
  return answer;
}

net::Response response(std::string body) { return net::Response(200).body("text/plain", std::move(body)); }

TEST(KeptAnswer, IsReadAsItWasWritten) {
  KeptAnswer answer = sample();
  EXPECT_EQ(read_kept_answer(written(answer)), answer);
  answer.stream = true;
  answer.cost.clear();
  answer.body.clear();
  EXPECT_EQ(read_kept_answer(written(answer)), answer);
}

TEST(KeptAnswer, OfAnotherLayoutIsNone) {
  for (const char* text : {"", "1\n200\n0\n\n", "2\n200\n0\n\n\n", "1\nmany\n0\n\n\n", "1\n99\n0\n\n\n", "1\n200\n2\n\n\n"}) {
    EXPECT_FALSE(read_kept_answer(text)) << text;
  }
}

TEST(Recording, OfAWholeAnswerHoldsIt) {
  Recording recording;
  recording.cost("5");
  EXPECT_FALSE(recording.complete());
  recording.whole(response("whole"));
  ASSERT_TRUE(recording.complete());
  ASSERT_NE(recording.answer(), nullptr);
  EXPECT_EQ(recording.answer()->body, "whole");
  EXPECT_EQ(recording.answer()->content_type, "text/plain");
  EXPECT_EQ(recording.answer()->cost, "5");
  EXPECT_FALSE(recording.answer()->stream);
  EXPECT_EQ(recording.take_whole()->body(), "whole");
}

TEST(KeptAnswer, IsToldAtWhatItCostsNow) {
  const std::string whole = R"({"text":"\"cost\":9","usage":{"total_tokens":11,"cost":0.000012}})";
  EXPECT_EQ(body_at_cost(whole, "0.5"), R"({"text":"\"cost\":9","usage":{"total_tokens":11,"cost":0.5}})");
  EXPECT_EQ(body_at_cost("data: {\"cost\":1,\"a\":2}\n\ndata: {\"usage\":{\"cost\":22}}\n\n", "0"),
            "data: {\"cost\":0,\"a\":2}\n\ndata: {\"usage\":{\"cost\":0}}\n\n");
  EXPECT_EQ(body_at_cost(R"({"usage":{}})", "0"), R"({"usage":{}})");
  EXPECT_EQ(body_at_cost(R"("cost":1)", "22"), R"("cost":22)");
}

TEST(Recording, OfAnAnswerThatGoesOutNowHoldsNothing) {
  Recording recording;
  recording.note(response("whole"));
  ASSERT_TRUE(recording.complete());
  EXPECT_EQ(recording.answer()->body, "whole");
  EXPECT_FALSE(recording.take_whole());
  EXPECT_FALSE(recording.last_piece());
}

TEST(Recording, OfAStreamHoldsItsEndAlone) {
  Recording recording;
  recording.begin(response("one "));
  recording.add("two ");
  EXPECT_FALSE(recording.complete());
  recording.end("three");
  ASSERT_TRUE(recording.complete());
  EXPECT_EQ(recording.answer()->body, "one two three");
  EXPECT_TRUE(recording.answer()->stream);
  EXPECT_EQ(recording.last_piece(), "three");
  EXPECT_FALSE(recording.take_whole());
}

TEST(Recording, KeepsAsMuchAsItMayAndNothingOfMore) {
  Recording exact;
  exact.whole(response(std::string(Recording::most, 'x')));
  ASSERT_NE(exact.answer(), nullptr);
  EXPECT_EQ(exact.answer()->body.size(), Recording::most);
  Recording more;
  more.begin(response(std::string(Recording::most, 'x')));
  more.add("y");
  more.end("z");
  EXPECT_TRUE(more.complete());
  EXPECT_EQ(more.answer(), nullptr);
  EXPECT_EQ(more.last_piece(), "z");
}

}  // namespace
}  // namespace gatehouse::gateway
