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
    EXPECT_EQ(prefill_chunk(costs(), row.decoding, 0, milliseconds(row.gap_ms), row.most), row.chunk) << row.what;
  }
}

TEST(PrefillChunk, IsTheMostWhereNothingHasBeenMeasured) {
  EXPECT_EQ(prefill_chunk(StepCosts(), 16, 0, milliseconds(1), 128), 128U);
  CostModel model;
  model.saw_prefill({64, 0}, nanoseconds(0));
  EXPECT_EQ(prefill_chunk(model.costs(), 16, 0, milliseconds(1), 128), 128U);
}

TEST(PrefillChunk, IsSmallerFurtherDown) {
  StepCosts deep = costs();
  deep.prefill.deep = ms / 500;  // after 500 tokens one takes twice as long
  const auto chunk = [&](std::uint32_t depth, int gap) { return prefill_chunk(deep, 1, depth, milliseconds(gap), 128); };
  EXPECT_EQ(chunk(0, 250), 128U);
  EXPECT_EQ(chunk(500, 250), 112U) << "(250 - 8 - 10) / 2 = 116, in tiles";
  EXPECT_EQ(chunk(2000, 250), 64U) << "46, but never fewer";
}

// One prompt that goes on behind so many tokens.
PromptPass behind(std::uint32_t in_front, std::uint32_t tokens) {
  PromptPass pass;
  pass.add(in_front, tokens);
  return pass;
}

// 10 ms, a millisecond a token, and 2 us for each that whole tiles look back at.
nanoseconds time_of(const PromptPass& pass) {
  return nanoseconds(static_cast<std::int64_t>(10 * ms + pass.tokens * ms + 2000 * pass.looks));
}

void see(CostModel& model, const PromptPass& pass) { model.saw_prefill(pass, time_of(pass)); }

void expect_right(const CostModel& model, double share) {
  for (const std::uint32_t deep : {0U, 500U, 1000U, 2000U}) {
    const PromptPass pass = behind(deep, 64);
    const auto real = static_cast<double>(time_of(pass).count());
    EXPECT_NEAR(model.costs().prefill.of(pass), real, real * share) << deep;
  }
}

CostModel that_saw_a_long_prompt() {
  CostModel model;
  for (const std::uint32_t tokens : {16U, 48U}) see(model, behind(0, tokens));
  EXPECT_EQ(model.costs().prefill.deep, 0) << "so far nothing lay deep";
  std::uint32_t depth = 0;
  for (; depth < 512; depth += 128) see(model, behind(depth, 128));
  for (; depth < 2048; depth += 64) see(model, behind(depth, 64));
  return model;
}

TEST(PromptPass, LooksBackByWholeTilesOfEachPrompt) {
  EXPECT_EQ(behind(1000, 64).looks, 64 * 1032.0);
  EXPECT_EQ(behind(1000, 40).looks, 64 * 1020.0) << "as much as a whole tile";
  EXPECT_EQ(behind(1000, 2).looks, 4 * 1001.0) << "twice as much as if it were in one";
  PromptPass two = behind(0, 10);
  two.add(500, 70);
  EXPECT_EQ(two.tokens, 80U);
  EXPECT_EQ(two.looks, 20 * 5.0 + 128 * 535.0);
}

TEST(CostModel, LearnsWhatDepthCosts) { expect_right(that_saw_a_long_prompt(), 0.25); }

TEST(CostModel, IsNotMisledByShortRestsFarDown) {
  CostModel model = that_saw_a_long_prompt();
  for (std::uint32_t i = 0; i < 200; ++i) see(model, behind(i % 2 == 0 ? 0 : 2000, 8 + i % 23));
  expect_right(model, 0.35);
  EXPECT_GT(model.costs().prefill.each, 0) << "a prompt that begins is not free";
}

TEST(CostModel, OfShortPromptsAloneKeepsWhatItKnowsOfDepth) {
  CostModel model = that_saw_a_long_prompt();
  EXPECT_NEAR(model.costs().prefill.deep, 2000, 400);
  for (int i = 0; i < 500; ++i) see(model, behind(0, 40));
  EXPECT_NEAR(model.costs().prefill.deep, 2000, 600);
  EXPECT_NEAR(model.costs().prefill.of(behind(0, 40)), static_cast<double>(time_of(behind(0, 40)).count()), 5 * ms);
}

TEST(CostModel, BelievesNoPassThatStoodStill) {
  CostModel model = that_saw_a_long_prompt();
  model.saw_prefill(behind(2048, 64), seconds(60));
  for (int i = 0; i < 20; ++i) see(model, behind(0, 40));
  expect_right(model, 1);
}

TEST(CostLine, FindsTheFixedPartAndTheSlope) {
  CostLine line;
  for (const std::uint32_t count : {1U, 16U, 4U, 16U}) line.saw(count, (7 + count) * ms);
  EXPECT_NEAR(line.cost().fixed, 7 * ms, 1);
  EXPECT_NEAR(line.cost().each, 1 * ms, 1);
  EXPECT_NEAR(line.cost().of(10), 17 * ms, 1);
}

TEST(CostLine, OfOneCountAloneGoesThroughNothing) {
  CostLine line;
  for (int i = 0; i < 3; ++i) line.saw(128, 256 * ms);
  EXPECT_EQ(line.cost().fixed, 0);
  EXPECT_NEAR(line.cost().of(64), 128 * ms, 1);
}

TEST(CostLine, NeverGoesDownNorBeginsBelowNothing) {
  CostLine down, below;
  down.saw(10, 20 * ms);
  down.saw(20, 10 * ms);
  EXPECT_EQ(down.cost().each, 0);
  below.saw(10, ms);
  below.saw(20, 20 * ms);
  EXPECT_GE(below.cost().fixed, 0);
  EXPECT_GT(below.cost().each, 0);
}

TEST(CostLine, FollowsAMachineThatBecomesSlower) {
  CostModel model;
  for (const std::uint32_t tokens : {16U, 48U}) model.saw_prefill({tokens, 0}, milliseconds(tokens));
  for (int i = 0; i < 10; ++i) model.saw_decode(16, milliseconds(20));
  const auto chunk = [&] { return prefill_chunk(model.costs(), 16, 0, milliseconds(250), 128); };
  ASSERT_EQ(chunk(), 128U);
  int steps = 0;
  for (; chunk() > 64 && steps < 100; ++steps) model.saw_prefill({chunk(), 0}, milliseconds(4 * chunk()));
  EXPECT_LT(steps, 30);
  for (steps = 0; chunk() < 128 && steps < 200; ++steps) model.saw_prefill({chunk(), 0}, milliseconds(chunk()));
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
