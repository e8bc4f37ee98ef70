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

TEST(Sampling, ForATokenThatTheModelHasNotIsThatFieldsFault) {
  WholeGateway house;
  const FakeExchange& answer = house.chat("say:Hi", R"(,"logit_bias":{"257":1})");
  EXPECT_EQ(answer.status(), 400);
  EXPECT_THAT(answer.sent(), HasSubstr(R"("type":"invalid_request_error","param":"logit_bias","code":"invalid_value")"));
  EXPECT_EQ(house.engine.jobs(), 0U);
}

}  // namespace
}  // namespace gatehouse::testing
