// Requirements D7, D8 and D9: what a token says, as a table.
#include "gatehouse/wire/jose/claims.h"

#include <gtest/gtest.h>

namespace gatehouse::wire {
namespace {

constexpr std::int64_t now = 1'800'000'000;

ClaimRules strict_rules() {
  ClaimRules rules;
  rules.issuers = {"https://id.example.org", "https://old.example.org"};
  rules.audiences = {"gatehouse"};
  rules.types = {"at+jwt"};
  return rules;
}

Result<Claims> check(std::string_view payload, const ClaimRules& rules = {}, std::optional<std::string_view> typ = std::nullopt) {
  VerifiedJws token;
  token.payload = payload;
  token.typ = typ;
  JsonParser parser;
  return check_claims(token, rules, WallTime(seconds(now)), parser);
}

std::string verdict_on(std::string_view payload, const ClaimRules& rules = {}, std::optional<std::string_view> typ = std::nullopt) {
  const Result<Claims> claims = check(payload, rules, typ);
  return claims ? "ok" : std::string(claims.error().reason());
}

// {"exp":…} with a date this far from now.
std::string expiring(std::int64_t in, std::string_view more = "") {
  return "{\"exp\":" + std::to_string(now + in) + std::string(more) + "}";
}
std::string date(std::string_view name, std::int64_t in) { return ",\"" + std::string(name) + "\":" + std::to_string(now + in); }

TEST(Claims, AreReadWhole) {
  const std::string payload = R"({"iss":"https://id.example.org","sub":"u-1","aud":["other","gatehouse"],"exp":1800000600,"nbf":1799999990,
      "iat":1799999990,"jti":"t-1","tenant_id":"acme","scope":"llm nlu","client_id":"x","nested":{"exp":-1}})";
  const Result<Claims> claims = check(payload, strict_rules(), "at+jwt");
  ASSERT_TRUE(claims.ok()) << claims.error().describe();
  EXPECT_EQ(claims->issuer, "https://id.example.org");
  EXPECT_EQ(claims->user, "u-1");
  EXPECT_EQ(claims->tenant, "acme");
  EXPECT_EQ(claims->token_id, "t-1");
  EXPECT_EQ(claims->audiences, (std::vector<std::string>{"other", "gatehouse"}));
  EXPECT_EQ(claims->scopes, (std::vector<std::string>{"llm", "nlu"}));
  EXPECT_EQ(claims->expires_at, 1'800'000'600);
  EXPECT_EQ(claims->not_before, 1'799'999'990);
  EXPECT_EQ(claims->issued_at, 1'799'999'990);
}

TEST(Claims, ExpireOnTheSecondWithLeeway) {
  ClaimRules rules;
  rules.leeway = seconds(0);
  EXPECT_EQ(verdict_on(expiring(1), rules), "ok");
  EXPECT_EQ(verdict_on(expiring(0), rules), "token_expired");
  rules.leeway = seconds(60);
  EXPECT_EQ(verdict_on(expiring(-59), rules), "ok");
  EXPECT_EQ(verdict_on(expiring(-60), rules), "token_expired");
}

TEST(Claims, AllowAtMostAMinuteOfLeeway) {
  ClaimRules rules;
  rules.leeway = std::chrono::hours(24);
  EXPECT_EQ(verdict_on(expiring(-60), rules), "token_expired");
  EXPECT_EQ(verdict_on(expiring(600, date("nbf", 61)), rules), "token_not_yet_valid");
  rules.leeway = seconds(-1000);
  EXPECT_EQ(verdict_on(expiring(1), rules), "ok");
}

TEST(Claims, BeginOnTheSecondWithLeeway) {
  for (const char* name : {"nbf", "iat"}) {
    EXPECT_EQ(verdict_on(expiring(600, date(name, 30))), "ok") << name;
    EXPECT_EQ(verdict_on(expiring(600, date(name, 31))), "token_not_yet_valid") << name;
    EXPECT_EQ(verdict_on(expiring(600, date(name, -1000))), "ok") << name;
  }
}

TEST(Claims, NeedAnEnd) {
  EXPECT_EQ(verdict_on("{}"), "token_claim_missing");
  EXPECT_EQ(verdict_on(R"({"iat":1})"), "token_claim_missing");
}

TEST(Claims, EndAfterTheyBegin) {
  EXPECT_EQ(verdict_on(expiring(10, date("iat", 11))), "token_claims_malformed");
  EXPECT_EQ(verdict_on(expiring(10, date("nbf", 11))), "token_claims_malformed");
  EXPECT_EQ(verdict_on(expiring(10, date("nbf", 10))), "ok");
  EXPECT_EQ(verdict_on(expiring(-600, date("iat", 0))), "token_expired") << "the plainer reason";
}

TEST(Claims, MayNotLiveForLong) {
  ClaimRules rules;
  rules.max_lifetime = std::chrono::hours(1);
  EXPECT_EQ(verdict_on(expiring(3000, date("iat", -600)), rules), "ok");
  EXPECT_EQ(verdict_on(expiring(3000, date("iat", -601)), rules), "token_lifetime_too_long");
  EXPECT_EQ(verdict_on(expiring(3000, date("nbf", -601)), rules), "token_lifetime_too_long") << "nbf counts where there is no iat";
  EXPECT_EQ(verdict_on(expiring(3600), rules), "ok");
  EXPECT_EQ(verdict_on(expiring(3601), rules), "token_lifetime_too_long") << "where there is neither, what is left counts";
  EXPECT_EQ(verdict_on(R"({"exp":253402300799})"), "token_lifetime_too_long");
}

TEST(Claims, TakeNoDateThatIsNoWholeNumberOfSeconds) {
  for (const char* bad :
       {"1.5", "1800000600.0", "1.8e9", "1e400", "-1", "-0.0", "253402300800", "9223372036854775807", "9223372036854775808",
        "18446744073709551616", "99999999999999999999999", "\"1800000600\"", "null", "true", "[]", "{}", "NaN", "0x1", "01"}) {
    for (const char* name : {"exp", "nbf", "iat"}) {
      const std::string payload =
          std::string(name) == "exp" ? "{\"exp\":" + std::string(bad) + "}" : expiring(600, ",\"" + std::string(name) + "\":" + bad);
      EXPECT_EQ(verdict_on(payload), "token_claims_malformed") << payload;
    }
  }
  EXPECT_EQ(verdict_on(expiring(600, ",\"nbf\":0,\"iat\":0"),
                       [] {
                         ClaimRules rules;
                         rules.max_lifetime = seconds(now + 600);
                         return rules;
                       }()),
            "ok");
}

TEST(Claims, NameAnIssuerThatIsKnown) {
  ClaimRules rules;
  rules.issuers = {"https://id.example.org"};
  EXPECT_EQ(verdict_on(expiring(60, R"(,"iss":"https://id.example.org")"), rules), "ok");
  for (const char* bad : {"", R"(,"iss":"")", R"(,"iss":"https://id.example.org/")", R"(,"iss":"https://ID.example.org")",
                          R"(,"iss":"https://id.example.org.evil.org")"}) {
    EXPECT_EQ(verdict_on(expiring(60, bad), rules), "token_issuer_unknown") << bad;
  }
  EXPECT_EQ(verdict_on(expiring(60, R"(,"iss":["https://id.example.org"])"), rules), "token_claims_malformed");
}

TEST(Claims, NameAnAudienceThatIsUs) {
  ClaimRules rules;
  rules.audiences = {"gatehouse", "https://api.example.org"};
  for (const char* good : {R"(,"aud":"gatehouse")", R"(,"aud":["x","https://api.example.org"])"}) {
    EXPECT_EQ(verdict_on(expiring(60, good), rules), "ok") << good;
  }
  for (const char* bad : {"", R"(,"aud":"gate")", R"(,"aud":[])", R"(,"aud":["x"])", R"(,"aud":"gatehouse ")"}) {
    EXPECT_EQ(verdict_on(expiring(60, bad), rules), "token_audience_wrong") << bad;
  }
  for (const char* bad : {R"(,"aud":1)", R"(,"aud":null)", R"(,"aud":["gatehouse",1])", R"(,"aud":{"gatehouse":1})"}) {
    EXPECT_EQ(verdict_on(expiring(60, bad), rules), "token_claims_malformed") << bad;
  }
}

// Access token, ID token, refresh token and logout token, each where only the access token is meant.
TEST(Claims, ComeInATokenOfTheRightType) {
  ClaimRules rules;
  rules.types = {"at+jwt"};
  for (const char* good : {"at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"}) {
    EXPECT_EQ(verdict_on(expiring(60), rules, good), "ok") << good;
  }
  for (const char* bad : {"JWT", "", "rt+jwt", "logout+jwt", "at+jwt ", "application/", "application/application/at+jwt"}) {
    EXPECT_EQ(verdict_on(expiring(60), rules, bad), "token_type_wrong") << bad;
  }
  EXPECT_EQ(verdict_on(expiring(60), rules), "token_type_wrong");
  rules.types = {"at+jwt", ""};
  EXPECT_EQ(verdict_on(expiring(60), rules), "ok") << "an issuer that gives no type can be allowed to";
  EXPECT_EQ(verdict_on(expiring(60), rules, "JWT"), "token_type_wrong");
}

TEST(Claims, HaveScopesAsTextOrList) {
  const auto scopes = [](std::string_view more) { return check(expiring(60, more))->scopes; };
  using List = std::vector<std::string>;
  EXPECT_EQ(scopes(R"(,"scope":"llm usage:read")"), (List{"llm", "usage:read"}));
  EXPECT_EQ(scopes(R"(,"scope":["llm","usage:read"])"), (List{"llm", "usage:read"}));
  EXPECT_EQ(scopes(R"(,"scope":"  llm  nlu ")"), (List{"llm", "nlu"}));
  EXPECT_EQ(scopes(R"(,"scope":"")"), List());
  EXPECT_EQ(scopes(R"(,"scope":[])"), List());
  EXPECT_EQ(scopes(""), List());
  for (const char* bad :
       {R"(,"scope":1)", R"(,"scope":null)", R"(,"scope":["llm",1])", R"(,"scope":["llm nlu"])", R"(,"scope":[""])",
        R"(,"scope":"llm\tnlu")", R"(,"scope":"a\"b")", R"(,"scope":"a\\b")", R"(,"scope":"é")", R"(,"scope":{"llm":true})"}) {
    EXPECT_EQ(verdict_on(expiring(60, bad)), "token_claims_malformed") << bad;
  }
}

TEST(Claims, HaveTheNamesThatTheIssuerGivesThem) {
  ClaimRules rules;
  rules.user_claim = "email", rules.tenant_claim = "https://example.org/tenant", rules.scope_claim = "scp";
  const Result<Claims> claims =
      check(expiring(60, R"(,"email":"a@b.c","https://example.org/tenant":"acme","scp":["llm"],"sub":1,"scope":1,"tenant_id":1)"), rules);
  ASSERT_TRUE(claims.ok()) << claims.error().describe();
  EXPECT_EQ(claims->user, "a@b.c");
  EXPECT_EQ(claims->tenant, "acme");
  EXPECT_EQ(claims->scopes, (std::vector<std::string>{"llm"}));
}

TEST(Claims, AreTextWithoutControlCharacters) {
  for (const char* name : {"iss", "sub", "tenant_id", "jti"}) {
    for (const char* bad : {"1", "null", "[\"a\"]", "\"a\\u0000b\"", "\"a\\nb\"", "\"\\u007f\""}) {
      EXPECT_EQ(verdict_on(expiring(60, ",\"" + std::string(name) + "\":" + bad)), "token_claims_malformed") << name << bad;
    }
    EXPECT_EQ(verdict_on(expiring(60, ",\"" + std::string(name) + "\":\"张伟\"")), "ok") << name;
  }
}

TEST(Claims, AreOneObjectThatSaysNothingTwice) {
  for (const char* bad :
       {"", "null", "[]", "\"x\"", "1", "{", R"({"exp":1800000600}x)", R"({"exp":1800000600,"exp":1800000600})",
        R"({"exp":1,"exp":1800000600})", R"({"exp":1800000600,"sub":"a","sub":"b"})", R"({"exp":1800000600,"sub":"a","s\u0075b":"b"})",
        R"({"exp":1800000600,"x":{"a":1,"a":2}})", "{\"exp\":1800000600,\"sub\":\"\xff\"}", "\xef\xbb\xbf{\"exp\":1800000600}"}) {
    EXPECT_EQ(verdict_on(bad), "token_claims_malformed") << bad;
  }
}

TEST(Claims, AreRefusedAsTheCallersFault) {
  const Result<Claims> refused = check(expiring(-600));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), Code::unauthenticated);
  EXPECT_EQ(refused.error().origin(), Origin::caller);
}

}  // namespace
}  // namespace gatehouse::wire
