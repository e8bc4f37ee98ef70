#include "gatehouse/wire/openai/completion.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

Result<CompletionRequest> read_completion(std::string_view json) {
  JsonParser parser;
  return read_completion_request(parser.parse(json).value());
}
Result<CompletionRequest> completion_with(std::string_view members) {
  return read_completion(R"({"model":"m","prompt":"p",)" + std::string(members) + "}");
}

TEST(CompletionRequest, ReadsTheUsual) {
  const auto request =
      read_completion(R"({"model":"m","prompt":"Once","max_tokens":5,"temperature":0,"stop":"\n","seed":7,"best_of":1,"echo":false,)"
                      R"("suffix":null,"logprobs":null,"stream":true,"stream_options":{"include_usage":true},"user":"u"})");
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->prompt.text, "Once");
  EXPECT_EQ(request->max_tokens, 5U);
  EXPECT_EQ(request->seed, 7);
  EXPECT_TRUE(request->include_usage());
  EXPECT_TRUE(check_abilities(*request).ok());
}

TEST(CompletionRequest, TakesWhatHasNoEffectHere) {
  const auto request = completion_with(R"("metadata":{"a":"b"},"store":false,"user":"u","safety_identifier":"s","prompt_cache_key":"k",)"
                                       R"("service_tier":"auto","parallel_tool_calls":true,"reasoning_effort":"low","verbosity":"low",)"
                                       R"("prediction":null,"modalities":["text"])");
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_TRUE(check_abilities(*request).ok());
  EXPECT_FALSE(completion_with(R"("modalities":["audio"])").ok());
}

TEST(CompletionRequest, AListOfOneStringIsThatString) {
  const auto request = read_completion(R"({"prompt":["Once"]})");
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->prompt.text, "Once");
  EXPECT_EQ(request->prompt.prompts, 1U);
  EXPECT_TRUE(check_abilities(*request).ok());
}

TEST(CompletionRequest, SeveralPromptsAndTokenIdsCannotBeAnsweredYet) {
  for (const std::string_view prompt : {R"(["a","b"])", "[1,2,3]", "[[1],[2,3]]"}) {
    const auto request = read_completion("{\"prompt\":" + std::string(prompt) + "}");
    ASSERT_TRUE(request.ok()) << prompt << request.error().describe();
    const Status able = check_abilities(*request);
    ASSERT_FALSE(able.ok()) << prompt;
    EXPECT_EQ(able.error().code(), Code::not_supported);
    EXPECT_EQ(able.error().param(), "prompt");
  }
}

TEST(CompletionRequest, OtherPromptsAreFaults) {
  for (const std::string_view prompt :
       {R"("")", "null", "1", "{}", "[]", "[\"\"]", "[1,\"a\"]", "[\"a\",1]", "[[]]", "[[\"a\"]]", "[-1]", "[1.5]", "[null]"}) {
    EXPECT_FALSE(read_completion("{\"prompt\":" + std::string(prompt) + "}").ok()) << prompt;
  }
  EXPECT_FALSE(read_completion("{}").ok());
}

TEST(CompletionRequest, ReadsPenaltiesAndBiases) {
  const auto request = completion_with(R"("frequency_penalty":1,"presence_penalty":-0.5,"logit_bias":{"7":-2})");
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->frequency_penalty, 1.0);
  EXPECT_EQ(request->presence_penalty, -0.5);
  EXPECT_EQ(request->logit_bias.tokens, (std::vector<engine::TokenBias>{{7, -2.0F}}));
  EXPECT_EQ(request->logprobs, std::nullopt);
  EXPECT_TRUE(check_abilities(*request).ok());
}

TEST(CompletionRequest, LogprobsOfNoOtherTokensAreLogprobs) {
  EXPECT_EQ(completion_with(R"("logprobs":0)")->logprobs, 0U);
  EXPECT_EQ(completion_with(R"("logprobs":5)")->logprobs, 5U);
  EXPECT_FALSE(completion_with(R"("logprobs":6)").ok());
  EXPECT_FALSE(completion_with(R"("logprobs":true)").ok());
}

TEST(CompletionRequest, AsManyAsTheBestOfAreAllOfThem) {
  EXPECT_TRUE(check_abilities(*completion_with(R"("n":3)")).ok());
  EXPECT_TRUE(check_abilities(*completion_with(R"("n":3,"best_of":3)")).ok());
}

TEST(CompletionRequest, WhatIsNotDoneHereNamesTheField) {
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {R"("suffix":"the end")", "suffix"},
      {R"("echo":true,"logprobs":0)", "echo"},
  };
  for (const auto& [members, param] : table) {
    const auto request = completion_with(members);
    ASSERT_FALSE(request.ok()) << members;
    EXPECT_EQ(request.error().param(), param);
    EXPECT_EQ(request.error().code(), Code::invalid_argument);
  }
  EXPECT_TRUE(completion_with(R"("suffix":"","echo":false,"logprobs":1)").ok());
  EXPECT_TRUE(completion_with(R"("suffix":null,"echo":true,"logprobs":null)")->echo);
}

TEST(CompletionRequest, WhatCannotBeDoneYetNamesTheField) {
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {R"("best_of":2)", "best_of"},
      {R"("n":2,"best_of":3)", "best_of"},
  };
  for (const auto& [members, param] : table) {
    const auto request = completion_with(members);
    ASSERT_TRUE(request.ok()) << members;
    const Status able = check_abilities(*request);
    ASSERT_FALSE(able.ok()) << members;
    EXPECT_EQ(able.error().param(), param);
    EXPECT_EQ(able.error().reason(), "not_supported_yet");
  }
}

}  // namespace
}  // namespace gatehouse::wire
