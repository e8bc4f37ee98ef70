// Variables: of the environment, and of a .env file.
#include "variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_settings.h"

namespace gatehouse::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Sources with(Variables variables) {
  Sources sources;
  sources.environment = std::move(variables);
  return sources;
}

Sources dotenv(std::string text) {
  Sources sources;
  sources.dotenv = Document{".env", std::move(text)};
  return sources;
}

TEST(Environment, SetsEveryType) {
  const Reading reading = read_sample(with({{"GATEHOUSE_TOP_FLAG", "true"},
                                            {"GATEHOUSE_TOP_NAME", "grace"},
                                            {"GATEHOUSE_TOP_ITEMS", "a, b,c"},
                                            {"GATEHOUSE_TOP_COLOUR", "green"},
                                            {"GATEHOUSE_TOP_WAIT", "5m"},
                                            {"GATEHOUSE_TOP_RATE", "10/60s"},
                                            {"GATEHOUSE_TOP_MAP", "x=1, y = 2=3"},
                                            {"GATEHOUSE_TOP_INNER_SIZE", "64KiB"},
                                            {"GATEHOUSE_TOP_INNER_COUNT", "7"}}));
  ASSERT_THAT(lines_of(reading), IsEmpty());
  const Sample sample = settings_of(reading);
  EXPECT_TRUE(sample.flag);
  EXPECT_EQ(sample.name, "grace");
  EXPECT_EQ(sample.items, (Texts{"a", "b", "c"}));
  EXPECT_EQ(sample.colour, Colour::green);
  EXPECT_EQ(sample.wait, seconds(300));
  EXPECT_EQ(sample.rate, (Rate{10, seconds(60)}));
  EXPECT_EQ(sample.map, (Table{{"x", "1"}, {"y", "2=3"}}));
  EXPECT_EQ(sample.inner.size, kib(64));
  EXPECT_EQ(sample.inner.count, 7U);
  EXPECT_EQ(place_of(reading, "top.wait"), "environment GATEHOUSE_TOP_WAIT");
}

TEST(Environment, TakesListsWithCommasOrAsJson) {
  const auto items = [](const char* text) { return settings_of(read_sample(with({{"GATEHOUSE_TOP_ITEMS", text}}))).items; };
  EXPECT_EQ(items(R"(["a,b", "c"])"), (Texts{"a,b", "c"}));
  EXPECT_EQ(items("[]"), Texts{});
  EXPECT_EQ(items("  [ \"x\" ] "), Texts{"x"});
  EXPECT_EQ(items(""), Texts{});
  EXPECT_EQ(items("[::1]:8080,[::]:1"), (Texts{"[::1]:8080", "[::]:1"}));
}

TEST(Environment, NamesTheVariableThatIsWrong) {
  const Reading reading = read_sample(with({{"GATEHOUSE_TOP_FLAG", "yes"},
                                            {"GATEHOUSE_TOP_INNER_COUNT", "7x"},
                                            {"GATEHOUSE_TOP_ITEMS", "[\"a\""},
                                            {"GATEHOUSE_TOP_MAP", "x"},
                                            {"GATEHOUSE_TOP_NAME", "a b"}}));
  EXPECT_THAT(lines_of(reading),
              ElementsAre("environment GATEHOUSE_TOP_FLAG: top.flag must be true or false, not 'yes'",
                          "environment GATEHOUSE_TOP_INNER_COUNT: top.inner.count must be an integer from 1 to 100, not '7x'",
                          "environment GATEHOUSE_TOP_ITEMS: top.items must be a list of texts, not '[\"a\"'",
                          "environment GATEHOUSE_TOP_MAP: top.map must be a table of texts, not 'x'; write it as name=value",
                          "environment GATEHOUSE_TOP_NAME: top.name: 'a b' has a blank in it"));
}

TEST(Environment, RefusesWhatLooksLikeASettingAndIsNone) {
  const Reading reading = read_sample(with({{"GATEHOUSE_TOP_NAEM", "x"}, {"GATEHOUSE_TP_NAME", "x"}}));
  EXPECT_THAT(lines_of(reading),
              ElementsAre("environment GATEHOUSE_TOP_NAEM: 'GATEHOUSE_TOP_NAEM' is not a known setting; the nearest is GATEHOUSE_TOP_NAME",
                          "environment GATEHOUSE_TP_NAME: 'GATEHOUSE_TP_NAME' is not a known setting; the nearest is GATEHOUSE_TOP_NAME"));
}

TEST(Environment, OnlyNotesWhatIsSomethingElse) {
  const Reading reading = read_sample(with({{"GATEHOUSE_BINARY", "/x"}, {"PATH", "/bin"}, {"GATEHOUSE_CONFIG", "a.toml"}}));
  EXPECT_TRUE(reading.ok());
  EXPECT_THAT(reading.notes, ElementsAre("GATEHOUSE_BINARY is set, but is no setting"));
}

TEST(Environment, KnowsWhatKubernetesSetsForAServiceOfThisName) {
  const Reading reading = read_sample(with({{"GATEHOUSE_SERVICE_HOST", "10.0.0.1"},
                                            {"GATEHOUSE_SERVICE_PORT", "80"},
                                            {"GATEHOUSE_SERVICE_PORT_HTTP", "80"},
                                            {"GATEHOUSE_PORT", "tcp://10.0.0.1:80"},
                                            {"GATEHOUSE_PORT_80_TCP", "tcp://10.0.0.1:80"},
                                            {"GATEHOUSE_TOP_PORT", "tcp://10.0.0.1:80"},
                                            {"GATEHOUSE_TOP_SERVICE_HOST", "10.0.0.1"},
                                            {"GATEHOUSE_TOP_PORT_8080_TCP_ADDR", "10.0.0.1"}}));
  EXPECT_THAT(lines_of(reading), IsEmpty());
  EXPECT_THAT(reading.notes, IsEmpty());
}

TEST(Environment, ReadsForeignNamesAndTheirWords) {
  const Reading reading = read_sample(with({{"OLD_NAME", "grace"}, {"FARBE", "ROT"}}));
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(settings_of(reading).name, "grace");
  EXPECT_EQ(settings_of(reading).colour, Colour::red);
  EXPECT_EQ(place_of(reading, "top.name"), "environment OLD_NAME");
  EXPECT_THAT(lines_of(read_sample(with({{"FARBE", "BLAU"}}))),
              ElementsAre("environment FARBE: top.colour must be one of red, green, not 'BLAU'"));
}

TEST(Environment, TakesAForeignNameThatIsEmptyAsUnset) {
  EXPECT_EQ(settings_of(read_sample(with({{"OLD_NAME", ""}}))).name, "ada");
  EXPECT_EQ(settings_of(read_sample(with({{"GATEHOUSE_TOP_NAME", ""}}))).name, "");
}

TEST(Environment, SaysWhatAVariableOfOthersDoesNotDoHere) {
  const Stranger strangers[] = {{"THEIR_PATH", [](std::string_view value) {
                                   return value == "/api" ? std::nullopt : std::optional<std::string>("is no path here");
                                 }}};
  Sources sources = with({{"THEIR_PATH", "/other"}});
  sources.dotenv = Document{".env", "THEIR_PATH=/api\n"};
  sources.strangers = strangers;
  const Reading reading = read_sample(sources);
  EXPECT_TRUE(reading.ok());
  EXPECT_THAT(reading.notes, ElementsAre("THEIR_PATH is no path here"));
  sources.environment["THEIR_PATH"] = "";
  EXPECT_THAT(read_sample(sources).notes, IsEmpty());
}

TEST(DotenvFile, IsReadAsPeopleWriteIt) {
  const Reading reading =
      read_sample(dotenv("# a comment\n\nOTHER=x\nexport GATEHOUSE_TOP_NAME=grace # who\r\n"
                         "GATEHOUSE_TOP_ITEMS = 'a b'\nGATEHOUSE_TOP_MAP=\"x=1,y=\\\"2\\\"\"\nGATEHOUSE_TOP_WAIT=5m"));
  EXPECT_THAT(lines_of(reading), ElementsAre(".env:5:1 GATEHOUSE_TOP_ITEMS: top.items: 'a b' has a blank in it"));
  EXPECT_EQ(settings_of(reading).name, "grace");
  EXPECT_EQ(settings_of(reading).map, (Table{{"x", "1"}, {"y", "\"2\""}}));
  EXPECT_EQ(settings_of(reading).wait, seconds(300));
  EXPECT_EQ(place_of(reading, "top.name"), ".env:4:8 GATEHOUSE_TOP_NAME");
}

TEST(DotenvFile, NamesEveryLineThatIsWrong) {
  const Reading reading = read_sample(dotenv("NONSENSE\n=x\nA='open\n\nB=1"));
  EXPECT_THAT(lines_of(reading), ElementsAre(".env:1:1: this line is not NAME=value", ".env:2:1: this line is not NAME=value",
                                             ".env:3:1 A: the quote that begins here has no end"));
  EXPECT_THAT(lines_of(read_sample(dotenv("A=\"x\" y\n\"B\"=1"))),
              ElementsAre(".env:1:1 A: there is something behind the closing quote", ".env:2:1: this line is not NAME=value"));
}

TEST(DotenvFile, CountsLinesBehindAValueThatGoesOverSeveral) {
  const Reading reading = read_sample(dotenv("A='1\n2\n3'\n  GATEHOUSE_TOP_FLAG=no"));
  EXPECT_THAT(lines_of(reading), ElementsAre(".env:4:3 GATEHOUSE_TOP_FLAG: top.flag must be true or false, not 'no'"));
}

TEST(DotenvFile, RefusesEveryUnknownNameOfOurs) {
  EXPECT_THAT(lines_of(read_sample(dotenv("GATEHOUSE_ZEBRA=1\nGATEHOUSE_CONFIG=x"))),
              ElementsAre(".env:1:1 GATEHOUSE_ZEBRA: 'GATEHOUSE_ZEBRA' is not a known setting; the nearest is GATEHOUSE_TOP_RATE"));
}

}  // namespace
}  // namespace gatehouse::config
