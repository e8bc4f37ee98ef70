#include "gatehouse/wire/llm/generate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

Result<GenerateRequest> read(std::string_view json) {
  JsonParser parser;
  return read_generate_request(parser.parse(json).value());
}
Result<GenerateRequest> with(std::string_view members) { return read(R"({"prompt":"p",)" + std::string(members) + "}"); }

TEST(GenerateRequest, FillsInTheDefaults) {
  const auto request = read(R"({"prompt":"Once"})");
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->prompt, "Once");
  EXPECT_EQ(request->max_tokens, 100U);
  EXPECT_EQ(request->temperature, 0.7);
  EXPECT_EQ(request->top_p, 1.0);
  EXPECT_EQ(request->n, 1U);
  EXPECT_FALSE(request->stream);
}

TEST(GenerateRequest, CountsThePromptInCodePoints) {
  const auto prompt = [](std::size_t n) {
    std::string out = R"({"prompt":")";
    for (std::size_t i = 0; i < n; ++i) out += "你";
    return out + "\"}";
  };
  EXPECT_TRUE(read(prompt(1)).ok());
  EXPECT_TRUE(read(prompt(10'000)).ok());
  EXPECT_FALSE(read(prompt(10'001)).ok());
  EXPECT_FALSE(read(prompt(0)).ok());
}

TEST(GenerateRequest, KeepsToItsRanges) {
  const std::vector<std::string> good{R"("max_tokens":1)",
                                      R"("max_tokens":4096)",
                                      R"("temperature":0)",
                                      R"("temperature":2)",
                                      R"("n":5)",
                                      R"("top_p":1)",
                                      R"("stop":"x")",
                                      R"("stop":null)",
                                      R"("model":")" + std::string(50, 'm') + "\""};
  for (const std::string& members : good) EXPECT_TRUE(with(members).ok()) << members;
  const std::vector<std::string> bad{R"("max_tokens":0)",
                                     R"("max_tokens":4097)",
                                     R"("temperature":-0.1)",
                                     R"("temperature":2.1)",
                                     R"("n":0)",
                                     R"("n":6)",
                                     R"("top_p":1.1)",
                                     R"("model":"")",
                                     R"("model":")" + std::string(51, 'm') + "\"",
                                     R"("stop":["1","2","3","4","5"])",
                                     R"("max_tokens":"5")",
                                     R"("n":true)"};
  for (const std::string& members : bad) EXPECT_FALSE(with(members).ok()) << members;
}

TEST(GenerateRequest, RefusesTemperatureAndTopPBothBelowOne) {
  EXPECT_TRUE(with(R"("temperature":0.5)").ok());
  EXPECT_TRUE(with(R"("temperature":0.5,"top_p":1)").ok());
  EXPECT_TRUE(with(R"("temperature":1,"top_p":0.5)").ok());
  EXPECT_FALSE(with(R"("temperature":0,"top_p":0)").ok());
  const auto effective = with(R"("top_p":0.9)");
  ASSERT_FALSE(effective.ok());
  ASSERT_EQ(effective.error().faults().size(), 1U);
  EXPECT_EQ(effective.error().faults()[0].path, "/top_p");
  EXPECT_NE(effective.error().public_text().find("temperature, which is 0.7 unless the request says otherwise"), std::string::npos);
  EXPECT_NE(effective.error().public_text().find("\"temperature\": 1"), std::string::npos);
}

TEST(GenerateRequest, UnknownFieldsComeWithTheNearestName) {
  const auto request = with(R"("user_id":7,"max_token":5)");
  ASSERT_FALSE(request.ok());
  EXPECT_EQ(request.error().reason(), "unsupported_parameter");
  ASSERT_EQ(request.error().faults().size(), 2U);
  EXPECT_EQ(request.error().faults()[0].path, "/user_id");
  EXPECT_EQ(request.error().faults()[1].expected, "the nearest known field is 'max_tokens'");
}

}  // namespace
}  // namespace gatehouse::wire
