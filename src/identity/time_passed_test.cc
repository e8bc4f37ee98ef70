#include "gatehouse/identity/time_passed.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace gatehouse::identity {
namespace {

constexpr seconds patience = TimePassed::patience;

// Clocks that go on together, but where the wall clock is set.
class TwoClocks {
 public:
  void pass(seconds time) { wall_ += time, steady_ += time; }
  void set(seconds by) { wall_ += by; }
  TimeKept now() const { return TimeKept(wall_, steady_); }
  store::Moment wall() const { return std::chrono::floor<seconds>(wall_); }

 private:
  WallTime wall_{seconds(1'700'000'000)};
  Instant steady_{seconds(7)};
};

TEST(TimePassed, IsUnknownBehindAStartAndThenTheWallClocks) {
  TwoClocks clocks;
  TimePassed passed;
  EXPECT_EQ(passed.at(clocks.now()), store::Moment());
  clocks.pass(patience - seconds(1));
  EXPECT_EQ(passed.at(clocks.now()), store::Moment());
  clocks.pass(seconds(1));
  EXPECT_EQ(passed.at(clocks.now()), clocks.wall());
  clocks.pass(seconds(12345));
  EXPECT_EQ(passed.at(clocks.now()), clocks.wall());
}

// What comes again after the clock has been set back must not have been forgotten while it ran ahead.
TEST(TimePassed, DoesNotFollowAClockThatIsSetAheadAndBack) {
  TwoClocks clocks;
  TimePassed passed;
  passed.at(clocks.now());
  clocks.pass(patience);
  passed.at(clocks.now());
  clocks.set(seconds(3600));
  EXPECT_EQ(passed.at(clocks.now()), clocks.wall() - seconds(3600));
  clocks.pass(patience - seconds(1));
  EXPECT_EQ(passed.at(clocks.now()), clocks.wall() - seconds(3600));
  clocks.set(seconds(-3600));
  EXPECT_EQ(passed.at(clocks.now()), clocks.wall());
}

TEST(TimePassed, GoesBackWithTheClockAtOnce) {
  TwoClocks clocks;
  TimePassed passed;
  passed.at(clocks.now());
  clocks.pass(patience);
  passed.at(clocks.now());
  clocks.set(seconds(-3600));
  EXPECT_EQ(passed.at(clocks.now()), clocks.wall());
}

TEST(TimePassed, FollowsAClockThatBeganWrong) {
  TwoClocks clocks;
  clocks.set(-std::chrono::years(30));
  TimePassed passed;
  passed.at(clocks.now());
  clocks.pass(seconds(20));
  clocks.set(std::chrono::years(30));
  for (seconds time{0}; time < 2 * patience; time += seconds(60)) {
    passed.at(clocks.now());
    clocks.pass(seconds(60));
  }
  EXPECT_EQ(passed.at(clocks.now()), clocks.wall());
}

// Hours of clocks that are set, for days and for seconds, ahead and back.
class SetClocks {
 public:
  explicit SetClocks(std::uint64_t seed) : dice_(seed) {}

  void go_on() {
    if (draw(0, 9) == 0) clocks_.set(seconds(draw(0, 1) == 0 ? draw(-100'000, 100'000) : draw(-90, 90)));
    clocks_.pass(seconds(draw(0, 1) == 0 ? draw(0, 30) : draw(0, patience.count() + 100)));
    read();
  }
  void stand_for_twice_the_patience() {
    for (seconds time{0}; time < 2 * patience; time += patience / 10) {
      read();
      clocks_.pass(patience / 10);
    }
    read();
    EXPECT_EQ(last_, clocks_.wall()) << "nothing stays for good";
  }

 private:
  void read() {
    seen_.push_back(clocks_.now());
    const bool first = seen_.front().steady + patience > clocks_.now().steady;
    last_ = passed_.at(clocks_.now());
    EXPECT_LE(last_, clocks_.wall());
    if (first) {
      EXPECT_EQ(last_, store::Moment());
    }
    // Whatever of these clocks comes back, and goes on from there, is not behind it.
    for (auto one = seen_.rbegin(); one != seen_.rend() && one->steady + patience > clocks_.now().steady; ++one) {
      ASSERT_LE(last_, std::chrono::floor<seconds>(one->wall + (clocks_.now().steady - one->steady)));
    }
  }
  std::int64_t draw(std::int64_t from, std::int64_t to) { return std::uniform_int_distribution<std::int64_t>(from, to)(dice_); }

  std::mt19937_64 dice_;
  TwoClocks clocks_;
  TimePassed passed_;
  std::vector<TimeKept> seen_;
  store::Moment last_;
};

TEST(TimePassed, IsBehindNoClockOfTheLastWhileAndNoneForGood) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SetClocks clocks(seed);
    for (int n = 0; n < 200; ++n) clocks.go_on();
    clocks.stand_for_twice_the_patience();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace gatehouse::identity
