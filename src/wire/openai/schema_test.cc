// Every reader against the schema that is published for it: what one takes the other allows, and the other way round.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/wire/anthropic/messages.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/llm/generate.h"
#include "gatehouse/wire/openai/chat.h"
#include "gatehouse/wire/openai/completion.h"
#include "json/schema_check.h"

namespace gatehouse::wire {
namespace {

struct Message {
  std::string_view name;
  void (*schema)(JsonWriter&);
  bool (*reads)(const JsonValue&);
  std::string_view required;   // what a request cannot be without
  std::string_view also = {};  // and that
  int numeric_fields = 9;      // at least
};

const std::vector<Message> messages{
    {"chat", &chat_request_schema, [](const JsonValue& v) { return read_chat_request(v).ok(); },
     R"("messages":[{"role":"user","content":"x"}])"},
    {"completion", &completion_request_schema, [](const JsonValue& v) { return read_completion_request(v).ok(); }, R"("prompt":"x")"},
    {"generate", &generate_request_schema, [](const JsonValue& v) { return read_generate_request(v).ok(); }, R"("prompt":"x")", {}, 4},
    {"messages", &messages_request_schema, [](const JsonValue& v) { return read_messages_request(v).ok(); },
     R"("messages":[{"role":"user","content":"x"}])", R"("max_tokens":5)", 4},
    {"count_tokens",
     &count_tokens_request_schema,
     [](const JsonValue& v) { return read_count_tokens_request(v).ok(); },
     R"("messages":[{"role":"user","content":"x"}])",
     {},
     0},
};

std::string document(const Message& message, std::string_view field, std::string_view value) {
  std::string out = "{\"" + std::string(field) + "\":" + std::string(value);
  for (const std::string_view other : {message.required, message.also}) {
    if (!other.empty() && !other.starts_with("\"" + std::string(field) + "\"")) out.append(",").append(other);
  }
  return out + "}";
}

bool is_numeric(const JsonValue& property) {
  const auto type = property.find("type");
  if (!type) return false;
  const std::string_view name = type->is_string() ? type->string() : (*type->items().begin()).string();
  return name == "integer" || name == "number";
}

void expect_agreement(const Message& message, PublishedSchema& schema, std::string_view field, const std::vector<std::string>& values) {
  JsonParser parser;
  for (const std::string& value : values) {
    const std::string json = document(message, field, value);
    const auto root = parser.parse(json);
    ASSERT_TRUE(root.ok()) << json;
    EXPECT_EQ(message.reads(*root), admits(schema.root(), *root)) << message.name << ": " << json;
  }
}

// Just inside and just outside of what the schema itself says.
void add_limits(std::vector<std::string>& values, const JsonValue& property) {
  for (const std::string_view keyword : {"minimum", "maximum"}) {
    const auto limit = property.find(keyword);
    if (!limit) continue;
    const std::int64_t number = limit->as_int64().value();
    for (const std::int64_t step : {-1, 0, 1}) {
      std::int64_t beside = 0;  // there is nothing outside of all integers
      if (!__builtin_add_overflow(number, step, &beside)) values.push_back(std::to_string(beside));
    }
    values.push_back(std::to_string(number) + ".5");
    values.push_back(std::to_string(number) + ".0");
  }
}

TEST(PublishedSchema, HoldsForEveryNumericField) {
  for (const Message& message : messages) {
    PublishedSchema schema(message.schema);
    int seen = 0;
    for (const JsonMember property : schema.root().find("properties")->members()) {
      if (!is_numeric(property.value)) continue;
      ++seen;
      std::vector<std::string> values{"-1",
                                      "0",
                                      "1",
                                      "2147483647",
                                      "2147483648",
                                      "9007199254740993",
                                      "9223372036854775807",
                                      "1e308",
                                      "-1e308",
                                      "0.5",
                                      "1.0",
                                      "\"1\"",
                                      "true",
                                      "null",
                                      "[]",
                                      "{}",
                                      "[1]"};
      add_limits(values, property.value);
      expect_agreement(message, schema, property.key, values);
    }
    EXPECT_GE(seen, message.numeric_fields) << message.name;
  }
}

TEST(PublishedSchema, EveryNumericFieldSaysItsRange) {
  for (const Message& message : messages) {
    PublishedSchema schema(message.schema);
    for (const JsonMember property : schema.root().find("properties")->members()) {
      if (!is_numeric(property.value)) continue;
      const bool both = property.value.find("minimum") && property.value.find("maximum");
      EXPECT_TRUE(both || property.value.find("format")) << message.name << '.' << property.key;
    }
  }
}

TEST(PublishedSchema, HoldsForEveryFieldAndKindOfValue) {
  const std::vector<std::string> values{"null",
                                        "true",
                                        "1",
                                        "\"\"",
                                        "\"x\"",
                                        "[]",
                                        "{}",
                                        "[\"x\"]",
                                        "[\"\"]",
                                        "[1]",
                                        "[1.0,2]",
                                        "[0.5]",
                                        "[[1]]",
                                        "[[]]",
                                        "[{}]",
                                        "[null]",
                                        "{\"a\":1}",
                                        R"({"0":1,"49151":-100})",
                                        R"({"7":100.5})",
                                        R"({"7":"1"})",
                                        R"({"07":1})",
                                        R"({"1234567890":1})",
                                        "\"auto\"",
                                        "\"text\"",
                                        "[\"text\"]",
                                        R"({"type":"text"})",
                                        R"({"type":"x"})",
                                        R"({"type":"auto","name":"x"})",
                                        R"({"type":"disabled"})",
                                        R"([{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}])",
                                        R"([{"type":"image","source":{}}])",
                                        R"(["a","b","c","d"])",
                                        R"(["a","b","c","d","e"])",
                                        R"({"include_usage":null})",
                                        R"({"include_usage":1})",
                                        R"([{"role":"assistant","content":null}])",
                                        R"([{"role":"user","content":[{"type":"text","text":"x"}]}])",
                                        R"([{"role":"user","content":[{"type":"file","text":"x"}]}])",
                                        R"([{"role":"user","content":[]}])",
                                        R"([{"role":"user","content":"x","extra":1}])",
                                        "\"" + std::string(201, 'm') + "\""};
  for (const Message& message : messages) {
    PublishedSchema schema(message.schema);
    for (const JsonMember property : schema.root().find("properties")->members()) expect_agreement(message, schema, property.key, values);
  }
}

TEST(PublishedSchema, SaysWhatHoldsAcrossFields) {
  const Message& chat = messages.front();
  PublishedSchema schema(chat.schema);
  const std::vector<std::string> streams{R"("stream":true)", R"("stream":false)", R"("stream":true,"stream_options":{})",
                                         R"("stream_options":{})", R"("stream_options":null)"};
  const std::vector<std::string> scores{R"("logprobs":true)",
                                        R"("top_logprobs":0)",
                                        R"("top_logprobs":null)",
                                        R"("top_logprobs":1)",
                                        R"("logprobs":true,"top_logprobs":1)",
                                        R"("logprobs":false,"top_logprobs":1)",
                                        R"("logprobs":null,"top_logprobs":1)"};
  JsonParser parser;
  int refused = 0;
  for (const std::string& stream : streams) {
    for (const std::string& score : scores) {
      const std::string json = "{" + std::string(chat.required) + "," + stream + "," + score + "}";
      const auto root = parser.parse(json);
      ASSERT_TRUE(root.ok()) << json;
      EXPECT_EQ(chat.reads(*root), admits(schema.root(), *root)) << json;
      refused += chat.reads(*root) ? 0 : 1;
    }
  }
  EXPECT_EQ(refused, 7 + 4 * 3);
}

TEST(PublishedSchema, SaysThatEchoAndLogprobsExcludeEachOther) {
  const Message& completion = messages.at(1);
  PublishedSchema schema(completion.schema);
  JsonParser parser;
  int refused = 0;
  for (const std::string_view stream : {"", R"(,"stream":true,"stream_options":{})", R"(,"stream_options":{})"}) {
    for (const std::string_view echo : {R"("echo":true)", R"("echo":null)"}) {
      for (const std::string_view score : {"", R"(,"logprobs":0)", R"(,"logprobs":null)"}) {
        const std::string json =
            "{" + std::string(completion.required) + "," + std::string(echo) + std::string(score) + std::string(stream) + "}";
        const auto root = parser.parse(json);
        ASSERT_TRUE(root.ok()) << json;
        EXPECT_EQ(completion.reads(*root), admits(schema.root(), *root)) << json;
        refused += completion.reads(*root) ? 0 : 1;
      }
    }
  }
  EXPECT_EQ(refused, 6 + 2);
}

TEST(PublishedSchema, DefaultsAreAllowedByIt) {
  for (const Message& message : messages) {
    PublishedSchema schema(message.schema);
    for (const JsonMember property : schema.root().find("properties")->members()) {
      const auto standard = property.value.find("default");
      EXPECT_TRUE(!standard || admits(property.value, *standard)) << message.name << '.' << property.key;
      EXPECT_TRUE(property.value.find("description")) << message.name << '.' << property.key;
    }
  }
}

}  // namespace
}  // namespace gatehouse::wire
