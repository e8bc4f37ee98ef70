// Several sources at once: who wins, and what follows from it.
#include "gatehouse/config/reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "test_settings.h"

namespace gatehouse::config {
namespace {

using ::testing::ElementsAre;

// Adds source after source, each with another value for top.name, and looks who is believed.
TEST(Sources, EachWinsOverThoseBelow) {
  Sources sources;
  const auto name_and_place = [&] {
    const Reading reading = read_sample(sources);
    EXPECT_TRUE(reading.ok());
    return settings_of(reading).name + " from " + place_of(reading, "top.name");
  };
  EXPECT_EQ(name_and_place(), "ada from default");
  sources.file = Document{"a.toml", "top.name = \"file\""};
  EXPECT_EQ(name_and_place(), "file from a.toml:1:12");
  sources.dotenv = Document{".env", "OLD_NAME=dotenv_alias"};
  EXPECT_EQ(name_and_place(), "dotenv_alias from .env:1:1 OLD_NAME");
  sources.dotenv->text = "GATEHOUSE_TOP_NAME=dotenv\nOLD_NAME=dotenv_alias";
  EXPECT_EQ(name_and_place(), "dotenv from .env:1:1 GATEHOUSE_TOP_NAME");
  sources.environment["OLD_NAME"] = "alias";
  EXPECT_EQ(name_and_place(), "alias from environment OLD_NAME");
  sources.environment["GATEHOUSE_TOP_NAME"] = "environment";
  EXPECT_EQ(name_and_place(), "environment from environment GATEHOUSE_TOP_NAME");
  sources.command_line.push_back(Assignment{"top.name", "--name", {"command"}});
  EXPECT_EQ(name_and_place(), "command from command line --name");
}

TEST(Sources, AreAllLookedAtHoweverManyAreWrong) {
  Sources sources = from_file("top.flag = 1\nnonsense = 2");
  sources.dotenv = Document{".env", "GATEHOUSE_TOP_WAIT=soon"};
  sources.environment["GATEHOUSE_TOP_INNER_COUNT"] = "many";
  sources.command_line.push_back(Assignment{"top.inner.size", "--size", {"huge"}});
  const Reading reading = read_sample(sources);
  std::vector<std::string> places;
  for (const Fault& fault : reading.faults) places.push_back(to_text(fault.place));
  ASSERT_EQ(places.size(), 5U);
  std::sort(places.begin(), places.begin() + 2);
  EXPECT_THAT(places, ElementsAre("a.toml:1:12", "a.toml:2:1", ".env:1:1 GATEHOUSE_TOP_WAIT", "environment GATEHOUSE_TOP_INNER_COUNT",
                                  "command line --size"));
}

TEST(Sources, AWrongValueIsAFaultEvenWhereAnotherSourceWins) {
  Sources sources = from_file("top.inner.count = 1000");
  sources.environment["GATEHOUSE_TOP_INNER_COUNT"] = "7";
  const Reading reading = read_sample(sources);
  EXPECT_EQ(reading.faults.size(), 1U);
  EXPECT_EQ(settings_of(reading).inner.count, 7U);
}

TEST(CommandLine, TakesAListWordByWord) {
  Sources sources;
  sources.command_line.push_back(Assignment{"top.items", "--item", {"a,b", "c"}});
  EXPECT_EQ(settings_of(read_sample(sources)).items, (Texts{"a,b", "c"}));
  sources.command_line[0].words = {"a b"};
  EXPECT_THAT(lines_of(read_sample(sources)), ElementsAre("command line --item: top.items: 'a b' has a blank in it"));
}

TEST(CommandLine, TakesFlagsAndNumbers) {
  Sources sources;
  sources.command_line = {Assignment{"top.flag", "--flag", {"true"}}, Assignment{"top.inner.count", "--count", {"none"}}};
  const Reading reading = read_sample(sources);
  EXPECT_TRUE(settings_of(reading).flag);
  EXPECT_THAT(lines_of(reading), ElementsAre("command line --count: top.inner.count must be an integer from 1 to 100, not 'none'"));
}

TEST(Follower, HoldsWhatTheOtherKeyHoldsUntilItIsSet) {
  EXPECT_EQ(settings_of(read_sample({})).followers, Texts{"ada"});
  EXPECT_EQ(settings_of(read_sample(from_file("top.name = \"grace\""))).followers, Texts{"grace"});
  EXPECT_EQ(settings_of(read_sample(from_file("top.followers = []"))).followers, Texts{});
  EXPECT_EQ(place_of(read_sample(from_file("top.name = \"grace\"")), "top.followers"), "default");
}

TEST(NamedConfigFile, StandsInTheEnvironmentOrInDotenv) {
  Sources sources;
  EXPECT_EQ(named_config_file(sources), "");
  sources.dotenv = Document{".env", "A=1\nGATEHOUSE_CONFIG='from dotenv.toml'\nbroken"};
  EXPECT_EQ(named_config_file(sources), "from dotenv.toml");
  sources.environment["GATEHOUSE_CONFIG"] = "b.toml";
  EXPECT_EQ(named_config_file(sources), "b.toml");
}

TEST(Keys, HaveAVariableEach) {
  const Schema<Sample> schema = sample_schema();
  std::vector<std::string> names;
  for (const KeySpec& key : schema.keys()) names.push_back(variable_of(key));
  EXPECT_EQ(names.front(), "GATEHOUSE_TOP_FLAG");
  EXPECT_EQ(names.back(), "GATEHOUSE_TOP_INNER_COUNT");
}

}  // namespace
}  // namespace gatehouse::config
