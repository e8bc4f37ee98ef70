#include "child_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::adapters {
namespace {

using testing::HasSubstr;

constexpr milliseconds interval{500};

// A watch with a patience of 5 s, looked at twice a second.
class ChildWatchTest : public testing::Test {
 protected:
  ChildWatchTest() { watch.begin(now); }
  // The child answers each question, until it hangs or that time is over. How long that took.
  nanoseconds answers_until_it_hangs(nanoseconds most, nanoseconds usual = nanoseconds(0)) {
    const Instant began = now;
    while (now - began < most) {
      wire::engine::State told;
      told.step_us = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - step_began).count());
      told.usual_step_us = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(usual).count());
      watch.heard(told);
      now += interval;
      if (!(said = watch.look(now)).empty()) break;
    }
    return now - began;
  }
  nanoseconds silent_until_it_hangs(nanoseconds most) {
    const Instant began = now;
    while (now - began < most && said.empty()) said = watch.look(now += interval);
    return now - began;
  }

  Instant now{std::chrono::hours(1)};
  Instant step_began{now};
  std::string said;
  ChildWatch watch{seconds(5), interval};
};

TEST_F(ChildWatchTest, OneThatSaysNothingHangs) {
  EXPECT_EQ(silent_until_it_hangs(seconds(60)), milliseconds(5500));
  EXPECT_THAT(said, HasSubstr("nothing was heard of it for 5.5 s"));
}

TEST_F(ChildWatchTest, OneThatIsInOneStepForTooLongHangs) {
  EXPECT_LE(answers_until_it_hangs(seconds(60), milliseconds(20)), milliseconds(6500));
  EXPECT_THAT(said, HasSubstr("where 0.0 s is usual"));
}

TEST_F(ChildWatchTest, AStepMayTakeTwentyTimesWhatIsUsual) {
  EXPECT_EQ(answers_until_it_hangs(seconds(59), seconds(3)), seconds(59));
  EXPECT_EQ(said, "");
  EXPECT_LE(answers_until_it_hangs(seconds(60), seconds(3)), seconds(4));
  EXPECT_THAT(said, HasSubstr("where 3.0 s is usual"));
}

TEST_F(ChildWatchTest, OneStepAfterAnotherIsNoHang) {
  for (int i = 0; i < 100; ++i) {
    step_began = now;
    EXPECT_EQ(answers_until_it_hangs(seconds(1)), seconds(1));
    EXPECT_EQ(said, "");
  }
}

TEST_F(ChildWatchTest, OneThatRestsIsNoHang) {
  for (int i = 0; i < 100; ++i) {
    watch.heard(wire::engine::State());
    EXPECT_EQ(watch.look(now += interval), "");
  }
}

TEST_F(ChildWatchTest, TimeInWhichWeStoodStillSaysNothing) {
  now += std::chrono::hours(1);
  EXPECT_EQ(watch.look(now), "");
  wire::engine::State told;
  told.step_us = 3'600'000'000;  // its clock went on, too
  watch.heard(told);
  EXPECT_EQ(watch.look(now += interval), "");
  EXPECT_EQ(silent_until_it_hangs(seconds(60)), seconds(5)) << "and it is watched on";
}

TEST_F(ChildWatchTest, ANewChildBeginsAnew) {
  silent_until_it_hangs(seconds(4));
  watch.begin(now);
  EXPECT_EQ(silent_until_it_hangs(seconds(60)), milliseconds(5500));
}

TEST_F(ChildWatchTest, WithoutPatienceThereIsNoEnd) {
  ChildWatch endless(nanoseconds(0), interval);
  endless.begin(now);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(endless.look(now += interval), "");
}

}  // namespace
}  // namespace gatehouse::adapters
