#include "gatehouse/engine/model_speed.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "gatehouse/engine/scripted_model.h"
#include "test_timed_model.h"

namespace gatehouse::engine {
namespace {

struct Measured {
  Result<ModelSpeed> speed;
  std::uint64_t open_seats;
};

Measured measure(ScriptedOptions options, nanoseconds each = seconds(1)) {
  FakeClock clock;
  ScriptedTrace trace;
  const LoadedModel scripted = scripted_model(std::move(options), &trace);
  TimedModel timed(*scripted.sequences, clock);
  Result<ModelSpeed> speed = measure_speed(timed, clock, each);
  return {std::move(speed), trace.open_seats};
}

TEST(ModelSpeed, IsWhatItsPassesTakeAndLeavesTheModelAsItWas) {
  const Measured measured = measure({.seats = 16, .seat_cells = 512, .threads = 2, .before_pass = {}});
  ASSERT_TRUE(measured.speed.ok()) << measured.speed.error().describe();
  EXPECT_EQ(measured.speed->threads, 2U);
  EXPECT_NEAR(measured.speed->prefill, 256 / 0.263, 1e-6);  // 7 ms, and 1 ms a token
  ASSERT_EQ(measured.speed->decode.size(), 3U);
  const double passes[] = {0.008, 0.011, 0.023};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(measured.speed->decode[i].tokens, measured.speed->decode[i].sequences / passes[i], 1e-6);
  EXPECT_EQ(measured.open_seats, 0U);
}

TEST(ModelSpeed, TellsNothingOfCrowdsThatFindNoSeats) {
  const Measured measured = measure({.seats = 4, .seat_cells = 512, .threads = 1, .before_pass = {}});
  ASSERT_TRUE(measured.speed.ok());
  ASSERT_EQ(measured.speed->decode.size(), 2U);
  EXPECT_EQ(measured.speed->decode.back().sequences, 4U);
}

TEST(ModelSpeed, OfShortSeatsIsMeasuredAsFarAsTheyGo) {
  const Measured measured = measure({.seats = 1, .seat_cells = 3, .threads = 1, .before_pass = {}}, seconds(100));
  ASSERT_TRUE(measured.speed.ok());
  EXPECT_NEAR(measured.speed->prefill, 3 / 0.010, 1e-6);
  EXPECT_NEAR(measured.speed->decode.at(0).tokens, 1 / 0.008, 1e-6);
}

TEST(ModelSpeed, PassesOnWhatFails) {
  int passes = 0;
  const Measured measured = measure({.seats = 4, .seat_cells = 512, .threads = 1, .before_pass = [&passes] {
                                       if (++passes == 5) throw std::runtime_error("scripted");
                                     }});
  EXPECT_FALSE(measured.speed.ok());
  EXPECT_EQ(measured.open_seats, 0U);
}

}  // namespace
}  // namespace gatehouse::engine
