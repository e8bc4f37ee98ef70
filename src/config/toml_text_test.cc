// The file: every type, every fault, and where it stands.
#include "toml_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_settings.h"

namespace gatehouse::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ConfigFile, SetsEveryType) {
  const Reading reading = read_sample(from_file(R"([top]
flag = true
name = "grace"
items = ["a", "b"]
colour = "green"
wait = "5m"
rate = "10/60s"
map = { x = "1", "y z" = "2" }
secret = "s3cret"
followers = []
[top.inner]
size = "64KiB"
count = 7
)"));
  ASSERT_THAT(lines_of(reading), ElementsAre());
  const Sample sample = settings_of(reading);
  EXPECT_TRUE(sample.flag);
  EXPECT_EQ(sample.name, "grace");
  EXPECT_EQ(sample.items, (Texts{"a", "b"}));
  EXPECT_EQ(sample.colour, Colour::green);
  EXPECT_EQ(sample.wait, seconds(300));
  EXPECT_EQ(sample.rate, (Rate{10, seconds(60)}));
  EXPECT_EQ(sample.map, (Table{{"x", "1"}, {"y z", "2"}}));
  EXPECT_EQ(sample.secret, "s3cret");
  EXPECT_TRUE(sample.followers.empty());
  EXPECT_EQ(sample.inner.size, kib(64));
  EXPECT_EQ(sample.inner.count, 7U);
  EXPECT_EQ(place_of(reading, "top.items"), "a.toml:4:9");
  EXPECT_EQ(place_of(reading, "top.inner.count"), "a.toml:13:9");
}

TEST(ConfigFile, HasListsOfTables) {
  const Reading reading = read_sample(from_file(R"([[top.visitors]]
name = "ada"
brings = "a cat"
until = 2027-01-31
[[top.visitors]]
brings = ["a", "b"]
nights = 2
until = "2027-02-28"
)"));
  ASSERT_THAT(lines_of(reading), ElementsAre());
  const std::vector<Visitor> visitors = settings_of(reading).visitors;
  ASSERT_EQ(visitors.size(), 2U);
  EXPECT_EQ(visitors[0], (Visitor{"ada", {"a cat"}, 1, "2027-01-31", ""}));
  EXPECT_EQ(visitors[1], (Visitor{"", {"a", "b"}, 2, "2027-02-28", ""}));
  EXPECT_THAT(settings_of(read_sample(from_file("top.visitors = [{ nights = 3 }]"))).visitors,
              ElementsAre(Visitor{"", {"nothing"}, 3, "", ""}));
}

TEST(ConfigFile, NamesFaultsInListsOfTables) {
  EXPECT_THAT(lines_of(read_sample(from_file(R"([[top.visitors]]
nam = "ada"
nights = 10
[[top.visitors]]
name = "a b"
until = "2027-02-29"
word = 5
)"))),
              ElementsAre("a.toml:2:1: 'top.visitors.nam' is not a known key (did you mean top.visitors.name?)",
                          "a.toml:3:10: top.visitors.nights must be an integer from 1 to 9, not 10",
                          "a.toml:5:8: top.visitors.name: 'a b' has a blank in it",
                          "a.toml:6:9: top.visitors.until must be a day such as \"2027-01-31\", not '2027-02-29'",
                          "a.toml:7:8: top.visitors.word must be a text"));
  const std::string must = "top.visitors must be a list of tables in the configuration file, each begun with [[top.visitors]], not ";
  EXPECT_THAT(lines_of(read_sample(from_file("[top.visitors]\nname = \"a\""))), ElementsAre("a.toml:1:1: " + must + "a table"));
  EXPECT_THAT(lines_of(read_sample(from_file("top.visitors = [1]"))), ElementsAre("a.toml:1:17: " + must + "one with an integer"));
  EXPECT_THAT(lines_of(read_sample(from_file("[top]\nnights = 1"))),
              ElementsAre("a.toml:2:1: 'top.nights' is not a known key (did you mean top.visitors.nights?)"));
  Sources sources;
  sources.environment["GATEHOUSE_TOP_VISITORS"] = "[]";
  EXPECT_THAT(lines_of(read_sample(sources)), ElementsAre("environment GATEHOUSE_TOP_VISITORS: " + must + "a text"));
}

TEST(ConfigFile, MayBeEmpty) {
  const Reading reading = read_sample(from_file(""));
  EXPECT_TRUE(reading.ok());
  EXPECT_EQ(settings_of(reading).inner.count, 5U);
  EXPECT_EQ(place_of(reading, "top.inner.count"), "default");
}

TEST(ConfigFile, NamesEveryFaultAtOnceWithLineAndColumn) {
  const Reading reading = read_sample(from_file(R"([top]
flag = "yes"
name = 5
itms = ["a"]
colour = "blue"

wait = 30
[top.inner]
count = 101
size = "1KB"
[elsewhere]
a = 1
b = 2
)"));
  EXPECT_THAT(lines_of(reading),
              ::testing::UnorderedElementsAre(
                  "a.toml:2:8: top.flag must be true or false, not a text", "a.toml:3:8: top.name must be a text, not an integer",
                  "a.toml:4:1: 'top.itms' is not a known key (did you mean top.items?)",
                  "a.toml:5:10: top.colour must be one of red, green, not 'blue'",
                  R"(a.toml:7:8: top.wait must be a duration such as "90s", "30m", "12h" or "7d", from 1s to 3600s, not an integer)",
                  "a.toml:9:9: top.inner.count must be an integer from 1 to 100, not 101",
                  R"(a.toml:10:8: top.inner.size must be a size such as "512B", "32KiB", "8MiB" or "1GiB", from 1KiB to 1MiB, not '1KB')",
                  "a.toml:11:2: 'elsewhere' is not a known key"));
}

TEST(ConfigFile, KeepsTheDefaultWhereAValueIsWrong) {
  const Reading reading = read_sample(from_file("[top.inner]\ncount = 0\nsize = \"2KiB\""));
  EXPECT_EQ(reading.faults.size(), 1U);
  EXPECT_EQ(settings_of(reading).inner.count, 5U);
  EXPECT_EQ(settings_of(reading).inner.size, kib(2));
}

struct Wrong {
  const char* toml;
  const char* fault;
};

class ConfigFileRow : public ::testing::TestWithParam<Wrong> {};

TEST_P(ConfigFileRow, IsRefused) {
  const Reading reading = read_sample(from_file(GetParam().toml));
  ASSERT_EQ(reading.faults.size(), 1U) << ::testing::PrintToString(lines_of(reading));
  EXPECT_EQ(lines_of(reading)[0], GetParam().fault);
}

INSTANTIATE_TEST_SUITE_P(
    Types, ConfigFileRow,
    ::testing::Values(
        Wrong{"top = 5", "a.toml:1:7: top must be a table, not an integer"},
        Wrong{"top.inner = []", "a.toml:1:13: top.inner must be a table, not a list"},
        Wrong{"[[top]]\nflag = true", "a.toml:1:1: top must be a table, not a list"},
        Wrong{"top.flag = 1", "a.toml:1:12: top.flag must be true or false, not an integer"},
        Wrong{"top.flag = [true]", "a.toml:1:12: top.flag must be true or false, not a list"},
        Wrong{"top.inner.count = 5.0", "a.toml:1:19: top.inner.count must be an integer from 1 to 100, not a number with a fraction"},
        Wrong{"top.inner.count = \"5\"", "a.toml:1:19: top.inner.count must be an integer from 1 to 100, not a text"},
        Wrong{"top.inner.count = -1", "a.toml:1:19: top.inner.count must be an integer from 1 to 100, not -1"},
        Wrong{"top.inner.count = 9223372036854775807",
              "a.toml:1:19: top.inner.count must be an integer from 1 to 100, not 9223372036854775807"},
        Wrong{"top.name = 2026-01-01", "a.toml:1:12: top.name must be a text, not a date or time"},
        Wrong{"top.name = \"a b\"", "a.toml:1:12: top.name: 'a b' has a blank in it"},
        Wrong{"top.items = \"a\"", "a.toml:1:13: top.items must be a list of texts, not a text"},
        Wrong{"top.items = [\"a\", 5]", "a.toml:1:19: top.items must be a list of texts, not one with an integer"},
        Wrong{"top.items = [\"a\",\n \"b c\"]", "a.toml:2:2: top.items: 'b c' has a blank in it"},
        Wrong{"top.wait = \"0s\"",
              "a.toml:1:12: top.wait must be a duration such as \"90s\", \"30m\", \"12h\" or \"7d\", from 1s to 3600s, not '0s'"},
        Wrong{"top.wait = \"2h\"",
              "a.toml:1:12: top.wait must be a duration such as \"90s\", \"30m\", \"12h\" or \"7d\", from 1s to 3600s, not '2h'"},
        Wrong{"top.rate = \"60\"", "a.toml:1:12: top.rate must be a rate such as \"60/60s\" or \"1000/1d\", not '60'"},
        Wrong{"top.map = \"a\"", "a.toml:1:11: top.map must be a table of texts, not a text"},
        Wrong{"[top.map]\na = 5", "a.toml:2:5: top.map must be a table of texts, not one with an integer"},
        Wrong{"[top.flag]\na = 5", "a.toml:1:1: top.flag must be true or false, not a table"},
        Wrong{"top.colour = \"Red\"", "a.toml:1:14: top.colour must be one of red, green, not 'Red'"},
        Wrong{"top.key_file = \"does/not/exist\"", "a.toml:1:16: top.key_file: there is no file 'does/not/exist'"}));

TEST(ConfigFile, SaysWhereItIsNotToml) {
  for (const char* text : {"[top\nflag = true", "top.flag = tru", "top.flag = true\ntop.flag = true", "a = \"\n\"", "\xff = 1", "= 5"}) {
    const Reading reading = read_sample(from_file(text));
    ASSERT_EQ(reading.faults.size(), 1U) << text;
    EXPECT_THAT(lines_of(reading)[0], ::testing::MatchesRegex("a.toml:[12]:[0-9]+: this is not TOML: .*")) << text;
  }
}

TEST(ConfigFile, ShowsNoSecretInAFault) {
  const Reading reading = read_sample(from_file("top.secret = 12345678"));
  EXPECT_THAT(lines_of(reading), ElementsAre("a.toml:1:14: top.secret must be a text"));
}

TEST(ConfigFile, QuotesNoControlBytesAndNoNovels) {
  const Reading reading = read_sample(from_file("top.colour = \"\\u001b[31m" + std::string(1000, 'x') + "\""));
  ASSERT_EQ(reading.faults.size(), 1U);
  EXPECT_THAT(lines_of(reading)[0], HasSubstr("not '[31mxxx"));
  EXPECT_LT(lines_of(reading)[0].size(), 250U);
}

TEST(ConfigFile, StopsAtAHundredFaults) {
  std::string text = "[top]\n";
  for (int i = 0; i < 5000; ++i) text += "unknown" + std::to_string(i) + " = 1\n";
  const Reading reading = read_sample(from_file(text));
  ASSERT_EQ(reading.faults.size(), most_faults);
  EXPECT_THAT(lines_of(reading).back(), HasSubstr("and more"));
}

TEST(StringArray, IsOneArrayOfTexts) {
  EXPECT_EQ(parse_string_array(R"(["a", "b\n\u00e4"])"), (Texts{"a", "b\n\xc3\xa4"}));
  EXPECT_EQ(parse_string_array("[]"), Texts{});
  for (const char* text : {"", "[", "[1]", "[\"a\", 1]", "[\"a\"]\nb = 1", "\"a\"", "[[\"a\"]]", "[\"a\"] x"}) {
    EXPECT_FALSE(parse_string_array(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace gatehouse::config
