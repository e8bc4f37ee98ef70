#include "gatehouse/wire/nlu/requests.h"

#include <gmock/gmock.h>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

Result<NluExtractRequest> extract(std::string_view json) {
  JsonParser parser;
  return read_nlu_extract_request(parser.parse(json).value());
}
Result<NluExtractRequest> extract_with(std::string_view members) {
  return extract(R"({"text":"谷爱凌","schema":{"人物":null},)" + std::string(members) + "}");
}
Result<NluPredictRequest> predict(std::string_view json) {
  JsonParser parser;
  return read_nlu_predict_request(parser.parse(json).value());
}

// The places of the faults, apart by blanks.
template <class T>
std::string faults(const Result<T>& request) {
  if (request) return "none";
  std::string out;
  for (const FieldFault& fault : request.error().faults()) out.append(out.empty() ? "" : " ").append(fault.path);
  return out;
}

TEST(NluRequests, TakeASchemaAsAnObjectOrAString) {
  for (const char* json : {R"({"text":"谷爱凌","schema":{"人物":null}})", R"({"text":"谷爱凌","schema":"{\"人物\": null}"})"}) {
    const Result<NluPredictRequest> request = predict(json);
    ASSERT_TRUE(request.ok()) << request.error().describe();
    EXPECT_EQ(request->text, "谷爱凌");
    EXPECT_EQ(request->schema, (NluSchema{{NluKey{"人物", {}}}}));
    EXPECT_EQ(request->format, NluForm::paths);
  }
}

TEST(NluRequests, HaveTypedOptions) {
  const Result<NluExtractRequest> request =
      extract_with(R"("model":"m","task":"ner","labels":["a","b"],"format":"tree","scores":false,"offset_unit":"utf16","mode":"compat")");
  ASSERT_TRUE(request.ok()) << request.error().describe();
  EXPECT_EQ(request->model, "m");
  EXPECT_EQ(request->task, "ner");
  EXPECT_THAT(request->labels, testing::ElementsAre("a", "b"));
  EXPECT_EQ(request->format, NluForm::tree);
  EXPECT_FALSE(request->scores);
  EXPECT_EQ(request->offset_unit, OffsetUnit::utf16);
  EXPECT_EQ(request->mode, NluMode::compat);
}

TEST(NluRequests, NameEveryBadFieldAtOnce) {
  EXPECT_EQ(faults(predict("{}")), "/text /schema");
  EXPECT_EQ(faults(predict(R"({"text":"","schema":{"人物":3,"":null},"format":"list"})")), "/text /schema/人物 /schema/ /format");
  EXPECT_EQ(faults(predict(R"({"text":"a","schema":"[]"})")), "/schema");
  EXPECT_EQ(faults(predict(R"({"text":"a","schema":"{\"a\":{\"b\":1}}"})")), "/schema/a/b");
  EXPECT_EQ(faults(predict(R"({"text":"a","schema":{"a":null},"labels":["a","b"]})")), "/labels");
  EXPECT_EQ(faults(extract_with(R"("task":"all","labels":["a"],"scores":1,"offset_unit":"char","mode":"new","temperature":1)")),
            "/task /labels /scores /offset_unit /mode /temperature");
  EXPECT_EQ(faults(extract_with(R"("labels":["a",""])")), "/labels/1");
}

TEST(NluRequests, PublishTheirSchema) {
  std::string json;
  JsonWriter writer(json);
  nlu_extract_request_schema(writer);
  JsonParser parser;
  const Result<JsonValue> schema = parser.parse(json);
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ(schema->find("properties")->find("schema")->find("oneOf")->is_list(), true);
  EXPECT_EQ(schema->find("properties")->find("offset_unit")->find("default")->string(), "codepoint");
}

}  // namespace
}  // namespace gatehouse::wire
