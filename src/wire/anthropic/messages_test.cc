#include "gatehouse/wire/anthropic/messages.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<MessagesRequest> read(std::string_view json) {
  JsonParser parser;
  return read_messages_request(parser.parse(json).value());
}

// One turn, and these members beside it.
std::string body(std::string_view members) {
  return R"({"messages":[{"role":"user","content":"hi"}],"max_tokens":5)" + std::string(members.empty() ? "" : ",") + std::string(members) +
         "}";
}

std::vector<std::string> paths(const Error& error) {
  std::vector<std::string> out;
  for (const FieldFault& fault : error.faults()) out.push_back(fault.path);
  return out;
}

TEST(MessagesRequest, ReadsWhatTheOfficialClientsSend) {
  const auto request =
      read(R"({"model":"m","max_tokens":64,"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],)"
           R"("messages":[{"role":"user","content":[{"type":"text","text":"你好"},{"type":"text","text":"!"}]},)"
           R"({"role":"assistant","content":[{"type":"text","text":"Hello","citations":null}]},{"role":"user","content":"and?"}],)"
           R"("temperature":0,"top_p":0.9,"top_k":40,"stop_sequences":["\n","END"],"stream":true,"metadata":{"user_id":"u"},)"
           R"("service_tier":"auto","thinking":{"type":"disabled"},"tools":[],"tool_choice":{"type":"auto"}})");
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->model, "m");
  EXPECT_EQ(request->max_tokens, 64U);
  EXPECT_EQ(request->system.text, "Be brief.");
  ASSERT_EQ(request->messages.size(), 3U);
  EXPECT_EQ(request->messages[0].content.text, "你好\n!");
  EXPECT_EQ(name_of(request->messages[1].role), "assistant");
  EXPECT_EQ(request->messages[1].content.text, "Hello");
  EXPECT_EQ(request->temperature, 0.0);
  EXPECT_EQ(request->top_p, 0.9);
  EXPECT_EQ(request->top_k, 40U);
  EXPECT_THAT(request->stop_sequences, ElementsAre("\n", "END"));
  EXPECT_TRUE(request->stream);
  EXPECT_EQ(request->tools_field(), "");
}

TEST(MessagesRequest, NamesEveryBadFieldAtOnce) {
  const auto request = read(R"({"messages":[{"role":"wizard","content":"x"},{"role":"user"}],"max_tokens":0,"temperature":1.5,"top_k":-1,)"
                            R"("stop_sequences":[""],"stream":1,"temprature":1,"thinking":{"type":"enabled"}})");
  ASSERT_FALSE(request.ok());
  EXPECT_EQ(paths(request.error()), (std::vector<std::string>{"/messages/0/role", "/messages/1/content", "/max_tokens", "/temperature",
                                                              "/top_k", "/stop_sequences/0", "/stream", "/temprature", "/thinking/type"}));
  EXPECT_THAT(request.error().public_text(), HasSubstr("temprature is not a known field (the nearest known field is 'temperature')"));
}

TEST(MessagesRequest, CannotBeWithoutALimit) {
  const auto request = read(R"({"messages":[{"role":"user","content":"x"}]})");
  ASSERT_FALSE(request.ok());
  EXPECT_THAT(paths(request.error()), ElementsAre("/max_tokens"));
}

TEST(MessagesRequest, RefusesWhatIsNoTextByItsName) {
  for (const std::string_view type : {"image", "document", "tool_use", "tool_result", "thinking"}) {
    const std::string block = R"([{"type":"text","text":"x"},{"type":")" + std::string(type) + R"(","source":{"type":"base64"},"id":1}])";
    const auto request = read(R"({"max_tokens":1,"messages":[{"role":"user","content":)" + block + "}]}");
    ASSERT_FALSE(request.ok()) << type;
    EXPECT_THAT(paths(request.error()), ElementsAre("/messages/0/content/1/type"));
    EXPECT_THAT(request.error().public_text(), HasSubstr("is '" + std::string(type) + "': this model reads text alone"));
  }
  for (const std::string_view block :
       {R"({"type":"text"})", R"({"text":"x"})", R"({"type":1,"text":"x"})", R"({"type":"text","text":"x","y":1})"}) {
    EXPECT_FALSE(read(R"({"max_tokens":1,"messages":[{"role":"user","content":[)" + std::string(block) + "]}]}").ok()) << block;
  }
}

TEST(MessagesRequest, SaysWhichFieldBringsTools) {
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {R"("tools":[{"name":"f"}])", "tools"},
      {R"("tools":[{"name":"f"}],"tool_choice":{"type":"any"})", "tools"},
      {R"("tool_choice":{"type":"tool","name":"f"})", "tool_choice"},
      {R"("tools":[{"name":"f"}],"tool_choice":{"type":"none"})", ""},
  };
  for (const auto& [members, field] : table) {
    const auto request = read(body(members));
    ASSERT_TRUE(request.ok()) << members << request.error().describe();
    EXPECT_EQ(request->tools_field(), field) << members;
  }
}

TEST(CountTokensRequest, TakesWhatMakesThePromptAndNothingElse) {
  JsonParser parser;
  const auto counted = [&](std::string_view json) { return read_count_tokens_request(parser.parse(json).value()); };
  const auto request = counted(R"({"model":"m","system":"s","messages":[{"role":"user","content":"hi"}]})");
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->system.text, "s");
  EXPECT_EQ(request->model, "m");
  const auto refused = counted(body(R"("stream":true)"));
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(paths(refused.error()), ElementsAre("/max_tokens", "/stream"));
}

}  // namespace
}  // namespace gatehouse::wire
