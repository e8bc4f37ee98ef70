#include "gatehouse/net/asker.h"

#include <gmock/gmock.h>

#include <vector>

#include "forwarded.h"

namespace gatehouse::net {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

wire::RequestHead head_with(const Fields& fields) {
  wire::RequestHead head;
  for (const auto& [name, value] : fields) {
    wire::FieldView field;
    field.name = name;
    field.value = value;
    head.fields.push_back(field);
  }
  return head;
}

const Networks& proxies() {
  static const Networks made = *Networks::parse(std::vector<std::string>{"127.0.0.1", "10.0.0.0/8", "fd00::/8"});
  return made;
}

Asker behind_proxy(const Fields& fields) { return find_asker(head_with(fields), "127.0.0.1", proxies()); }

struct Case {
  Fields fields;
  const char* client;
};

TEST(Asker, IsThePeerWhenNobodyIsTrusted) {
  const Fields lies{{"X-Forwarded-For", "203.0.113.1"},
                    {"X-Real-IP", "203.0.113.2"},
                    {"Forwarded", "for=203.0.113.3;proto=https"},
                    {"X-Forwarded-Proto", "https"}};
  for (const std::string_view peer : {"192.0.2.1", "2001:db8::1"}) {
    for (const Networks& list : {Networks(), proxies()}) {
      const Asker client = find_asker(head_with(lies), peer, list);
      EXPECT_EQ(client.address, peer);
      EXPECT_FALSE(client.https);
    }
  }
  EXPECT_EQ(find_asker(head_with(lies), "127.0.0.1", Networks()).address, "127.0.0.1");
}

TEST(Asker, IsReadFromRightToLeft) {
  const Case cases[] = {
      {{}, "127.0.0.1"},
      {{{"X-Forwarded-For", "203.0.113.1"}}, "203.0.113.1"},
      {{{"x-forwarded-for", "203.0.113.1"}}, "203.0.113.1"},
      {{{"X-Forwarded-For", "198.51.100.7, 203.0.113.1"}}, "203.0.113.1"},
      {{{"X-Forwarded-For", "198.51.100.7, 203.0.113.1, 10.0.0.5"}}, "203.0.113.1"},
      {{{"X-Forwarded-For", "203.0.113.1,10.0.0.5 ,\t10.9.9.9"}}, "203.0.113.1"},
      {{{"X-Forwarded-For", "198.51.100.7"}, {"X-Forwarded-For", "203.0.113.1, 10.0.0.5"}}, "203.0.113.1"},
      {{{"X-Forwarded-For", "203.0.113.1"}, {"X-Forwarded-For", "10.0.0.5"}}, "203.0.113.1"},
      {{{"X-Forwarded-For", "10.0.0.9, 10.0.0.5"}}, "10.0.0.9"},  // all are ours: the farthest
      {{{"X-Forwarded-For", "2001:DB8::9"}}, "2001:db8::9"},
      {{{"X-Forwarded-For", "[2001:db8::9]:443"}}, "2001:db8::9"},
      {{{"X-Forwarded-For", "203.0.113.1:5000"}}, "203.0.113.1"},
      {{{"X-Forwarded-For", "::ffff:203.0.113.1"}}, "203.0.113.1"},
      {{{"X-Forwarded-For", "203.0.113.1,, ,"}}, "203.0.113.1"},
      {{{"X-Forwarded-For", "198.51.100.7, fd00::1"}}, "198.51.100.7"},
      {{{"X-Forwarded-For", "203.0.113.1"}, {"X-Real-IP", "203.0.113.2"}, {"Forwarded", "for=203.0.113.3"}}, "203.0.113.1"},
  };
  for (const Case& c : cases) EXPECT_EQ(behind_proxy(c.fields).address, c.client) << ::testing::PrintToString(c.fields);
}

TEST(Asker, WhatIsMalformedWhereItIsLookedAtSaysNothing) {
  const Case cases[] = {
      {{{"X-Forwarded-For", "garbage"}}, "127.0.0.1"},
      {{{"X-Forwarded-For", ""}}, "127.0.0.1"},
      {{{"X-Forwarded-For", " , ,"}}, "127.0.0.1"},
      {{{"X-Forwarded-For", "unknown"}, {"X-Real-IP", "203.0.113.2"}}, "203.0.113.2"},
      {{{"X-Forwarded-For", "203.0.113.1, garbage, 10.0.0.5"}}, "127.0.0.1"},
      {{{"X-Forwarded-For", "garbage, 203.0.113.1"}}, "203.0.113.1"},  // nobody looks that far
      {{{"X-Forwarded-For", "203.0.113.1:99999"}}, "127.0.0.1"},
      {{{"X-Forwarded-For", "203.0.113.1:"}}, "127.0.0.1"},
      {{{"X-Forwarded-For", "[2001:db8::9"}}, "127.0.0.1"},
      {{{"X-Forwarded-For", "[203.0.113.1]"}}, "127.0.0.1"},
      {{{"X-Forwarded-For", "203.0.113.1'; drop table users"}}, "127.0.0.1"},
      {{{"X-Forwarded-For", "0203.0.113.1"}}, "127.0.0.1"},
      {{{"X-Real-IP", "nobody"}}, "127.0.0.1"},
      {{{"X-Real-IP", "203.0.113.2, 203.0.113.4"}}, "127.0.0.1"},
      {{{"X-Real-IP", "203.0.113.2"}, {"X-Real-IP", "203.0.113.4"}}, "127.0.0.1"},
      {{{"X-Real-IP", "nobody"}, {"Forwarded", "for=203.0.113.3"}}, "203.0.113.3"},
      {{{"Forwarded", "for=_hidden"}}, "127.0.0.1"},
      {{{"Forwarded", "for=203.0.113.3;for=203.0.113.4"}}, "127.0.0.1"},
      {{{"Forwarded", "for=\"203.0.113.3"}}, "127.0.0.1"},
      {{{"Forwarded", "for 203.0.113.3"}}, "127.0.0.1"},
      {{{"Forwarded", "for="}}, "127.0.0.1"},
      {{{"Forwarded", "=203.0.113.3"}}, "127.0.0.1"},
      {{{"Forwarded", "for=203.0.113.3 by=x"}}, "127.0.0.1"},
      {{{"Forwarded", "for=\"\\"}}, "127.0.0.1"},
  };
  for (const Case& c : cases) EXPECT_EQ(behind_proxy(c.fields).address, c.client) << ::testing::PrintToString(c.fields);
}

TEST(Asker, IsFoundInForwardedLast) {
  const Case cases[] = {
      {{{"Forwarded", "for=203.0.113.3"}}, "203.0.113.3"},
      {{{"Forwarded", "For=\"[2001:db8:cafe::17]:4711\""}}, "2001:db8:cafe::17"},
      {{{"Forwarded", "for=198.51.100.7;proto=http, for=203.0.113.3;by=10.0.0.1;host=x"}}, "203.0.113.3"},
      {{{"Forwarded", "for=203.0.113.3 ; proto=http , for=10.0.0.2"}}, "203.0.113.3"},
      {{{"Forwarded", "for=203.0.113.3"}, {"Forwarded", "for=10.0.0.2"}}, "203.0.113.3"},
      {{{"Forwarded", "by=\"a,b;for=198.51.100.7\\\"\";for=203.0.113.3"}}, "203.0.113.3"},
      {{{"Forwarded", "for=\"203.0.113.3:80\";"}}, "203.0.113.3"},
      {{{"X-Real-IP", "203.0.113.2"}, {"Forwarded", "for=203.0.113.3"}}, "203.0.113.2"},
  };
  for (const Case& c : cases) EXPECT_EQ(behind_proxy(c.fields).address, c.client) << ::testing::PrintToString(c.fields);
}

TEST(Asker, WasAskedByHttpsWhenTheNearestProxySaysSo) {
  const std::pair<Fields, bool> cases[] = {
      {{}, false},
      {{{"X-Forwarded-Proto", "https"}}, true},
      {{{"X-Forwarded-Proto", " HTTPS "}}, true},
      {{{"X-Forwarded-Proto", "http"}}, false},
      {{{"X-Forwarded-Proto", "https, http"}}, false},
      {{{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "https"}}, false},
      {{{"X-Forwarded-Proto", "http"}, {"Forwarded", "proto=https"}}, false},
      {{{"Forwarded", "for=203.0.113.3;proto=https"}}, true},
      {{{"Forwarded", "for=203.0.113.3;proto=https, for=10.0.0.2;proto=http"}}, false},
      {{{"Forwarded", "proto=https;proto=http"}}, false},
  };
  for (const auto& [fields, https] : cases) EXPECT_EQ(behind_proxy(fields).https, https) << ::testing::PrintToString(fields);
}

TEST(Asker, SurvivesTheLongestLists) {
  std::string many;
  for (int i = 0; i < 8000; ++i) many += "10.0.0.1,";
  EXPECT_EQ(behind_proxy({{"X-Forwarded-For", many}}).address, "10.0.0.1");
  EXPECT_EQ(behind_proxy({{"Forwarded", std::string(32'000, ',')}}).address, "127.0.0.1");
  EXPECT_EQ(behind_proxy({{"Forwarded", std::string(32'000, ';')}}).address, "127.0.0.1");
}

}  // namespace
}  // namespace gatehouse::net
