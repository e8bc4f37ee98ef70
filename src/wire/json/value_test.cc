#include "gatehouse/wire/json/value.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

TEST(JsonValue, IsNullWithoutADocument) {
  const JsonValue value;
  EXPECT_TRUE(value.is_null());
  EXPECT_EQ(value.as_double(), std::nullopt);
  EXPECT_EQ(value.as_int64(), std::nullopt);
}

TEST(JsonValue, StepsOverWhatIsNested) {
  JsonParser parser;
  const JsonValue root = parser.parse(R"([[],{},[[1,2],{"a":[3]}],"s",4.5,6,{"k":{"l":[]}},null])").value();
  std::vector<std::string> kinds;
  for (const JsonValue& item : root.items()) kinds.emplace_back(describe_kind(item.kind()));
  EXPECT_EQ(kinds, (std::vector<std::string>{"a list", "an object", "a list", "a string", "a number", "a number", "an object", "null"}));
}

TEST(JsonValue, GivesMembersInTheirOrder) {
  JsonParser parser;
  const JsonValue root = parser.parse(R"({"b":[1,{"x":2}],"a":{"y":3},"":4})").value();
  std::string keys;
  for (const JsonMember member : root.members()) keys.append(member.key).append(";");
  EXPECT_EQ(keys, "b;a;;");
  EXPECT_EQ(root.find("a")->find("y")->as_int64(), 3);
  EXPECT_EQ(root.find("")->as_int64(), 4);
  EXPECT_EQ(root.find("x"), std::nullopt);
}

TEST(JsonValue, IntegersAreWhatADoubleHoldsExactly) {
  JsonParser parser;
  const JsonValue root = parser.parse("[0.5,9007199254740992.0,9007199254740994.0,1e308,-1.0,true,\"1\"]").value();
  std::vector<std::optional<std::int64_t>> whole;
  for (const JsonValue& item : root.items()) whole.push_back(item.as_int64());
  using Whole = std::optional<std::int64_t>;
  EXPECT_EQ(whole, (std::vector<Whole>{std::nullopt, 9007199254740992, std::nullopt, std::nullopt, -1, std::nullopt, std::nullopt}));
}

}  // namespace
}  // namespace gatehouse::wire
