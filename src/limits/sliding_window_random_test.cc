// Windows under random calls, beside a log that forgets nothing it need not: what no table can show.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <vector>

#include "gatehouse/limits/sliding_window.h"
#include "test_moment.h"

namespace gatehouse::limits {
namespace {

// Each call with its moment, and no thought for memory.
class NaiveLog {
 public:
  explicit NaiveLog(const SlidingWindow& rule) : rule_(rule) {}
  Units held(std::int64_t now) {
    while (!calls_.empty() && calls_.front().at <= now - rule_.window.count()) {
      held_ -= calls_.front().units;
      calls_.pop_front();
      ++gone_;
    }
    return held_;
  }
  std::size_t add(std::int64_t now, Units units) {
    calls_.push_back({now, units});
    held_ += units;
    return gone_ + calls_.size() - 1;
  }
  void give_back(std::size_t call, Units units) {
    if (call < gone_) return;
    calls_[call - gone_].units -= units;
    held_ -= units;
  }

 private:
  struct Call {
    std::int64_t at;
    Units units;
  };
  SlidingWindow rule_;
  std::deque<Call> calls_;
  Units held_ = 0;
  std::size_t gone_ = 0;
};

class Rivals {
 public:
  explicit Rivals(std::uint64_t seed) : dice_(seed) {
    constexpr Units limits[] = {1, 2, 7, 60, 600, 4095, 4096, 4097, 5000, 60'000, 1'000'000, 40'000'000'000};
    rule_.limit = limits[below(std::size(limits))];
    rule_.window = nanoseconds(below(2) == 0 ? 1000 + below(1000) : 60'000'000'000);
    early_ = rule_.limit <= 4096 ? 0 : rule_.limit / 1024;
    largest_ = 1 + (below(2) == 0 ? 0 : below(std::max<Units>(rule_.limit / (1 + below(50)), 1)));
    share_ = static_cast<double>(std::min(largest_, rule_.limit)) / static_cast<double>(rule_.limit);
    naive_ = NaiveLog(rule_);
    look(rule_, log_, 0, at_ns(clock_));  // from here on a clock that goes back is seen to
  }

  void run(std::uint64_t steps) {
    for (std::uint64_t i = 0; i < steps && !testing::Test::HasFailure(); ++i) step();
    EXPECT_LE(log_.entries() * 16, WindowLog::most_bytes(rule_));
  }

  std::uint64_t refused = 0, admitted = 0, late = 0, settled = 0;

 private:
  struct Open {
    Hold hold;
    std::size_t call;
  };
  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(dice_); }

  void pass_time() {
    const auto window = static_cast<std::uint64_t>(rule_.window.count());
    switch (below(12)) {
      case 0:
        break;  // the same moment
      case 1:
        clock_ += static_cast<std::int64_t>(below(2 * window));
        break;  // a pause
      case 2:
        clock_ -= static_cast<std::int64_t>(below(std::max(window / 8, std::uint64_t{1})));
        break;  // a step backwards
      case 3:
        clock_ += static_cast<std::int64_t>(below(50) == 0 ? 100 * window : window / 16);
        break;
      default:
        clock_ += static_cast<std::int64_t>(below(2 + static_cast<std::uint64_t>(0.7 * static_cast<double>(window) * share_)));
    }
    now_ = std::max(now_, clock_);
  }

  void step() {
    pass_time();
    if (!open_.empty() && below(3) == 0) settle_one();
    const Units volume = below(20) == 0 ? below(2 * rule_.limit) : below(largest_ + 1);
    const Decision said = look(rule_, log_, volume, at_ns(clock_));
    const Units held = naive_.held(now_);
    if (said.admitted) {
      ASSERT_LE(held + volume, rule_.limit) << "a window is over";
      take(volume);
    } else {
      ++refused;
      ASSERT_GT(held + volume + early_, rule_.limit) << "refused although there is room";
      if (log_.entries() < 64 || below(200) == 0) check_retry(said, volume);
    }
    ASSERT_GE(log_.held(), naive_.held(now_));
    if (log_.held() > naive_.held(now_)) ++late;
    ASSERT_LE(log_.held(), naive_.held(now_) + early_);
  }

  void take(Units volume) {
    ++admitted;
    const Hold hold = spend(rule_, log_, volume, Spend::by_use, at_ns(clock_));
    if (volume == 0) return;
    const std::size_t call = naive_.add(now_, volume);
    if (below(4) == 0) open_.push_back({hold, call});
  }

  void settle_one() {
    const std::size_t which = below(open_.size());
    const Open one = open_[which];
    open_[which] = open_.back();
    open_.pop_back();
    const Units used = below(2) == 0 ? 0 : below(one.hold.amount + 1);
    naive_.held(now_);
    settle(rule_, log_, one.hold, used, at_ns(clock_));
    naive_.give_back(one.call, one.hold.amount - used);
    ++settled;
  }

  // Waiting as long as was said is enough, and where the log is exact, no less would be.
  void check_retry(const Decision& said, Units volume) {
    if (said.retry.is_never()) {
      ASSERT_GT(volume, rule_.limit);
      return;
    }
    ASSERT_TRUE(said.retry.time() && *said.retry.time() > nanoseconds(0));
    const std::int64_t then = clock_ + said.retry.time()->count();
    WindowLog later = log_, sooner = log_;
    ASSERT_TRUE(look(rule_, later, volume, at_ns(then)).admitted);
    ASSERT_FALSE(look(rule_, sooner, volume, at_ns(then - 1)).admitted);
    ASSERT_TRUE(full_again(rule_, later, at_ns(clock_ + said.reset.time()->count())));
  }

  std::mt19937_64 dice_;
  SlidingWindow rule_;
  Units early_ = 0, largest_ = 1;
  double share_ = 1;  // of the limit that a call is at most, but for a few
  WindowLog log_;
  NaiveLog naive_{rule_};
  std::int64_t clock_ = 1'000'000'000'000, now_ = clock_;
  std::vector<Open> open_;
};

TEST(SlidingWindowRandom, NoWindowIsEverOverAndNothingIsRefusedThatALogAdmits) {
  const std::uint64_t rounds = std::getenv("GATEHOUSE_SOAK") != nullptr ? 10'000 : 200, steps = 5000;
  const std::uint64_t first = std::random_device()();
  std::printf("%llu steps, seeds from %llu\n", static_cast<unsigned long long>(rounds * steps), static_cast<unsigned long long>(first));
  std::uint64_t refused = 0, admitted = 0, late = 0, settled = 0;
  for (std::uint64_t seed = first; seed < first + rounds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Rivals rivals(seed);
    rivals.run(steps);
    refused += rivals.refused, admitted += rivals.admitted, late += rivals.late, settled += rivals.settled;
  }
  EXPECT_GT(refused, rounds * steps / 20) << "else hardly a limit was reached";
  EXPECT_GT(admitted, rounds * steps / 20);
  EXPECT_GT(settled, rounds * steps / 100);
  EXPECT_GT(late, 0U) << "else nothing was put together";
}

}  // namespace
}  // namespace gatehouse::limits
