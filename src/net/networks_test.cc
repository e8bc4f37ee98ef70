#include "gatehouse/net/networks.h"

#include <gmock/gmock.h>

namespace gatehouse::net {
namespace {

using ::testing::HasSubstr;

TEST(IpAddress, TakesWhatIsOneAndNothingElse) {
  const std::pair<const char*, const char*> good[] = {{"127.0.0.1", "127.0.0.1"},
                                                      {"255.255.255.255", "255.255.255.255"},
                                                      {"::1", "::1"},
                                                      {"::", "::"},
                                                      {"2001:DB8::7", "2001:db8::7"},
                                                      {"::ffff:192.0.2.1", "192.0.2.1"},
                                                      {"0:0:0:0:0:0:0:1", "::1"}};
  for (const auto& [text, canonical] : good) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(to_text(*address), canonical) << text;
  }
  for (const std::string_view bad :
       {"", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.4 ", " 1.2.3.4", "0x7f.0.0.1", "localhost", "fe80::1%eth0",
        ":::", "[::1]", "1.2.3.4:80", "2001:db8::1::2", "1111:2222:3333:4444:5555:6666:7777:8888:9999", "unknown"}) {
    EXPECT_FALSE(parse_address(bad)) << bad;
  }
  EXPECT_FALSE(parse_address(std::string_view("1.2.3.4\0", 8)));
}

TEST(IpAddress, MappedIntoIpv6IsTheSame) {
  EXPECT_EQ(*parse_address("::ffff:10.1.2.3"), *parse_address("10.1.2.3"));
  EXPECT_TRUE(parse_address("10.1.2.3")->is_v4());
  EXPECT_FALSE(parse_address("::10.1.2.3")->is_v4());
}

TEST(Network, HoldsWhatItsPrefixSays) {
  struct Case {
    const char *network, *address;
    bool held;
  };
  constexpr Case cases[] = {
      {"10.0.0.0/8", "10.255.255.255", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.0.0.0/8", "::ffff:10.1.1.1", true},
      {"192.0.2.4/30", "192.0.2.7", true},
      {"192.0.2.4/30", "192.0.2.8", false},
      {"192.0.2.4/31", "192.0.2.5", true},
      {"192.0.2.4", "192.0.2.4", true},
      {"192.0.2.4", "192.0.2.5", false},
      {"192.0.2.4/32", "192.0.2.4", true},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"fd00::/8", "fdff::1", true},
      {"fd00::/8", "fe00::1", false},
      {"2001:db8::/33", "2001:db8:7fff::", true},
      {"2001:db8::/33", "2001:db8:8000::", false},
      {"::1", "::1", true},
      {"::1", "127.0.0.1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "10.0.0.1", false},
      {"::ffff:10.0.0.0/104", "10.9.9.9", true},
  };
  for (const Case& c : cases) {
    const Result<Network> network = parse_network(c.network);
    ASSERT_TRUE(network) << c.network;
    EXPECT_EQ(network->holds(*parse_address(c.address)), c.held) << c.network << " " << c.address;
  }
}

TEST(Network, SaysWhatIsWrongWithWhatIsNone) {
  const std::pair<const char*, const char*> cases[] = {{"", "is no network"},
                                                       {"10.0.0.0/33", "not 0 to 32"},
                                                       {"10.0.0.0/", "not 0 to 32"},
                                                       {"10.0.0.0/-1", "not 0 to 32"},
                                                       {"10.0.0.0/8x", "not 0 to 32"},
                                                       {"::/129", "not 0 to 128"},
                                                       {"proxy.internal", "is no network"},
                                                       {"10.0.0.0/8/8", "not 0 to 32"},
                                                       {"10.1.2.3/8", "has bits behind its prefix; write 10.0.0.0/8"},
                                                       {"fd00::1/8", "write fd00::/8"}};
  for (const auto& [text, why] : cases) {
    const Result<Network> network = parse_network(text);
    ASSERT_FALSE(network) << text;
    EXPECT_THAT(network.error().public_text(), HasSubstr(why)) << text;
  }
}

TEST(Networks, HoldWhatOneOfThemHolds) {
  const std::vector<std::string> texts{"10.0.0.0/8", "::1"};
  const Result<Networks> networks = Networks::parse(texts);
  ASSERT_TRUE(networks);
  EXPECT_TRUE(networks->hold(*parse_address("10.1.1.1")));
  EXPECT_TRUE(networks->hold(*parse_address("::1")));
  EXPECT_FALSE(networks->hold(*parse_address("127.0.0.1")));
  EXPECT_TRUE(Networks().empty());
  EXPECT_FALSE(Networks().hold(*parse_address("::1")));
  const std::vector<std::string> bad{"10.0.0.0/8", "x"};
  EXPECT_FALSE(Networks::parse(bad));
}

}  // namespace
}  // namespace gatehouse::net
