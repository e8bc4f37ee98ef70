#include "gatehouse/wire/openai/logprobs.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "gatehouse/wire/openai/replies.h"
#include "json/schema_check.h"

namespace gatehouse::wire {
namespace {

using engine::ScoredToken;
using engine::TokenScore;

const ScoredToken hi{"Hi", true, -0.5F}, half{"\xE6\x97", true, -1}, rest{"\xA5!", true, 0}, turn_end{"<|im_end|>", false, -9999};
const std::vector<TokenScore> three_tokens{{hi, {hi, half}}, {half, {}}, {rest, {turn_end, rest}}};

std::string of_chat(std::span<const TokenScore> some) {
  std::string out;
  ChatLogprobs().write(out, some);
  return out;
}

TEST(ChatLogprobs, AreToTheLetter) {
  const std::string hi_json = R"({"token":"Hi","logprob":-0.5,"bytes":[72,105])";
  EXPECT_EQ(of_chat(std::span(three_tokens).first(1)), R"({"content":[)" + hi_json + R"(,"top_logprobs":[)" + hi_json + "}," +
                                                           R"({"token":")" + "\xEF\xBF\xBD\xEF\xBF\xBD" +
                                                           R"(","logprob":-1,"bytes":[230,151]}]}],"refusal":null})");
  EXPECT_EQ(of_chat({}), R"({"content":[],"refusal":null})");
}

TEST(ChatLogprobs, NameAControlTokenAndGiveItNoBytes) {
  EXPECT_NE(of_chat(three_tokens).find(R"({"token":"<|im_end|>","logprob":-9999,"bytes":null})"), std::string::npos);
}

TEST(TextLogprobs, AreToTheLetterAndCountOn) {
  TextLogprobs logprobs;
  std::string first, second;
  logprobs.write(first, std::span(three_tokens).first(2));
  logprobs.write(second, std::span(three_tokens).subspan(2));
  EXPECT_EQ(first, R"({"tokens":["Hi","bytes:\\xe6\\x97"],"token_logprobs":[-0.5,-1],)"
                   R"("top_logprobs":[{"Hi":-0.5,"bytes:\\xe6\\x97":-1},{"bytes:\\xe6\\x97":-1}],"text_offset":[0,2]})");
  EXPECT_EQ(second, R"({"tokens":["bytes:\\xa5\\x21"],"token_logprobs":[0],)"
                    R"("top_logprobs":[{"<|im_end|>":-9999,"bytes:\\xa5\\x21":0}],"text_offset":[3]})");
}

TEST(TextLogprobs, NameATokenOnce) {
  std::string out;
  const TokenScore twins{{"a", true, -3}, {{"a", true, -1}, {"a", false, -2}, {"b", true, -4}}};
  TextLogprobs().write(out, std::span(&twins, 1));
  EXPECT_NE(out.find(R"("top_logprobs":[{"a":-1,"b":-4}])"), std::string::npos) << out;
}

TEST(Logprobs, StandInTheirAnswersAndKeepToTheirSchemas) {
  constexpr AnswerHead head{.id = "1", .created = 5, .model = "m"};
  std::string of_text, whole, event;
  TextLogprobs().write(of_text, three_tokens);
  for (const bool chat : {true, false}) {
    whole.clear(), event.clear();
    WholeAnswer answer;
    const std::string logprobs = chat ? of_chat(three_tokens) : of_text;
    const std::array one{WholeChoice{"Hi", "stop", logprobs}};
    answer.head = head, answer.choices = one;
    chat ? write_chat_completion(whole, answer) : write_text_completion(whole, answer);
    chat ? ChatChunks(head, StreamUsage::omit).scored_text(event, "", logprobs)
         : TextChunks(head, StreamUsage::omit).scored_text(event, "", logprobs);
    EXPECT_NE(whole.find("\"logprobs\":" + logprobs + ",\"finish_reason\":\"stop\""), std::string::npos) << whole;
    EXPECT_NE(event.find("\"logprobs\":" + logprobs + ",\"finish_reason\":null"), std::string::npos) << event;
    EXPECT_TRUE(PublishedSchema(chat ? &chat_completion_schema : &text_completion_schema).admits_text(whole)) << whole;
    EXPECT_TRUE(PublishedSchema(chat ? &chat_chunk_schema : &text_chunk_schema).admits_text(std::string_view(event).substr(6))) << event;
    // The schemas know the two apart.
    EXPECT_FALSE(PublishedSchema(chat ? &chat_logprobs_schema : &text_logprobs_schema).admits_text(chat ? of_text : of_chat(three_tokens)));
  }
}

}  // namespace
}  // namespace gatehouse::wire
