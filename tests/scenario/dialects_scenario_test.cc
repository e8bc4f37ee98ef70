// The same jobs in Anthropic's dialect, and what a dialect asks for that a model may not have.
#include <gmock/gmock.h>

#include "whole_gateway.h"

namespace gatehouse::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Messages : public ::testing::Test {
 protected:
  FakeExchange& ask(const std::string& content, const std::string& more = R"(,"max_tokens":50)", const std::string& path = "/v1/messages") {
    return house_.ask(Ask{wire::Method::post,
                          path,
                          {{"x-api-key", house_.key()}},
                          R"({"messages":[{"role":"user","content":")" + content + "\"}]" + more + "}"});
  }
  FakeExchange& count(const std::string& content, const std::string& more = "") { return ask(content, more, "/v1/messages/count_tokens"); }
  // One whose client has stopped reading, so that it has come to a halt.
  FakeExchange& unread_stream() {
    house_.engine.hold(true);
    FakeExchange& answer = ask("loop:0123456789abcdef", R"(,"max_tokens":3000,"stream":true)");
    answer.stop_reading();
    house_.engine.hold(false);
    house_.settle();
    return answer;
  }

  WholeGateway house_;
};

TEST_F(Messages, AreAnsweredWhole) {
  const FakeExchange& answer = ask("say:Hello");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_THAT(answer.sent(), StartsWith(R"({"id":"msg_)"));
  EXPECT_THAT(answer.sent(), HasSubstr(R"("content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","stop_sequence":null,)"
                                       R"("usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,)"
                                       R"("output_tokens":5}})"));
  EXPECT_THAT(answer.fields(), HasSubstr("\r\nrequest-id: "));
  EXPECT_EQ(house_.engine.trace().open_seats, 0U);
}

TEST_F(Messages, SayWhatEndedThem) {
  EXPECT_THAT(ask("loop:x", R"(,"max_tokens":3)").sent(), HasSubstr(R"("text":"xxx"}],"stop_reason":"max_tokens","stop_sequence":null)"));
  const std::string stops = R"(,"max_tokens":50,"stop_sequences":["none","END"])";
  EXPECT_THAT(ask("say:one END two", stops).sent(), HasSubstr(R"("text":"one "}],"stop_reason":"stop_sequence","stop_sequence":"END")"));
  EXPECT_THAT(ask("say:one END two", stops + R"(,"stream":true)").sent(),
              HasSubstr(R"("delta":{"stop_reason":"stop_sequence","stop_sequence":"END"})"));
}

TEST_F(Messages, StreamNamedEvents) {
  const FakeExchange& answer = ask("say:Hi", R"(,"max_tokens":50,"stream":true)");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_THAT(answer.fields(), AllOf(HasSubstr("request-id: "), HasSubstr("text/event-stream")));
  EXPECT_THAT(answer.sent(), StartsWith("event: message_start\n"));
  EXPECT_THAT(answer.sent(), HasSubstr(R"("usage":{"input_tokens":6,)"));
  EXPECT_THAT(answer.sent(), HasSubstr(R"("delta":{"type":"text_delta","text":"H)"));
  EXPECT_THAT(answer.sent(), EndsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
  EXPECT_THAT(answer.sent(), Not(HasSubstr("[DONE]")));
  EXPECT_TRUE(answer.complete());
}

TEST_F(Messages, AStreamThatSaysNothingIsKeptOpenByPings) {
  const FakeExchange& answer = unread_stream();
  const std::string ping = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
  EXPECT_THAT(answer.sent(), Not(EndsWith(ping)));
  house_.pass(seconds(16));
  EXPECT_THAT(answer.sent(), EndsWith(ping));
  house_.engine.lose();  // so that it ends
  house_.settle();
}

TEST_F(Messages, ALostEngineEndsAStreamWithAnErrorEvent) {
  const FakeExchange& answer = unread_stream();
  house_.engine.lose();
  house_.settle();
  EXPECT_TRUE(answer.complete());
  EXPECT_THAT(answer.sent(), HasSubstr("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":"));
  EXPECT_THAT(answer.sent(), Not(HasSubstr("message_stop")));
}

TEST_F(Messages, ErrorsAreThoseOfTheDialect) {
  const FakeExchange& nobody = house_.ask(Ask{wire::Method::post, "/v1/messages", {}, "{}"});
  EXPECT_EQ(nobody.status(), 401);
  EXPECT_THAT(nobody.sent(), StartsWith(R"({"type":"error","error":{"type":"authentication_error","message":")"));
  const FakeExchange& faults = ask("say:Hi", R"(,"temperature":2,"stream":1)");
  EXPECT_EQ(faults.status(), 400);
  EXPECT_THAT(faults.sent(), HasSubstr(R"("type":"invalid_request_error")"));
  EXPECT_THAT(faults.sent(), AllOf(HasSubstr("max_tokens is missing"), HasSubstr("temperature"), HasSubstr("stream")));
  const FakeExchange& unknown = ask("say:Hi", R"(,"max_tokens":5,"model":"gpt-5")");
  EXPECT_EQ(unknown.status(), 404);
  EXPECT_THAT(unknown.sent(), HasSubstr(R"("type":"not_found_error")"));
  EXPECT_EQ(house_.ask(Ask{wire::Method::get, "/v1/messages", house_.with_key(), ""}).status(), 405);
  house_.engine.lose();
  const FakeExchange& loading = ask("say:Hi");
  EXPECT_EQ(loading.status(), 529);
  EXPECT_THAT(loading.sent(), HasSubstr(R"("type":"overloaded_error")"));
  EXPECT_THAT(loading.fields(), HasSubstr("Retry-After: "));
}

TEST_F(Messages, MakeOneTurnOfTurnsOfOneSpeaker) {
  house_.ask(Ask{wire::Method::post, "/v1/messages", house_.with_key(),
                 R"({"max_tokens":5,"system":"Be kind.","messages":[{"role":"user","content":"one"},{"role":"user","content":"two"},)"
                 R"({"role":"assistant","content":"well"}]})"});
  const wire::engine::Prepare& prompt = house_.engine.last_prompt();
  ASSERT_EQ(prompt.messages.size(), 3U);
  EXPECT_EQ(prompt.messages[0], (wire::engine::Message{"system", "Be kind."}));
  EXPECT_EQ(prompt.messages[1], (wire::engine::Message{"user", "one\ntwo"}));
  EXPECT_TRUE(prompt.continues) << "the last turn is the beginning of the answer";
  ask("say:Hi");
  EXPECT_FALSE(house_.engine.last_prompt().continues);
}

TEST_F(Messages, AreCountedWithoutBeingComputed) {
  const FakeExchange& counted = count("say:Hello");
  EXPECT_EQ(counted.status(), 200);
  EXPECT_EQ(counted.sent(), R"({"input_tokens":9})");
  EXPECT_EQ(house_.engine.trace().prefill_passes, 0U);
  house_.pass(seconds(1));
  EXPECT_EQ(house_.engine.jobs(), 0U) << "what was prepared is given up";
  EXPECT_EQ(count("say:Hello", R"(,"max_tokens":5)").status(), 400) << "there is nothing to limit";
  EXPECT_EQ(count("template:broken").status(), 400);
  EXPECT_THAT(house_.metrics.scrape(), Not(HasSubstr("llm_token_count_total{")));
}

TEST_F(Messages, ASystemPromptOfTheModelIsTaken) {
  WholeGateway house({}, "Be kind.");
  house.ask(
      Ask{wire::Method::post, "/v1/messages", house.with_key(), R"({"max_tokens":5,"messages":[{"role":"user","content":"say:x"}]})"});
  EXPECT_EQ(house.engine.last_prompt().messages.front().content, "Be kind.");
}

TEST_F(Messages, ToolsAreRefusedByTheirField) {
  const FakeExchange& refused = ask("say:Hi", R"(,"max_tokens":5,"tools":[{"name":"f","input_schema":{}}])");
  EXPECT_EQ(refused.status(), 400);
  EXPECT_THAT(refused.sent(), HasSubstr(R"("type":"invalid_request_error","message":"a script knows of no tools")"));
  EXPECT_EQ(ask("say:Hi", R"(,"max_tokens":5,"tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"none"})").status(), 200);
}

TEST(Tools, AreRefusedByTheirFieldWhereTheTemplateHasNoPlaceForThem) {
  WholeGateway house;
  const FakeExchange& refused = house.chat("say:Hi", R"(,"tools":[{"type":"function","function":{"name":"f"}}])");
  EXPECT_EQ(refused.status(), 400);
  EXPECT_THAT(refused.sent(), HasSubstr(R"("type":"invalid_request_error","param":"tools","code":"unsupported_parameter")"));
  EXPECT_EQ(house.chat("say:Hi", R"(,"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"none")").status(), 200);
  EXPECT_EQ(house.chat("say:Hi", R"(,"tools":[],"tool_choice":"auto")").status(), 200);
  const FakeExchange& older = house.chat("say:Hi", R"(,"functions":[{"name":"f"}])");
  EXPECT_EQ(older.status(), 400);
  EXPECT_THAT(older.sent(), AllOf(HasSubstr("use tools"), HasSubstr(R"("param":"functions","code":"unsupported_parameter")")));
}

TEST(Echo, BeginsTheAnswerWithThePrompt) {
  WholeGateway house;
  const auto complete = [&house](const std::string& more) -> const FakeExchange& {
    return house.ask(Ask{wire::Method::post, "/v1/completions", house.with_key(), R"({"prompt":"say:\"Hi\"")" + more + "}"});
  };
  EXPECT_THAT(complete(R"(,"echo":true)").sent(), HasSubstr(R"("choices":[{"text":"say:\"Hi\"\"Hi\"")"));
  EXPECT_THAT(complete(R"(,"echo":false)").sent(), HasSubstr(R"("choices":[{"text":"\"Hi\"")"));
  const FakeExchange& streamed = complete(R"(,"echo":true,"stream":true)");
  EXPECT_THAT(streamed.sent(), HasSubstr(R"("choices":[{"text":"say:\"Hi\"","index":0,)"));
  EXPECT_LT(streamed.sent().find("say:"), streamed.sent().find(R"("text":"\"H)"));
  const FakeExchange& scored = complete(R"(,"echo":true,"logprobs":1)");
  EXPECT_EQ(scored.status(), 400);
  EXPECT_THAT(scored.sent(), HasSubstr(R"("param":"echo")"));
}

}  // namespace
}  // namespace gatehouse::testing
