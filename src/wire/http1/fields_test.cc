#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http1/parse_cases.h"

namespace gatehouse::wire::http1 {
namespace {

using namespace std::string_literals;

TEST(Http1Guard, RefusesBareLineEndsControlBytesAndFolds) {
  std::vector<Case> cases = {{"GET / HTTP/1.1\nHost: a\n\n"},
                             {"GET / HTTP/1.1\r\nHost: a\r\n\n"},
                             {"GET / HTTP/1.1\rHost: a\r\r"},
                             {"GET / HTTP/1.1\r\nHost: a\r\rX: y\r\n\r\n"},
                             {"GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
                             {" GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
                             {"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
                             {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
                             {"\x16\x03\x01\x02"s}};
  for (const std::string& fields :
       std::vector<std::string>{"X: a\0b\r\n"s, "X: a\x7f\r\n"s, "X: a\x1b[1m\r\n"s, "X: a\x0b\r\n"s, "X: a\r\n b\r\n"s, "X: a\r\n\tb\r\n"s,
                                "X: a\nY: b\r\n"s, "X: a\rY: b\r\n"s, "\0: b\r\n"s, "X:\r\n\r\n \r\n"s.substr(0, 4) + " a\r\n"}) {
    cases.push_back({get(fields)});
  }
  expect_refused(cases);
  expect_accepted({get("X: a\tb\r\n"), get("X: \xe4\xb8\xad\xff\r\n"), get("X:\r\n"), get("X: \r\n"), "\r\n" + get("")});
}

TEST(Http1Guard, RefusesMalformedFieldNames) {
  std::vector<Case> cases;
  for (const std::string& field : std::vector<std::string>{"X : y", "X\t: y", ": y", "no colon", "X Y: z", "X(: y", "X\xc3\xa9: y", "X/: y",
                                                           "X[]: y", "\"X\": y", "{X}: y", "X,Y: z", "@: b"}) {
    cases.push_back({get(field + "\r\n")});
  }
  expect_refused(cases);
  expect_accepted({get("!#$%&'*+-.^_`|~09azAZ: y\r\n")});
}

TEST(Http1Guard, EveryByteHasItsPlaceInAField) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(accepted_between(start + "X", "Y: z\r\n\r\n"), bytes_of(token_bytes() + ":"));
  EXPECT_EQ(accepted_between(start, "X: z\r\n\r\n"), bytes_of(token_bytes()));
  EXPECT_EQ(accepted_between(start + "X", ": z\r\n\r\n"), bytes_of(token_bytes() + ":"));
  EXPECT_EQ(accepted_between(start + "X: a", "b\r\n\r\n"), bytes_of(value_bytes()));
  EXPECT_EQ(accepted_between(start + "X:", "\r\n\r\n"), bytes_of(value_bytes()));
  EXPECT_EQ(accepted_between(start + "X: y\r", "\r\n"), "\n");
  EXPECT_EQ(accepted_between(start + "X: y", "\n\r\n"), "\r");
  EXPECT_EQ(accepted_between(start + "\r", ""), "\n");
  EXPECT_EQ(accepted_between("GET / HTTP/1.1\r", "Host: a\r\n\r\n"), "\n");
}

TEST(Http1Guard, NoFieldLineCanHideBehindAnother) {
  expect_refused({{get("\r\nX: y\r\n").substr(0, 26) + "\rX: y\r\n\r\n"},
                  {get("X: a\r\r\nY: b\r\n")},
                  {get("X: a\n\rY: b\r\n")},
                  {get("X: a\n Y: b\r\n")},
                  {get("X: a\r\n\tY: b\r\n")},
                  {get("X: a\r\n \r\n")},
                  {get("X:\r\n\t\r\n")},
                  {get("X\r\n: y\r\n")},
                  {get("X: a\0\r\nY: b\r\n"s)},
                  {"GET / HTTP/1.1\r\n\tHost: a\r\n\r\n"},
                  {"GET /\r\n HTTP/1.1\r\nHost: a\r\n\r\n"},
                  {"\r\n GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
                  {"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"}});
}

}  // namespace
}  // namespace gatehouse::wire::http1
