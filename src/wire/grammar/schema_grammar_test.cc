#include "gatehouse/wire/grammar/schema_grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "numbers.h"

namespace gatehouse::wire {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string refusal(const std::string& schema) {
  const Result<std::string> grammar = schema_grammar(schema);
  if (grammar) return "it was taken";
  EXPECT_EQ(grammar.error().reason(), "schema_not_supported");
  EXPECT_EQ(grammar.error().code(), Code::invalid_argument);
  return grammar.error().public_text();
}

TEST(SchemaGrammar, BeginsWithTheDocument) {
  EXPECT_THAT(*schema_grammar(R"({"type":"boolean"})"), AllOf(HasSubstr("root ::="), HasSubstr(R"( ::= "true" | "false")")));
}

TEST(SchemaGrammar, WritesMembersInTheOrderOfTheSchema) {
  const std::string text =
      *schema_grammar(R"({"type":"object","properties":{"b\"":{"type":"null"},"a":{"const":[1,"x"]}},"required":["b\""]})");
  EXPECT_THAT(text, HasSubstr(R"("\"b\\\"\"")"));
  EXPECT_THAT(text, HasSubstr(R"("[1,\"x\"]")"));
}

TEST(SchemaGrammar, LeavesOutWhatLeadsNowhere) {
  const std::string text =
      *schema_grammar(R"({"type":"object","properties":{"a":{"type":"null"},"self":{"$ref":"#"},"never":false},"required":["a"]})");
  EXPECT_THAT(text, AllOf(HasSubstr("self"), Not(HasSubstr("never"))));
  EXPECT_THAT(refusal(R"({"type":"object","properties":{"self":{"$ref":"#"}},"required":["self"]})"), HasSubstr("no document can be"));
  EXPECT_THAT(refusal("false"), HasSubstr("no document can be"));
  EXPECT_THAT(refusal(R"({"enum":["a"],"type":"integer"})"), HasSubstr("no document can be"));
}

TEST(SchemaGrammar, RefusesWhatItCannotKeepToAndSaysWhere) {
  EXPECT_THAT(refusal(R"({"properties":{"a":{"pattern":"^x"}}})"),
              AllOf(HasSubstr("'/properties/a'"), HasSubstr("pattern is not supported")));
  for (const char* schema : {R"({"not":{}})",
                             R"({"if":{},"then":{}})",
                             R"({"patternProperties":{}})",
                             R"({"allOf":[{},{}]})",
                             R"({"$ref":"#/nowhere"})",
                             R"({"$ref":"other.json"})",
                             R"({"$ref":"#","type":"null"})",
                             R"({"anyOf":[{}],"type":"null"})",
                             R"({"oneOf":[{"type":"integer"},{"type":"number"}]})",
                             R"({"type":"text"})",
                             R"({"type":7})",
                             R"({"type":[]})",
                             R"({"type":[7]})",
                             R"({"required":["a","a"]})",
                             R"([])",
                             R"("string")",
                             R"({"type":"array","uniqueItems":true})",
                             R"({"type":"number","multipleOf":0.1})",
                             R"({"type":"string","minLength":2,"maxLength":1})",
                             R"({"type":"string","maxLength":1001})",
                             R"({"type":"array","minItems":-1})",
                             R"({"type":"integer","minimum":"1"})",
                             R"({"type":"object","minProperties":1})",
                             R"({"type":"object","properties":[]})",
                             R"({"type":"object","required":"a"})",
                             R"({"enum":{}})",
                             R"({"enum":["a"],"minLength":3})",
                             R"({"items":[{}]})"}) {
    EXPECT_THAT(refusal(schema), HasSubstr("cannot be kept to")) << schema;
  }
}

TEST(SchemaGrammar, IsOfJsonAlone) {
  EXPECT_EQ(schema_grammar("{").error().reason(), "json_invalid");
  EXPECT_EQ(schema_grammar("").error().reason(), "json_invalid");
}

TEST(SchemaGrammar, TakesWhatOnlyDescribes) {
  for (const char* schema :
       {R"({"title":"t","description":"d","default":1,"examples":[],"$comment":"c","$schema":"s","$id":"i","x-of-mine":1})", "true", "{}",
        R"({"type":"string","format":"e-mail of sorts"})", R"({"oneOf":[{"type":"string"},{"type":"null"}]})",
        R"({"oneOf":[{"const":1},{"const":2}]})", R"({"allOf":[{"type":"string"}]})", R"({"type":["string","null"]})",
        R"({"$defs":{"a/b":{"type":"null"}},"$ref":"#/$defs/a~1b"})"}) {
    EXPECT_TRUE(schema_grammar(schema).ok()) << schema;
  }
}

// Whatever it is given, it does not grow beyond its bounds.
TEST(SchemaGrammar, IsBounded) {
  std::string deep = R"({"type":"null"})";
  for (int i = 0; i < 60; ++i) deep = R"({"type":"array","items":)" + deep + "}";
  EXPECT_TRUE(schema_grammar(deep).ok());
  std::string chain = R"({"$ref":"#/$defs/d0","$defs":{)";
  for (int i = 0; i < 2000; ++i)
    chain += "\"d" + std::to_string(i) + R"(":{"type":"array","items":{"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}},";
  EXPECT_THAT(refusal(chain + R"("d2000":{}}})"), HasSubstr("too deeply"));
  std::string wide = R"({"type":"object","properties":{)";
  for (int i = 0; i < 3000; ++i) wide += "\"member " + std::to_string(i) + R"(":{"type":"string","maxLength":1000},)";
  EXPECT_THAT(refusal(wide + R"("last":{}}})"), HasSubstr("more than 1000 members"));
  std::string names = R"({"type":"object","required":[)";
  for (int i = 0; i < 20'000; ++i) names += "\"" + std::to_string(i) + "\",";
  EXPECT_THAT(refusal(names + "\"\"]}"), HasSubstr("more than 1000 members"));
  std::string types = R"({"type":[)";
  for (int i = 0; i < 20'000; ++i) types += R"("string",)";
  EXPECT_THAT(refusal(types + R"("null"]})"), HasSubstr("more types than there are"));
  std::string lists = R"({"type":"array","maxItems":1000,"items":{"type":"null"}})";
  std::string tuple;
  for (int i = 0; i < 100; ++i) tuple += lists + ",";
  EXPECT_THAT(refusal(R"({"type":"array","prefixItems":[)" + tuple + "{}]}"), HasSubstr("too large"));
  std::string ways = R"({"anyOf":[)";
  for (int i = 0; i < 1100; ++i) ways += R"({"const":)" + std::to_string(i) + "},";
  EXPECT_THAT(refusal(ways + "{}]}"), HasSubstr("too many ways"));
  std::string words = R"({"enum":["different",)";
  for (int i = 0; i < 3000; ++i) words += "\"word " + std::to_string(i) + "\",";
  EXPECT_TRUE(schema_grammar(words + "\"字\",\"学\"]}").ok()) << "what begins alike is one way";
  words = R"({"enum":[)";
  for (int i = 0; i < 50'000; ++i) words += "\"" + std::to_string(i * 7919) + " is a word of many\",";
  EXPECT_THAT(refusal(words + "\"z\"]}"), HasSubstr("more than 256 KiB"));
}

// Every text that these rules write.
std::set<std::string> all_texts(const grammar::Rules& rules, grammar::RuleId root) {
  // The rules as text, back to alternatives of literals and classes without repetition.
  std::map<std::string, std::vector<std::string>> by_name;
  const std::string text = rules.text(root).value_or("");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at), is = text.find(" ::=", at);
    by_name[text.substr(at, is - at)].push_back(text.substr(is + 4, end - is - 4));
    at = end + 1;
  }
  const auto expand = [&by_name](const auto& self, const std::string& name) -> std::set<std::string> {
    std::set<std::string> out;
    std::string rest = by_name.at(name).front();
    std::set<std::string> so_far{""};
    const auto each = [&so_far](const std::set<std::string>& more) {
      std::set<std::string> next;
      for (const std::string& a : so_far) {
        for (const std::string& b : more) next.insert(a + b);
      }
      so_far = std::move(next);
    };
    for (std::size_t i = 0; i < rest.size();) {
      if (rest[i] == ' ') {
        ++i;
      } else if (rest[i] == '|') {
        out.merge(so_far);
        so_far = {""}, ++i;
      } else if (rest[i] == '"') {
        const std::size_t close = rest.find('"', i + 1);
        each({rest.substr(i + 1, close - i - 1)});
        i = close + 1;
      } else if (rest[i] == '[') {
        std::set<std::string> digits;
        for (char c = rest[i + 1]; c <= rest[i + 3]; ++c) digits.insert(std::string(1, c));
        each(digits);
        i += 5;
      } else {
        const std::size_t close = std::min(rest.find(' ', i), rest.size());
        each(self(self, rest.substr(i, close - i)));
        i = close;
      }
    }
    out.merge(so_far);
    return out;
  };
  return expand(expand, "root");
}

TEST(IntegerBetween, WritesExactlyThoseThatLieThere) {
  constexpr unsigned seed = 20261127;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 300; ++i) {
    const std::int64_t low = static_cast<std::int64_t>(random() % 3000) - 1500, high = low + static_cast<std::int64_t>(random() % 1500);
    grammar::Rules rules;
    const grammar::RuleId rule = grammar::integer_between(rules, {low, high});
    std::set<std::string> expected;
    for (std::int64_t n = low; n <= high; ++n) expected.insert(std::to_string(n));
    ASSERT_EQ(all_texts(rules, rule), expected) << low << " to " << high;
  }
}

TEST(IntegerBetween, HasNothingWhereNothingLies) {
  grammar::Rules rules;
  EXPECT_FALSE(rules.text(grammar::integer_between(rules, {5, 4})));
  EXPECT_FALSE(rules.text(grammar::integer_between(rules, {2'000'000'000'000'000, std::nullopt})));
}

}  // namespace
}  // namespace gatehouse::wire
