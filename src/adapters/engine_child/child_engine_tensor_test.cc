// A tensor model behind the same supervision: what it tells of itself, and calls of it.
#include <gtest/gtest.h>

#include "gatehouse/trees/codec.h"
#include "gatehouse/trees/tensor_predictor.h"
#include "test_child_engine.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;

class TensorChildTest : public ChildEngineTest {
 protected:
  TensorChildTest() {
    ChildEngineOptions options;
    options.tensors.emplace().model = "flowers";
    remake(std::move(options));
    engine->start();
  }
  void flowers(int number, const std::string& plan = {}) {
    release_files();
    until([&] { return spawner.counts.made == number; });
    EXPECT_EQ(spawner.control->expect<w::LoadTensors>().model, "flowers");
    w::Signature signature;
    wire::TensorSpec& input = signature.inputs.emplace_back();
    input.name = "X";
    input.shape = {-1, 1};
    signature.outputs.push_back(input);
    signature.outputs.front().name = "Y";
    EXPECT_TRUE(spawner.control->send(0, signature));
    if (!plan.empty()) {
      EXPECT_TRUE(spawner.control->send(0, w::Native{plan}));
    }
    tell(w::ModelState::ready);
  }
  // Y = (X − 1) · 2
  static std::string doubling() {
    trees::Plan plan;
    plan.inputs = {{"X", trees::Kind::floats, 1}};
    plan.steps.emplace_back(trees::Scale{{trees::Kind::floats, {0}}, {1}, {2}, 1});
    plan.outputs = {{"Y", {trees::Kind::floats, {1}}, trees::Form::matrix}};
    plan.floats = 2;
    return trees::write_plan(plan);
  }
  std::string infer_says() {
    auto call = engine->infer(reactor, w::Infer());
    return call ? "sent" : std::string(call.error().reason());
  }
};

TEST_F(TensorChildTest, TellsItsSignatureOnceItIsReady) {
  EXPECT_TRUE(engine->signature()->inputs.empty());
  EXPECT_EQ(infer_says(), "model_loading");
  flowers(1);
  ASSERT_EQ(engine->signature()->inputs.size(), 1U);
  EXPECT_EQ(engine->signature()->inputs.front().name, "X");
  EXPECT_EQ(infer_says(), "sent");
}

TEST_F(TensorChildTest, HandsOverWhatComputesTheSameUntilItIsPutAway) {
  EXPECT_EQ(engine->native(), nullptr);
  flowers(1, doubling());
  ASSERT_NE(engine->native(), nullptr);
  EXPECT_EQ(engine->native()->predictor().features(), 1U);
  child_dies();
  EXPECT_NE(engine->native(), nullptr) << "nothing of the child is needed for it";
  flowers(2, doubling());
  engine->unload();
  settle(reactor);
  EXPECT_EQ(engine->native(), nullptr);
  engine->load();
  flowers(3);
  EXPECT_EQ(engine->native(), nullptr) << "the next child does not say so";
}

TEST_F(TensorChildTest, APlanThatIsNoneLeavesTheEngineAsItIs) {
  flowers(1, "GHTP and what somebody made up");
  EXPECT_EQ(engine->native(), nullptr);
  EXPECT_EQ(infer_says(), "sent");
  EXPECT_THAT(events, testing::Contains("plan refused"));
}

TEST_F(TensorChildTest, ACallIsLostWithItsChildAndTheNextOneAnswers) {
  flowers(1);
  auto call = engine->infer(reactor, w::Infer());
  ASSERT_TRUE(call.ok());
  child_dies();
  EXPECT_TRUE((*call)->take().lost);
  EXPECT_EQ(infer_says(), "model_loading");
  flowers(2);
  EXPECT_EQ(infer_says(), "sent");
  EXPECT_EQ(engine->restarts(), 1U);
}

}  // namespace
}  // namespace gatehouse::adapters
