#include "predictions.h"

#include <gtest/gtest.h>

namespace gatehouse::gateway {
namespace {

using wire::Datatype;

template <class T>
wire::Tensor tensor(Datatype type, wire::Shape shape, std::vector<T> values) {
  wire::Tensor made;
  made.datatype = type;
  made.shape = std::move(shape);
  made.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return made;
}

wire::engine::Inferred outputs(std::vector<wire::Tensor> tensors) {
  wire::engine::Inferred made;
  made.outputs = std::move(tensors);
  return made;
}

std::string reply(const wire::engine::Inferred& inferred, const std::vector<std::string>& labels, std::size_t rows, wire::RowForm form) {
  const auto predictions = predictions_of(inferred, labels, rows);
  EXPECT_TRUE(predictions.ok());
  std::string json;
  wire::write_predict_reply(json, *predictions, form);
  return json;
}

const std::vector<std::string> iris{"setosa", "versicolor", "virginica"};

TEST(Predictions, OfAClassifierAreClassLabelAndProbabilities) {
  const auto made = outputs(
      {tensor<std::int64_t>(Datatype::int64, {2}, {0, 2}), tensor<float>(Datatype::fp32, {2, 3}, {0.97F, 0.03F, 0, 0, 0.1F, 0.9F})});
  EXPECT_EQ(reply(made, iris, 2, wire::RowForm::list),
            R"({"prediction":[0,2],"label":["setosa","virginica"],"probabilities":[[0.97,0.03,0],[0,0.1,0.9]]})");
}

TEST(Predictions, OfOneRowAreSingleValues) {
  const auto made = outputs({tensor<std::int64_t>(Datatype::int64, {1}, {1}), tensor<float>(Datatype::fp32, {1, 3}, {0, 1, 0})});
  EXPECT_EQ(reply(made, iris, 1, wire::RowForm::one), R"({"prediction":1,"label":"versicolor","probabilities":[0,1,0]})");
  EXPECT_EQ(reply(made, {}, 1, wire::RowForm::one), R"({"prediction":1,"probabilities":[0,1,0]})");
}

TEST(Predictions, OfProbabilitiesAloneAreTheLikeliestClass) {
  EXPECT_EQ(reply(outputs({tensor<double>(Datatype::fp64, {1, 3}, {0.25, 0.25, 0.5})}), iris, 1, wire::RowForm::one),
            R"({"prediction":2,"label":"virginica","probabilities":[0.25,0.25,0.5]})");
}

TEST(Predictions, OfARegressionAreNumbers) {
  EXPECT_EQ(reply(outputs({tensor<float>(Datatype::fp32, {2, 1}, {1.5F, -2})}), {}, 2, wire::RowForm::list), R"({"prediction":[1.5,-2]})");
}

TEST(Predictions, OfWordsHaveTheirPlaceAmongTheLabels) {
  wire::Tensor words;
  words.datatype = Datatype::bytes;
  words.shape = {1};
  wire::append_bytes_element(words.bytes, "versicolor");
  EXPECT_EQ(reply(outputs({words}), iris, 1, wire::RowForm::one), R"({"prediction":1,"label":"versicolor"})");
}

TEST(Predictions, OfOtherRowsThanWereAskedAboutAreNone) {
  const auto made = predictions_of(outputs({tensor<std::int64_t>(Datatype::int64, {2}, {0, 2})}), iris, 3);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().reason(), "output_unexpected");
}

}  // namespace
}  // namespace gatehouse::gateway
