#include "gatehouse/wire/http1/parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gatehouse::wire {
namespace {

using namespace std::string_literals;

struct Message {
  std::string method, target, path, query, body;
  int minor = 1;
  bool keep_alive = true;
};

struct Outcome {
  std::vector<Message> messages;
  std::string reason;  // of the error that ended it; empty when there is none
  Code code = Code::internal;
  bool clean_end = true;  // nothing half-read was left over
};

Outcome failed(Outcome outcome, const Error& error) {
  outcome.reason = error.reason();
  outcome.code = error.code();
  return outcome;
}

// Hands the input over in pieces of the given size.
Outcome parse(std::string_view input, std::size_t piece, const Http1Limits& limits = {}) {
  Outcome outcome;
  Http1Parser parser(limits);
  std::string body;
  std::string_view pending;
  while (!pending.empty() || !input.empty()) {
    if (pending.empty()) {
      pending = input.substr(0, piece);
      input.remove_prefix(pending.size());
    }
    if (!parser.head_done()) {
      auto taken = parser.take_head(pending);
      if (!taken) return failed(outcome, taken.error());
      pending.remove_prefix(*taken);
      if (!parser.head_done()) continue;
    }
    auto taken = parser.take_body(pending, &body);
    if (!taken) return failed(outcome, taken.error());
    pending.remove_prefix(*taken);
    if (!parser.body_done()) continue;
    const RequestHead& h = parser.head();
    outcome.messages.push_back(Message{std::string(to_string(h.method)), std::string(h.target), std::string(h.path), std::string(h.query),
                                       std::exchange(body, {}), h.minor, h.keep_alive});
    parser.next();
  }
  outcome.clean_end = !parser.head_started();
  return outcome;
}

// Whole, byte by byte and in sevens: one result.
Outcome parse_all_ways(const std::string& input) {
  Outcome whole = parse(input, input.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    const Outcome cut = parse(input, piece);
    EXPECT_EQ(cut.reason, whole.reason) << "cut into pieces of " << piece;
    EXPECT_EQ(cut.messages.size(), whole.messages.size());
    EXPECT_EQ(cut.clean_end, whole.clean_end);
    for (std::size_t i = 0; i < std::min(cut.messages.size(), whole.messages.size()); ++i) {
      EXPECT_EQ(cut.messages[i].body, whole.messages[i].body);
      EXPECT_EQ(cut.messages[i].target, whole.messages[i].target);
    }
  }
  return whole;
}

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
std::string post(const std::string& fields, const std::string& body) { return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body; }
std::string chunked(const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); }
std::string line(const std::string& request_line) { return request_line + "\r\nHost: a\r\n\r\n"; }
std::string host(const std::string& value) { return "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n"; }

struct Case {
  std::string input;
  Code code = Code::invalid_argument;
};

void expect_refused(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.input.substr(0, 200));
    const Outcome outcome = parse_all_ways(c.input);
    EXPECT_NE(outcome.reason, "");
    EXPECT_EQ(static_cast<int>(outcome.code), static_cast<int>(c.code));
    EXPECT_TRUE(outcome.messages.empty());
  }
}

void expect_accepted(const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    SCOPED_TRACE(input.substr(0, 200));
    const Outcome outcome = parse_all_ways(input);
    EXPECT_EQ(outcome.reason, "");
    EXPECT_EQ(outcome.messages.size(), 1U);
    EXPECT_TRUE(outcome.clean_end);
  }
}

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

TEST(Http1Guard, WantsExactlyOneValidHost) {
  std::vector<Case> cases = {{"GET / HTTP/1.1\r\n\r\n"},
                             {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
                             {"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n"},
                             {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"},
                             {"GET / HTTP/1.0\r\nHost:\r\n\r\n"}};
  for (const std::string& value : std::vector<std::string>{"",         " ",         "localhost/v1/models?",
                                                           "a/b",      "a?b",       "a#b",
                                                           "a@b",      "user:pw@a", "a\\b",
                                                           "a b",      "a,b",       "a:x",
                                                           "a:99999",  "a:123456",  ":80",
                                                           "[::1",     "::1",       "[::g]",
                                                           "[]",       "[::1]x",    "a:80:80",
                                                           "http://a", "%61",       "\xc3\xa9",
                                                           "a|b",      "<a>",       "\"a\"",
                                                           "[v1.x]",   "a:-1"}) {
    cases.push_back({host(value)});
  }
  for (const std::string& target : std::vector<std::string>{"http://b/", "http://a:81/", "http://u@a/", "http:///", "http://a@b/",
                                                            "ftp://a/", "a", "a/b", "http:/a/", "//", "http://a#/"}) {
    if (target == "//") continue;  // an ordinary path
    cases.push_back({line("GET " + target + " HTTP/1.1")});
  }
  cases.push_back({"GET https://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n"});
  expect_refused(cases);
  expect_accepted({host("a"), host("A.example:8080"), host("[::1]:80"), host("127.0.0.1"), host("a:"), host("xn--a_b.c"),
                   line("GET http://a/x HTTP/1.1"), line("GET HTTP://A:80/x HTTP/1.1"), "GET https://a/ HTTP/1.1\r\nHost: a:443\r\n\r\n",
                   "GET / HTTP/1.0\r\n\r\n"});
}

TEST(Http1Target, AbsoluteFormIsReducedToPathAndQuery) {
  const struct {
    std::string target, expected, path, query;
  } cases[] = {{"http://a/x/y?z=1", "/x/y?z=1", "/x/y", "z=1"},
               {"http://a", "/", "/", ""},
               {"http://a?b", "/?b", "/", "b"},
               {"/x?a?b=%20", "/x?a?b=%20", "/x", "a?b=%20"}};
  for (const auto& c : cases) {
    const Outcome outcome = parse_all_ways(line("GET " + c.target + " HTTP/1.1"));
    ASSERT_EQ(outcome.messages.size(), 1U) << c.target;
    EXPECT_EQ(outcome.messages[0].target, c.expected);
    EXPECT_EQ(outcome.messages[0].path, c.path);
    EXPECT_EQ(outcome.messages[0].query, c.query);
  }
}

TEST(Http1Target, RefusesForeignCharactersAndBadEscapes) {
  std::vector<Case> cases;
  for (const std::string& target : std::vector<std::string>{"/a#b", "/a|b",  "/a\"b",  "/<a>",    "/a b",  "/\xe4\xb8\xad", "/%",   "/%4",
                                                            "/%zz", "/%00",  "/a?%00", "/a?b=%0", "/a\\b", "/a?b\\c",       "/{a}", "/^",
                                                            "*",    "/a\tb", "/a?b#c", ""}) {
    cases.push_back({line("GET " + target + " HTTP/1.1")});
  }
  expect_refused(cases);
  expect_accepted({line("OPTIONS * HTTP/1.1"), line("GET /%E4%B8%AD;v=1/@:!$&'()*+,= HTTP/1.1"), line("GET /a?b[]=1&c={d} HTTP/1.1"),
                   line("GET //a HTTP/1.1")});
}

TEST(Http1RequestLine, MethodsAndVersionsAreStrict) {
  expect_refused({{line("BREW / HTTP/1.1"), Code::not_supported},
                  {line("get / HTTP/1.1"), Code::not_supported},
                  {line("TRACE / HTTP/1.1"), Code::not_supported},
                  {line("CONNECT a:443 HTTP/1.1"), Code::not_supported},
                  {line("G(T / HTTP/1.1")},
                  {line("GET  / HTTP/1.1")},
                  {line("GET /  HTTP/1.1")},
                  {line("GET / HTTP/1.1 ")},
                  {line("GET / http/1.1")},
                  {line("GET / HTTP/11")},
                  {line("GET / HTTP/1.1x")},
                  {line("GET / HTTP/1")},
                  {line("GET /")},
                  {line("GET")},
                  {line("GET\t/\tHTTP/1.1")},
                  {line("GET / HTTP/1.2"), Code::version_not_supported},
                  {line("GET / HTTP/0.9"), Code::version_not_supported},
                  {line("GET / HTTP/3.0"), Code::version_not_supported},
                  {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Code::version_not_supported},
                  {get("Expect: 200-ok\r\n"), Code::expectation_failed}});
}

TEST(Http1RequestLine, KeepAliveFollowsVersionAndConnection) {
  const struct {
    std::string input;
    bool keep_alive;
  } cases[] = {{get(""), true},
               {get("Connection: close\r\n"), false},
               {get("Connection: x, Close\r\n"), false},
               {get("Connection: keep-alive\r\n"), true},
               {"GET / HTTP/1.0\r\n\r\n", false},
               {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
               {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false}};
  for (const auto& c : cases) {
    const Outcome outcome = parse_all_ways(c.input);
    ASSERT_EQ(outcome.messages.size(), 1U) << c.input;
    EXPECT_EQ(outcome.messages[0].keep_alive, c.keep_alive) << c.input;
  }
}

TEST(Http1Limits, EachHasItsStatus) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "X: y\r\n";
  expect_refused({{line("GET /" + std::string(8192, 'a') + " HTTP/1.1"), Code::uri_too_long},
                  {std::string(9000, 'A'), Code::uri_too_long},
                  {get(many), Code::head_too_large},
                  {get("X: " + std::string(16384, 'a') + "\r\n"), Code::head_too_large},
                  {get("X: " + std::string(14000, 'a') + "\r\nY: " + std::string(14000, 'a') + "\r\nZ: " + std::string(6000, 'a') + "\r\n"),
                   Code::head_too_large}});
  expect_accepted(
      {line("GET /" + std::string(8192 - 14, 'a') + " HTTP/1.1"), get(many.substr(6)), get("X: " + std::string(16384 - 3, 'a') + "\r\n")});
}

TEST(Http1Parser, PipelinedMessagesComeInOrderAndAnErrorEndsThem) {
  const Outcome outcome = parse_all_ways(get("") + post("Content-Length: 3\r\n", "abc") + chunked("1\r\nx\r\n0\r\n\r\n") + "\r\n" +
                                         line("GET /4 HTTP/1.1") + "BAD\r\n\r\n" + get(""));
  ASSERT_EQ(outcome.messages.size(), 4U);
  EXPECT_EQ(outcome.messages[1].body, "abc");
  EXPECT_EQ(outcome.messages[2].body, "x");
  EXPECT_EQ(outcome.messages[3].target, "/4");
  EXPECT_EQ(outcome.reason, "malformed_request");
}

TEST(Http1Parser, AnEndlessHeadIsRefusedWithinItsLimit) {
  Http1Parser parser(Http1Limits{});
  ASSERT_TRUE(parser.take_head("GET / HTTP/1.1\r\n"));
  std::size_t fed = 0;
  for (bool refused = false; !refused; fed += 6) {
    ASSERT_LT(fed, 40000U);
    refused = !parser.take_head("X: y\r\n").ok();
  }
  EXPECT_LE(fed, 606U);
}

TEST(Http1Parser, TheHeadCanBeReadAfterALateError) {
  Http1Parser parser(Http1Limits{});
  ASSERT_FALSE(parser.take_head("GET /v1/models HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"));
  ASSERT_NE(parser.readable_head(), nullptr);
  EXPECT_EQ(parser.readable_head()->path, "/v1/models");
  parser.next();
  ASSERT_FALSE(parser.take_head("GET / HTTP/1.1\r\nHost: a\n"));
  EXPECT_EQ(parser.readable_head(), nullptr);
}

}  // namespace
}  // namespace gatehouse::wire
