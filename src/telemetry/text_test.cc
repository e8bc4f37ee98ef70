// What hostile bytes look like once they stand in a log.
#include <gtest/gtest.h>

#include <string>

#include "json_string.h"
#include "timestamp.h"
#include "utf8.h"

namespace gatehouse::telemetry {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string plain(std::string_view text) {
  std::string out;
  append_plain(out, text);
  return out;
}

TEST(JsonString, EscapesWhatWouldEndTheStringOrTheLine) {
  EXPECT_EQ(json("a\"b\\c\nd\re\tf"), R"("a\"b\\c\nd\re\tf")");
  EXPECT_EQ(json(std::string_view("\0\x01\x1b\x7f", 4)), "\"\\u0000\\u0001\\u001b\\u007f\"");
}

TEST(JsonString, EscapesWhatATerminalOrABrowserObeys) {
  EXPECT_EQ(json("\xC2\x9B"
                 "31m"),
            "\"\\u009b31m\"");
  EXPECT_EQ(json("\xE2\x80\xA8\xE2\x80\xAE\xE2\x81\xA6"), "\"\\u2028\\u202e\\u2066\"");
}

TEST(JsonString, KeepsGoodCharacters) { EXPECT_EQ(json("Zürich 北京 😀"), "\"Zürich 北京 😀\""); }

TEST(JsonString, PutsAMarkForEachByteThatIsNotUtf8) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(json("a\xFF"
                 "b"),
            "\"a" + mark + "b\"");
  EXPECT_EQ(json("\xC0\xAF"), "\"" + mark + mark + "\"") << "overlong";
  EXPECT_EQ(json("\xED\xA0\x80"), "\"" + mark + mark + mark + "\"") << "surrogate";
  EXPECT_EQ(json("\xF4\x90\x80\x80"), "\"" + mark + mark + mark + mark + "\"") << "above U+10FFFF";
  EXPECT_EQ(json("\xE4\xBD"), "\"" + mark + mark + "\"") << "cut off";
}

TEST(JsonString, EscapesWhereverInATextItIsNeeded) {
  for (const char* odd : {"\"", "\\", "\x7F", "\x1F", "\n", "\x80", "\xFF"}) {
    const std::string escaped = json(odd).substr(1, json(odd).size() - 2);
    for (std::size_t before = 0; before < 20; ++before) {
      for (std::size_t after = 0; after < 20; ++after) {
        const std::string front(before, ' '), back(after, '~');
        EXPECT_EQ(json(front + odd + back), '"' + front + escaped + back + '"');
      }
    }
  }
  for (char c = ' '; c <= '~'; ++c) {
    if (c != '"' && c != '\\') EXPECT_EQ(json(std::string(11, c)), '"' + std::string(11, c) + '"');
  }
}

TEST(PlainText, StaysOnOneLine) { EXPECT_EQ(plain("two\nlines \"quoted\" \x1b[31m"), "two\\nlines \"quoted\" \\u001b[31m"); }

// Every code point there is, encoded here the long way, is read back; everything else is refused.
TEST(Utf8, ReadsEveryCharacterAndNoSurrogate) {
  for (std::uint32_t c = 0; c <= 0x10FFFF; ++c) {
    std::string text;
    const auto add = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
      add(c);
    } else if (c < 0x800) {
      add(0xC0 | c >> 6), add(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      add(0xE0 | c >> 12), add(0x80 | (c >> 6 & 0x3F)), add(0x80 | (c & 0x3F));
    } else {
      add(0xF0 | c >> 18), add(0x80 | (c >> 12 & 0x3F)), add(0x80 | (c >> 6 & 0x3F)), add(0x80 | (c & 0x3F));
    }
    const Character read = first_character(text);
    const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    ASSERT_EQ(read.size, surrogate ? 0U : text.size()) << c;
    if (!surrogate) {
      ASSERT_EQ(read.code_point, c);
    }
    for (std::size_t n = 1; n < text.size(); ++n) ASSERT_EQ(first_character(std::string_view(text).substr(0, n)).size, 0U) << c;
  }
}

TEST(Timestamp, WritesUtcWithMilliseconds) {
  const auto written = [](std::int64_t ms) {
    std::string out;
    append_time(out, WallTime(milliseconds(ms)));
    return out;
  };
  EXPECT_EQ(written(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(written(1'709'210'096'789), "2024-02-29T12:34:56.789Z");
  EXPECT_EQ(written(1'709'210'096'007), "2024-02-29T12:34:56.007Z") << "the same second again";
  EXPECT_EQ(written(-1), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace gatehouse::telemetry
