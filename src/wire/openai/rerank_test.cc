#include "gatehouse/wire/openai/rerank.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

Result<RerankRequest> read_rerank(const std::string& json) {
  JsonParser parser;
  return read_rerank_request(parser.parse(json).value());
}

TEST(RerankRequest, TakesTextsAndObjectsWithOne) {
  const auto request =
      read_rerank(R"({"model":"m","query":"q","documents":["a",{"text":"b","title":"t"}],"top_n":1,"return_documents":true,"user":"u"})");
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->query, "q");
  ASSERT_EQ(request->documents.size(), 2U);
  EXPECT_EQ(request->documents[1].text, "b");
  EXPECT_EQ(request->top_n, 1U);
  EXPECT_TRUE(request->return_documents);
  EXPECT_FALSE(read_rerank(R"({"query":"q","documents":["a"],"top_n":null,"return_documents":null})")->top_n);
}

TEST(RerankRequest, NamesWhatIsWrong) {
  struct Case {
    const char *json, *path;
  };
  constexpr Case cases[] = {
      {R"({"documents":["a"]})", "/query"},
      {R"({"query":"","documents":["a"]})", "/query"},
      {R"({"query":"q"})", "/documents"},
      {R"({"query":"q","documents":[]})", "/documents"},
      {R"({"query":"q","documents":"a"})", "/documents"},
      {R"({"query":"q","documents":["a",""]})", "/documents/1"},
      {R"({"query":"q","documents":[1]})", "/documents/0"},
      {R"({"query":"q","documents":[{"title":"t"}]})", "/documents/0/text"},
      {R"({"query":"q","documents":[{"text":1}]})", "/documents/0/text"},
      {R"({"query":"q","documents":["a"],"top_n":0})", "/top_n"},
  };
  for (const Case& one : cases) {
    const auto request = read_rerank(one.json);
    ASSERT_FALSE(request.ok()) << one.json;
    EXPECT_EQ(request.error().faults().front().path, one.path) << one.json;
  }
}

TEST(RerankReply, PutsTheBestFirst) {
  auto request = read_rerank(R"({"query":"q","documents":["a","b","c"]})").value();
  const std::vector<float> scores{0.25F, 0.75F, 0.25F};
  RerankReply reply;
  reply.model = "m";
  reply.scores = scores;
  reply.usage.prompt_tokens = 7;
  std::string json;
  write_rerank_reply(json, request, reply);
  EXPECT_EQ(json, R"({"model":"m","results":[{"index":1,"relevance_score":0.75},{"index":0,"relevance_score":0.25},)"
                  R"({"index":2,"relevance_score":0.25}],"usage":{"prompt_tokens":7,"total_tokens":7}})");
  request.top_n = 1, request.return_documents = true;
  json.clear();
  write_rerank_reply(json, request, reply);
  EXPECT_EQ(json, R"({"model":"m","results":[{"index":1,"relevance_score":0.75,"document":{"text":"b"}}],)"
                  R"("usage":{"prompt_tokens":7,"total_tokens":7}})");
}

}  // namespace
}  // namespace gatehouse::wire
