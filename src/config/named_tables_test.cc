#include <gmock/gmock.h>

#include "gatehouse/config/show.h"
#include "test_settings.h"

namespace gatehouse::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr const char* some_fares =
    "[journey_fares.\"a.b c\"]\nadult = 0.15\n[journey_fares.bus]\nadult = 3\nchild = 1.005\n[journey_fares.tram]\n";

TEST(NamedTables, AreFoundByTheirNames) {
  const Reading reading = read_sample(from_file(some_fares));
  ASSERT_TRUE(reading.ok()) << ::testing::PrintToString(lines_of(reading));
  EXPECT_THAT(settings_of(reading).fares,
              ElementsAre(Pair("a.b c", Fare{150, 150}), Pair("bus", Fare{3000, 1005}), Pair("tram", Fare{2500, 2500})));
}

TEST(NamedTables, AreRefusedWhereTheyStand) {
  const Reading reading = read_sample(from_file("journey_fares.walk = 1\n[journey_fares.bus]\nadlt = 1\nadult = 0.1234\nchild = \"1\"\n"));
  EXPECT_THAT(lines_of(reading),
              ::testing::UnorderedElementsAre(
                  "a.toml:1:22: journey_fares must be tables in the configuration file, each begun with [journey_fares.NAME], not one with "
                  "an integer",
                  "a.toml:3:1: 'journey_fares.adlt' is not a known key (did you mean journey_fares.adult?)",
                  "a.toml:4:9: journey_fares.adult must be a number from 0 to 9000 with at most 3 decimals, not 0.1234",
                  "a.toml:5:9: journey_fares.child must be a number from 0 to 9000 with at most 3 decimals, not a text"));
  EXPECT_THAT(
      lines_of(read_sample(from_file("journey_fares = []"))),
      ElementsAre("a.toml:1:17: journey_fares must be tables in the configuration file, each begun with [journey_fares.NAME], not a list"));
  Sources sources;
  sources.environment["GATEHOUSE_JOURNEY_FARES"] = "bus=1";
  EXPECT_THAT(lines_of(read_sample(sources)), ElementsAre(HasSubstr("journey_fares must be tables in the configuration file")));
}

TEST(NamedTables, AreWrittenAsTheyWouldBeRead) {
  const Reading first = read_sample(from_file(some_fares));
  const std::string printed = effective_toml(sample_schema().keys(), first);
  EXPECT_THAT(printed, HasSubstr("\n[journey_fares.\"bus\"]  # a.toml:3:1\nadult = 3  # a.toml:4:9\nchild = 1.005  # a.toml:5:9\n"));
  EXPECT_THAT(printed, HasSubstr("[journey_fares.\"a.b c\"]  # a.toml:1:1\nadult = 0.15  # a.toml:2:9\n# child = 0.15  # default\n"));
  const Reading again = read_sample(from_file(printed));
  ASSERT_TRUE(again.ok()) << ::testing::PrintToString(lines_of(again)) << printed;
  EXPECT_EQ(again.values, first.values);
  const std::string none = effective_toml(sample_schema().keys(), read_sample(from_file("")));
  EXPECT_THAT(none, HasSubstr("\n[journey_fares]\n# there is none  # default\n"));
  EXPECT_TRUE(read_sample(from_file(none)).ok());
}

TEST(NamedTables, StandInTheExampleAsAComment) {
  const std::string example = example_toml(sample_schema().keys());
  EXPECT_THAT(
      example,
      HasSubstr("#\n# [journey_fares.\"NAME\"]\n# # Of the old. A number from 0 to 9000 with at most 3 decimals.\n# adult = 2.5\n"));
  EXPECT_TRUE(read_sample(from_file(example)).ok());
  EXPECT_THAT(example_dotenv(sample_schema().keys()), ::testing::Not(HasSubstr("FARES")));
}

TEST(NamedTables, ThatAreNamedOtherwiseAreOthers) {
  const Reading bus = read_sample(from_file("[journey_fares.bus]\n")), tram = read_sample(from_file("\n[journey_fares.tram]\n"));
  EXPECT_NE(bus.values, tram.values);
  EXPECT_EQ(bus.values, read_sample(from_file("\n\n[journey_fares.bus]\n")).values) << "wherever it stands";
}

TEST(DecimalKeys, AreReadExactlyFromEverySource) {
  EXPECT_EQ(settings_of(read_sample(from_file("top.weight = 0.1"))).weight, 100U);
  EXPECT_EQ(settings_of(read_sample(from_file("top.weight = 7"))).weight, 7000U);
  EXPECT_EQ(settings_of(read_sample(from_file("top.weight = 1e-3"))).weight, 1U);
  Sources sources;
  sources.environment["GATEHOUSE_TOP_WEIGHT"] = "2.125";
  EXPECT_EQ(settings_of(read_sample(sources)).weight, 2125U);
  EXPECT_THAT(example_dotenv(sample_schema().keys()), HasSubstr("#GATEHOUSE_TOP_WEIGHT=1.5\n"));
}

TEST(DecimalKeys, AreRefusedOutOfRangeAndWithTooManyDecimals) {
  for (const char* value : {"-1", "-0.5", "10.001", "1.0001", "1e300", "nan", "inf", "9223372036854775807", "true", "\"1\""}) {
    const Reading reading = read_sample(from_file(std::string("top.weight = ") + value));
    EXPECT_THAT(lines_of(reading), ElementsAre(HasSubstr("top.weight must be a number from 0 to 10 with at most 3 decimals, not ")))
        << value;
    EXPECT_EQ(settings_of(reading).weight, 1500U);
  }
}

}  // namespace
}  // namespace gatehouse::config
