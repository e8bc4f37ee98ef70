#include "gatehouse/limits/zone.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>

#include "test_zone_file.h"

namespace gatehouse::limits {
namespace {

Zone zone_of_rule(std::string_view rule) {
  Result<Zone> zone = Zone::parse(zone_file({0}, {}, rule));
  EXPECT_TRUE(zone.ok()) << rule;
  return zone ? *zone : Zone::utc();
}

std::int64_t offset_at(const Zone& zone, std::int64_t at) { return zone.stretch_at(at).offset; }

TEST(Zone, UtcNeedsNoFile) {
  const Result<Zone> utc = Zone::open("UTC", "/nowhere");
  ASSERT_TRUE(utc.ok());
  EXPECT_EQ(offset_at(*utc, 1'800'000'000), 0);
}

TEST(Zone, AZoneThatCannotBeReadSaysWhatToDo) {
  const Result<Zone> lost = Zone::open("Europe/Berlin", "/nowhere");
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().reason(), "zone_unknown");
  EXPECT_NE(lost.error().public_text().find("'Europe/Berlin'"), std::string::npos);
  EXPECT_NE(lost.error().public_text().find("tzdata"), std::string::npos);
  for (const std::string_view name : {"", "/etc/passwd", "../passwd", "a/../../b", "Europe/Ber lin", "Europe\nBerlin"}) {
    const Result<Zone> none = Zone::open(name, testing::TempDir());
    ASSERT_FALSE(none.ok()) << name;
    EXPECT_NE(none.error().public_text().find("no name"), std::string::npos) << name;
  }
}

TEST(Zone, IsReadFromItsFolder) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "zones";
  std::filesystem::create_directories(folder / "Made");
  std::ofstream(folder / "Made" / "Up", std::ios::binary) << zone_file({3600}, {}, "<+01>-1");
  std::ofstream(folder / "Broken", std::ios::binary) << "TZif";
  const Result<Zone> zone = Zone::open("Made/Up", folder.string());
  ASSERT_TRUE(zone.ok());
  EXPECT_EQ(offset_at(*zone, 0), 3600);
  EXPECT_FALSE(Zone::open("Broken", folder.string()).ok());
  EXPECT_FALSE(Zone::open("Made", folder.string()).ok()) << "a folder is no zone";
}

TEST(Zone, ChangesThatTheFileNames) {
  const Result<Zone> zone = Zone::parse(zone_file({-100, 3600, 7200}, {{1000, 1}, {2000, 2}, {3000, 1}}, ""));
  ASSERT_TRUE(zone.ok());
  EXPECT_EQ(offset_at(*zone, -5000), -100);
  EXPECT_EQ(offset_at(*zone, 999), -100);
  EXPECT_EQ(offset_at(*zone, 1000), 3600);
  EXPECT_EQ(offset_at(*zone, 2500), 7200);
  EXPECT_EQ(offset_at(*zone, 1'900'000'000), 3600) << "without a rule the last one stays";
  EXPECT_EQ(zone->stretch_at(2500).begins, 2000);
  EXPECT_EQ(zone->stretch_at(2500).ends, 3000);
}

TEST(Zone, TheRuleHoldsBehindTheLastChange) {
  const Zone berlin = zone_of_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(offset_at(berlin, 1'774'745'999), 3600);  // 2026-03-29 00:59:59 UTC
  EXPECT_EQ(offset_at(berlin, 1'774'746'000), 7200);
  EXPECT_EQ(offset_at(berlin, 1'792'889'999), 7200);  // 2026-10-25 00:59:59 UTC
  EXPECT_EQ(offset_at(berlin, 1'792'890'000), 3600);
  const Zone::Stretch summer = berlin.stretch_at(1'780'000'000);
  EXPECT_EQ(summer.begins, 1'774'746'000);
  EXPECT_EQ(summer.ends, 1'792'890'000);
  EXPECT_EQ(offset_at(zone_of_rule("<-03>3"), 1'780'000'000), -10'800);
  EXPECT_EQ(offset_at(zone_of_rule("IST-5:30"), 1'780'000'000), 19'800);
  EXPECT_EQ(offset_at(zone_of_rule("AEST-10AEDT,M10.1.0,M4.1.0/3"), 1'798'761'600), 39'600) << "on the first of January it is summer there";
  EXPECT_EQ(offset_at(zone_of_rule("XXX3EDT4,0/0,J365/23"), 1'780'000'000), -14'400) << "summer time that never ends";
}

TEST(Zone, WhatIsNoRuleIsRefused) {
  for (const std::string_view text : {"", "C", "CET", "CET-", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5.0/168,M10.5.0",
                                      "CET-1CEST,J0,J365", "CET-1CEST,0,366", "<+03-3", "CET-1 ", "CET-1CEST,M3.5.0,M10.5.0,"}) {
    EXPECT_FALSE(parse_yearly_rule(text).has_value()) << text;
  }
}

TEST(Zone, BrokenFilesAreRefused) {
  const std::string good = zone_file({3600, 7200}, {{1000, 1}, {2000, 0}}, "CET-1");
  ASSERT_TRUE(Zone::parse(good).ok());
  for (std::size_t length = 0; length < good.size(); ++length) EXPECT_FALSE(Zone::parse(good.substr(0, length)).ok()) << length;
  EXPECT_FALSE(Zone::parse(zone_file({3600}, {{1000, 1}}, "CET-1")).ok()) << "a type that is none";
  EXPECT_FALSE(Zone::parse(zone_file({3600}, {{1000, 0}, {1000, 0}}, "CET-1")).ok()) << "changes out of order";
  EXPECT_FALSE(Zone::parse(zone_file({100'000}, {}, "CET-1")).ok()) << "more than a day from UTC";
  EXPECT_FALSE(Zone::parse(zone_file({}, {}, "CET-1")).ok());
  EXPECT_FALSE(Zone::parse(zone_file({3600}, {}, "CET-1", 1)).ok()) << "leap seconds";
  EXPECT_FALSE(Zone::parse(zone_file({3600}, {}, "nonsense")).ok());
}

// Where the system has zones, its own library says the same of them.
TEST(Zone, SaysWhatTheSystemSays) {
  std::mt19937_64 dice(7);
  for (const char* name : {"Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "America/Santiago",
                           "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu", "America/Nuuk", "Africa/Cairo"}) {
    const Result<Zone> zone = Zone::open(name);
    if (!zone) {
      EXPECT_FALSE(std::filesystem::exists(std::string("/usr/share/zoneinfo/") + name)) << zone.error().public_text();
      continue;
    }
    setenv("TZ", name, 1);
    tzset();
    for (int i = 0; i < 3000; ++i) {
      const auto at = static_cast<std::time_t>(dice() % 4'000'000'000);
      std::tm local{};
      localtime_r(&at, &local);
      ASSERT_EQ(offset_at(*zone, at), local.tm_gmtoff) << name << " at " << at;
    }
  }
  unsetenv("TZ");
  tzset();
}

}  // namespace
}  // namespace gatehouse::limits
