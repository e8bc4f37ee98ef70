#include "gatehouse/config/show.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_settings.h"

namespace gatehouse::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string toml_of(const Value& value) { return to_toml(KeySpec(), value); }

TEST(ToToml, WritesEveryType) {
  EXPECT_EQ(toml_of(Value(true)), "true");
  EXPECT_EQ(toml_of(Value(std::int64_t{-5})), "-5");
  EXPECT_EQ(toml_of(Value(std::string("a\"b\\c\n\x7f"))), R"("a\"b\\c\u000a\u007f")");
  EXPECT_EQ(toml_of(Value(Texts{"a", "b"})), R"(["a", "b"])");
  EXPECT_EQ(toml_of(Value(Texts{})), "[]");
  EXPECT_EQ(toml_of(Value(seconds(300))), R"("300s")");
  EXPECT_EQ(toml_of(Value(kib(32))), R"("32KiB")");
  EXPECT_EQ(toml_of(Value(Rate{60, seconds(60)})), R"("60/60s")");
  EXPECT_EQ(toml_of(Value(Table{{"a b", "c"}, {"d", "e"}})), R"({ "a b" = "c", "d" = "e" })");
  EXPECT_EQ(toml_of(Value(Table{})), "{}");
}

TEST(Shown, MasksSecretsAndPasswordsInUrls) {
  KeySpec open, secret;
  secret.hidden();
  const auto text = [](const KeySpec& key, const char* value) { return std::get<std::string>(shown(key, Value(std::string(value)))); };
  EXPECT_EQ(text(secret, "hunter2"), masked);
  EXPECT_EQ(text(secret, ""), "");
  EXPECT_EQ(text(open, "hunter2"), "hunter2");
  EXPECT_EQ(text(open, "postgresql://ada:hunter2@db:5432/x"), "postgresql://ada:********@db:5432/x");
  EXPECT_EQ(text(open, "redis://:hunter2@cache"), "redis://:********@cache");
  EXPECT_EQ(text(open, "redis://:hun@ter2@cache/0?a=@b"), "redis://:********@cache/0?a=@b");
  EXPECT_EQ(text(open, "http://127.0.0.1:8080/a@b:c"), "http://127.0.0.1:8080/a@b:c");
  EXPECT_EQ(text(open, "http://ada@host:80"), "http://ada@host:80");
  EXPECT_EQ(std::get<Texts>(shown(secret, Value(Texts{"a", "b"}))), (Texts{std::string(masked), std::string(masked)}));
  EXPECT_EQ(std::get<Texts>(shown(open, Value(Texts{"x://a:b@c"}))), Texts{"x://a:********@c"});
}

TEST(EffectiveToml, IsReadBackAsTheSameSettings) {
  Sources sources = from_file("[top]\nflag = true\nname = \"x\\\"y\"\nitems = [\"a\", \"b\"]\nmap = { \"k 1\" = \"v\" }\nwait = \"7s\"");
  sources.environment["GATEHOUSE_TOP_INNER_COUNT"] = "9";
  const Reading first = read_sample(sources);
  ASSERT_TRUE(first.ok());
  const std::string printed = effective_toml(sample_schema().keys(), first);
  const Reading again = read_sample(from_file(printed));
  ASSERT_TRUE(again.ok()) << ::testing::PrintToString(lines_of(again)) << printed;
  EXPECT_EQ(again.values, first.values);
}

TEST(EffectiveToml, WritesListsOfTablesBehindTheTableThatTheyAreIn) {
  const Reading first = read_sample(from_file(R"([[top.visitors]]
name = "ada"
word = "hunter2"
[[top.visitors]]
brings = "a cat"
[top]
flag = true
)"));
  const std::string printed = effective_toml(sample_schema().keys(), first);
  EXPECT_THAT(printed,
              HasSubstr("\n\n[[top.visitors]]  # a.toml:1:1\nname = \"ada\"  # a.toml:2:8\n# brings = [\"nothing\"]  # default\n"));
  EXPECT_THAT(printed, HasSubstr("word = \"********\"  # a.toml:3:8\n"));
  const Reading again = read_sample(from_file(printed));
  ASSERT_TRUE(again.ok()) << ::testing::PrintToString(lines_of(again)) << printed;
  EXPECT_EQ(settings_of(again).visitors.size(), 2U);
  EXPECT_EQ(settings_of(again).visitors[1], settings_of(first).visitors[1]);
  EXPECT_TRUE(settings_of(again).flag);
}

TEST(ToToml, WritesOfEachTableWhatTheFileSaysOfIt) {
  const Schema<Sample> schema = sample_schema();
  const Reading reading = read_sample(from_file("[[top.visitors]]\nnights = 2\nuntil = 2027-01-31\nword = \"hunter2\""));
  for (std::size_t i = 0; i < schema.keys().size(); ++i) {
    const KeySpec& key = schema.keys()[i];
    if (key.name != "top.visitors") continue;
    EXPECT_EQ(to_toml(key, shown(key, reading.values[i])), R"([{ nights = 2, until = "2027-01-31", word = "********" }])");
  }
}

TEST(EffectiveToml, SaysWhereEachValueComesFromAndHidesSecrets) {
  Sources sources = from_file("top.secret = \"hunter2\"");
  sources.environment["GATEHOUSE_TOP_INNER_COUNT"] = "9";
  const std::string printed = effective_toml(sample_schema().keys(), read_sample(sources));
  EXPECT_THAT(printed, HasSubstr("secret = \"********\"  # a.toml:1:14\n"));
  EXPECT_THAT(printed, HasSubstr("[top.inner]\nsize = \"32KiB\"  # default\ncount = 9  # environment GATEHOUSE_TOP_INNER_COUNT\n"));
  EXPECT_THAT(printed, Not(HasSubstr("hunter2")));
}

TEST(ExampleToml, ChangesNothingAsItIsAndNothingWhenUncommented) {
  const std::string example = example_toml(sample_schema().keys());
  const Reading as_it_is = read_sample(from_file(example)), nothing = read_sample({});
  EXPECT_TRUE(as_it_is.ok());
  EXPECT_EQ(as_it_is.values, nothing.values);
  std::string uncommented;
  for (std::size_t at = 0; at < example.size();) {
    const std::size_t end = example.find('\n', at);
    const bool is_key = example[at] == '#' && example[at + 1] != ' ';
    uncommented += example.substr(at + (is_key ? 1 : 0), end - at) + "\n";
    at = end + 1;
  }
  const Reading all_set = read_sample(from_file(uncommented));
  EXPECT_TRUE(all_set.ok()) << ::testing::PrintToString(lines_of(all_set));
  EXPECT_EQ(all_set.values, nothing.values);
  EXPECT_THAT(example, HasSubstr("\n# How many\n# An integer from 1 to 100; a reload (SIGHUP) applies a change.\n#count = 5\n"));
  EXPECT_THAT(example, HasSubstr("#followers = [\"ada\"]\n"));
  EXPECT_THAT(
      example,
      HasSubstr("#\n# [[top.visitors]]\n# # Who it is. A text.\n# name = \"\"\n# # What comes along. A list of texts, or one text.\n"));
}

TEST(ExampleDotenv, IsReadAsTheDefaultsWhenUncommented) {
  std::string example = example_dotenv(sample_schema().keys());
  EXPECT_THAT(example, HasSubstr("# Also taken from FARBE.\n#GATEHOUSE_TOP_COLOUR=red\n"));
  for (std::size_t at = example.find("\n#GATEHOUSE_"); at != std::string::npos; at = example.find("\n#GATEHOUSE_", at))
    example.erase(at + 1, 1);
  Sources sources;
  sources.dotenv = Document{".env", example};
  const Reading all_set = read_sample(sources);
  EXPECT_TRUE(all_set.ok()) << ::testing::PrintToString(lines_of(all_set));
  EXPECT_EQ(all_set.values, read_sample({}).values);
}

}  // namespace
}  // namespace gatehouse::config
