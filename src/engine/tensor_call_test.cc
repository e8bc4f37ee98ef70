#include "gatehouse/engine/tensor_call.h"

#include <gtest/gtest.h>

#include <vector>

#include "gatehouse/base/clock.h"

namespace gatehouse::engine {
namespace {

namespace w = wire::engine;

struct CountingChannel final : JobChannel {
  void send(JobId, const w::Body& body) override { cancels += std::holds_alternative<w::Cancel>(body) ? 1 : 0; }
  void forget(JobId) override { ++forgotten; }
  int cancels = 0, forgotten = 0;
};

class TensorCallTest : public testing::Test {
 protected:
  const SystemClock clock;
  Reactor reactor{0, clock};
  CountingChannel channel;
};

TEST_F(TensorCallTest, IsCancelledWhereNobodyWaitsForItAnyMore) {
  {
    const TensorCall call(reactor, channel, JobId(1));
  }
  EXPECT_EQ(channel.cancels, 1);
  EXPECT_EQ(channel.forgotten, 1);
}

TEST_F(TensorCallTest, EndsOnceAndIsNotCancelledThen) {
  {
    TensorCall call(reactor, channel, JobId(1));
    EXPECT_TRUE(call.deliver(w::Body(w::Inferred{})));
    EXPECT_TRUE(call.take().inferred.has_value());
    EXPECT_FALSE(call.take().inferred.has_value());
  }
  {
    TensorCall call(reactor, channel, JobId(2));
    EXPECT_TRUE(call.deliver(w::Body(w::Refused{})));
    EXPECT_TRUE(call.take().refused.has_value());
  }
  {
    TensorCall call(reactor, channel, JobId(3));
    call.lose();
    EXPECT_TRUE(call.take().lost);
  }
  EXPECT_EQ(channel.cancels + channel.forgotten, 0);
}

TEST_F(TensorCallTest, TakesNothingThatIsForLanguageModels) {
  TensorCall call(reactor, channel, JobId(1));
  EXPECT_FALSE(call.deliver(w::Body(w::Prepared{})));
  EXPECT_FALSE(call.deliver(w::TokenEvent{}));
}

}  // namespace
}  // namespace gatehouse::engine
