#include "gatehouse/wire/openai/embeddings.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<EmbeddingsRequest> read_embeddings(const std::string& json) {
  JsonParser parser;
  return read_embeddings_request(parser.parse(json).value());
}
Result<EmbeddingsRequest> embeddings_of(const std::string& input) { return read_embeddings("{\"input\":" + input + "}"); }

TEST(EmbeddingsRequest, TakesTextsAndTokensAloneAndInLists) {
  EXPECT_THAT(embeddings_of(R"("a b")")->input.texts, ElementsAre("a b"));
  EXPECT_THAT(embeddings_of(R"(["a","b"])")->input.texts, ElementsAre("a", "b"));
  EXPECT_THAT(embeddings_of("[1,2.0,3]")->input.token_lists, ElementsAre(ElementsAre(1, 2, 3)));
  EXPECT_THAT(embeddings_of("[[1],[2,3]]")->input.token_lists, ElementsAre(ElementsAre(1), ElementsAre(2, 3)));
  EXPECT_EQ(embeddings_of("[[1],[2,3]]")->input.size(), 2U);
}

TEST(EmbeddingsRequest, TakesSoManyTokensOfATextAndNoMore) {
  const auto tokens = [](std::size_t count) {
    std::string list = "[7";
    for (std::size_t i = 1; i < count; ++i) list += ",7";
    return list + "]";
  };
  EXPECT_EQ(embeddings_of(tokens(8192))->input.token_lists.front().size(), 8192U);
  EXPECT_FALSE(embeddings_of(tokens(8193)).ok());
  EXPECT_TRUE(embeddings_of("[" + tokens(8192) + "]").ok());
  EXPECT_FALSE(embeddings_of("[[1]," + tokens(8193) + "]").ok());
}

TEST(EmbeddingsRequest, ReadsTheUsual) {
  const auto request = read_embeddings(R"({"input":"a","model":"minilm","encoding_format":"base64","dimensions":64,"user":"u"})");
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->model, "minilm");
  EXPECT_EQ(request->form, EmbeddingForm::base64);
  EXPECT_EQ(request->dimensions, 64U);
  const auto bare = read_embeddings(R"({"input":"a","encoding_format":null,"dimensions":null,"user":null})");
  ASSERT_TRUE(bare.ok()) << bare.error().describe();
  EXPECT_EQ(bare->form, EmbeddingForm::numbers);
  EXPECT_FALSE(bare->dimensions);
}

TEST(EmbeddingsRequest, NamesWhatIsWrong) {
  struct Case {
    std::string json;
    const char* path;
  };
  const Case cases[] = {
      {"{}", "/input"},
      {R"({"input":""})", "/input"},
      {R"({"input":[]})", "/input"},
      {R"({"input":["a",""]})", "/input/1"},
      {R"({"input":["a",1]})", "/input/1"},
      {R"({"input":[1,"a"]})", "/input/1"},
      {R"({"input":[-1]})", "/input/0"},
      {R"({"input":[1.5]})", "/input/0"},
      {R"({"input":[[]]})", "/input/0"},
      {R"({"input":[[1],"a"]})", "/input/1"},
      {R"({"input":{}})", "/input"},
      {R"({"input":null})", "/input"},
      {R"({"input":"a","dimensions":0})", "/dimensions"},
      {R"({"input":"a","encoding_format":"int8"})", "/encoding_format"},
      {R"({"input":"a","dimension":3})", "/dimension"},
  };
  for (const Case& one : cases) {
    const auto request = read_embeddings(one.json);
    ASSERT_FALSE(request.ok()) << one.json;
    EXPECT_EQ(request.error().faults().front().path, one.path) << one.json;
  }
  std::string many = "[";
  for (int i = 0; i < 2049; ++i) many += i == 0 ? "\"a\"" : ",\"a\"";
  EXPECT_EQ(embeddings_of(many + "]").error().faults().front().path, "/input");
  EXPECT_EQ(embeddings_of(many.substr(0, many.size() - 4) + "]")->input.size(), 2048U);
}

EmbeddingsReply reply_of(const std::vector<float>& values, EmbeddingForm form) {
  EmbeddingsReply reply;
  reply.model = "m";
  reply.form = form;
  reply.width = 2;
  reply.values = values;
  reply.usage.prompt_tokens = 9;
  return reply;
}

TEST(EmbeddingsReply, HoldsNumbersOrTheirBytes) {
  const std::vector<float> values{0.5F, -1, 1, 0.25F};
  std::string json;
  write_embeddings_reply(json, reply_of(values, EmbeddingForm::numbers));
  EXPECT_EQ(json, R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1]},)"
                  R"({"object":"embedding","index":1,"embedding":[1,0.25]}],"model":"m","usage":{"prompt_tokens":9,"total_tokens":9}})");
  json.clear();
  write_embeddings_reply(json, reply_of(values, EmbeddingForm::base64));
  EXPECT_THAT(json, HasSubstr(R"("embedding":"AAAAPwAAgL8="},)"));
  EXPECT_THAT(json, HasSubstr(R"("embedding":"AACAPwAAgD4="}])"));
}

TEST(EmbeddingsReply, SaysWhatItHasCostWhereThereIsAPrice) {
  const std::vector<float> values{1, 0};
  EmbeddingsReply reply = reply_of(values, EmbeddingForm::numbers);
  reply.usage.cost = 1'500'000;
  std::string json;
  write_embeddings_reply(json, reply);
  EXPECT_THAT(json, HasSubstr(R"("cost":0.0015}})"));
}

}  // namespace
}  // namespace gatehouse::wire
