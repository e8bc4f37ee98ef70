#include "gatehouse/wire/openapi/document.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/llm/generate.h"
#include "gatehouse/wire/llm/replies.h"
#include "gatehouse/wire/openai/chat.h"
#include "gatehouse/wire/openai/replies.h"
#include "json/schema_check.h"

namespace gatehouse::wire {
namespace {

constexpr std::array entries{
    OpenApiEntry{.method = "POST",
                 .path = "/v1/chat/completions",
                 .tag = "llm",
                 .summary = "Chat",
                 .request = &chat_request_schema,
                 .response = &chat_completion_schema,
                 .event = &chat_chunk_schema,
                 .errors = ErrorShape::openai},
    OpenApiEntry{.method = "GET",
                 .path = "/v1/models",
                 .tag = "llm",
                 .summary = "Models",
                 .response = &model_list_schema,
                 .errors = ErrorShape::openai},
    OpenApiEntry{.method = "GET",
                 .path = "/v1/models/{model}",
                 .tag = "llm",
                 .summary = "A model",
                 .response = &model_schema,
                 .errors = ErrorShape::openai},
    OpenApiEntry{.method = "DELETE", .path = "/v1/models/{model}", .tag = "llm", .summary = "Away with it", .errors = ErrorShape::openai},
    OpenApiEntry{.method = "POST",
                 .path = "/api/llm/generate/api-key",
                 .tag = "llm",
                 .summary = "Text",
                 .request = &generate_request_schema,
                 .response = &generate_reply_schema,
                 .event = &generate_event_schema,
                 .access = Access::api_key},
    OpenApiEntry{.method = "GET", .path = "/metrics", .tag = "health", .summary = "Metrics", .access = Access::open},
    OpenApiEntry{.method = "GET", .path = "/models", .tag = "about", .summary = "Yours, too", .access = Access::welcome},
};

class OpenApiDocument : public ::testing::Test {
 protected:
  JsonValue at(std::initializer_list<std::string_view> keys) const {
    JsonValue v = root_;
    for (const std::string_view key : keys) {
      const auto next = v.find(key);
      EXPECT_TRUE(next.has_value()) << key;
      if (!next) return JsonValue();
      v = *next;
    }
    return v;
  }

  const std::string text_ = openapi_document(entries, {"Gatehouse", "1.2.3"});
  JsonParser parser_;
  const JsonValue root_ = parser_.parse(text_).value();
};

TEST_F(OpenApiDocument, SaysWhatItIs) {
  EXPECT_EQ(at({"openapi"}).string(), "3.1.0");
  EXPECT_EQ(at({"info", "title"}).string(), "Gatehouse");
  EXPECT_EQ(at({"info", "version"}).string(), "1.2.3");
  EXPECT_EQ(text_.find("$ref"), std::string::npos);
  std::string tags;
  for (const JsonValue& tag : at({"tags"}).items()) tags.append(tag.find("name")->string()).append(";");
  EXPECT_EQ(tags, "llm;health;about;");
}

TEST_F(OpenApiDocument, EveryOperationHasWhatTheSpecificationAsks) {
  std::set<std::string> ids;
  std::size_t operations = 0;
  for (const JsonMember path : at({"paths"}).members()) {
    EXPECT_TRUE(path.key.starts_with('/'));
    for (const JsonMember operation : path.value.members()) {
      ++operations;
      EXPECT_TRUE(ids.emplace(operation.value.find("operationId")->string()).second);
      const auto responses = operation.value.find("responses");
      ASSERT_TRUE(responses && responses->find("200") && responses->find("default"));
      for (const JsonMember response : responses->members()) {
        EXPECT_TRUE(response.value.find("description")) << path.key << response.key;
        const auto content = response.value.find("content");
        if (!content) continue;
        for (const JsonMember media : content->members()) EXPECT_TRUE(media.value.find("schema")->is_object()) << path.key << response.key;
      }
    }
  }
  EXPECT_EQ(operations, entries.size());
  EXPECT_TRUE(ids.contains("post_v1_chat_completions") && ids.contains("get_v1_models_model") &&
              ids.contains("post_api_llm_generate_api_key"));
}

TEST_F(OpenApiDocument, PutsMethodsOfOnePathTogetherAndNamesItsParameter) {
  const JsonValue path = at({"paths", "/v1/models/{model}"});
  for (const std::string_view method : {"get", "delete"}) {
    const auto parameters = path.find(method)->find("parameters");
    ASSERT_TRUE(parameters.has_value());
    const JsonValue parameter = *parameters->items().begin();
    EXPECT_EQ(parameter.find("name")->string(), "model");
    EXPECT_EQ(parameter.find("in")->string(), "path");
    EXPECT_TRUE(parameter.find("required")->boolean());
  }
  EXPECT_FALSE(at({"paths", "/v1/models", "get"}).find("parameters").has_value());
}

TEST_F(OpenApiDocument, ShowsBodiesStreamsAndErrorsOfTheDialect) {
  const JsonValue chat = at({"paths", "/v1/chat/completions", "post"});
  EXPECT_TRUE(chat.find("requestBody")->find("required")->boolean());
  EXPECT_TRUE(
      at({"paths", "/v1/chat/completions", "post", "requestBody", "content", "application/json", "schema", "properties", "messages"})
          .is_object());
  const JsonValue data = at({"paths", "/v1/chat/completions", "post", "responses", "200", "content", "text/event-stream", "schema",
                             "properties", "data", "anyOf"});
  EXPECT_TRUE(data.is_list());
  EXPECT_NE(text_.find("\"contentSchema\":" + PublishedSchema(&chat_chunk_schema).text()), std::string::npos);
  EXPECT_FALSE(chat.find("responses")->find("422").has_value());
  EXPECT_TRUE(at({"paths", "/api/llm/generate/api-key", "post", "responses", "422"}).is_object());
  EXPECT_FALSE(at({"paths", "/metrics", "get"}).find("requestBody").has_value());
  EXPECT_FALSE(at({"paths", "/metrics", "get", "responses", "200"}).find("content").has_value());
}

TEST(OpenApiOperation, SaysHowItIsAskedAndWhatItSucceedsWith) {
  constexpr std::array parameters{OpenApiParameter{"limit", "query", "how many", R"({"type":"integer"})"}};
  OpenApiEntry made{
      .method = "POST", .path = "/a", .tag = "t", .summary = "s", .request = &generate_request_schema, .response = &model_schema};
  made.success = 201, made.form = true, made.parameters = parameters;
  OpenApiEntry gone = made;
  gone.path = "/b", gone.success = 204, gone.form = false, gone.body_optional = true;
  const std::string text = openapi_document(std::array{made, gone}, {"t", "1"});
  JsonParser parser;
  const JsonValue paths = *parser.parse(text)->find("paths");
  const JsonValue one = *paths.find("/a")->find("post"), other = *paths.find("/b")->find("post");
  const JsonValue limit = *one.find("parameters")->items().begin();
  EXPECT_EQ(limit.find("name")->string(), "limit");
  EXPECT_EQ(limit.find("in")->string(), "query");
  EXPECT_EQ(limit.find("schema")->find("type")->string(), "integer");
  EXPECT_TRUE(one.find("requestBody")->find("content")->find("application/x-www-form-urlencoded").has_value());
  EXPECT_TRUE(one.find("requestBody")->find("required")->boolean());
  EXPECT_FALSE(one.find("responses")->find("200").has_value());
  EXPECT_TRUE(one.find("responses")->find("201")->find("content").has_value());
  EXPECT_FALSE(other.find("requestBody")->find("content")->find("application/x-www-form-urlencoded").has_value());
  EXPECT_FALSE(other.find("requestBody")->find("required")->boolean());
  EXPECT_FALSE(other.find("responses")->find("204")->find("content").has_value());
}

TEST(OpenApiOperation, HasTheNameSchemaAndExamplesThatItBrings) {
  OpenApiEntry own{.method = "POST", .path = "/a", .tag = "t", .summary = "s", .id = "mine", .request = &generate_request_schema};
  own.request_text = R"({"type":"integer"})", own.examples = R"({"one":{"value":1}})";
  const std::string text = openapi_document(std::array{own}, {"t", "1"});
  JsonParser parser;
  const JsonValue operation = *parser.parse(text)->find("paths")->find("/a")->find("post");
  EXPECT_EQ(operation.find("operationId")->string(), "mine");
  const JsonValue body = *operation.find("requestBody")->find("content")->find("application/json");
  EXPECT_EQ(body.find("schema")->find("type")->string(), "integer");
  EXPECT_EQ(body.find("examples")->find("one")->find("value")->as_int64(), 1);
}

TEST_F(OpenApiDocument, EverySchemeAskedForIsDeclared) {
  const JsonValue schemes = at({"components", "securitySchemes"});
  std::size_t asked = 0;
  for (const JsonMember path : at({"paths"}).members()) {
    for (const JsonMember operation : path.value.members()) {
      for (const JsonValue& way : operation.value.find("security")->items()) {
        for (const JsonMember scheme : way.members()) {
          ++asked;
          EXPECT_TRUE(schemes.find(scheme.key).has_value()) << scheme.key;
        }
      }
    }
  }
  EXPECT_EQ(asked, 5U * 4U + 2U);
}

TEST_F(OpenApiDocument, WhoIsWelcomeMayShowACredentialAndNeedNot) {
  const JsonValue get = at({"paths", "/models", "get"});
  std::size_t ways = 0, schemes = 0;
  for (const JsonValue& way : get.find("security")->items()) {
    ++ways;
    for ([[maybe_unused]] const JsonMember scheme : way.members()) ++schemes;
  }
  EXPECT_EQ(ways, 5U);
  EXPECT_EQ(schemes, 4U) << "one way asks for none";
  EXPECT_TRUE(get.find("responses")->find("401"));
}

}  // namespace
}  // namespace gatehouse::wire
