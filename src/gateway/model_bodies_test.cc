#include "model_bodies.h"

#include <gmock/gmock.h>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::gateway {
namespace {

using ::testing::HasSubstr;

wire::TensorSpec spec_named(const char* name, wire::Datatype type, wire::Shape shape) {
  wire::TensorSpec spec;
  spec.name = name, spec.datatype = type, spec.shape = std::move(shape);
  return spec;
}

model::Feature column(const char* name, std::optional<double> min, std::optional<double> max, std::optional<double> example) {
  model::Feature feature;
  feature.name = name, feature.min = min, feature.max = max;
  if (example) feature.example = *example;
  return feature;
}

class Bodies : public ::testing::Test {
 protected:
  BodyWords checked(BodyWords words) {
    wire::JsonParser parser;
    EXPECT_TRUE(words.schema.empty() || parser.parse(words.schema).ok()) << words.schema;
    EXPECT_TRUE(words.example.empty() || parser.parse(words.example).ok()) << words.example;
    return words;
  }
  BodyWords predict(Named named = Named::always) { return checked(predict_body({"m", named, signature_, features_})); }
  BodyWords rows() { return checked(tensor_predict_body({"m", Named::always, signature_, features_})); }
  BodyWords infer() { return checked(infer_body({"m", Named::always, signature_, features_})); }

  wire::engine::Signature signature_{{spec_named("X", wire::Datatype::fp32, {-1, 2})}, {spec_named("y", wire::Datatype::int64, {-1})}};
  std::vector<model::Feature> features_{column("length", 0, 30, 5.1), column("width", 1, std::nullopt, std::nullopt)};
};

TEST_F(Bodies, SayOfEachColumnWhatTheManifestDoes) {
  const BodyWords body = predict();
  EXPECT_THAT(body.schema, HasSubstr(R"({"title":"length","type":"number","minimum":0,"maximum":30})"));
  EXPECT_THAT(body.schema, HasSubstr(R"({"title":"width","type":"number","minimum":1,"maximum":)"));
  EXPECT_THAT(body.schema, HasSubstr(R"("type":"array","minItems":2,"maxItems":2,"prefixItems":)"));
  EXPECT_THAT(body.schema, HasSubstr(R"("required":["data","model"])"));
  EXPECT_THAT(predict(Named::or_not).schema, HasSubstr(R"("required":["data"])"));
  EXPECT_EQ(body.example, R"({"data":[5.1,1],"model":"m"})");
  EXPECT_EQ(rows().example, R"({"instances":[[5.1,1]]})");
  EXPECT_EQ(infer().example, R"({"inputs":[{"name":"X","shape":[1,2],"datatype":"FP32","data":[[5.1,1]]}]})");
  EXPECT_THAT(infer().schema, HasSubstr(R"("name":{"type":"string","enum":["X"]})"));
  EXPECT_THAT(infer().schema, HasSubstr(R"({"type":"integer","minimum":2,"maximum":2})"));
  EXPECT_THAT(infer().schema, HasSubstr(R"("enum":["y"])"));
}

TEST_F(Bodies, OfColumnsThatAreInputsNameThem) {
  signature_.inputs = {spec_named("age", wire::Datatype::int64, {-1, 1}), spec_named("job", wire::Datatype::bytes, {-1})};
  model::Feature job;
  job.name = "job", job.values = {"clerk", "smith"};
  features_ = {column("age", 18, 99, 42), job};
  EXPECT_EQ(predict().example, R"({"data":[42,"clerk"],"model":"m"})");
  EXPECT_THAT(predict().schema, HasSubstr(R"({"title":"age","type":"integer","minimum":18,"maximum":99})"));
  EXPECT_THAT(predict().schema, HasSubstr(R"({"title":"job","type":"string","enum":["clerk","smith"]})"));
  EXPECT_EQ(rows().example, R"({"instances":[{"age":[42],"job":"clerk"}]})");
  EXPECT_THAT(rows().schema, HasSubstr(R"("required":["age","job"])"));
  EXPECT_EQ(infer().example, R"({"inputs":[{"name":"age","shape":[1,1],"datatype":"INT64","data":[[42]]},)"
                             R"({"name":"job","shape":[1],"datatype":"BYTES","data":["clerk"]}]})");
}

TEST_F(Bodies, OfOtherTensorsSayTheirShapes) {
  signature_.inputs = {spec_named("image", wire::Datatype::uint8, {-1, 2, 3})};
  features_.clear();
  EXPECT_EQ(predict().schema, "") << "it is no table";
  EXPECT_EQ(rows().example, R"({"instances":[[[0,0,0],[0,0,0]]]})");
  EXPECT_THAT(rows().schema,
              HasSubstr(R"({"type":"array","minItems":3,"maxItems":3,"items":{"type":"integer","minimum":0,"maximum":255}})"));
  signature_.inputs = {spec_named("half", wire::Datatype::fp16, {-1, 2})};
  EXPECT_EQ(rows().schema, "") << "there is no such number in JSON";
  EXPECT_EQ(infer().example, "");
  EXPECT_THAT(infer().schema, HasSubstr("FP16"));
  signature_.inputs = {spec_named("wide", wire::Datatype::fp32, {-1, 65'536})};
  EXPECT_EQ(rows().example, "");
  EXPECT_LT(rows().schema.size(), 2000U);
}

}  // namespace
}  // namespace gatehouse::gateway
