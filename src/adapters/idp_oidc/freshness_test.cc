#include "freshness.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "refresh_plan.h"

namespace gatehouse::adapters {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Fields = std::vector<std::pair<std::string, std::string>>;

seconds freshness(Fields fields) {
  wire::HttpReply reply;
  reply.fields = std::move(fields);
  return freshness_of(reply);
}
seconds by_control(const std::string& control) { return freshness({{"Cache-Control", control}}); }

TEST(Freshness, IsWhatTheServerSaysWithinBounds) {
  EXPECT_EQ(by_control("max-age=600"), minutes(10));
  EXPECT_EQ(by_control("public, max-age=21600, must-revalidate, no-transform"), hours(6));
  EXPECT_EQ(by_control("MAX-AGE = \"600\" ,x"), minutes(10));
  EXPECT_EQ(by_control("max-age=0"), minutes(5));
  EXPECT_EQ(by_control("max-age=299"), minutes(5));
  EXPECT_EQ(by_control("max-age=31536000"), hours(24));
  EXPECT_EQ(by_control("max-age=99999999999999999999999999"), hours(24));
}

TEST(Freshness, CountsFromWhenTheAnswerWasMade) {
  EXPECT_EQ(freshness({{"cache-control", "max-age=3600"}, {"Age", "1800"}}), minutes(30));
  EXPECT_EQ(freshness({{"cache-control", "max-age=3600"}, {"Age", "4000"}}), minutes(5));
  EXPECT_EQ(freshness({{"cache-control", "max-age=3600"}, {"Age", "young"}}), hours(1));
  EXPECT_EQ(freshness({{"cache-control", "max-age=3600"}, {"Age", "99999999999999999999999999"}}), minutes(5));
}

TEST(Freshness, TakesTheShorterOfTwo) {
  EXPECT_EQ(by_control("max-age=3600, max-age=600"), minutes(10));
  EXPECT_EQ(freshness({{"Cache-Control", "max-age=3600"}, {"Cache-Control", "no-store"}}), minutes(5));
  EXPECT_EQ(by_control("no-cache"), minutes(5));
}

TEST(Freshness, IsAnHourWhereNothingIsSaid) {
  EXPECT_EQ(freshness({}), hours(1));
  for (const char* control : {"", ",,", "public", "s-maxage=600", "xmax-age=600", "max-age"})
    EXPECT_EQ(by_control(control), hours(1)) << control;
}

TEST(Freshness, IsShortWhereItCannotBeRead) {
  for (const char* control : {"max-age=", "max-age=-1", "max-age=ten", "max-age=6e2", "max-age=600s"})
    EXPECT_EQ(by_control(control), minutes(5)) << control;
}

TEST(RefreshPlan, LooksWhenTheSetIsNoLongerFresh) {
  RefreshPlan plan(RetryPauses{});
  const Instant start{hours(1)};
  plan.succeeded(start, minutes(10));
  EXPECT_EQ(plan.next(), start + minutes(10));
}

TEST(RefreshPlan, TriesAgainSoonAndThenLessOften) {
  RefreshPlan plan(RetryPauses{seconds(5), seconds(300)});
  const Instant start{hours(1)};
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 9; ++i) {
    plan.failed(start);
    pauses.push_back(std::chrono::duration_cast<seconds>(plan.next() - start).count());
  }
  EXPECT_EQ(pauses, (std::vector<std::int64_t>{5, 10, 20, 40, 80, 160, 300, 300, 300}));
  plan.succeeded(start, minutes(10));
  plan.failed(start);
  EXPECT_EQ(plan.next(), start + seconds(5));
}

}  // namespace
}  // namespace gatehouse::adapters
