#include "gatehouse/wire/openai/replies.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/llm/replies.h"
#include "gatehouse/wire/openai/chat.h"
#include "json/schema_check.h"

namespace gatehouse::wire {
namespace {

constexpr AnswerHead openai_head{.id = "chatcmpl-1", .created = 1700000000, .model = "m\"1"};
constexpr TokenUsage openai_usage{.prompt_tokens = 9, .cached_tokens = 4, .completion_tokens = 2};
const std::string usage_json =
    R"("usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":4},)"
    R"("completion_tokens_details":{"reasoning_tokens":0}})";

// The JSON of each event; an event that is not "data: …\n\n" on one line is a failure.
std::vector<std::string> events(std::string_view stream) {
  std::vector<std::string> out;
  while (!stream.empty()) {
    const std::size_t end = stream.find("\n\n");
    EXPECT_TRUE(stream.starts_with("data: ") && end != std::string_view::npos) << stream;
    if (end == std::string_view::npos) break;
    out.emplace_back(stream.substr(6, end - 6));
    EXPECT_EQ(out.back().find('\n'), std::string::npos);
    stream.remove_prefix(end + 2);
  }
  return out;
}

std::string chat_stream(StreamUsage with_usage) {
  const ChatChunks chunks(openai_head, with_usage);
  std::string out;
  chunks.role(out);
  chunks.text(out, "你\n\"\n\n");
  chunks.text(out, "");
  chunks.finish(out, "stop");
  if (with_usage == StreamUsage::include) chunks.usage(out, openai_usage);
  return out;
}

TEST(ChatReply, WholeIsToTheLetter) {
  std::string out;
  const std::array one{WholeChoice{"你\n", "length"}};
  write_chat_completion(out, {.head = openai_head, .choices = one, .usage = openai_usage});
  EXPECT_EQ(out, R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"m\"1","choices":[{"index":0,"message":)"
                 R"({"role":"assistant","content":"你\n","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"length"}],)" +
                     usage_json + "}");
  EXPECT_TRUE(PublishedSchema(&chat_completion_schema).admits_text(out));
}

TEST(ChatReply, ChoicesAreNumberedWholeAndInChunks) {
  std::string out, event;
  const std::array two{WholeChoice{"a", "stop"}, WholeChoice{"b", "length", "{}"}};
  write_chat_completion(out, {.head = openai_head, .choices = two, .usage = openai_usage});
  EXPECT_NE(out.find(R"("finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":"b",)"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("logprobs":{},"finish_reason":"length"}],)"), std::string::npos) << out;
  const ChatChunks chat(openai_head, StreamUsage::omit, 1);
  chat.role(event), chat.text(event, "b"), chat.scored_text(event, "b", "{}"), chat.finish(event, "stop");
  const TextChunks text(openai_head, StreamUsage::omit, 1);
  text.text(event, "b"), text.scored_text(event, "b", "{}"), text.finish(event, "stop");
  for (const std::string& one : events(event)) EXPECT_NE(one.find(R"("index":1,)"), std::string::npos) << one;
}

TEST(ChatReply, AnswerMayBeSentBackAsAMessage) {
  std::string out;
  const std::array one{WholeChoice{"yes", "stop"}};
  write_chat_completion(out, {.head = openai_head, .choices = one, .usage = openai_usage});
  const std::size_t begin = out.find(R"({"role")");
  const std::string message = out.substr(begin, out.find('}', begin) + 1 - begin);
  JsonParser parser;
  const auto request = read_chat_request(parser.parse("{\"messages\":[" + message + "]}").value());
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->messages[0].text(), "yes");
}

TEST(ChatChunks, AreToTheLetterWithoutUsage) {
  const std::string begin =
      R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m\"1","choices":[{"index":0,"delta":)";
  EXPECT_EQ(events(chat_stream(StreamUsage::omit)),
            (std::vector<std::string>{
                begin + R"({"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]})",
                begin + R"({"content":"你\n\"\n\n"},"logprobs":null,"finish_reason":null}]})",
                begin + R"({},"logprobs":null,"finish_reason":"stop"}]})",
            }));
}

TEST(ChatChunks, CarryNullUsageUntilTheUsageChunk) {
  const std::vector<std::string> all = events(chat_stream(StreamUsage::include));
  ASSERT_EQ(all.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(all[i].ends_with(R"(],"usage":null})")) << all[i];
  EXPECT_EQ(all[3],
            R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m\"1","choices":[],)" + usage_json + "}");
}

TEST(ChatChunks, KeepToTheirSchema) {
  PublishedSchema schema(&chat_chunk_schema);
  for (const StreamUsage with_usage : {StreamUsage::omit, StreamUsage::include}) {
    for (const std::string& event : events(chat_stream(with_usage))) EXPECT_TRUE(schema.admits_text(event)) << event;
  }
}

TEST(ChatChunks, NameTheFingerprintWhereThereIsOne) {
  AnswerHead named = openai_head;
  named.system_fingerprint = "fp_1";
  std::string out;
  ChatChunks(named, StreamUsage::omit).role(out);
  EXPECT_NE(out.find(R"("model":"m\"1","system_fingerprint":"fp_1","choices")"), std::string::npos);
}

TEST(TextReply, WholeIsToTheLetter) {
  std::string out;
  const std::array one{WholeChoice{"a", "stop"}};
  write_text_completion(out, {.head = openai_head, .choices = one, .usage = openai_usage});
  EXPECT_EQ(out, R"({"id":"chatcmpl-1","object":"text_completion","created":1700000000,"model":"m\"1","choices":[{"text":"a","index":0,)"
                 R"("logprobs":null,"finish_reason":"stop"}],)" +
                     usage_json + "}");
  EXPECT_TRUE(PublishedSchema(&text_completion_schema).admits_text(out));
}

TEST(TextChunks, AreToTheLetter) {
  const TextChunks chunks(openai_head, StreamUsage::include);
  std::string out;
  chunks.text(out, "a\x01");
  chunks.finish(out, "length");
  chunks.usage(out, openai_usage);
  const std::string begin = R"({"id":"chatcmpl-1","object":"text_completion","created":1700000000,"model":"m\"1","choices":[)";
  EXPECT_EQ(events(out), (std::vector<std::string>{
                             begin + R"({"text":"a\u0001","index":0,"logprobs":null,"finish_reason":null}],"usage":null})",
                             begin + R"({"text":"","index":0,"logprobs":null,"finish_reason":"length"}],"usage":null})",
                             begin + "]," + usage_json + "}",
                         }));
  PublishedSchema schema(&text_chunk_schema);
  for (const std::string& event : events(out)) EXPECT_TRUE(schema.admits_text(event)) << event;
}

TEST(ModelReplies, AreToTheLetter) {
  const std::array models{ModelObject{.id = "a", .created = 5, .owned_by = "system", .state = "ready"},
                          ModelObject{.id = "b", .created = 6, .owned_by = "t", .state = "declared"}};
  std::string one, list, none;
  write_model(one, models[0]);
  write_model_list(list, models);
  write_model_list(none, {});
  EXPECT_EQ(one, R"({"id":"a","object":"model","created":5,"owned_by":"system","state":"ready"})");
  EXPECT_EQ(list, R"({"object":"list","data":[)" + one + R"(,{"id":"b","object":"model","created":6,"owned_by":"t","state":"declared"}]})");
  EXPECT_EQ(none, R"({"object":"list","data":[]})");
  EXPECT_TRUE(PublishedSchema(&model_schema).admits_text(one));
  EXPECT_TRUE(PublishedSchema(&model_list_schema).admits_text(list));
}

TEST(OpenAiError, HasAllFourKeysAlways) {
  std::string out;
  write_openai_error(out, {.message = "No \"such\" model", .type = "invalid_request_error", .param = "model", .code = "model_not_found"});
  EXPECT_EQ(out, R"({"error":{"message":"No \"such\" model","type":"invalid_request_error","param":"model","code":"model_not_found"}})");
  std::string bare;
  write_openai_error(bare, {.message = "x", .type = "server_error", .param = {}, .code = {}});
  EXPECT_EQ(bare, R"({"error":{"message":"x","type":"server_error","param":null,"code":null}})");
  EXPECT_TRUE(PublishedSchema(&openai_error_schema).admits_text(bare));
}

}  // namespace
}  // namespace gatehouse::wire
