#include "negotiation.h"

#include <gmock/gmock.h>

#include "test_head.h"

namespace gatehouse::gateway {
namespace {

TEST(AcceptEncoding, GzipIsWantedWhenItIsLikedAtLeastAsMuchAsThePlainBody) {
  const std::pair<const char*, bool> cases[] = {
      {"gzip", true},
      {"GZIP", true},
      {"x-gzip", true},
      {"br, gzip, deflate", true},
      {"gzip;q=0.001", true},
      {"gzip ; q=0.5 , br", true},
      {"gzip;q=1.000", true},
      {"*", true},
      {"*;q=0.1", true},
      {"identity;q=0, gzip", true},
      {"identity;q=0.5, gzip;q=0.5", true},
      {"identity, gzip", true},
      {"identity;q=0, *;q=0.5", true},
      {"gzip;foo=bar;q=0.3", true},
      {"", false},
      {"br", false},
      {"identity", false},
      {"gzip;q=0", false},
      {"gzip;q=0.000", false},
      {"gzip;q=0, *", false},
      {"*;q=0", false},
      {"identity, gzip;q=0.5", false},
      {"identity;q=0.6, *;q=0.5", false},
      {"gzip;q=", false},
      {"gzip;q=1.5", false},
      {"gzip;q=2", false},
      {"gzip;q=-1", false},
      {"gzip;q=0.1234", false},
      {"gzip;q=.5", false},
      {"gzip;q=1.001", false},
      {"gzip;q=abc", false},
      {"gzipped", false},
      {"g zip", false},
      {",,;q=1,", false},
  };
  for (const auto& [value, wanted] : cases) EXPECT_EQ(wants_gzip(head_with({{"Accept-Encoding", value}})), wanted) << value;
}

TEST(AcceptEncoding, MayComeInSeveralFieldsOrNone) {
  EXPECT_FALSE(wants_gzip(head_with({})));
  EXPECT_TRUE(wants_gzip(head_with({{"Accept-Encoding", "br"}, {"accept-encoding", "gzip"}})));
  EXPECT_FALSE(wants_gzip(head_with({{"Accept-Encoding", "gzip;q=0.2"}, {"Accept-Encoding", "identity"}})));
}

TEST(AcceptLanguage, ChineseIsForThoseWhoWouldRatherHaveIt) {
  const std::pair<const char*, bool> cases[] = {
      {"zh", true},
      {"ZH", true},
      {"zh-CN", true},
      {"zh-Hans-CN", true},
      {"zh-CN,zh;q=0.9,en;q=0.8", true},
      {"zh;q=0.5", true},
      {"fr, zh;q=0.1", true},
      {"en;q=0.3, zh;q=0.5", true},
      {"zh, en", true},
      {"zh;q=0.8, en;q=0.8", true},
      {"*, zh", true},
      {"", false},
      {"*", false},
      {"en", false},
      {"en, zh", false},
      {"en-US,en;q=0.9,zh;q=0.8", false},
      {"zh;q=0", false},
      {"zh;q=0, *", false},
      {"zha", false},
      {"zh_CN", false},
      {"x-zh", false},
      {"zh;q=nonsense", false},
      {"en;q=0.8, zh;q=0.8", false},
  };
  for (const auto& [value, chinese] : cases) {
    EXPECT_EQ(language_for(head_with({{"Accept-Language", value}})) == Language::chinese, chinese) << value;
  }
  EXPECT_EQ(language_for(head_with({})), Language::english);
}

TEST(Accept, APageIsForBrowsers) {
  const std::pair<const char*, bool> cases[] = {
      {"text/html", true},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
      {"Text/HTML;charset=utf-8", true},
      {"text/html, application/json;q=0.5", true},
      {"application/json, text/html;q=0.9", false},
      {"text/html;q=0", false},
      {"*/*", false},
      {"text/*", false},
      {"application/json", false},
      {"", false},
  };
  for (const auto& [value, page] : cases) EXPECT_EQ(wants_page(head_with({{"Accept", value}})), page) << value;
}

TEST(IfNoneMatch, KnowsATagInAnyList) {
  const std::pair<const char*, bool> cases[] = {{"\"a\"", true}, {"W/\"a\"", true}, {"\"b\", \"a\"", true}, {"*", true},   {"\"b\"", false},
                                                {"a", false},    {"", false},       {"\"A\"", false},       {"\"a", false}};
  for (const auto& [value, same] : cases) EXPECT_EQ(has_already(head_with({{"If-None-Match", value}}), "\"a\""), same) << value;
  EXPECT_FALSE(has_already(head_with({}), "\"a\""));
}

}  // namespace
}  // namespace gatehouse::gateway
