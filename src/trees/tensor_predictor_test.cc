#include "gatehouse/trees/tensor_predictor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "gatehouse/trees/codec.h"
#include "gatehouse/trees/probe_rows.h"
#include "test_graph.h"

namespace gatehouse::trees {
namespace {

using testing::ElementsAre;
using wire::Datatype;

wire::Tensor matrix(std::string name, const Floats& values, std::int64_t rows) {
  wire::Tensor tensor;
  tensor.name = std::move(name);
  tensor.shape = {rows, static_cast<std::int64_t>(values.size()) / rows};
  tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return tensor;
}
Floats floats_in(const wire::Tensor& tensor) {
  Floats values(tensor.bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}
wire::TensorSpec spec(std::string name, Datatype type, wire::Shape shape) {
  wire::TensorSpec made;
  made.name = std::move(name), made.datatype = type, made.shape = std::move(shape);
  return made;
}

// Y = 2 X of two columns, and Z: its first column alone.
Plan doubling() {
  Plan plan;
  plan.inputs = {{"X", Kind::floats, 2}};
  plan.steps.emplace_back(Scale{{Kind::floats, {0, 1}}, {0, 0}, {2, 2}, 2});
  plan.outputs = {{"Y", {Kind::floats, {2, 3}}, Form::matrix}, {"Z", {Kind::floats, {2}}, Form::vector}};
  plan.floats = 4;
  return plan;
}
TensorPredictor::Signature its_signature() {
  return {{spec("X", Datatype::fp32, {-1, 2})}, {spec("Y", Datatype::fp32, {-1, 2}), spec("Z", Datatype::fp32, {-1})}};
}

TEST(TensorPredictor, AnswersTheOutputsThatAreWanted) {
  const auto predictor = TensorPredictor::make(doubling(), its_signature());
  ASSERT_TRUE(predictor) << predictor.error().describe();
  const std::vector inputs{matrix("X", {1, 2, 3, 4}, 2)};
  EXPECT_EQ(predictor->rows_in(inputs, {}), 2U);
  const auto all = predictor->predict(inputs, {});
  ASSERT_TRUE(all && all->size() == 2);
  EXPECT_EQ((*all)[0].name, "Y");
  EXPECT_THAT((*all)[0].shape, ElementsAre(2, 2));
  EXPECT_THAT(floats_in((*all)[0]), ElementsAre(2, 4, 6, 8));
  EXPECT_THAT((*all)[1].shape, ElementsAre(2));
  const std::vector<std::string> wanted{"Z"};
  const auto one = predictor->predict(inputs, wanted);
  ASSERT_TRUE(one && one->size() == 1);
  EXPECT_THAT(floats_in((*one)[0]), ElementsAre(2, 6));
}

TEST(TensorPredictor, LeavesToTheEngineWhatIsNotForIt) {
  const auto predictor = TensorPredictor::make(doubling(), its_signature());
  ASSERT_TRUE(predictor);
  const wire::Tensor right = matrix("X", {1, 2}, 1);
  const auto refused = [&](std::vector<wire::Tensor> inputs, std::vector<std::string> wanted = {}) {
    return !predictor->rows_in(inputs, wanted).has_value();
  };
  EXPECT_FALSE(refused({right}));
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({right, right}));
  EXPECT_TRUE(refused({matrix("W", {1, 2}, 1)}));
  EXPECT_TRUE(refused({matrix("X", {1, 2, 3}, 1)}));
  EXPECT_TRUE(refused({matrix("X", {1, std::numeric_limits<float>::quiet_NaN()}, 1)}));
  EXPECT_TRUE(refused({matrix("X", {1, std::numeric_limits<float>::infinity()}, 1)}));
  EXPECT_TRUE(refused({right}, {"W"}));
  wire::Tensor none = right;
  none.shape = {0, 2}, none.bytes.clear();
  EXPECT_TRUE(refused({none}));
  wire::Tensor whole = right;
  whole.datatype = Datatype::int32;
  EXPECT_TRUE(refused({whole}));
}

TEST(TensorPredictor, TakesWordsAndWholeNumbers) {
  Plan plan;
  plan.inputs = {{"W", Kind::texts, 1}, {"N", Kind::ints, 1}};
  Lookup lookup;
  lookup.from = {Kind::texts, {0}};
  lookup.text_keys = {"a", "b"}, lookup.int_values = {7, 8}, lookup.int_otherwise = -1, lookup.to = 1;
  plan.steps.emplace_back(lookup);
  plan.outputs = {{"L", {Kind::ints, {1, 0}}, Form::matrix}, {"W2", {Kind::texts, {0}}, Form::matrix}};
  plan.ints = 2, plan.texts = 1;
  const auto predictor = TensorPredictor::make(plan, {{spec("N", Datatype::int64, {-1, 1}), spec("W", Datatype::bytes, {-1, 1})},
                                                      {spec("L", Datatype::int64, {-1, 2}), spec("W2", Datatype::bytes, {-1, 1})}});
  ASSERT_TRUE(predictor) << predictor.error().describe();
  wire::Tensor words, numbers;
  words.name = "W", words.datatype = Datatype::bytes, words.shape = {2, 1};
  wire::append_bytes_element(words.bytes, "b");
  wire::append_bytes_element(words.bytes, "zz");
  numbers.name = "N", numbers.datatype = Datatype::int64, numbers.shape = {2, 1};
  const Ints given{5, 6};
  numbers.bytes.assign(reinterpret_cast<const char*>(given.data()), 16);
  const std::vector inputs{words, numbers};
  ASSERT_EQ(predictor->rows_in(inputs, {}), 2U);
  const auto answer = predictor->predict(inputs, {});
  ASSERT_TRUE(answer);
  Ints found(4);
  std::memcpy(found.data(), (*answer)[0].bytes.data(), 32);
  EXPECT_THAT(found, ElementsAre(8, 5, -1, 6));
  EXPECT_EQ((*answer)[1].bytes, words.bytes);
}

TEST(TensorPredictor, IsOfTheGraphThatTheSignatureIsOf) {
  TensorPredictor::Signature other = its_signature();
  other.inputs[0].name = "W";
  EXPECT_FALSE(TensorPredictor::make(doubling(), other));
  other = its_signature();
  other.inputs[0].shape = {-1, 3};
  EXPECT_FALSE(TensorPredictor::make(doubling(), other));
  other = its_signature();
  other.outputs[1].datatype = Datatype::int64;
  EXPECT_FALSE(TensorPredictor::make(doubling(), other));
  other = its_signature();
  other.outputs.pop_back();
  EXPECT_TRUE(TensorPredictor::make(doubling(), other)) << "a manifest names some";
}

TEST(TensorPredictor, IsNotReadWhereARowIsMuchWork) {
  RandomForest random(5);
  const auto read = [](const Plan& plan) {
    const auto width = static_cast<std::int64_t>(std::get<Forest>(plan.steps[0]).width);
    const auto columns = static_cast<std::int64_t>(plan.inputs[0].columns);
    return TensorPredictor::read(write_plan(plan), {{spec("X", Datatype::fp32, {-1, columns})}, {spec("Y", Datatype::fp32, {-1, width})}});
  };
  EXPECT_TRUE(read(RandomForest::plan_with(random.forest(100, 4, 4, 3))));
  const auto large = read(RandomForest::plan_with(random.forest(6'000, 4, 4, 1)));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().reason(), "trees_plan_invalid");
  EXPECT_FALSE(TensorPredictor::read("nothing", its_signature()));
}

TEST(ProbeRows, ComeToEveryThresholdAndWhatIsRightBeside) {
  RandomForest random(7);
  const Plan plan = RandomForest::plan_with(random.forest(10, 4, 3, 2));
  const auto& forest = std::get<Forest>(plan.steps[0]);
  const std::vector<wire::Tensor> rows = probe_rows(plan);
  ASSERT_EQ(rows.size(), 1U);
  const Floats values = floats_in(rows[0]);
  for (std::size_t i = 0; i < forest.first.size(); ++i) {
    if (forest.first[i] == i) continue;
    int at = 0, above = 0;
    for (std::size_t k = forest.features[i]; k < values.size(); k += 3) {
      at += values[k] == forest.thresholds[i] ? 1 : 0;
      above += values[k] == std::nextafter(forest.thresholds[i], 100.0F) ? 1 : 0;
    }
    EXPECT_GT(at, 0) << i;
    EXPECT_GT(above, 0) << i;
  }
  EXPECT_EQ(probe_rows(plan), rows) << "the same each time";
}

TEST(ProbeRows, HaveEveryCategoryAndStrangers) {
  Plan plan;
  plan.inputs = {{"W", Kind::texts, 1}, {"N", Kind::ints, 1}};
  plan.steps.emplace_back(OneHot{{Kind::texts, {0}}, {}, {"a", "b"}, Strangers::are_zeros, 0});
  plan.steps.emplace_back(OneHot{{Kind::ints, {0}}, {3, 4}, {}, Strangers::are_refused, 2});
  plan.outputs = {{"Y", {Kind::floats, {0, 1, 2, 3}}, Form::matrix}};
  plan.floats = 4, plan.ints = 1, plan.texts = 1;
  const std::vector<wire::Tensor> rows = probe_rows(plan);
  std::map<std::string_view, int> words;
  for (const std::string_view word : wire::bytes_elements(rows.at(0).bytes)) ++words[word];
  EXPECT_EQ(words.size(), 4U);
  Ints numbers(rows.at(1).bytes.size() / 8);
  std::memcpy(numbers.data(), rows[1].bytes.data(), rows[1].bytes.size());
  EXPECT_THAT(numbers, testing::Each(testing::AnyOf(3, 4))) << "others are refused by both";
}

}  // namespace
}  // namespace gatehouse::trees
