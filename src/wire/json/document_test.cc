#include "gatehouse/wire/json/document.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace gatehouse::wire {
namespace {

using namespace std::string_literals;

std::string nested(std::size_t depth, char kind = '[') {
  std::string out;
  for (std::size_t i = 0; i < depth; ++i) out += kind == '[' ? "[" : i + 1 < depth ? "{\"a\":" : "{";
  return out.append(depth, kind == '[' ? ']' : '}');
}

struct Refusal {
  std::string text;
  std::string_view reason;
  std::size_t offset;
};

void expect_refused(const Refusal& r) {
  JsonParser parser;
  const auto root = parser.parse(r.text);
  ASSERT_FALSE(root.ok()) << r.text.substr(0, 80);
  EXPECT_EQ(root.error().reason(), r.reason) << r.text.substr(0, 80);
  EXPECT_EQ(root.error().code(), Code::invalid_argument);
  EXPECT_EQ(root.error().origin(), Origin::caller);
  EXPECT_EQ(parser.fault_offset(), r.offset) << r.text.substr(0, 80);
  EXPECT_NE(root.error().public_text().find("byte " + std::to_string(r.offset)), std::string::npos) << root.error().public_text();
}

TEST(JsonParser, ReadsEveryKind) {
  JsonParser parser;
  const auto root = parser.parse(R"( {"a":[1,-2,3.5,true,false,null,"x"],"b":{}} )");
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(parser.facts().depth, 2U);
  EXPECT_EQ(parser.facts().values, 10U);
  const JsonValue list = root->find("a").value();
  std::vector<JsonKind> kinds;
  for (const JsonValue& item : list.items()) kinds.push_back(item.kind());
  EXPECT_EQ(kinds, (std::vector{JsonKind::int64, JsonKind::int64, JsonKind::real, JsonKind::true_, JsonKind::false_, JsonKind::null,
                                JsonKind::string}));
  EXPECT_TRUE(root->find("b")->is_object());
  EXPECT_FALSE(root->find("c").has_value());
}

TEST(JsonParser, CountsTheRootAsDepthOneAndStopsAfter64) {
  JsonParser parser;
  for (const char kind : {'[', '{'}) {
    ASSERT_TRUE(parser.parse(nested(64, kind)).ok()) << kind;
    EXPECT_EQ(parser.facts().depth, 64U);
    for (const std::size_t depth : {std::size_t{65}, std::size_t{66}, std::size_t{3000}, std::size_t{100'000}}) {
      const auto root = parser.parse(nested(depth, kind));
      ASSERT_FALSE(root.ok());
      EXPECT_EQ(root.error().reason(), "json_too_deep") << depth << kind;
      EXPECT_EQ(parser.fault_offset(), kind == '[' ? 64U : 64U * 5U) << depth << kind;
    }
  }
  expect_refused({std::string(3000, '['), "json_too_deep", 64});
  EXPECT_TRUE(parser.parse("[" + nested(63) + "," + nested(63) + "]").ok());
}

TEST(JsonParser, RefusesKeysThatOccurTwice) {
  expect_refused({R"({"a":1,"a":2})", "json_duplicate_key", 7});
  expect_refused({R"({"a":1,"\u0061":2})", "json_duplicate_key", 7});
  expect_refused({R"({"x":["\"a\"",{"k":1,"k":2}]})", "json_duplicate_key", 21});
  expect_refused({R"({"":1,"":2})", "json_duplicate_key", 6});
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  expect_refused({many + "\"k50\":1}", "json_duplicate_key", many.size()});
  JsonParser parser;
  EXPECT_TRUE(parser.parse(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})").ok());
}

TEST(JsonParser, RefusesWhatIsNotJsonAndSaysWhere) {
  const std::vector<Refusal> table{
      {"", "json_invalid", 0},
      {"   ", "json_invalid", 3},
      {"{", "json_invalid", 1},
      {"[1,]", "json_invalid", 3},
      {R"({"a":1,})", "json_invalid", 7},
      {R"({"a" 1})", "json_invalid", 5},
      {R"({a:1})", "json_invalid", 1},
      {"[1 2]", "json_invalid", 3},
      {"1 2", "json_invalid", 2},
      {"[]x", "json_invalid", 2},
      {"[1}", "json_invalid", 2},
      {"'a'", "json_invalid", 0},
      {"// a\n1", "json_invalid", 0},
      {"[NaN]", "json_invalid", 1},
      {"[+1]", "json_invalid", 1},
      {"[01]", "json_invalid", 2},
      {"[.5]", "json_invalid", 1},
      {"[1.]", "json_invalid", 3},
      {"[1e]", "json_invalid", 3},
      {"[0x10]", "json_invalid", 2},
      {"[truth]", "json_invalid", 4},
      {"[\"a\nb\"]", "json_invalid", 3},
      {"[\"a\\x\"]", "json_invalid", 4},
      {"[\"\0\"]"s, "json_invalid", 2},
      {"[1]\0"s, "json_invalid", 3},
      {"\xEF\xBB\xBF[1]", "json_invalid", 0},
  };
  for (const Refusal& r : table) expect_refused(r);
}

TEST(JsonParser, RefusesInvalidUtf8) {
  const std::vector<std::string> bad{"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
                                     "\xFF"};
  for (const std::string& bytes : bad) {
    expect_refused({"[\"ab" + bytes + "\"]", "json_invalid", 4});
    expect_refused({"{\"ab" + bytes + "\":1}", "json_invalid", 4});
  }
  JsonParser parser;
  const auto root = parser.parse("[\"é€😀\"]");
  ASSERT_TRUE(root.ok());
}

TEST(JsonParser, UnescapesStrings) {
  JsonParser parser;
  const auto root = parser.parse(R"(["\"\\\/\b\f\n\r\t","\u00e9\u20AC\ud83d\ude00","a\u0000b"])");
  ASSERT_TRUE(root.ok());
  std::vector<std::string> texts;
  for (const JsonValue& item : root->items()) texts.emplace_back(item.string());
  EXPECT_EQ(texts, (std::vector<std::string>{"\"\\/\b\f\n\r\t", "é€😀", "a\0b"s}));
}

TEST(JsonParser, RefusesLoneSurrogates) {
  JsonParser parser;
  for (const std::string_view text :
       {R"(["\ud83d"])", R"(["\ude00"])", R"(["\ud83d\u0041"])", R"(["\ud83dx"])", R"(["\u12g4"])", R"(["\u12"])"}) {
    const auto root = parser.parse(text);
    ASSERT_FALSE(root.ok()) << text;
    EXPECT_EQ(root.error().reason(), "json_invalid") << text;
  }
}

TEST(JsonParser, KeepsBigNumbersExactOrRefusesThem) {
  JsonParser parser;
  const auto root = parser.parse("[9007199254740993,9223372036854775807,-9223372036854775808,18446744073709551615,1.0,1e3,-0.0]");
  ASSERT_TRUE(root.ok());
  std::vector<std::optional<std::int64_t>> whole;
  for (const JsonValue& item : root->items()) whole.push_back(item.as_int64());
  EXPECT_EQ(whole, (std::vector<std::optional<std::int64_t>>{9007199254740993, std::numeric_limits<std::int64_t>::max(),
                                                             std::numeric_limits<std::int64_t>::min(), std::nullopt, 1, 1000, 0}));
  expect_refused({"[1e400]", "json_invalid", 1});
  expect_refused({"[18446744073709551616]", "json_invalid", 1});
  expect_refused({"[-9223372036854775809]", "json_invalid", 1});
  expect_refused({"[1," + std::string(400, '9') + "]", "json_invalid", 3});
  EXPECT_TRUE(parser.parse("[1e308,1e-400,0.1]").ok());
}

TEST(JsonParser, EnforcesSizeAndNumberOfValues) {
  JsonParser parser(JsonLimits{.bytes = 20, .values = 5, .depth = 64});
  EXPECT_TRUE(parser.parse("[1,2,3,4]").ok());
  const auto many = parser.parse("[1,2,3,4,5]");
  ASSERT_FALSE(many.ok());
  EXPECT_EQ(many.error().reason(), "json_too_large");
  EXPECT_EQ(many.error().code(), Code::too_large);
  EXPECT_TRUE(parser.parse(R"({"a":1,"b":2,"c":3})").ok());  // keys are no values
  EXPECT_FALSE(parser.parse(std::string(21, ' ')).ok());
}

TEST(JsonParser, ReadsSmallDocumentsAfterALargeOne) {
  JsonParser parser;
  const std::string large = "[\"" + std::string(3 * 1024 * 1024, 'x') + "\"]";
  for (int round = 0; round < 3; ++round) {
    const auto root = parser.parse(large);
    ASSERT_TRUE(root.ok());
    EXPECT_EQ((*root->items().begin()).string().size(), large.size() - 4);
    const auto small = parser.parse("[\"y\"]");
    ASSERT_TRUE(small.ok());
    EXPECT_EQ((*small->items().begin()).string(), "y");
    EXPECT_FALSE(parser.parse("[").ok());
  }
}

TEST(JsonCheck, PrintsOneLine) {
  EXPECT_EQ(json_check(R"({"a":[1]})").line, R"({"ok":true,"depth":2,"values":3})");
  const JsonCheck bad = json_check("[1,]");
  EXPECT_FALSE(bad.ok);
  EXPECT_TRUE(bad.line.starts_with(R"({"error":"json_invalid","offset":3)")) << bad.line;
}

}  // namespace
}  // namespace gatehouse::wire
