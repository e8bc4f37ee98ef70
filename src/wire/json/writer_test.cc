#include "gatehouse/wire/json/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "gatehouse/wire/json/document.h"

namespace gatehouse::wire {
namespace {

using namespace std::string_literals;

template <class T>
std::string written(const T& value) {
  std::string out;
  JsonWriter(out).value(value);
  return out;
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  std::string out;
  JsonWriter w(out);
  w.begin_object().member("a", 1).key("b").begin_list().value(1).begin_list().end_list().value("x").end_list();
  w.key("c").begin_object().end_object().member_null("d").member_raw("e", "[1]").member("f", true).end_object();
  EXPECT_EQ(out, R"({"a":1,"b":[1,[],"x"],"c":{},"d":null,"e":[1],"f":true})");
}

TEST(JsonWriter, EscapesOnlyWhatItMust) {
  EXPECT_EQ(written("\"\\\b\f\n\r\t\x01\x1f/é😀\x7f"), "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/é😀\x7f\"");
  EXPECT_EQ(written("a\0b"s), "\"a\\u0000b\"");
}

TEST(JsonWriter, ReplacesIllFormedUtf8) {
  EXPECT_EQ(written("a\x80z"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(written("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(written("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonWriter, WritesWhatReadsBackAsTheSameText) {
  JsonParser parser;
  std::string every;
  for (int byte = 0; byte < 0x80; ++byte) every.push_back(static_cast<char>(byte));
  every += "é€😀\xEF\xBF\xBF";
  const auto root = parser.parse(written(every));
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(root->string(), every);
}

TEST(JsonWriter, WritesNumbersShortAndExact) {
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(0.7F), "0.7");
  EXPECT_EQ(written(1.0), "1");
  EXPECT_EQ(written(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(written(-std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  JsonParser parser;
  for (const double number : {1e308, 5e-324, 1.0 / 3.0, -0.0, 1e21, 123456789.125}) {
    const auto root = parser.parse(written(number));
    ASSERT_TRUE(root.ok()) << number;
    EXPECT_EQ(root->as_double(), number);
  }
}

}  // namespace
}  // namespace gatehouse::wire
