// What a request says about sampling, on its way from the body to the engine.
#include <gmock/gmock.h>

#include "whole_gateway.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
namespace w = wire::engine;

TEST(Sampling, OfBothRoutesReachesTheEngineAsItWasAskedFor) {
  WholeGateway house;
  const std::string fields = R"(,"temperature":0.5,"frequency_penalty":0.25,"presence_penalty":-2,"logit_bias":{"65":-100,"7":1.5})";
  const std::vector<w::TokenBias> biases{{65, -100.0F}, {7, 1.5F}};
  EXPECT_EQ(house.chat("say:Hi", fields).status(), 200);
  const w::Sampling of_chat = house.engine.last_prompt().sampling;
  EXPECT_EQ(of_chat.frequency_penalty, 0.25F);
  EXPECT_EQ(of_chat.presence_penalty, -2.0F);
  EXPECT_EQ(of_chat.logit_bias, biases);
  house.ask(Ask{wire::Method::post, "/v1/completions", house.with_key(), R"({"prompt":"say:Hi")" + fields + "}"});
  EXPECT_EQ(house.engine.last_prompt().sampling, of_chat);
}

TEST(Logprobs, AreNullUnlessTheyAreAskedFor) {
  WholeGateway house;
  EXPECT_THAT(house.chat("say:Hi").sent(), HasSubstr(R"("logprobs":null)"));
  EXPECT_EQ(count(house.chat("say:Hi", R"(,"stream":true)").sent(), R"("logprobs":{)"), 0U);
}

TEST(Logprobs, OfAChatComeWholeAndStreamed) {
  WholeGateway house;
  const std::string wish = R"(,"logprobs":true,"top_logprobs":2)";
  const std::string of_h = R"({"token":"H","logprob":-0.5,"bytes":[72],"top_logprobs":[{"token":"H","logprob":-0.5,"bytes":[72]},)"
                           R"({"token":"I","logprob":-1,"bytes":[73]}]})";
  EXPECT_THAT(house.chat("say:Hi", wish).sent(), HasSubstr(R"("logprobs":{"content":[)" + of_h + R"(,{"token":"i")"));
  const std::string streamed = house.chat("say:Hi", wish + R"(,"stream":true)").sent();
  EXPECT_THAT(streamed, HasSubstr(R"({"index":0,"delta":{"content":"H"},"logprobs":{"content":[)" + of_h + R"(],"refusal":null},)"));
  EXPECT_EQ(count(streamed, R"("top_logprobs":)"), 2U);
  EXPECT_THAT(streamed, HasSubstr(R"("delta":{},"logprobs":null,"finish_reason":"stop")"));
}

TEST(Logprobs, OfACompletionComeWholeAndStreamed) {
  WholeGateway house;
  const auto ask = [&house](const std::string& more) {
    return house.ask(Ask{wire::Method::post, "/v1/completions", house.with_key(), R"({"prompt":"say:Hi","logprobs":1)" + more + "}"})
        .sent();
  };
  EXPECT_THAT(ask(""), HasSubstr(R"("logprobs":{"tokens":["H","i"],"token_logprobs":[-0.5,-0.5],"top_logprobs":[{"H":-0.5},{"i":-0.5}],)"
                                 R"("text_offset":[0,1]})"));
  const std::string streamed = ask(R"(,"stream":true)");
  EXPECT_THAT(streamed, HasSubstr(R"({"text":"i","index":0,"logprobs":{"tokens":["i"],"token_logprobs":[-0.5],)"
                                  R"("top_logprobs":[{"i":-0.5}],"text_offset":[1]},"finish_reason":null})"));
}

TEST(Logprobs, SayNothingOfAStopString) {
  WholeGateway house;
  for (const std::string stream : {"false", "true"}) {
    const std::string sent = house.chat("say:one END two", R"(,"stop":"END","logprobs":true,"stream":)" + stream).sent();
    EXPECT_EQ(count(sent, R"("top_logprobs":[])"), 4U) << sent;
    EXPECT_EQ(count(sent, R"("token":"E")"), 0U) << sent;
  }
}

TEST(Logprobs, OfHeldBackTextComeOnceItIsShown) {
  WholeGateway house;
  const std::string sent = house.chat("say:a EN", R"(,"stop":"END","logprobs":true,"stream":true)").sent();
  EXPECT_THAT(sent, HasSubstr(R"("delta":{"content":"EN"},"logprobs":{"content":[{"token":"E")"));
}

TEST(Sampling, ForATokenThatTheModelHasNotIsThatFieldsFault) {
  WholeGateway house;
  const FakeExchange& answer = house.chat("say:Hi", R"(,"logit_bias":{"257":1})");
  EXPECT_EQ(answer.status(), 400);
  EXPECT_THAT(answer.sent(), HasSubstr(R"("type":"invalid_request_error","param":"logit_bias","code":"invalid_value")"));
  EXPECT_EQ(house.engine.jobs(), 0U);
}

}  // namespace
}  // namespace gatehouse::testing
