#include "options.h"

#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

TEST(ParseEndpoint, ReadsBothFamilies) {
  const auto v4 = parse_endpoint("127.0.0.1:8080");
  ASSERT_TRUE(v4.ok());
  EXPECT_EQ(v4->address, "127.0.0.1");
  EXPECT_EQ(v4->port, 8080);
  const auto v6 = parse_endpoint("[::1]:0");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->address, "::1");
  EXPECT_EQ(v6->port, 0);
  EXPECT_EQ(url_of(*v6), "http://[::1]:0");
}

TEST(ParseEndpoint, RefusesWhatIsNoAddressAndSaysHowToWriteOne) {
  for (const char* text :
       {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:80x", "example.com:80", "[::1]", "1.2.3:80"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint.ok()) << text;
    EXPECT_NE(endpoint.error().public_text().find("127.0.0.1:8080"), std::string::npos);
  }
}

TEST(IsLoopback, KnowsBothFamilies) {
  EXPECT_TRUE(is_loopback(net::Endpoint("127.0.0.1", 1)));
  EXPECT_TRUE(is_loopback(net::Endpoint("127.9.9.9", 1)));
  EXPECT_TRUE(is_loopback(net::Endpoint("::1", 1)));
  EXPECT_FALSE(is_loopback(net::Endpoint("0.0.0.0", 1)));
  EXPECT_FALSE(is_loopback(net::Endpoint("::", 1)));
  EXPECT_FALSE(is_loopback(net::Endpoint("192.0.2.1", 1)));
}

}  // namespace
}  // namespace gatehouse::app
