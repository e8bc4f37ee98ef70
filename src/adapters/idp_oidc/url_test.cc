#include "url.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::adapters {
namespace {

TEST(ParseUrl, ReadsWhatIsThere) {
  const Result<Url> whole = parse_url("https://Login.Example.com:8443/a/keys?x=1");
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->tls);
  EXPECT_FALSE(whole->literal);
  EXPECT_EQ(whole->host, "login.example.com");
  EXPECT_EQ(whole->port, 8443);
  EXPECT_EQ(whole->target, "/a/keys?x=1");
  EXPECT_EQ(whole->authority, "Login.Example.com:8443");
}

TEST(ParseUrl, FillsInWhatIsLeftOut) {
  const Result<Url> bare = parse_url("https://example.com");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->port, 443);
  EXPECT_EQ(bare->target, "/");
  EXPECT_EQ(bare->authority, "example.com");
  const Result<Url> query = parse_url("https://example.com?x=1");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->target, "/?x=1");
}

TEST(ParseUrl, KnowsAddresses) {
  const Result<Url> v4 = parse_url("https://192.0.2.1/k");
  ASSERT_TRUE(v4);
  EXPECT_TRUE(v4->literal);
  const Result<Url> v6 = parse_url("https://[2001:db8::1]:444/k");
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->literal);
  EXPECT_EQ(v6->host, "2001:db8::1");
  EXPECT_EQ(v6->port, 444);
  EXPECT_EQ(v6->authority, "[2001:db8::1]:444");
}

TEST(ParseUrl, AllowsPlainHttpOnLoopbackAlone) {
  for (const char* text : {"http://127.0.0.1/k", "http://127.9.9.9:81/k", "http://[::1]:81/k", "http://localhost/k"}) {
    const Result<Url> url = parse_url(text);
    ASSERT_TRUE(url) << text;
    EXPECT_FALSE(url->tls);
  }
  EXPECT_EQ(parse_url("http://localhost/k")->port, 80);
  for (const char* text : {"http://example.com/k", "http://192.0.2.1/k", "http://0.0.0.0/k", "http://[::]/k",
                           "http://localhost.example.com/k", "http://127.0.0.1.example.com/k"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(ParseUrl, RefusesWhatCouldBeReadInAnotherWay) {
  const std::string too_long_label(64, 'a');
  for (const std::string& text : {std::string(),
                                  std::string("example.com"),
                                  std::string("HTTPS://example.com"),
                                  std::string("ftp://example.com/"),
                                  std::string("file:///etc/keys"),
                                  std::string("https:/example.com"),
                                  std::string("https://"),
                                  std::string("https:///keys"),
                                  std::string("https://user@example.com/"),
                                  std::string("https://user:word@example.com/"),
                                  std::string("https://example.com@localhost/"),
                                  std::string("https://example.com/#x"),
                                  std::string("https://example.com:0/"),
                                  std::string("https://example.com:65536/"),
                                  std::string("https://example.com:/"),
                                  std::string("https://example.com:44a/"),
                                  std::string("https://example.com:+44/"),
                                  std::string("https://exa mple.com/"),
                                  std::string("https://example.com/a b"),
                                  std::string("https://example.com/\r\nX: y"),
                                  std::string("https://example.com\\@localhost/"),
                                  std::string("https://ex\xc3\xa4mple.com/"),
                                  std::string("https://.example.com/"),
                                  std::string("https://example..com/"),
                                  std::string("https://example.com./"),
                                  std::string("https://" + too_long_label + ".com/"),
                                  std::string("https://[2001:db8::1/"),
                                  std::string("https://2001:db8::1/"),
                                  std::string("https://[example.com]/"),
                                  std::string("https://[127.0.0.1]/"),
                                  std::string("https://[::1]x/"),
                                  std::string("https://example.com%00/"),
                                  std::string("https://exa\0mple.com/", 21)}) {
    const Result<Url> url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().reason(), "jwks_url_bad") << text;
  }
}

}  // namespace
}  // namespace gatehouse::adapters
