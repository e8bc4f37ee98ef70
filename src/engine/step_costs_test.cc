#include "gatehouse/engine/step_costs.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "gatehouse/base/fake_clock.h"
#include "gatehouse/engine/scripted_model.h"
#include "test_timed_model.h"

namespace gatehouse::engine {
namespace {

constexpr double ms = 1e6;

// A step of one sequence takes 8 ms and each further one 1 ms; a prompt 10 ms and 1 ms a token.
StepCosts costs() { return {.decode = {7 * ms, ms}, .prefill = {10 * ms, ms}}; }

TEST(PrefillChunk, FillsTheGapBesideTheDecodeStep) {
  struct Row {
    const char* what;
    std::uint32_t decoding;
    int gap_ms;
    std::uint32_t most, chunk;
  };
  const std::vector<Row> rows = {
      {"nothing in the way", 1, 1000, 128, 128},
      {"100 - 8 - 10 = 82 tokens, in tiles", 1, 100, 128, 80},
      {"with more that decode there is less room", 16, 100, 128, 64},
      {"as long as the decode step itself, whatever the gap", 93, 100, 128, 80},
      {"not fewer than 64", 1, 20, 128, 64},
      {"but never more than most", 1, 20, 24, 24},
      {"most need not be a tile", 1, 1000, 100, 100},
      {"nobody decodes", 0, 100, 512, 80},
      {"no chunk at all", 1, 100, 0, 0},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(prefill_chunk(costs(), row.decoding, milliseconds(row.gap_ms), row.most), row.chunk) << row.what;
  }
}

TEST(PrefillChunk, IsTheMostWhereNothingHasBeenMeasured) {
  EXPECT_EQ(prefill_chunk(StepCosts(), 16, milliseconds(1), 128), 128U);
  CostModel model;
  model.saw_prefill(64, nanoseconds(0));
  EXPECT_EQ(prefill_chunk(model.costs(), 16, milliseconds(1), 128), 128U);
}

TEST(CostLine, FindsTheFixedPartAndTheSlope) {
  CostLine line;
  for (const std::uint32_t count : {1U, 16U, 4U, 16U}) line.saw(count, milliseconds(7 + count));
  EXPECT_NEAR(line.cost().fixed, 7 * ms, 1);
  EXPECT_NEAR(line.cost().each, 1 * ms, 1);
  EXPECT_NEAR(line.cost().of(10), 17 * ms, 1);
}

TEST(CostLine, OfOneCountAloneGoesThroughNothing) {
  CostLine line;
  for (int i = 0; i < 3; ++i) line.saw(128, milliseconds(256));
  EXPECT_EQ(line.cost().fixed, 0);
  EXPECT_NEAR(line.cost().of(64), 128 * ms, 1);
}

TEST(CostLine, NeverGoesDownNorBeginsBelowNothing) {
  CostLine down, below;
  down.saw(10, milliseconds(20));
  down.saw(20, milliseconds(10));
  EXPECT_EQ(down.cost().each, 0);
  below.saw(10, milliseconds(1));
  below.saw(20, milliseconds(20));
  EXPECT_GE(below.cost().fixed, 0);
  EXPECT_GT(below.cost().each, 0);
}

TEST(CostLine, FollowsAMachineThatBecomesSlower) {
  CostModel model;
  for (const std::uint32_t tokens : {16U, 48U}) model.saw_prefill(tokens, milliseconds(tokens));
  for (int i = 0; i < 10; ++i) model.saw_decode(16, milliseconds(20));
  const auto chunk = [&] { return prefill_chunk(model.costs(), 16, milliseconds(250), 128); };
  ASSERT_EQ(chunk(), 128U);
  int steps = 0;
  for (; chunk() > 64 && steps < 100; ++steps) model.saw_prefill(chunk(), milliseconds(4 * chunk()));
  EXPECT_LT(steps, 30);
  for (steps = 0; chunk() < 128 && steps < 200; ++steps) model.saw_prefill(chunk(), milliseconds(chunk()));
  EXPECT_LT(steps, 100) << "and when it is fast again";
}

// ---- Rehearsal ----

struct Rehearsed {
  explicit Rehearsed(std::uint32_t seats, std::uint32_t cells = 256, std::function<void()> before_pass = {}) {
    ScriptedOptions options;
    options.seats = seats;
    options.seat_cells = cells;
    options.before_pass = std::move(before_pass);
    scripted = scripted_model(std::move(options), &trace);
    timed = std::make_unique<TimedModel>(*scripted.sequences, clock);
  }
  StepCosts after(nanoseconds most) { return rehearse(*timed, clock, most).costs(); }
  FakeClock clock;
  ScriptedTrace trace;
  LoadedModel scripted;
  std::unique_ptr<TimedModel> timed;
};

TEST(Rehearsal, LearnsWhatStepsTakeAndLeavesTheModelAsItWas) {
  Rehearsed r(16);
  const StepCosts learnt = r.after(seconds(1));
  EXPECT_NEAR(learnt.decode.fixed, 7 * ms, 1);
  EXPECT_NEAR(learnt.decode.each, 1 * ms, 1);
  EXPECT_NEAR(learnt.prefill.fixed, 7 * ms, 1);
  EXPECT_NEAR(learnt.prefill.each, 1 * ms, 1);
  EXPECT_EQ(r.trace.open_seats, 0U);
}

TEST(Rehearsal, OfOneSeatFitsTheSmallestThatIsRehearsed) {
  Rehearsed small(1, 72), smaller(1, 71);
  EXPECT_GT(small.after(seconds(1)).prefill.each, 0);
  EXPECT_EQ(smaller.after(seconds(1)).prefill.each, 0);
  EXPECT_EQ(smaller.trace.prefill_passes, 0U);
}

TEST(Rehearsal, EndsWhenItsTimeIsOver) {
  Rehearsed r(16);
  const Instant began = r.clock.now();
  r.after(milliseconds(10));
  EXPECT_EQ(r.clock.now() - began, milliseconds(7 + 8)) << "one pass";
  EXPECT_EQ(r.trace.open_seats, 0U);
}

TEST(Rehearsal, EndsAtAPassThatFails) {
  int passes = 0;
  Rehearsed r(4, 256, [&passes] {
    if (++passes == 3) throw std::runtime_error("scripted");
  });
  EXPECT_GT(r.after(seconds(1)).decode.each, 0) << "what came before it is known";
  EXPECT_EQ(passes, 3);
  EXPECT_EQ(r.trace.open_seats, 0U);
}

}  // namespace
}  // namespace gatehouse::engine
