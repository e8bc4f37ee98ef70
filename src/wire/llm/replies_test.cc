#include "gatehouse/wire/llm/replies.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "json/schema_check.h"

namespace gatehouse::wire {
namespace {

constexpr AnswerHead llm_head{.id = "0b5c", .created = 1700000000, .model = "m"};
constexpr TokenUsage llm_usage{.prompt_tokens = 9, .cached_tokens = 4, .completion_tokens = 2};

TEST(GenerateReply, WholeIsToTheLetter) {
  std::string out;
  const std::array one{WholeChoice{"a", "stop"}};
  write_generate_reply(out, {.head = llm_head, .choices = one, .usage = llm_usage});
  EXPECT_EQ(out, R"({"id":"0b5c","object":"text_completion","created":1700000000,"model":"m","choices":[{"text":"a","index":0,)"
                 R"("logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}})");
  EXPECT_TRUE(PublishedSchema(&generate_reply_schema).admits_text(out));
}

TEST(GenerateReply, ChoicesAreNumbered) {
  std::string out, event;
  const std::array two{WholeChoice{"a", "stop"}, WholeChoice{"b", "length"}};
  write_generate_reply(out, {.head = llm_head, .choices = two, .usage = llm_usage});
  EXPECT_NE(out.find(R"("choices":[{"text":"a","index":0,"logprobs":null,"finish_reason":"stop"},)"
                     R"({"text":"b","index":1,"logprobs":null,"finish_reason":"length"}],"usage")"),
            std::string::npos)
      << out;
  const GenerateChunks second(llm_head, 1);
  second.text(event, "b");
  second.end(event, "length");
  const std::string begin = R"(data: {"id":"0b5c","object":"text_completion","created":1700000000,"model":"m","choices":[{"text":)";
  EXPECT_EQ(event, begin + R"("b","index":1,"logprobs":null,"finish_reason":null}]})" + "\n\n" + begin +
                       R"("","index":1,"logprobs":null,"finish_reason":"length"}]})" + "\n\n");
}

TEST(GenerateReply, CountsDoNotOverflow) {
  std::string out;
  constexpr TokenUsage most{.prompt_tokens = 4294967295U, .cached_tokens = 0, .completion_tokens = 4294967295U};
  const std::array one{WholeChoice{"", "stop"}};
  write_generate_reply(out, {.head = llm_head, .choices = one, .usage = most});
  EXPECT_NE(out.find(R"("total_tokens":8589934590)"), std::string::npos);
}

TEST(GenerateChunks, EndWithReasonAndUsageInOneEvent) {
  const GenerateChunks chunks(llm_head);
  std::string text, finish, empty, done;
  chunks.text(text, "你\n");
  chunks.finish(finish, {"length"}, llm_usage);
  chunks.text(empty, "");
  append_done_event(done);
  const std::string begin = R"({"id":"0b5c","object":"text_completion","created":1700000000,"model":"m","choices":[{"text":)";
  EXPECT_EQ(text, "data: " + begin + R"("你\n","index":0,"logprobs":null,"finish_reason":null}]})" + "\n\n");
  EXPECT_EQ(finish, "data: " + begin +
                        R"("","index":0,"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":9,"completion_tokens":2,)"
                        R"("total_tokens":11}})" +
                        "\n\n");
  EXPECT_EQ(empty, "");
  EXPECT_EQ(done, "data: [DONE]\n\n");
  PublishedSchema schema(&generate_event_schema);
  EXPECT_TRUE(schema.admits_text(std::string_view(text).substr(6)));
  EXPECT_TRUE(schema.admits_text(std::string_view(finish).substr(6)));
}

TEST(ApiError, NamesEveryFaultWhereThereAreAny) {
  std::string bare, full;
  const std::array faults{FieldFault("/data/2", "is too large", "a number from 0 to 30")};
  write_api_error(bare, {.status = 429, .message = "Daily quota exceeded", .type = "quota_exceeded", .param = {}, .request_id = "r1"});
  write_api_error(full,
                  {.status = 422, .message = "m", .type = "invalid_value", .param = "data[2]", .request_id = "r2", .details = faults});
  EXPECT_EQ(bare, R"({"error":{"code":429,"message":"Daily quota exceeded","type":"quota_exceeded","param":null,"request_id":"r1"}})");
  EXPECT_EQ(full, R"({"error":{"code":422,"message":"m","type":"invalid_value","param":"data[2]","request_id":"r2","details":)"
                  R"([{"path":"/data/2","message":"is too large","expected":"a number from 0 to 30"}]}})");
  PublishedSchema schema(&api_error_schema);
  EXPECT_TRUE(schema.admits_text(bare));
  EXPECT_TRUE(schema.admits_text(full));
}

}  // namespace
}  // namespace gatehouse::wire
