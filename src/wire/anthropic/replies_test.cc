#include "gatehouse/wire/anthropic/replies.h"

#include <gmock/gmock.h>

#include <array>
#include <string>
#include <vector>

#include "json/schema_check.h"

namespace gatehouse::wire {
namespace {

AnswerHead head() {
  AnswerHead made;
  made.id = "msg_1";
  made.model = "m";
  return made;
}

TokenUsage usage() {
  TokenUsage made;
  made.prompt_tokens = 9, made.cached_tokens = 4, made.completion_tokens = 2;
  return made;
}

constexpr std::string_view usage_text =
    R"("usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":2})";

TEST(Message, IsWholeAndKeepsToItsSchema) {
  std::string out;
  write_message(out, head(), std::array{MessageBlock{"say \"hi\""}}, {"stop_sequence", "END"}, usage());
  EXPECT_EQ(out, R"({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"say \"hi\""}],)"
                 R"("stop_reason":"stop_sequence","stop_sequence":"END",)" +
                     std::string(usage_text) + "}");
  EXPECT_TRUE(PublishedSchema(&message_schema).admits_text(out));
}

TEST(MessageEvents, ComeInTheirOrderWithTheirNames) {
  MessageEvents events;
  std::string out;
  TokenUsage so_far = usage();
  so_far.completion_tokens = 0;
  events.start(out, head(), so_far);
  events.text(out, "");
  events.text(out, "a\nb");
  events.stop(out, {"end_turn"}, usage());
  EXPECT_EQ(out,
            "event: message_start\n"
            R"(data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],)"
            R"("stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":0,)"
            R"("cache_read_input_tokens":4,"output_tokens":0}}})"
            "\n\nevent: content_block_start\n"
            R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"
            "\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\nevent: content_block_delta\n"
            R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\nb"}})"
            "\n\nevent: content_block_stop\n"
            R"(data: {"type":"content_block_stop","index":0})"
            "\n\nevent: message_delta\n"
            R"(data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},)" +
                std::string(usage_text) + "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
}

TEST(Message, HoldsCallsBesideTexts) {
  const std::array blocks{MessageBlock{"Let me see."}, MessageBlock{{}, {"toolu_1", "f", R"({"a":[1]})"}},
                          MessageBlock{{}, {"toolu_2", "g", R"({"a":)"}}};
  std::string out;
  write_message(out, head(), blocks, {"tool_use"}, usage());
  EXPECT_THAT(out, testing::HasSubstr(R"("content":[{"type":"text","text":"Let me see."},)"
                                      R"({"type":"tool_use","id":"toolu_1","name":"f","input":{"a":[1]}},)"
                                      R"({"type":"tool_use","id":"toolu_2","name":"g","input":{}}],"stop_reason":"tool_use")"));
  EXPECT_TRUE(PublishedSchema(&message_schema).admits_text(out));
}

TEST(MessageEvents, GiveEachCallABlockOfItsOwn) {
  MessageEvents events;
  std::string out;
  events.start(out, head(), usage(), MessageEvents::Opening::later);
  const std::size_t begun = out.size();
  EXPECT_THAT(out, testing::Not(testing::HasSubstr("content_block")));
  events.text(out, "x");
  events.call(out, "toolu_1", "f");
  events.arguments(out, R"({"a")");
  events.call_end(out);
  events.call(out, "toolu_2", "g");
  events.call_end(out);
  events.stop(out, {"tool_use"}, usage());
  std::vector<std::string> seen;
  PublishedSchema schema(&message_event_schema);
  for (std::size_t at = out.find("data: ", begun); at != std::string::npos; at = out.find("data: ", at + 1)) {
    seen.push_back(out.substr(at + 6, out.find('\n', at) - at - 6));
    EXPECT_TRUE(schema.admits_text(seen.back())) << seen.back();
  }
  ASSERT_EQ(seen.size(), 10U);
  EXPECT_EQ(seen[0], R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
  EXPECT_EQ(seen[3],
            R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}})");
  EXPECT_EQ(seen[4], R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}})");
  EXPECT_EQ(seen[5], R"({"type":"content_block_stop","index":1})");
  EXPECT_EQ(seen[7], R"({"type":"content_block_stop","index":2})");
}

TEST(MessageEvents, EachKeepsToTheSchema) {
  MessageEvents events;
  std::string out;
  events.start(out, head(), usage());
  events.text(out, "x");
  events.stop(out, {"max_tokens"}, usage());
  std::string error;
  write_anthropic_error(error, "overloaded_error", "busy", "r1");
  events.error(out, error);
  PublishedSchema schema(&message_event_schema);
  std::size_t seen = 0;
  for (std::size_t at = out.find("data: "); at != std::string::npos; at = out.find("data: ", at + 1)) {
    const std::string json = out.substr(at + 6, out.find('\n', at) - at - 6);
    EXPECT_TRUE(schema.admits_text(json)) << json;
    ++seen;
  }
  EXPECT_EQ(seen, 8U);
}

TEST(TokenCount, IsOneNumber) {
  std::string out;
  write_token_count(out, 12);
  EXPECT_EQ(out, R"({"input_tokens":12})");
  EXPECT_TRUE(PublishedSchema(&token_count_schema).admits_text(out));
}

TEST(AnthropicError, NamesTheRequest) {
  std::string out;
  write_anthropic_error(out, "not_found_error", "no such path", "r1");
  EXPECT_EQ(out, R"({"type":"error","error":{"type":"not_found_error","message":"no such path"},"request_id":"r1"})");
  EXPECT_TRUE(PublishedSchema(&anthropic_error_schema).admits_text(out));
}

}  // namespace
}  // namespace gatehouse::wire
