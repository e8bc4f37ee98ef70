#include "gatehouse/gateway/edge.h"

#include <gmock/gmock.h>

namespace gatehouse::gateway {
namespace {

TEST(TrustedHost, IsReadStrictly) {
  const std::pair<const char*, const char*> good[] = {{"API.example.com", "api.example.com"},
                                                      {"*.Example.com", "*.example.com"},
                                                      {"*", "*"},
                                                      {"localhost", "localhost"},
                                                      {"192.0.2.1", "192.0.2.1"},
                                                      {"[2001:db8::1]", "[2001:db8::1]"}};
  for (const auto& [text, host] : good) EXPECT_EQ(read_host(text).value(), host) << text;
  for (const char* bad :
       {"", "a:80", "https://a", "a/b", "*.", "**", "a.*.b", ".a", "a.", "a b", "a@b", "[1.2.3.4]", "[::1", "ä.example"}) {
    EXPECT_FALSE(read_host(bad)) << bad;
  }
}

TEST(TrustedHost, IsAnyWhereNoneIsNamed) {
  EXPECT_TRUE(trusts_host(EdgeRules(), "evil.example", "203.0.113.1"));
  EXPECT_TRUE(trusts_host(EdgeRules(), "", "203.0.113.1"));
}

TEST(TrustedHost, IsOneOfThoseNamedWhateverItsCaseAndPort) {
  EdgeRules rules;
  rules.hosts = {"api.example.com", "*.svc.example", "[2001:db8::1]"};
  struct Case {
    const char* host;
    bool trusted;
  };
  constexpr Case cases[] = {{"api.example.com", true},
                            {"API.Example.COM", true},
                            {"api.example.com:8443", true},
                            {"api.example.com.", false},
                            {"api.example.com.evil.net", false},
                            {"evilapi.example.com", false},
                            {"example.com", false},
                            {"a.svc.example", true},
                            {"a.b.svc.example", true},
                            {"svc.example", false},
                            {".svc.example", false},
                            {"evilsvc.example", false},
                            {"[2001:db8::1]:80", true},
                            {"[2001:db8::2]", false},
                            {"", false},
                            {"localhost", false},
                            {"127.0.0.1", false}};
  for (const Case& c : cases) EXPECT_EQ(trusts_host(rules, c.host, "203.0.113.1"), c.trusted) << c.host;
  rules.hosts = {"*"};
  EXPECT_TRUE(trusts_host(rules, "anything", "203.0.113.1"));
}

TEST(TrustedHost, NamesOfLoopbackAreForThoseOnIt) {
  EdgeRules rules;
  rules.hosts = {"api.example.com"};
  for (const char* host : {"127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080"}) {
    EXPECT_TRUE(trusts_host(rules, host, "127.0.0.1")) << host;
    EXPECT_TRUE(trusts_host(rules, host, "::1")) << host;
    EXPECT_FALSE(trusts_host(rules, host, "192.0.2.1")) << host;
  }
  for (const char* host : {"evil.example", "127.evil.example", "127.0.0.1.evil.example", "127.", "localhost.evil.example"}) {
    EXPECT_FALSE(trusts_host(rules, host, "127.0.0.1")) << host;
  }
}

TEST(Origin, IsSpelledAsABrowserDoes) {
  const std::pair<const char*, const char*> good[] = {{"https://app.example.com", "https://app.example.com"},
                                                      {"HTTPS://App.Example.com/", "https://app.example.com"},
                                                      {"https://app.example.com:443", "https://app.example.com"},
                                                      {"http://localhost:3000", "http://localhost:3000"},
                                                      {"http://localhost:80", "http://localhost"},
                                                      {"https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"},
                                                      {"*", "*"}};
  for (const auto& [text, origin] : good) EXPECT_EQ(read_origin(text).value(), origin) << text;
  for (const char* bad : {"", "null", "app.example.com", "ftp://a", "https://", "https://a/b", "https://a?b", "https://*.example.com",
                          "https://a:0", "https://a:65536", "https://a:", "https://u@a", "https://a b"}) {
    EXPECT_FALSE(read_origin(bad)) << bad;
  }
}

TEST(PublicUrl, NamesTheHost) {
  EXPECT_EQ(host_of_url("https://API.example.com").value(), "api.example.com");
  EXPECT_EQ(host_of_url("http://localhost:8000/").value(), "localhost");
  EXPECT_EQ(host_of_url("https://api.example.com/gate").value(), "api.example.com");
  for (const char* bad : {"", "api.example.com", "https://", "https://a?x=1", "https://a#x", "ws://a", "https://u:p@a"}) {
    EXPECT_FALSE(host_of_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace gatehouse::gateway
