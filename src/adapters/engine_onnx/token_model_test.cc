// The graph played by a double that notes what it is asked.
#include "token_model.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <stop_token>
#include <string>
#include <utility>

#include "gatehouse/wire/text/rows.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;

wire::TensorSpec token_spec(std::string name, wire::Datatype type, wire::Shape shape) {
  wire::TensorSpec spec;
  spec.name = std::move(name);
  spec.datatype = type;
  spec.shape = std::move(shape);
  return spec;
}

w::Signature usual_signature(bool kinds) {
  w::Signature signature;
  signature.inputs = {token_spec("input_ids", wire::Datatype::int64, {-1, -1}),
                      token_spec("attention_mask", wire::Datatype::int64, {-1, -1})};
  if (kinds) signature.inputs.push_back(token_spec("token_type_ids", wire::Datatype::int64, {-1, -1}));
  signature.outputs = {token_spec("vectors", wire::Datatype::fp32, {-1, 3})};
  return signature;
}

std::vector<std::int64_t> whole_numbers_in(const w::Infer& call, std::size_t input) {
  std::vector<std::int64_t> values(call.inputs[input].bytes.size() / sizeof(std::int64_t));
  std::memcpy(values.data(), call.inputs[input].bytes.data(), call.inputs[input].bytes.size());
  return values;
}

// Of a row: the sum of its ids, how many count, and how many of those belong to the second text.
struct SummingGraph final : engine::TensorModel {
  explicit SummingGraph(w::Signature signature) : signature_(std::move(signature)) {}
  const w::Signature& signature() const override { return signature_; }
  std::string description() const override { return "a double"; }
  const std::string& plan() const override { return plan_; }

  Result<w::Inferred> infer(const w::Infer& call, const std::stop_token&) override {
    shapes.push_back(call.inputs.front().shape);
    const auto rows = static_cast<std::size_t>(call.inputs.front().shape[0]),
               width = static_cast<std::size_t>(call.inputs.front().shape[1]);
    const std::vector<std::int64_t> ids = whole_numbers_in(call, 0), mask = whole_numbers_in(call, 1);
    const std::vector<std::int64_t> kinds = call.inputs.size() > 2 ? whole_numbers_in(call, 2) : std::vector<std::int64_t>(ids.size(), 0);
    wire::RowValues values;
    values.width = 3;
    for (std::size_t row = 0; row < rows; ++row) {
      std::int64_t sum = 0, count = 0, second = 0;
      for (std::size_t i = row * width; i < (row + 1) * width; ++i) sum += ids[i] * mask[i], count += mask[i], second += kinds[i] * mask[i];
      for (const std::int64_t one : {sum, count, second}) values.values.push_back(static_cast<float>(one));
    }
    if (broken) values.values.resize(3), values.width = 3;
    return wire::answer_of(values);
  }

  w::Signature signature_;
  std::string plan_;
  std::vector<wire::Shape> shapes;
  bool broken = false;
};

class TokenModelTest : public testing::Test {
 protected:
  void begin(bool kinds = false, std::uint32_t row_tokens = 16) {
    auto graph = std::make_unique<SummingGraph>(usual_signature(kinds));
    graph_ = graph.get();
    model_ = token_model_of(std::move(graph), row_tokens).value();
  }
  Result<wire::RowValues> ask(const std::vector<wire::TokenRow>& rows) {
    GH_TRY(const w::Inferred answer, model_->infer(wire::call_of(rows), std::stop_token()));
    return wire::row_values_of(answer, rows.size());
  }
  SummingGraph* graph_ = nullptr;
  std::unique_ptr<engine::TensorModel> model_;
};

TEST_F(TokenModelTest, GivesEachRowItsOwnNumbersInTheOrderAsked) {
  begin();
  const auto values = ask({{{1, 2}, 2}, {{10, 20, 30}, 3}, {{7}, 1}, {{5, 5, 5}, 3}});
  ASSERT_TRUE(values);
  EXPECT_THAT(values->values, testing::ElementsAre(3, 2, 0, 60, 3, 0, 7, 1, 0, 15, 3, 0));
  EXPECT_EQ(graph_->shapes, (std::vector<wire::Shape>{{3, 3}, {1, 1}})) << "like lengths together";
  EXPECT_EQ(model_->signature(), wire::token_rows_signature(3));
}

TEST_F(TokenModelTest, SaysWhereTheSecondTextBegins) {
  begin(true);
  const auto values = ask({{{1, 2, 3, 4}, 3}, {{1, 2, 3, 4}, 4}});
  ASSERT_TRUE(values);
  EXPECT_THAT(values->values, testing::ElementsAre(10, 4, 1, 10, 4, 0));
}

TEST_F(TokenModelTest, RefusesWhatIsTooLongOrNoRow) {
  begin(false, 3);
  EXPECT_EQ(ask({{{1, 2, 3, 4}, 4}}).error().reason(), "invalid_tensor");
  EXPECT_EQ(model_->infer(w::Infer{}, std::stop_token()).error().reason(), "invalid_tensor");
  EXPECT_TRUE(graph_->shapes.empty());
}

TEST_F(TokenModelTest, TakesNoAnswerOfAnotherSize) {
  begin();
  graph_->broken = true;
  EXPECT_EQ(ask({{{1, 2}, 2}, {{3, 4}, 2}}).error().reason(), "infer_failed");
}

TEST_F(TokenModelTest, ComputesNothingMoreOnceItIsToldToStop) {
  begin();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(model_->infer(wire::call_of(std::vector<wire::TokenRow>{{{1}, 1}}), stop.get_token()).error().reason(), "cancelled");
  EXPECT_TRUE(graph_->shapes.empty());
}

TEST(TokenModel, TakesNoGraphThatReadsSomethingElse) {
  const auto refused = [](auto change) {
    w::Signature signature = usual_signature(true);
    change(signature);
    const auto made = token_model_of(std::make_unique<SummingGraph>(signature), 16);
    return !made && made.error().reason() == "model_load_failed" && made.error().origin() == Origin::operator_;
  };
  EXPECT_TRUE(refused([](w::Signature& s) { s.inputs.erase(s.inputs.begin()); }));
  EXPECT_TRUE(refused([](w::Signature& s) { s.inputs.erase(s.inputs.begin() + 1); }));
  EXPECT_FALSE(refused([](w::Signature& s) { s.inputs.pop_back(); }));
  EXPECT_TRUE(refused([](w::Signature& s) { s.inputs.push_back(token_spec("position_ids", wire::Datatype::int64, {-1, -1})); }));
  EXPECT_TRUE(refused([](w::Signature& s) { s.inputs.front().datatype = wire::Datatype::int32; }));
  EXPECT_TRUE(refused([](w::Signature& s) { s.inputs.front().shape = {-1, 128}; }));
  EXPECT_TRUE(refused([](w::Signature& s) { s.outputs.push_back(s.outputs.front()); }));
  EXPECT_TRUE(refused([](w::Signature& s) { s.outputs.front().shape = {-1, -1, 384}; })) << "not pooled";
  EXPECT_TRUE(refused([](w::Signature& s) { s.outputs.front().datatype = wire::Datatype::fp16; }));
  EXPECT_FALSE(refused([](w::Signature& s) { s.outputs.front().shape = {-1}; }));
}

TEST(TokenBatches, HoldLikeLengthsFromLongToShort) {
  const std::vector<std::size_t> lengths{3, 16, 3, 15, 14, 1};
  using Batches = std::vector<std::vector<std::size_t>>;
  EXPECT_EQ(token_batches(lengths), (Batches{{1, 3, 4}, {0, 2}, {5}}));
  EXPECT_EQ(token_batches(lengths, {.tokens = 32, .filling = 0.125}), (Batches{{1, 3}, {4}, {0, 2}, {5}}));
  EXPECT_EQ(token_batches(lengths, {.tokens = 2, .filling = 1}), (Batches{{1}, {3}, {4}, {0}, {2}, {5}})) << "each by itself at least";
  EXPECT_EQ(token_batches(lengths, {.tokens = 96, .filling = 1}), (Batches{{1, 3, 4, 0, 2, 5}}));
  EXPECT_TRUE(token_batches({}).empty());
}

}  // namespace
}  // namespace gatehouse::adapters
