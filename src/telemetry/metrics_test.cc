#include "gatehouse/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "gatehouse/base/assert.h"

namespace gatehouse::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t lines_with(const std::string& text, std::string_view part) {
  std::istringstream lines(text);
  std::size_t n = 0;
  for (std::string line; std::getline(lines, line);) n += line.find(part) != std::string::npos ? 1U : 0U;
  return n;
}

TEST(Metrics, WritesCountersAndGaugesUnderOneHeadAFamily) {
  Metrics metrics;
  metrics.counter("requests_total", "Requests.", {{"method", "GET"}, {"code", "200"}}).add(3);
  metrics.counter("requests_total", "Requests.", {{"method", "POST"}, {"code", "200"}}).add();
  metrics.watch(Metrics::Kind::gauge, "fds", "Open.", [] { return 12.5; });
  EXPECT_EQ(metrics.scrape(),
            "# HELP fds Open.\n# TYPE fds gauge\nfds 12.5\n"
            "# HELP requests_total Requests.\n# TYPE requests_total counter\n"
            "requests_total{code=\"200\",method=\"GET\"} 3\nrequests_total{code=\"200\",method=\"POST\"} 1\n");
}

TEST(Metrics, GivesTheSameSeriesForTheSameLabelsInAnyOrder) {
  Metrics metrics;
  Counter& first = metrics.counter("a", "A.", {{"x", "1"}, {"y", "2"}});
  EXPECT_EQ(&first, &metrics.counter("a", "A.", {{"y", "2"}, {"x", "1"}}));
  EXPECT_NE(&first, &metrics.counter("a", "A.", {{"y", "1"}, {"x", "2"}}));
}

TEST(Metrics, EscapesLabelsAndHelp) {
  Metrics metrics;
  metrics.counter("a", "one\ntwo \\ \"three\"", {{"path", "/\"x\"\\\n}\x01\xFF北"}}).add();
  EXPECT_EQ(metrics.scrape(),
            "# HELP a one\\ntwo \\\\ \"three\"\n# TYPE a counter\n"
            "a{path=\"/\\\"x\\\"\\\\\\n}??北\"} 1\n");
}

TEST(Metrics, WritesHistogramsCumulatively) {
  Metrics metrics;
  Histogram& seconds = metrics.histogram("s", "S.", {0.005, 0.5, 10}, {{"endpoint", "/"}});
  for (const double value : {0.001, 0.005, 0.4, 2.0, 2.0, 99.0}) seconds.observe(value);
  EXPECT_EQ(metrics.scrape(),
            "# HELP s S.\n# TYPE s histogram\n"
            "s_bucket{endpoint=\"/\",le=\"0.005\"} 2\ns_bucket{endpoint=\"/\",le=\"0.5\"} 3\n"
            "s_bucket{endpoint=\"/\",le=\"10\"} 5\ns_bucket{endpoint=\"/\",le=\"+Inf\"} 6\n"
            "s_sum{endpoint=\"/\"} 103.406\ns_count{endpoint=\"/\"} 6\n");
}

TEST(Metrics, WritesHistogramsWithoutLabels) {
  Metrics metrics;
  metrics.histogram("s", "S.", {1}).observe(3);
  EXPECT_THAT(metrics.scrape(), HasSubstr("s_bucket{le=\"1\"} 0\ns_bucket{le=\"+Inf\"} 1\ns_sum 3\ns_count 1\n"));
}

TEST(Level, IsWhatAllThreadsTogetherHaveRaisedAndNotLowered) {
  Level level;
  level.add(5);
  {
    std::vector<std::jthread> others;  // more than have a shard of their own
    for (int i = 0; i < 12; ++i) {
      others.emplace_back([&level] {
        for (int n = 0; n < 1000; ++n) level.add(1), level.add(-1);
        level.add(-1);
        level.add(2);
      });
    }
  }
  EXPECT_EQ(level.value(), 17);
  level.add(-17);
  EXPECT_EQ(level.value(), 0);
  level.add(-1);
  EXPECT_EQ(level.value(), 0) << "less than nothing is a moment between two looks";
}

TEST(Histogram, DoesNotLetOneNonsenseSpoilTheSum) {
  Histogram histogram({1, 2});
  histogram.observe(std::numeric_limits<double>::quiet_NaN());
  histogram.observe(1.5);
  EXPECT_EQ(histogram.read().sum, 1.5);
  EXPECT_THAT(histogram.read().counts, ::testing::ElementsAre(0, 1, 0));
}

TEST(Metrics, WritesNumbersThatAreNone) {
  Metrics metrics;
  metrics.watch(Metrics::Kind::gauge, "g", "G.", [] {
    return std::vector<Sample>{{{{"is", "nan"}}, std::numeric_limits<double>::quiet_NaN()},
                               {{{"is", "much"}}, std::numeric_limits<double>::infinity()},
                               {{{"is", "little"}}, -std::numeric_limits<double>::infinity()}};
  });
  EXPECT_THAT(metrics.scrape(), HasSubstr("g{is=\"nan\"} NaN\ng{is=\"much\"} +Inf\ng{is=\"little\"} -Inf\n"));
}

TEST(Metrics, PutsSeriesBeyondAThousandIntoOne) {
  Metrics metrics;
  for (int i = 0; i < 1500; ++i) metrics.counter("a", "A.", {{"who", std::to_string(i)}}).add();
  const std::string scraped = metrics.scrape();
  EXPECT_EQ(lines_with(scraped, "a{who="), 1001U);
  EXPECT_THAT(scraped, HasSubstr("a{who=\"other\"} 500\n"));
  metrics.counter("a", "A.", {{"who", "7"}}).add();
  EXPECT_THAT(metrics.scrape(), HasSubstr("a{who=\"7\"} 2\n"));
  for (int i = 0; i < 1500; ++i) metrics.histogram("h", "H.", {1}, {{"who", std::to_string(i)}}).observe(0);
  EXPECT_THAT(metrics.scrape(), HasSubstr("h_count{who=\"other\"} 500\n"));
}

TEST(Metrics, RefusesNamesThatPrometheusWouldNotTake) {
  Metrics metrics;
  for (const char* name : {"", "1a", "a-b", "a b", "\xC3\xA4"}) EXPECT_THROW(metrics.counter(name, "A."), BrokenInvariant) << name;
  for (const char* label : {"", "1a", "a:b", "a=b"}) EXPECT_THROW(metrics.counter("a", "A.", {{label, "x"}}), BrokenInvariant) << label;
  EXPECT_NO_THROW(metrics.counter("gatehouse:a_1", "A.", {{"_b2", "x"}}));
}

TEST(Metrics, RefusesToChangeTheKindOfAName) {
  Metrics metrics;
  metrics.counter("a", "A.");
  EXPECT_THROW(metrics.histogram("a", "A.", {1}), BrokenInvariant);
  EXPECT_THROW(metrics.watch(Metrics::Kind::gauge, "a", "A.", [] { return 0.0; }), BrokenInvariant);
}

TEST(Histogram, RefusesBoundsThatDoNotAscend) {
  EXPECT_THROW(Histogram({2, 1}), BrokenInvariant);
  EXPECT_THROW(Histogram({1, 1}), BrokenInvariant);
}

TEST(Metrics, LosesNothingBetweenThreadsAndScrapes) {
  Metrics metrics;
  constexpr std::uint64_t each = 20'000, hands = 12;  // more than have a shard of their own
  metrics.counter("a", "A.", {{"thread", "0"}});      // so that even a scrape before the first thread has something to say
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < hands; ++t) {
    threads.emplace_back([&metrics, t] {
      Counter& mine = metrics.counter("a", "A.", {{"thread", std::to_string(t % 2)}});
      Histogram& times = metrics.histogram("h", "H.", {1});
      for (std::uint64_t i = 0; i < each; ++i) mine.add(), times.observe(0.5);
    });
  }
  for (int i = 0; i < 50; ++i) EXPECT_THAT(metrics.scrape(), Not(::testing::IsEmpty())) << i;
  for (std::thread& one : threads) one.join();
  EXPECT_EQ(metrics.counter("a", "A.", {{"thread", "0"}}).value(), hands / 2 * each);
  const Histogram::Reading reading = metrics.histogram("h", "H.", {1}).read();
  EXPECT_EQ(reading.counts[0], hands * each);
  EXPECT_EQ(reading.sum, 0.5 * hands * each);
}

}  // namespace
}  // namespace gatehouse::telemetry
