#include "terminal_text.h"

#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

using namespace std::string_view_literals;

TEST(ForTerminal, LeavesWhatPeopleWrite) {
  for (const char* text : {"", "tenant-001", "Björn \xe5\xbc\xa0\xe4\xb8\x89 \xf0\x9f\x98\x80", "a/b \"c\"", "\xc2\xa0"}) {
    EXPECT_EQ(for_terminal(text), text);
    EXPECT_EQ(json_for_terminal(text), text);
  }
}

TEST(ForTerminal, ShowsWhatATerminalWouldActOn) {
  EXPECT_EQ(for_terminal("\x1b[2J\x07"), "\\x1b[2J\\x07");
  EXPECT_EQ(for_terminal("a\r\nb\tc\x7f"), "a\\x0d\\x0ab\\x09c\\x7f");
  EXPECT_EQ(for_terminal("a\0b"sv), "a\\x00b");
  EXPECT_EQ(for_terminal("\xc2\x9b"
                         "2J"),
            "\\xc2\\x9b2J")
      << "C1: the same as ESC [";
  EXPECT_EQ(for_terminal("\x9b"
                         "2J \xff \xe2\x80"),
            "\\x9b2J \\xff \\xe2\\x80");
  EXPECT_EQ(for_terminal("\xe2\x80\xae"
                         "gpj"),
            "\\xe2\\x80\\xaegpj")
      << "read from the right";
}

// Whoever writes out an escape by hand has written none.
TEST(ForTerminal, ABackslashIsTwo) {
  EXPECT_EQ(for_terminal("\\x1b"), "\\\\x1b");
  EXPECT_EQ(for_terminal("\x1b\\"), "\\x1b\\\\");
  EXPECT_EQ(json_for_terminal(R"("a\\b")"), R"("a\\b")") << "where they are escaped already";
}

TEST(ForTerminal, ShowsWhatIsNotSeen) {
  EXPECT_EQ(for_terminal("ad\xe2\x80\x8bmin"), "ad\\xe2\\x80\\x8bmin") << "zero width";
  for (const char* text :
       {"\xc2\xad", "\xe2\x80\x8d", "\xe2\x81\xa0", "\xef\xbb\xbf", "\xe3\x85\xa4", "\xf3\xa0\x81\x81", "\xd8\x9c", "\xe2\x81\xa6"}) {
    EXPECT_EQ(for_terminal(text).substr(0, 2), "\\x");
  }
  EXPECT_EQ(json_for_terminal("\"\xf3\xa0\x81\x81\""), "\"\\udb40\\udc41\"");
}

TEST(JsonForTerminal, SaysTheSame) {
  EXPECT_EQ(json_for_terminal("{\"a\":\"\xc2\x9b\x7f\xe2\x80\xae\xff\"}\n"), "{\"a\":\"\\u009b\\u007f\\u202e\\ufffd\"}\n");
}

}  // namespace
}  // namespace gatehouse::app
