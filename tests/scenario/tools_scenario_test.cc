// Answers that ask for tools, in both dialects, whole and streamed.
#include <gmock/gmock.h>

#include "whole_gateway.h"

namespace gatehouse::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What a script says, within a JSON string.
constexpr std::string_view one_call = R"(<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>)";
constexpr std::string_view chat_tools = R"(,"tools":[{"type":"function","function":{"name":"f"}}])";
constexpr std::string_view message_tools = R"(,"max_tokens":500,"tools":[{"name":"f","input_schema":{"type":"object"}}])";

class Calls : public ::testing::Test {
 protected:
  static engine::ScriptedOptions that_calls() {
    engine::ScriptedOptions options;
    options.calls = wire::engine::CallForm::tagged;
    return options;
  }
  const FakeExchange& chat(std::string_view says, std::string_view more) {
    return house_.chat("say:" + std::string(says), std::string(chat_tools) + std::string(more));
  }
  const FakeExchange& message(std::string_view says, std::string_view more = "") {
    return house_.ask(Ask{wire::Method::post, "/v1/messages", house_.with_key(),
                          R"({"messages":[{"role":"user","content":"say:)" + std::string(says) + "\"}]" + std::string(message_tools) +
                              std::string(more) + "}"});
  }
  const wire::engine::Prepare& prompt() { return house_.engine.last_prompt(); }

  WholeGateway house_{that_calls()};
};

TEST_F(Calls, StandInAWholeChat) {
  const FakeExchange& answer = chat("Well. " + std::string(one_call), "");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_THAT(answer.sent(),
              HasSubstr(R"("message":{"role":"assistant","content":"Well.","refusal":null,"annotations":[],"tool_calls":[{"id":"call_)"));
  EXPECT_THAT(answer.sent(), HasSubstr(R"(_0","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}}]},"logprobs":null,)"
                                       R"("finish_reason":"tool_calls"})"));
  EXPECT_THAT(chat(one_call, "").sent(), HasSubstr(R"("role":"assistant","content":null,)"));
  EXPECT_THAT(chat("Hello", "").sent(),
              AllOf(HasSubstr(R"("content":"Hello","refusal":null,"annotations":[]},)"), HasSubstr(R"("finish_reason":"stop")")));
}

TEST_F(Calls, ComeInPiecesInAStreamedChat) {
  const std::string sent = chat("Well. " + std::string(one_call) + std::string(one_call), R"(,"stream":true)").sent();
  EXPECT_THAT(sent, HasSubstr(R"("delta":{"tool_calls":[{"index":0,"id":"call_)"));
  EXPECT_THAT(sent, HasSubstr(R"(_0","type":"function","function":{"name":"f","arguments":""}}]},"logprobs":null,"finish_reason":null})"));
  EXPECT_THAT(sent, HasSubstr(R"("delta":{"tool_calls":[{"index":1,"function":{"arguments":")"));
  EXPECT_THAT(sent, HasSubstr(R"(_1","type":"function")"));
  EXPECT_THAT(sent, HasSubstr(R"("delta":{},"logprobs":null,"finish_reason":"tool_calls"}]})"));
  EXPECT_THAT(sent, Not(HasSubstr("tool_call>")));
}

TEST_F(Calls, ThatAreCutEndByTheirLength) {
  const FakeExchange& answer = chat(one_call, R"(,"max_tokens":50)");
  EXPECT_THAT(answer.sent(), AllOf(HasSubstr(R"("name":"f","arguments":"{)"), HasSubstr(R"("finish_reason":"length")")));
}

TEST_F(Calls, HaveNoScores) {
  const FakeExchange& answer = chat("Hi" + std::string(one_call), R"(,"logprobs":true)");
  EXPECT_THAT(answer.sent(), HasSubstr(R"("logprobs":{"content":[{"token":"H")"));
  EXPECT_EQ(count(answer.sent(), R"({"token":)"), 2U);
  const FakeExchange& text = chat("a < b", R"(,"logprobs":true,"stream":true)");
  EXPECT_EQ(count(text.sent(), R"({"token":)"), 5U);
}

TEST_F(Calls, StandInMessages) {
  const FakeExchange& answer = message("Well. " + std::string(one_call));
  EXPECT_EQ(answer.status(), 200);
  EXPECT_THAT(answer.sent(), HasSubstr(R"("content":[{"type":"text","text":"Well."},{"type":"tool_use","id":"toolu_)"));
  EXPECT_THAT(answer.sent(), HasSubstr(R"(_0","name":"f","input":{"a": 1}}],"stop_reason":"tool_use","stop_sequence":null)"));
  EXPECT_THAT(message("Hello").sent(), HasSubstr(R"("content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn")"));
}

TEST_F(Calls, ComeInPiecesInStreamedMessages) {
  const std::string sent = message("Well. " + std::string(one_call), R"(,"stream":true)").sent();
  EXPECT_THAT(sent, HasSubstr(R"("index":0,"content_block":{"type":"text","text":""}})"));
  EXPECT_THAT(sent, HasSubstr(R"("index":1,"content_block":{"type":"tool_use","id":"toolu_)"));
  EXPECT_THAT(sent, HasSubstr(R"("index":1,"delta":{"type":"input_json_delta","partial_json":")"));
  EXPECT_THAT(sent, HasSubstr(R"({"type":"content_block_stop","index":1})"));
  EXPECT_THAT(sent, HasSubstr(R"("delta":{"stop_reason":"tool_use","stop_sequence":null})"));
  const std::string alone = message(one_call, R"(,"stream":true)").sent();
  EXPECT_THAT(alone, AllOf(HasSubstr(R"("index":0,"content_block":{"type":"tool_use")"), Not(HasSubstr(R"("type":"text")"))));
}

TEST_F(Calls, OfARequestComeToTheEngine) {
  house_.ask(Ask{wire::Method::post, "/v1/chat/completions", house_.with_key(),
                 R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c1","type":"function",)"
                 R"("function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c1","content":"say:ok"}],)"
                 R"("tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],)"
                 R"("tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false})"});
  ASSERT_EQ(prompt().messages.size(), 3U);
  EXPECT_EQ(prompt().messages[1], (wire::engine::Message{"assistant", "", {{"c1", "f", R"({"a":1})"}}}));
  EXPECT_EQ(prompt().messages[2], (wire::engine::Message{"tool", "say:ok", {}, "c1", "f"}));
  EXPECT_EQ(prompt().tools, (std::vector{wire::engine::Tool{"f", "d", R"({"type":"object"})", false}}));
  EXPECT_EQ(prompt().tool_use, wire::engine::ToolUse::must);
  EXPECT_EQ(prompt().tool, "f");
  EXPECT_FALSE(prompt().parallel_calls);
}

TEST_F(Calls, OfMessagesComeToTheEngine) {
  house_.ask(Ask{
      wire::Method::post, "/v1/messages", house_.with_key(),
      R"({"max_tokens":5,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"text","text":"I look."},)"
      R"({"type":"tool_use","id":"t1","name":"f","input":{"a":1}},{"type":"tool_use","id":"t2","name":"f","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"one"},{"type":"tool_result","tool_use_id":"t2"},)"
      R"({"type":"text","text":"say:ok"}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}})"});
  ASSERT_EQ(prompt().messages.size(), 5U);
  EXPECT_EQ(prompt().messages[1], (wire::engine::Message{"assistant", "I look.", {{"t1", "f", R"({"a":1})"}, {"t2", "f", "{}"}}}));
  EXPECT_EQ(prompt().messages[2], (wire::engine::Message{"tool", "one", {}, "t1", "f"}));
  EXPECT_EQ(prompt().messages[3], (wire::engine::Message{"tool", "", {}, "t2", "f"}));
  EXPECT_EQ(prompt().messages[4], (wire::engine::Message{"user", "say:ok"}));
  EXPECT_EQ(prompt().tool_use, wire::engine::ToolUse::must);
  EXPECT_FALSE(prompt().continues);
}

TEST_F(Calls, AreTextWhereToolsAreUnheardOf) {
  const FakeExchange& answer = house_.chat("say:" + std::string(one_call), std::string(chat_tools) + R"(,"tool_choice":"none")");
  EXPECT_THAT(answer.sent(), HasSubstr(R"("content":"<tool_call>\n)"));
  EXPECT_TRUE(prompt().tools.empty());
}

}  // namespace
}  // namespace gatehouse::testing
