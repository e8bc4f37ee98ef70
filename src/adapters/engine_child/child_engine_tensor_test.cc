// A tensor model behind the same supervision: what it tells of itself, and calls of it.
#include <gtest/gtest.h>

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
  void flowers(int number) {
    release_files();
    until([&] { return spawner.counts.made == number; });
    EXPECT_EQ(spawner.control->expect<w::LoadTensors>().model, "flowers");
    w::Signature signature;
    signature.inputs.emplace_back().name = "X";
    EXPECT_TRUE(spawner.control->send(0, signature));
    tell(w::ModelState::ready);
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
