#include "gatehouse/limits/allowance.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "test_moment.h"
#include "test_zone_file.h"

namespace gatehouse::limits {
namespace {

Zone ruled(std::string_view rule) { return Zone::parse(zone_file({0}, {}, rule)).value(); }

const Zone& berlin() {
  static const Zone zone = ruled("CET-1CEST,M3.5.0,M10.5.0/3");
  return zone;
}

std::int64_t utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  const std::chrono::sys_days date{std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)};
  return date.time_since_epoch().count() * std::int64_t{86400} + hour * 3600 + minute * 60;
}

WallTime wall(std::int64_t second) { return WallTime(seconds(second)); }

TEST(Days, BeginAtTheMidnightOfTheirZone) {
  EXPECT_EQ(period_at(Period::day, Zone::utc(), wall(utc(2026, 11, 22, 23, 59))), (Stretch{utc(2026, 11, 22), utc(2026, 11, 23)}));
  EXPECT_EQ(period_at(Period::day, berlin(), wall(utc(2026, 11, 22, 22, 59))), (Stretch{utc(2026, 11, 21, 23), utc(2026, 11, 22, 23)}));
  EXPECT_EQ(period_at(Period::day, berlin(), wall(utc(2026, 11, 22, 23))), (Stretch{utc(2026, 11, 22, 23), utc(2026, 11, 23, 23)}));
  EXPECT_EQ(period_at(Period::day, Zone::utc(), wall(-1)), (Stretch{-86400, 0}));
}

TEST(Days, AreShorterAndLongerWhereClocksAreMoved) {
  const Stretch spring = period_at(Period::day, berlin(), wall(utc(2026, 3, 29, 12)));
  EXPECT_EQ(spring, (Stretch{utc(2026, 3, 28, 23), utc(2026, 3, 29, 22)}));
  EXPECT_EQ(spring.ends - spring.begins, 23 * 3600);
  const Stretch autumn = period_at(Period::day, berlin(), wall(utc(2026, 10, 25, 12)));
  EXPECT_EQ(autumn.ends - autumn.begins, 25 * 3600);
}

TEST(Days, WithoutAMidnightBeginWhereTheClockGoesPastIt) {
  const Zone zone = ruled("<-03>3<-02>,M10.3.0/0,M2.3.0/0");  // forward and back at midnight
  const Stretch spring = period_at(Period::day, zone, wall(utc(2026, 10, 18, 12)));
  EXPECT_EQ(spring, (Stretch{utc(2026, 10, 18, 3), utc(2026, 10, 19, 2)})) << "from 01:00 to midnight";
  EXPECT_EQ(period_at(Period::day, zone, wall(utc(2026, 10, 18, 2, 59))).ends, spring.begins);
}

TEST(Days, AreNotHadTwiceWhereClocksGoBackAcrossMidnight) {
  const Zone zone = ruled("NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01");  // at 00:01 it is 23:01 again
  const std::int64_t midnight = utc(2026, 11, 1, 2, 30);           // of the first of November, in summer time
  EXPECT_EQ(period_at(Period::day, zone, wall(midnight - 1)).ends, midnight);
  const Stretch first = period_at(Period::day, zone, wall(midnight));
  EXPECT_EQ(first.begins, midnight);
  for (const int minutes : {0, 1, 30, 61, 62, 600}) {
    EXPECT_EQ(period_at(Period::day, zone, wall(midnight + minutes * 60)), first) << minutes;
  }
}

TEST(Days, MayBeSkippedAltogether) {
  const std::int64_t jump = utc(2011, 12, 30, 10);  // from -10 to +14 hours: the 30th was not there
  const Zone zone = Zone::parse(zone_file({-36'000, 50'400}, {{0, 0}, {jump, 1}}, "")).value();
  EXPECT_EQ(period_at(Period::day, zone, wall(jump - 1)), (Stretch{jump - 86400, jump}));
  EXPECT_EQ(period_at(Period::day, zone, wall(jump)), (Stretch{jump, jump + 86400}));
}

TEST(Months, HaveTheirLengths) {
  const std::array<unsigned, 12> lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (const int year : {2025, 2026, 2028, 2100, 2000}) {
    const bool leap = std::chrono::year(year).is_leap();
    for (unsigned month = 1; month <= 12; ++month) {
      const std::int64_t length = (lengths[month - 1] + (leap && month == 2 ? 1 : 0)) * std::int64_t{86400};
      for (const std::int64_t into : {std::int64_t{0}, std::int64_t{12345}, length - 1}) {
        const Stretch when = period_at(Period::month, Zone::utc(), wall(utc(year, month, 1) + into));
        EXPECT_EQ(when, (Stretch{utc(year, month, 1), utc(year, month, 1) + length})) << year << '-' << month;
      }
    }
  }
  EXPECT_EQ(period_at(Period::month, berlin(), wall(utc(2026, 3, 31, 22))), (Stretch{utc(2026, 3, 31, 22), utc(2026, 4, 30, 22)}));
}

class AllowanceTest : public testing::Test {
 protected:
  Moment moment(std::int64_t second) const { return at_second(second); }
  Decision decide(std::int64_t second, Units volume = 1) {
    const Decision said = look(rule, count, volume, moment(second));
    if (said.admitted) spend(rule, count, volume, Spend::at_once, moment(second));
    return said;
  }
  Allowance rule{3, Period::day, &berlin()};
  AllowanceCount count;
  const std::int64_t noon = utc(2026, 11, 22, 11);
};

TEST_F(AllowanceTest, IsThereAgainAtMidnight) {
  EXPECT_EQ(decide(noon, 2), admit(1, in_seconds(12 * 3600)));
  EXPECT_EQ(decide(noon, 2), refuse(1, in_seconds(12 * 3600), in_seconds(12 * 3600)));
  EXPECT_EQ(decide(noon, 4), refuse(1, in_seconds(12 * 3600), Wait::never()));
  EXPECT_EQ(decide(noon + 12 * 3600 - 1, 1), admit(0, in_seconds(1)));
  EXPECT_EQ(decide(noon + 12 * 3600, 3), admit(0, in_seconds(24 * 3600)));
}

TEST_F(AllowanceTest, WaitsAreTrueToTheNanosecond) {
  decide(noon, 3);
  const Moment now = at_ns(noon * 1'000'000'000 + 123'456'789);
  const Decision said = look(rule, count, 1, now);
  ASSERT_FALSE(said.admitted);
  const std::int64_t then = noon * 1'000'000'000 + 123'456'789 + said.retry.time()->count();
  AllowanceCount later = count;
  EXPECT_FALSE(look(rule, count, 1, at_ns(then - 1)).admitted);
  EXPECT_TRUE(look(rule, later, 1, at_ns(then)).admitted);
}

TEST_F(AllowanceTest, AClockThatGoesBackAnHourFindsTheDayAsItWas) {
  const std::int64_t midnight = noon + 12 * 3600;
  decide(midnight - 10, 3);
  EXPECT_TRUE(decide(midnight + 10, 2).admitted);
  EXPECT_FALSE(decide(midnight - 3600 + 10, 1).admitted) << "that day is spent";
  EXPECT_EQ(decide(midnight + 20, 1).remaining, 0U) << "and this one is where it was left";
  EXPECT_FALSE(decide(midnight + 30, 1).admitted);
}

TEST_F(AllowanceTest, AClockThatGoesFarBackBeginsWithWhatIsRemembered) {
  decide(noon, 2);
  decide(noon + 400 * 86400, 1);
  EXPECT_EQ(decide(noon - 86400, 0).remaining, 1U);
}

TEST_F(AllowanceTest, ATotalNeverResets) {
  rule.period = Period::total;
  EXPECT_EQ(decide(noon, 0), admit(3, Wait()));
  EXPECT_EQ(decide(noon, 3), admit(0, Wait::never()));
  EXPECT_EQ(decide(noon + 4000 * 86400), refuse(0, Wait::never(), Wait::never()));
}

TEST_F(AllowanceTest, OfATotalWhatIsReservedMayComeBackAndNobodyKnowsWhen) {
  rule.period = Period::total;
  const Hold hold = spend(rule, count, 3, Spend::by_use, moment(noon));
  EXPECT_EQ(decide(noon), refuse(0, Wait::unknown(), Wait::unknown()));
  settle(rule, count, hold, 2, moment(noon));
  EXPECT_EQ(decide(noon), admit(0, Wait::never()));
}

TEST_F(AllowanceTest, IsSettledInThePeriodThatItWasReservedIn) {
  const Hold hold = spend(rule, count, 2, Spend::by_use, moment(noon));
  const std::int64_t tomorrow = noon + 86400;
  EXPECT_EQ(decide(tomorrow, 1).remaining, 2U);
  settle(rule, count, hold, 1, moment(tomorrow));
  EXPECT_EQ(count.current.taken(), 1U);
  EXPECT_EQ(count.previous.spent, 1U);
  EXPECT_EQ(count.previous.reserved, 0U);
  settle(rule, count, Hold{utc(2020, 1, 1), 2}, 2, moment(tomorrow));
  EXPECT_EQ(count.current.taken(), 1U) << "what is forgotten is settled nowhere";
}

TEST_F(AllowanceTest, MoreThanWasReservedCountsAndIsHeldAgainstIt) {
  const Hold hold = spend(rule, count, 1, Spend::by_use, moment(noon));
  settle(rule, count, hold, 9, moment(noon));
  EXPECT_EQ(decide(noon, 1).remaining, 0U);
  EXPECT_TRUE(decide(noon, 0).admitted);
}

TEST_F(AllowanceTest, HugeNumbersDoNotOverflow) {
  spend(rule, count, std::numeric_limits<Units>::max(), Spend::by_use, moment(noon));
  spend(rule, count, std::numeric_limits<Units>::max(), Spend::at_once, moment(noon));
  EXPECT_FALSE(decide(noon, 1).admitted);
  EXPECT_FALSE(decide(noon, std::numeric_limits<Units>::max()).admitted);
}

TEST_F(AllowanceTest, IsFullAgainOnlyWhenNoClockGoesBackToIt) {
  EXPECT_TRUE(full_again(rule, count, moment(noon)));
  decide(noon);
  EXPECT_FALSE(full_again(rule, count, moment(noon)));
  EXPECT_FALSE(full_again(rule, count, moment(noon + 13 * 3600)));
  EXPECT_TRUE(full_again(rule, count, moment(noon + 36 * 3600)));
  const Hold hold = spend(rule, count, 1, Spend::by_use, moment(noon));
  EXPECT_FALSE(full_again(rule, count, moment(noon + 36 * 3600)));
  settle(rule, count, hold, 0, moment(noon));
  EXPECT_TRUE(full_again(rule, count, moment(noon + 36 * 3600)));
}

TEST(Alerts, AreReachedOnceEachAndTheHighestIsTold) {
  const std::array<unsigned, 3> percents{50, 80, 100};
  EXPECT_EQ(alert_reached(percents, 1000, 499), std::nullopt);
  EXPECT_EQ(alert_reached(percents, 1000, 500), 50U);
  EXPECT_EQ(alert_reached(percents, 1000, 799), 50U);
  EXPECT_EQ(alert_reached(percents, 1000, 900), 80U);
  EXPECT_EQ(alert_reached(percents, 1000, 1000), 100U);
  EXPECT_EQ(alert_reached(percents, 1000, 2000), 100U) << "where the amount has become less";
  EXPECT_EQ(alert_reached(percents, 3, 1), std::nullopt);
  EXPECT_EQ(alert_reached(percents, 3, 2), 50U) << "half of three is passed at two";
  EXPECT_EQ(alert_reached(percents, std::numeric_limits<Units>::max(), std::numeric_limits<Units>::max()), 100U);
}

// Reservations that are made, grown, settled and given up in any order, over days whose clock is moved: beside plain sums.
class Ledger {
 public:
  explicit Ledger(std::uint64_t seed) : dice_(seed) { rule_ = {1 + below(1000), static_cast<Period>(below(3)), &berlin()}; }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) step();
    while (!open_.empty() && !testing::Test::HasFailure()) settle_one();
    EXPECT_EQ(count_.current.reserved + count_.previous.reserved, 0U);
    EXPECT_EQ(count_.current.spent, books_[count_.current.when.begins].spent);
  }
  std::uint64_t refused = 0;

 private:
  struct Book {
    Units spent = 0, reserved = 0;
  };
  struct Open {
    std::vector<Hold> holds;
  };
  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(dice_); }

  void step() {
    clock_ += below(6) == 0 ? static_cast<std::int64_t>(below(7200)) - 3600 : static_cast<std::int64_t>(below(900));
    if (open_.empty() || below(3) == 0) {
      if (auto hold = take(below(60))) open_.push_back({{*hold}});
    } else if (below(2) == 0) {
      if (auto hold = take(below(20))) open_[below(open_.size())].holds.push_back(*hold);
    } else {
      settle_one();
    }
  }

  std::optional<Hold> take(Units volume) {
    const Moment now = at_second(clock_);
    Book& book = books_[period_at(rule_.period, *rule_.zone, now.wall).begins];
    const Decision said = look(rule_, count_, volume, now);
    EXPECT_EQ(said.admitted, book.spent + book.reserved + volume <= rule_.amount);
    if (!said.admitted) {
      ++refused;
      return std::nullopt;
    }
    book.reserved += volume;
    check();
    return spend(rule_, count_, volume, Spend::by_use, now);
  }

  void settle_one() {
    const std::size_t which = below(open_.size());
    for (const Hold& hold : open_[which].holds) {
      const Units used = below(3) == 0 ? hold.amount : below(hold.amount + 1);
      settle(rule_, count_, hold, used, at_second(clock_));
      books_[hold.place].reserved -= hold.amount;
      books_[hold.place].spent += used;
      check();
    }
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
  }

  void check() const {
    for (const auto& [begins, book] : books_) ASSERT_LE(book.spent + book.reserved, rule_.amount);
    ASSERT_LE(count_.current.taken(), rule_.amount);
    ASSERT_LE(count_.previous.taken(), rule_.amount);
  }

  std::mt19937_64 dice_;
  Allowance rule_;
  AllowanceCount count_;
  std::int64_t clock_ = utc(2026, 10, 24, 20);
  std::map<std::int64_t, Book> books_;
  std::vector<Open> open_;
};

TEST(AllowanceRandom, SpentAndReservedAreNeverMoreThanTheAmountAndEndExact) {
  const std::uint64_t rounds = std::getenv("GATEHOUSE_SOAK") != nullptr ? 20'000 : 300;
  const std::uint64_t first = std::random_device()();
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(first));
  std::uint64_t refused = 0;
  for (std::uint64_t seed = first; seed < first + rounds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Ledger ledger(seed);
    ledger.run(400);
    refused += ledger.refused;
  }
  EXPECT_GT(refused, rounds);
}

}  // namespace
}  // namespace gatehouse::limits
