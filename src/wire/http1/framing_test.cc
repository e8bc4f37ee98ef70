#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http1/parse_cases.h"

namespace gatehouse::wire::http1 {
namespace {

using namespace std::string_literals;

TEST(Http1Guard, RefusesContentLengthTogetherWithTransferEncoding) {
  std::vector<Case> cases;
  for (const std::string& length : std::vector<std::string>{"Content-Length: 5\r\n", "content-length:5\r\n", "CONTENT-LENGTH: 0\r\n"}) {
    for (const std::string& encoding :
         std::vector<std::string>{"Transfer-Encoding: chunked\r\n", "transfer-encoding:chunked\r\n", "Transfer-Encoding: identity\r\n"}) {
      cases.push_back({post(length + encoding, "0\r\n\r\n")});
      cases.push_back({post(encoding + length, "0\r\n\r\n")});
      cases.push_back({post(encoding + "X: y\r\n" + length, "0\r\n\r\n")});
    }
  }
  expect_refused(cases);
}

TEST(Http1Guard, RefusesOddContentLengths) {
  std::vector<Case> cases = {{post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")},
                             {post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")}};
  for (const std::string& value :
       std::vector<std::string>{"", " ", "+5", "-1", "0x5", "1_0", "5, 5", "5,5", "5 5", "5;", "5a", "18446744073709551616",
                                "99999999999999999999", "00000000000000000005", "5.0", "\xd9\xa5", "5\t5"}) {
    cases.push_back({post("Content-Length: " + value + "\r\n", "hello")});
  }
  cases.push_back({post("Content_Length: 5\r\n", "hello")});
  expect_refused(cases);
  expect_accepted({post("Content-Length: 5\r\n", "hello"), post("Content-Length:5\r\n", "hello"), post("Content-Length: \t5 \r\n", "hello"),
                   post("Content-Length: 0005\r\n", "hello"), post("Content-Length: 0\r\n", "")});
}

TEST(Http1Guard, RefusesTransferEncodingOtherThanExactlyChunked) {
  std::vector<Case> cases;
  for (const std::string& value :
       std::vector<std::string>{"", "xchunked", "chunked, identity", "identity", "gzip, chunked", "chunked, chunked", "chunked;q=1",
                                "\"chunked\"", "chunked,", ",chunked", "chunke",
                                "\x0b"
                                "chunked",
                                "gzip", "x", "chunked\t,"}) {
    cases.push_back({post("Transfer-Encoding: " + value + "\r\n", "0\r\n\r\n")});
  }
  cases.push_back({post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")});
  cases.push_back({post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")});
  cases.push_back({post("Transfer_Encoding: chunked\r\n", "0\r\n\r\n")});
  cases.push_back({"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"});
  expect_refused(cases);
  expect_accepted(
      {chunked("0\r\n\r\n"), post("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"), post("transfer-encoding:chunked \r\n", "0\r\n\r\n")});
}

TEST(Http1Chunks, RefusesOddSizesExtensionsAndEnds) {
  std::vector<Case> cases;
  for (const std::string& size : std::vector<std::string>{"", "g", "0x5", "+5", "-5", " 5", "5 ", "5 x", "00000000000000005", "5;", "5;;a",
                                                          "5;=b", "5;a=", "5;a=\"b", "5;a b", "5;a=\"\x01\"", "5;a\0b"s, "5_0", "5\t"}) {
    cases.push_back({chunked(size + "\r\nhello\r\n0\r\n\r\n")});
  }
  cases.push_back({chunked("5\nhello\r\n0\r\n\r\n")});
  cases.push_back({chunked("5\rhello\r\n0\r\n\r\n")});
  cases.push_back({chunked("5\r\nhello\n0\r\n\r\n")});
  cases.push_back({chunked("5\r\nhello0\r\n\r\n")});
  cases.push_back({chunked("5\r\nhello\rx0\r\n\r\n")});
  cases.push_back({chunked("5\r\nhello!\r\n0\r\n\r\n")});
  cases.push_back({chunked("5;a=\"x\ny\"\r\nhello\r\n0\r\n\r\n")});
  cases.push_back({chunked("5;" + std::string(1024, 'a') + "\r\nhello\r\n0\r\n\r\n")});
  cases.push_back({chunked("5\r\nhello\r\n0\n\n")});
  expect_refused(cases);
}

TEST(Http1Chunks, DecodesAndDropsExtensionsAndTrailers) {
  const Outcome outcome = parse_all_ways(
      chunked("5;a;b=c;d=\"e\\\"f\"\r\nhello\r\n0000000000000006 ; x=y\r\n world\r\nA\r\n0123456789\r\n0;end\r\nX-Sum: 1\r\nY:\r\n\r\n") +
      get(""));
  ASSERT_EQ(outcome.reason, "");
  ASSERT_EQ(outcome.messages.size(), 2U);
  EXPECT_EQ(outcome.messages[0].body, "hello world0123456789");
  EXPECT_EQ(outcome.messages[1].body, "");
  expect_accepted({chunked("1;" + std::string(1023, 'a') + "\r\nx\r\n0\r\n\r\n")});
}

TEST(Http1Chunks, TrailersObeyTheRulesOfFields) {
  std::vector<Case> cases;
  for (const std::string& trailer : std::vector<std::string>{"X : y", ": y", "no colon", " X: y", "X: y\r\n folded", "X: \x01", "X: a\nb",
                                                             "X\xff: y", "Content-Length: 5", "Transfer-Encoding: chunked", "Host: b"}) {
    cases.push_back({chunked("0\r\n" + trailer + "\r\n\r\n")});
  }
  cases.push_back({chunked("0\r\nX: " + std::string(17000, 'a') + "\r\n\r\n"), Code::head_too_large});
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  cases.push_back({chunked("0\r\n" + many + "\r\n"), Code::head_too_large});
  expect_refused(cases);
}

TEST(Http1Guard, RefusesLengthAndEncodingTogetherInEverySpelling) {
  std::vector<Case> cases;
  for (const std::string& length :
       std::vector<std::string>{"Content-Length: 5", "cOnTeNt-LeNgTh:\t5", "Content-Length:", "Content-Length: -1", "Content-Length: 5, 5",
                                "Content_Length: 5", "Content-Length : 5"}) {
    for (const std::string& encoding :
         std::vector<std::string>{"Transfer-Encoding: chunked", "tRaNsFeR-eNcOdInG:CHUNKED", "Transfer-Encoding:",
                                  "Transfer-Encoding: \x0b"
                                  "chunked",
                                  "Transfer-Encoding: gzip, chunked", "Transfer_Encoding: chunked", "Transfer-Encoding : chunked"}) {
      for (const std::string& version : std::vector<std::string>{"1.0", "1.1"}) {
        const std::string start = "POST / HTTP/" + version + "\r\nHost: a\r\n";
        cases.push_back({start + length + "\r\n" + encoding + "\r\n\r\nhello"});
        cases.push_back({start + encoding + "\r\nX: y\r\n" + length + "\r\n\r\nhello"});
      }
    }
  }
  expect_refused(cases);
}

TEST(Http1Guard, ALengthIsDigitsAndBlanksAroundThem) {
  EXPECT_EQ(accepted_between("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0", "\r\n\r\n"), "\t 0");
  EXPECT_EQ(accepted_between("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:", "0\r\n\r\n"), "\t 0");
  expect_accepted({post("Content-Length: 0000000000000000003\r\n", "abc")});
  for (const std::string& huge : std::vector<std::string>{"9223372036854775808", "9999999999999999999"}) {
    const Outcome outcome = parse_all_ways(post("Content-Length: " + huge + "\r\n", "abc"));
    EXPECT_EQ(outcome.reason, "");  // a length, if never one that anybody reads to its end
    EXPECT_FALSE(outcome.clean_end);
  }
  expect_refused({{post("Content-Length: 10000000000000000000\r\n", "")},
                  {post("Content-Length: 18446744073709551617\r\n", "x")},
                  {post("Content-Length: 5\r\ncontent-length: 5\r\n", "hello")},
                  {post("Content-Length: 5\r\nX: y\r\nCONTENT-LENGTH: 5\r\n", "hello")}});
}

TEST(Http1Guard, AnEncodingIsChunkedAndBlanksAroundIt) {
  EXPECT_EQ(accepted_between("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked", "\r\n\r\n0\r\n\r\n"), "\t ");
  EXPECT_EQ(accepted_between("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:", "chunked\r\n\r\n0\r\n\r\n"), "\t ");
  expect_refused({{post("Transfer-Encoding: chu nked\r\n", "0\r\n\r\n")},
                  {post("Transfer-Encoding: chunked\r\nX: y\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n")},
                  {post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
                  {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"}});
}

TEST(Http1Chunks, EveryByteHasItsPlace) {
  std::string quoted = value_bytes();
  quoted.erase(quoted.find('"'), 1);
  EXPECT_EQ(accepted_between(chunked("0"), "\r\n\r\n"), "0");
  EXPECT_EQ(accepted_between(chunked(""), "1\r\nx\r\n0\r\n\r\n"), "0");
  EXPECT_EQ(accepted_between(chunked("0;a"), "b\r\n\r\n"), bytes_of(token_bytes() + ";="));
  EXPECT_EQ(accepted_between(chunked("0;a=b"), "c\r\n\r\n"), bytes_of(token_bytes() + ";"));
  EXPECT_EQ(accepted_between(chunked("0;a=\"b"), "c\"\r\n\r\n"), bytes_of(quoted));
  EXPECT_EQ(accepted_between(chunked("0\r\nX"), "Y: z\r\n\r\n"), bytes_of(token_bytes() + ":"));
  EXPECT_EQ(accepted_between(chunked("0\r\nX: a"), "b\r\n\r\n"), bytes_of(value_bytes()));
  EXPECT_EQ(accepted_between(chunked("1\r\nx\r"), "0\r\n\r\n"), "\n");
  EXPECT_EQ(accepted_between(chunked("1\r\nx"), "\n0\r\n\r\n"), "\r");
  EXPECT_EQ(accepted_between(chunked("1\r"), "x\r\n0\r\n\r\n"), "\n");
  EXPECT_EQ(accepted_between(chunked("0\r\n\r"), ""), "\n");
}

TEST(Http1Chunks, TrailersMayNotFrameOrRouteUnderAnyName) {
  std::vector<Case> cases;
  for (const std::string& name :
       std::vector<std::string>{"content-length", "CONTENT_LENGTH", "transfer-encoding", "Transfer_Encoding", "hOsT"}) {
    cases.push_back({chunked("0\r\n" + name + ": 1\r\n\r\n")});
    cases.push_back({chunked("0\r\nX: y\r\n" + name + ": 1\r\n\r\n")});
  }
  expect_refused(cases);
}

}  // namespace
}  // namespace gatehouse::wire::http1
