#include "signature/structured.h"

#include <gtest/gtest.h>

namespace gatehouse::wire::structured {
namespace {

std::string spelled(std::string_view text) {
  const std::optional<Dictionary> dictionary = parse_dictionary(text);
  if (!dictionary) return "refused";
  std::string out;
  for (const Member& member : *dictionary) {
    out.append(out.empty() ? "" : ", ").append(member.name).append("=");
    member.is_list ? append_inner_list(out, member) : append(out, member.items.front());
  }
  return out;
}

TEST(StructuredDictionary, IsSpelledInOneWay) {
  EXPECT_EQ(spelled(""), "");
  EXPECT_EQ(spelled("   "), "");
  EXPECT_EQ(spelled("a=1,  b=?0 \t,\tc"), "a=1, b=?0, c=?1");
  EXPECT_EQ(spelled("a=-007;q=0.500, b=-0.10"), "a=-7;q=0.5, b=-0.1");
  EXPECT_EQ(spelled(R"(a="x\"\\y")"), R"(a="x\"\\y")");
  EXPECT_EQ(spelled("a=:aGVsbG8=:, b=:aGVsbG8:, c=::"), "a=:aGVsbG8=:, b=:aGVsbG8=:, c=::");
  EXPECT_EQ(spelled("a=(1  2);x=1, b=()"), "a=(1 2);x=1, b=()");
  EXPECT_EQ(spelled("a=*t:o/k;*k=?1"), "a=*t:o/k;*k");
}

TEST(StructuredDictionary, KeepsTheLastOfANameWhereTheFirstStood) {
  EXPECT_EQ(spelled("a=1, b=2, a=3"), "a=3, b=2");
  EXPECT_EQ(spelled("a=1;x=1;y=2;x=3"), "a=1;x=3;y=2");
}

TEST(StructuredDictionary, IsRefusedWholeWhereAnythingIsMalformed) {
  for (const char* text : {"a=",
                           "=1",
                           "A=1",
                           "1=1",
                           "a=1,",
                           "a=1 b=2",
                           "a=1,,b=2",
                           "a=\"",
                           "a=\"x\\n\"",
                           "a=:x",
                           "a=:a b=:",
                           "a=?2",
                           "a=-",
                           "a=1.",
                           "a=1.2345",
                           "a=1234567890123456",
                           "a=1234567890123.1",
                           "a=(1",
                           "a=(1,2)",
                           "a=((1))",
                           "a;=1",
                           "a=1;X",
                           "a=@1",
                           "a=%\"x\"",
                           "a=\xc3\xa9",
                           "a=\"\xc3\xa9\"",
                           "a\t=1",
                           "a=:AB==:=",
                           "a=:AA=:",
                           "a=:AB==:"}) {
    EXPECT_EQ(spelled(text), "refused") << text;
  }
}

TEST(StructuredDictionary, HasBounds) {
  std::string members, items, parameters = "a";
  for (int n = 0; n < 32; ++n) members.append(n == 0 ? "" : ",").append("a" + std::to_string(n));
  for (int n = 0; n < 64; ++n) items.append(n == 0 ? "" : " ").append("1");
  for (int n = 0; n < 16; ++n) parameters.append(";p" + std::to_string(n));
  EXPECT_NE(spelled(members), "refused");
  EXPECT_EQ(spelled(members + ",z"), "refused");
  EXPECT_NE(spelled("a=(" + items + ")"), "refused");
  EXPECT_EQ(spelled("a=(" + items + " 1)"), "refused");
  EXPECT_NE(spelled(parameters), "refused");
  EXPECT_EQ(spelled(parameters + ";z"), "refused");
}

}  // namespace
}  // namespace gatehouse::wire::structured
