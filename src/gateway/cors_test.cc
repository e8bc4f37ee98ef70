#include "cors.h"

#include <gmock/gmock.h>

#include "test_head.h"

namespace gatehouse::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view app = "https://app.example.com";

EdgeRules rules_for(std::vector<std::string> origins) {
  EdgeRules rules;
  rules.origins = std::move(origins);
  return rules;
}

std::string dressed(const EdgeRules& rules, const wire::RequestHead& head) {
  net::Response response(200);
  dress_for_browser(response, rules, head);
  return response.extra_fields();
}

TEST(Cors, SaysNothingWhereNoOriginIsListed) {
  EXPECT_EQ(dressed(EdgeRules(), head_with({{"Origin", app}})), "");
  EXPECT_EQ(trust_of(EdgeRules(), head_with({{"Origin", app}})), OriginTrust::none);
}

TEST(Cors, AListedOriginGetsCredentialsAndOurFields) {
  const std::string fields = dressed(rules_for({std::string(app)}), head_with({{"origin", app}}));
  EXPECT_THAT(fields, HasSubstr("Access-Control-Allow-Origin: https://app.example.com\r\n"));
  EXPECT_THAT(fields, HasSubstr("Access-Control-Allow-Credentials: true\r\n"));
  EXPECT_THAT(fields, HasSubstr("Vary: Origin\r\n"));
  for (const char* name : {"X-Request-Id", "X-Process-Time", "Retry-After", "X-API-Key-Error", "x-ratelimit-remaining-requests"}) {
    EXPECT_THAT(fields, HasSubstr(name));
  }
}

TEST(Cors, OthersGetNothingButTheWordThatItDepends) {
  const EdgeRules rules = rules_for({std::string(app)});
  for (const std::string_view other : {"https://evil.example", "http://app.example.com", "https://app.example.com:8443",
                                       "https://app.example.com.evil.net", "https://APP.example.com", "null", "", "*"}) {
    EXPECT_EQ(dressed(rules, head_with({{"Origin", other}})), "Vary: Origin\r\n") << other;
  }
  EXPECT_EQ(dressed(rules, head_with({})), "Vary: Origin\r\n");
  EXPECT_EQ(dressed(rules, head_with({{"Origin", app}, {"Origin", "https://evil.example"}})), "Vary: Origin\r\n");
}

TEST(Cors, AnyOriginNeverGetsCredentials) {
  for (const std::string_view origin : {"https://evil.example", "null", "*"}) {
    const std::string fields = dressed(rules_for({"*"}), head_with({{"Origin", origin}}));
    EXPECT_THAT(fields, HasSubstr("Access-Control-Allow-Origin: *\r\n")) << origin;
    EXPECT_THAT(fields, Not(HasSubstr("Credentials"))) << origin;
  }
  const EdgeRules both = rules_for({"*", std::string(app)});
  EXPECT_THAT(dressed(both, head_with({{"Origin", app}})), HasSubstr("Credentials: true"));
  EXPECT_THAT(dressed(both, head_with({{"Origin", "https://b"}})), Not(HasSubstr("Credentials")));
}

TEST(Preflight, IsAnOptionsWithBothFields) {
  wire::RequestHead head = head_with({{"Origin", app}, {"Access-Control-Request-Method", "POST"}});
  EXPECT_FALSE(is_preflight(head));
  head.method = wire::Method::options;
  EXPECT_TRUE(is_preflight(head));
  head = head_with({{"Origin", app}});
  head.method = wire::Method::options;
  EXPECT_FALSE(is_preflight(head));
}

TEST(Preflight, AnswersFromTheRouteAndSaysTheFieldsBack) {
  const net::Response answer =
      preflight_answer(head_with({{"Access-Control-Request-Headers", "authorization,x-api-key, content-type"}}), "POST");
  EXPECT_EQ(answer.status(), 204);
  EXPECT_THAT(answer.extra_fields(), HasSubstr("Access-Control-Allow-Methods: POST\r\n"));
  EXPECT_THAT(answer.extra_fields(), HasSubstr("Access-Control-Allow-Headers: authorization,x-api-key, content-type\r\n"));
}

TEST(Preflight, DoesNotSayBackWhatIsNoList) {
  for (const std::string_view bad : {"a: b", "a;b", "\"a\"", "a\xc3\xa4", ""}) {
    EXPECT_THAT(preflight_answer(head_with({{"Access-Control-Request-Headers", bad}}), "GET").extra_fields(),
                Not(HasSubstr("Allow-Headers")))
        << bad;
  }
}

}  // namespace
}  // namespace gatehouse::gateway
