#include "gatehouse/config/units.h"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::config {
namespace {

constexpr std::int64_t day = 86'400;

TEST(Duration, IsDigitsAndAUnit) {
  const std::vector<std::pair<const char*, std::int64_t>> rows{{"0s", 0},       {"1s", 1},         {"300s", 300}, {"30m", 1800},
                                                               {"12h", 43'200}, {"90d", 90 * day}, {"007s", 7},   {"36525d", 36'525 * day}};
  for (const auto& [text, expected] : rows) {
    const auto read = parse_duration(text);
    ASSERT_TRUE(read.has_value()) << text;
    EXPECT_EQ(read->count(), expected) << text;
  }
}

TEST(Duration, IsNothingElse) {
  for (const char* text : {"", "s", "5", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5h", "5S", "5ms", "5w", "1h30m", "5s\n", "36526d", "5x",
                           "99999999999999999999s", "18446744073709551615d", "0x5s"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(Duration, ShowsWholeDaysInDaysAndTheRestInSeconds) {
  EXPECT_EQ(to_text(seconds(0)), "0s");
  EXPECT_EQ(to_text(seconds(300)), "300s");
  EXPECT_EQ(to_text(seconds(3600)), "3600s");
  EXPECT_EQ(to_text(seconds(90 * day)), "90d");
  EXPECT_EQ(to_text(seconds(day + 1)), "86401s");
}

TEST(Size, IsDigitsAndAUnit) {
  const std::vector<std::pair<const char*, std::uint64_t>> rows{
      {"0B", 0}, {"512B", 512}, {"32KiB", 32'768}, {"50MiB", 52'428'800}, {"2GiB", 2'147'483'648}, {"1048576GiB", std::uint64_t{1} << 50U}};
  for (const auto& [text, expected] : rows) {
    const auto read = parse_size(text);
    ASSERT_TRUE(read.has_value()) << text;
    EXPECT_EQ(read->value(), expected) << text;
  }
}

TEST(Size, IsNothingElse) {
  for (const char* text :
       {"", "B", "32", "32K", "32KB", "32kib", "32 KiB", "-1B", "1.5MiB", "1048577GiB", "18446744073709551616B", "1TiB"}) {
    EXPECT_FALSE(parse_size(text).has_value()) << text;
  }
}

TEST(Size, ShowsTheLargestWholeUnit) {
  EXPECT_EQ(to_text(kib(32)), "32KiB");
  EXPECT_EQ(to_text(mib(1)), "1MiB");
  EXPECT_EQ(to_text(ByteCount(1025)), "1025B");
  EXPECT_EQ(to_text(ByteCount(0)), "0B");
  EXPECT_EQ(to_text(mib(2048)), "2GiB");
}

TEST(RateText, IsACountAndAWindow) {
  EXPECT_EQ(parse_rate("60/60s"), (Rate{60, seconds(60)}));
  EXPECT_EQ(parse_rate("1000/1d"), (Rate{1000, seconds(day)}));
  EXPECT_EQ(parse_rate("4294967295/1s"), (Rate{UINT32_MAX, seconds(1)}));
  EXPECT_EQ(to_text(Rate{60, seconds(60)}), "60/60s");
  for (const char* text : {"", "60", "60/", "/60s", "0/60s", "60/0s", "60/60", "4294967296/1s", "-1/1s", "60//60s", "60/60s/1s"}) {
    EXPECT_FALSE(parse_rate(text).has_value()) << text;
  }
}

TEST(Units, AreReadBackAsTheyAreShown) {
  for (std::int64_t n = 1; n < 36'525 * day; n = n * 3 + 7) EXPECT_EQ(parse_duration(to_text(seconds(n))), seconds(n));
  for (std::uint64_t n = 1; n < (std::uint64_t{1} << 50U); n = n * 3 + 5) EXPECT_EQ(parse_size(to_text(ByteCount(n))), ByteCount(n));
  for (std::uint64_t n = 1; n < (std::uint64_t{1} << 50U); n *= 2) EXPECT_EQ(parse_size(to_text(ByteCount(n))), ByteCount(n));
}

TEST(ParseDay, TakesDaysOfTheCalendarAlone) {
  EXPECT_EQ(parse_day("1970-01-02"), std::chrono::sys_days(std::chrono::days(1)));
  EXPECT_TRUE(parse_day("2028-02-29"));
  for (const char* wrong :
       {"", "2027-02-29", "2027-1-31", "2027-13-01", "2027-01-00", "27-01-31", "2027/01/31", "2027-01-31 ", "+027-01-31", "2027-+1-31"}) {
    EXPECT_FALSE(parse_day(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace gatehouse::config
