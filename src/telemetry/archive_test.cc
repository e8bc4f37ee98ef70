#include "archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace gatehouse::telemetry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = Chore::Kind;

constexpr std::chrono::days kept_for{7};

Day day(int year, unsigned month, unsigned number) {
  return Day(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(number));
}

std::vector<Chore> chores(const std::vector<std::string>& names) { return plan_chores("g.log", names, day(2026, 10, 9), kept_for); }

TEST(Calendar, WritesAndReadsDays) {
  EXPECT_EQ(to_text(day(2026, 10, 1)), "2026-10-01");
  EXPECT_EQ(parse_day("2024-02-29"), day(2024, 2, 29));
  for (const char* none :
       {"", "2026-10-1", "2026-13-01", "2026-02-29", "2026-00-10", "2026/10/01", "2026-10-0x", " 2026-10-0", "-026-10-01"}) {
    EXPECT_EQ(parse_day(none), std::nullopt) << none;
  }
}

TEST(Calendar, CountsDaysWhereThePeopleAre) {
  const char* before = std::getenv("TZ");
  const std::string kept = before == nullptr ? "" : before;
  const WallTime nine_in_the_evening{seconds(1'700'000'000 - 1'700'000'000 % 86'400 + 21 * 3600)};
  const auto in_zone = [&](const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    return local_day(nine_in_the_evening);
  };
  const Day utc = in_zone("UTC0");
  EXPECT_EQ(to_text(utc), "2023-11-14");
  EXPECT_EQ(in_zone("CST-8"), utc + std::chrono::days(1));
  EXPECT_EQ(in_zone("EST5"), utc);
  before == nullptr ? ::unsetenv("TZ") : ::setenv("TZ", kept.c_str(), 1);
  ::tzset();
}

TEST(ArchiveName, CountsWhereADayHasSeveral) {
  EXPECT_EQ(archive_name("g.log", day(2026, 10, 1), 1), "g.log.2026-10-01");
  EXPECT_EQ(archive_name("g.log", day(2026, 10, 1), 2), "g.log.2026-10-01.2");
}

TEST(Chores, PackWhatIsOver) {
  EXPECT_THAT(chores({"g.log", "g.log.2026-10-08", "g.log.2026-10-08.2"}),
              ElementsAre(Chore{Kind::pack, "g.log.2026-10-08"}, Chore{Kind::pack, "g.log.2026-10-08.2"}));
}

TEST(Chores, LeaveWhatIsPackedUntilItIsTooOld) {
  EXPECT_THAT(chores({"g.log.2026-10-08.gz", "g.log.2026-10-02.gz"}), IsEmpty());
  EXPECT_THAT(chores({"g.log.2026-10-01.gz", "g.log.2025-10-09.3.gz"}),
              ElementsAre(Chore{Kind::remove, "g.log.2025-10-09.3.gz"}, Chore{Kind::remove, "g.log.2026-10-01.gz"}));
}

TEST(Chores, DoAgainWhatAProcessDiedAt) {
  EXPECT_THAT(chores({"g.log.2026-10-08", "g.log.2026-10-08.gz.part"}),
              ElementsAre(Chore{Kind::remove, "g.log.2026-10-08.gz.part"}, Chore{Kind::pack, "g.log.2026-10-08"}));
  EXPECT_THAT(chores({"g.log.2026-10-08", "g.log.2026-10-08.gz"}), ElementsAre(Chore{Kind::remove, "g.log.2026-10-08"}))
      << "the packed one is whole: it has its name";
}

TEST(Chores, FreeSpaceFirstAndPackNothingThatIsTooOld) {
  EXPECT_THAT(chores({"g.log.2026-10-08", "g.log.2026-09-30", "g.log.2026-09-30.gz.part"}),
              ElementsAre(Chore{Kind::remove, "g.log.2026-09-30"}, Chore{Kind::remove, "g.log.2026-09-30.gz.part"},
                          Chore{Kind::pack, "g.log.2026-10-08"}));
}

TEST(Chores, TouchNothingOfOthers) {
  EXPECT_THAT(chores({"g.log", "g.log.1", "g.log-20261001", "g.log.2026-10-01.bz2", "g.log.2026-10-01x.gz", "g.log.2026-10-01.gz.gz",
                      "g.log.2026-10-01.", "g.log.json.2026-10-01", "other.log.2026-10-01", "g.log.2026-10-01.99999999999", "x", ""}),
              IsEmpty());
}

TEST(Chores, KeepWhatComesFromTheFuture) {
  EXPECT_THAT(chores({"g.log.2030-01-01", "g.log.2030-01-02.gz"}), ElementsAre(Chore{Kind::pack, "g.log.2030-01-01"}));
}

}  // namespace
}  // namespace gatehouse::telemetry
