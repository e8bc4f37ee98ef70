#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http1/parse_cases.h"

namespace gatehouse::wire::http1 {
namespace {

using namespace std::string_literals;

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
                  {line("trace / HTTP/1.1"), Code::not_supported},
                  {line("PROPFIND / HTTP/1.1"), Code::not_supported},
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

TEST(Http1Host, EveryByteHasItsPlace) {
  EXPECT_EQ(accepted_between("GET / HTTP/1.1\r\nHost: a", "b\r\n\r\n"), bytes_of(letters_and_digits() + "-._~"));
  EXPECT_EQ(accepted_between("GET / HTTP/1.1\r\nHost: a", "\r\n\r\n"), bytes_of(letters_and_digits() + "-._~:\t "));
  EXPECT_EQ(accepted_between("GET / HTTP/1.1\r\nHost: a:8", "\r\n\r\n"), bytes_of("0123456789\t "));
  EXPECT_EQ(accepted_between("GET / HTTP/1.1\r\nHost: [::", "]\r\n\r\n"), bytes_of("0123456789abcdefABCDEF"));
}

TEST(Http1Host, MustAgreeWithTheAbsoluteForm) {
  const auto both = [](const std::string& target, const std::string& host) {
    return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  };
  expect_refused({{both("http://a.example/", "b.example")},
                  {both("http://a.example/", "a.example.")},
                  {both("http://a.example:80/", "a.example:81")},
                  {both("http://a.example:443/", "a.example")},
                  {both("https://a.example:80/", "a.example")},
                  {both("http://a.example/", "[::1]")},
                  {both("http://[::1]/", "::1")},
                  {both("http://a.example/", "")},
                  {both("http://a%2eexample/", "a.example")},
                  {both("http:a.example/", "a.example")},
                  {both("//a.example:x/ ", "a.example")},
                  {both("ws://a.example/", "a.example")},
                  {both("http://:80/", "a.example")},
                  {both("http://a.example\\@b.example/", "a.example")},
                  {both("http://b.example#@a.example/", "a.example")},
                  {"GET http://a/ HTTP/1.1\r\n\r\n"}});
  expect_accepted({both("http://a.example/", "A.EXAMPLE:80"), both("http://a.example:/", "a.example"),
                   both("https://a.example:443/", "a.example"), both("http://[::1]:80/x", "[::1]"),
                   both("http://127.0.0.1:8080/", "127.0.0.1:8080")});
}

TEST(Http1Target, EveryByteHasItsPlace) {
  const std::string in_path = letters_and_digits() + "-._~!$&'()*+,;=:@/?";
  EXPECT_EQ(accepted_between("GET /a", "b HTTP/1.1\r\nHost: a\r\n\r\n"), bytes_of(in_path));
  EXPECT_EQ(accepted_between("GET /a?b", "c HTTP/1.1\r\nHost: a\r\n\r\n"), bytes_of(in_path + "[]{}^`"));
  EXPECT_EQ(accepted_between("GET /%4", " HTTP/1.1\r\nHost: a\r\n\r\n"), bytes_of("0123456789abcdefABCDEF"));
  EXPECT_EQ(accepted_between("GET /%", "1 HTTP/1.1\r\nHost: a\r\n\r\n"), bytes_of("0123456789abcdefABCDEF"));
  EXPECT_EQ(accepted_between("GET /?%0", " HTTP/1.1\r\nHost: a\r\n\r\n"), bytes_of("123456789abcdefABCDEF"));
}

TEST(Http1RequestLine, EveryByteHasItsPlace) {
  EXPECT_EQ(accepted_between("GET / HTTP/1.", "\r\nHost: a\r\n\r\n"), "01");
  EXPECT_EQ(accepted_between("GET / HTTP/1", "1\r\nHost: a\r\n\r\n"), ".");
  EXPECT_EQ(accepted_between("GET", "/ HTTP/1.1\r\nHost: a\r\n\r\n"), " ");
  EXPECT_EQ(accepted_between("GET /", "HTTP/1.1\r\nHost: a\r\n\r\n"), " ");
  EXPECT_EQ(accepted_between("G", "T / HTTP/1.1\r\nHost: a\r\n\r\n"), "E");
  for (int c = 0; c < 256; ++c) {
    const bool token = token_bytes().find(static_cast<char>(c)) != std::string::npos;
    if (c == 'E') continue;
    expect_refused({{line("G"s + static_cast<char>(c) + "T / HTTP/1.1"), token ? Code::not_supported : Code::invalid_argument}});
  }
}

// A method that HTTP knows and no route has is the route's 405 with Allow, so it must get there.
TEST(Http1RequestLine, MethodsThatAreKnownButNeverServedAreRead) {
  for (const std::string& method : std::vector<std::string>{"TRACE", "QUERY", "OPTIONS", "PATCH"}) {
    const Outcome outcome = parse_all_ways(line(method + " /version HTTP/1.1"));
    ASSERT_EQ(outcome.messages.size(), 1U) << method;
    EXPECT_EQ(outcome.messages[0].method, method);
  }
}

}  // namespace
}  // namespace gatehouse::wire::http1
