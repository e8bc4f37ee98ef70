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
  ASSERT_EQ(request->messages[0].content.blocks.size(), 2U);
  EXPECT_EQ(request->messages[0].content.blocks[0].text, "你好");
  EXPECT_EQ(name_of(request->messages[1].role), "assistant");
  EXPECT_EQ(request->messages[1].content.blocks.front().text, "Hello");
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
  for (const std::string_view type : {"image", "document", "thinking", "server_tool_use"}) {
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

constexpr std::string_view one_tool = R"("tools":[{"name":"f","input_schema":{"type":"object"}}])";

TEST(MessagesRequest, SaysWhichFieldBringsTools) {
  const std::string tools(one_tool);
  const std::vector<std::pair<std::string, std::string_view>> table{
      {tools, "tools"},
      {tools + R"(,"tool_choice":{"type":"any"})", "tools"},
      {tools + R"(,"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true})", "tools"},
      {tools + R"(,"tool_choice":{"type":"none"})", ""},
      {R"("tool_choice":{"type":"auto"})", ""},
  };
  for (const auto& [members, field] : table) {
    const auto request = read(body(members));
    ASSERT_TRUE(request.ok()) << members << request.error().describe();
    EXPECT_EQ(request->tools_field(), field) << members;
  }
}

// An assistant's turn and a user's, behind one.
std::string with_turns(std::string_view assistant, std::string_view user) {
  return R"({"max_tokens":5,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":)" + std::string(assistant) +
         R"(},{"role":"user","content":)" + std::string(user) + "}]}";
}

TEST(MessagesRequest, ReadsCallsAndWhatCameOfThem) {
  const auto request =
      read(with_turns(R"([{"type":"text","text":"Let me see."},{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}])",
                      R"([{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"2"}],"is_error":false},)"
                      R"({"type":"text","text":"and?"}])"));
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->tools_field(), "messages[1].content");
  const Block& call = request->messages[1].content.blocks[1];
  EXPECT_EQ(call.kind, Block::Kind::tool_use);
  EXPECT_EQ(call.call_id, "t1");
  EXPECT_EQ(call.name.text, "f");
  EXPECT_EQ(call.input.json, R"({"a":1})");
  const Block& result = request->messages[2].content.blocks[0];
  EXPECT_EQ(result.kind, Block::Kind::tool_result);
  EXPECT_EQ(result.call_id, "t1");
  EXPECT_EQ(result.text, "2");
}

TEST(MessagesRequest, RefusesToolsThatAreNone) {
  const std::vector<std::pair<std::string, std::string>> table{
      {body(R"("tools":[{"name":"a b","input_schema":{}}])"), "/tools/0/name"},
      {body(R"("tools":[{"name":"f"}])"), "/tools/0/input_schema"},
      {body(R"("tools":[{"name":"f","input_schema":{"type":"string"}}])"), "/tools/0/input_schema/type"},
      {body(R"("tools":[{"name":"f","input_schema":{}},{"name":"f","input_schema":{}}])"), "/tools/1/name"},
      {body(R"("tools":[{"type":"web_search_20250305","name":"f","input_schema":{}}])"), "/tools/0/type"},
      {body(R"("tool_choice":{"type":"any"})"), "/tool_choice"},
      {body(std::string(one_tool) + R"(,"tool_choice":{"type":"tool","name":"g"})"), "/tool_choice"},
      {body(std::string(one_tool) + R"(,"tool_choice":{"type":"tool"})"), "/tool_choice"},
      {with_turns(R"([{"type":"tool_use","id":"t","name":"f","input":[]}])", R"("x")"), "/messages/1/content/0/input"},
      {with_turns(R"([{"type":"tool_use","id":"","name":"f","input":{}}])", R"("x")"), "/messages/1/content/0/id"},
      {with_turns(R"("y")", R"([{"type":"tool_result","tool_use_id":"t"}])"), "/messages/2/content/0/tool_use_id"},
      {with_turns(R"("y")", R"([{"type":"tool_use","id":"t","name":"f","input":{}}])"), "/messages/2/content/0/type"},
  };
  for (const auto& [request, path] : table) {
    const auto refused = read(request);
    ASSERT_FALSE(refused.ok()) << request;
    EXPECT_THAT(paths(refused.error()), ElementsAre(path)) << request;
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
