// The two graphs played by doubles that count what they are asked.
#include "nlu_model.h"

#include <gmock/gmock.h>

#include <cstring>
#include <numeric>
#include <stop_token>

#include "gatehouse/wire/nlu/work.h"
#include "row_memory.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;

constexpr std::size_t state_width = 2;

const wire::Tensor& input_of(const w::Infer& call, std::string_view name) {
  return *std::ranges::find(call.inputs, name, &wire::Tensor::name);
}

template <class T>
std::vector<T> values_in(const wire::Tensor& tensor) {
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

wire::Tensor float_tensor(std::string name, const std::vector<float>& values, wire::Shape shape) {
  wire::Tensor tensor;
  tensor.name = std::move(name);
  tensor.shape = std::move(shape);
  tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return tensor;
}

struct Double : engine::TensorModel {
  const w::Signature& signature() const override { return signature_; }
  std::string description() const override { return "a double"; }
  const std::string& plan() const override { return plan_; }
  w::Signature signature_;
  std::string plan_;
  int calls = 0;
};

// A token's states are its id and its position.
struct Lower final : Double {
  Result<w::Inferred> infer(const w::Infer& call, const std::stop_token&) override {
    ++calls;
    const auto ids = values_in<std::int64_t>(input_of(call, "input_ids")),
               positions = values_in<std::int64_t>(input_of(call, "position_ids"));
    std::vector<float> states;
    for (std::size_t i = 0; i < ids.size(); ++i)
      states.insert(states.end(), {static_cast<float>(ids[i]), static_cast<float>(positions[i])});
    w::Inferred answer;
    answer.outputs.push_back(float_tensor("hidden", states, {1, static_cast<std::int64_t>(ids.size()), state_width}));
    return answer;
  }
};

// A token's head is its id and 1000 times the prompt's first, its tail its mask.
struct Upper final : Double {
  Result<w::Inferred> infer(const w::Infer& call, const std::stop_token&) override {
    ++calls;
    const auto states = values_in<float>(input_of(call, "text_hidden")), hints = values_in<float>(input_of(call, "hint_hidden"));
    const auto index = values_in<std::int64_t>(input_of(call, "text_index")), mask = values_in<std::int64_t>(input_of(call, "text_mask"));
    const auto width = static_cast<std::size_t>(input_of(call, "text_hidden").shape[1]);
    const auto hint_width = static_cast<std::size_t>(input_of(call, "hint_hidden").shape[1]);
    std::vector<float> head, tail;
    for (std::size_t row = 0; row < index.size(); ++row) {
      const std::size_t at = static_cast<std::size_t>(index[row]) * width;
      for (std::size_t i = at; i < at + width; ++i) {
        head.push_back(states[i * state_width] + 1000 * hints[row * hint_width * state_width]);
        tail.push_back(static_cast<float>(mask[i]));
      }
    }
    texts = input_of(call, "text_hidden").shape[0];
    w::Inferred answer;
    const wire::Shape shape{static_cast<std::int64_t>(index.size()), static_cast<std::int64_t>(width)};
    answer.outputs = {float_tensor("head_logits", head, shape), float_tensor("tail_logits", tail, shape)};
    return answer;
  }
  std::int64_t texts = 0;
};

class NluModelTest : public testing::Test {
 protected:
  NluModelTest() {
    auto lower = std::make_unique<Lower>();
    auto upper = std::make_unique<Upper>();
    lower_ = lower.get(), upper_ = upper.get();
    model_ = nlu_model_of(std::move(lower), std::move(upper));
  }
  std::vector<wire::NluLogits> ask(const wire::NluWork& work) {
    const auto answer = model_->infer(wire::call_of(work), std::stop_token());
    EXPECT_TRUE(answer.ok());
    std::vector<std::size_t> sizes;
    for (const wire::NluPair& pair : work.pairs) sizes.push_back(work.rows[pair.text].ids.size());
    return *wire::logits_of(*answer, sizes);
  }
  Lower* lower_;
  Upper* upper_;
  std::unique_ptr<engine::TensorModel> model_;
};

wire::NluWork two_texts(std::vector<std::uint32_t> batches) {
  return {.owner = 1,
          .rows = {{0, 0, {5, 6, 7}}, {0, 0, {8, 9}}, {1, 384, {1}}, {1, 384, {2, 3}}},
          .pairs = {{0, 2}, {0, 3}, {1, 2}},
          .batches = std::move(batches)};
}

TEST_F(NluModelTest, GivesEachPairTheNumbersOfItsText) {
  const std::vector<wire::NluLogits> wanted = {{{1005, 1006, 1007}, {1, 1, 1}}, {{2005, 2006, 2007}, {1, 1, 1}}, {{1008, 1009}, {1, 1}}};
  EXPECT_EQ(ask(two_texts({3})), wanted) << "together";
  EXPECT_EQ(upper_->texts, 2) << "a text stands in a batch once";
  EXPECT_EQ(ask(two_texts({1, 1, 1})), wanted) << "one by one";
  EXPECT_EQ(ask(two_texts({2, 1})), wanted);
  EXPECT_EQ(upper_->calls, 1 + 3 + 2);
}

TEST_F(NluModelTest, ReadsARowOnceForItsOwner) {
  ask(two_texts({3}));
  EXPECT_EQ(lower_->calls, 4);
  ask(two_texts({3}));
  EXPECT_EQ(lower_->calls, 4);
  wire::NluWork others = two_texts({3});
  others.owner = 2;
  ask(others);
  EXPECT_EQ(lower_->calls, 8) << "what one tenant has had read tells another nothing, not even by the clock";
  wire::NluWork moved = two_texts({3});
  moved.rows[2].first_position = 3;
  ask(moved);
  EXPECT_EQ(lower_->calls, 9);
}

TEST_F(NluModelTest, RefusesWhatDoesNotHoldTogether) {
  EXPECT_EQ(model_->infer(w::Infer{}, std::stop_token()).error().reason(), "invalid_tensor");
  EXPECT_EQ(model_->signature(), wire::nlu_signature());
}

TEST_F(NluModelTest, ComputesNothingMoreOnceItIsToldToStop) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(model_->infer(wire::call_of(two_texts({3})), stop.get_token()).ok());
  EXPECT_EQ(lower_->calls + upper_->calls, 0);
  EXPECT_EQ(ask(two_texts({3})).size(), 3) << "what came to an end before is none of its business";
}

TEST(RowMemory, ForgetsWhatWasNotAskedForLongest) {
  RowMemory memory(30);
  const auto states = [] { return std::make_shared<const std::string>(9, 'x'); };
  for (const char* key : {"a", "b", "c"}) memory.keep(key, states());
  EXPECT_NE(memory.find("a"), nullptr);
  memory.keep("d", states());
  EXPECT_EQ(memory.find("b"), nullptr);
  for (const char* key : {"a", "c", "d"}) EXPECT_NE(memory.find(key), nullptr) << key;
  memory.keep("e", std::make_shared<const std::string>(30, 'x'));
  EXPECT_EQ(memory.find("e"), nullptr);
  EXPECT_EQ(memory.taken(), 30);
}

}  // namespace
}  // namespace gatehouse::adapters
