#include "gatehouse/identity/authenticator.h"

#include <gmock/gmock.h>

#include "test_people.h"

namespace gatehouse::identity {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

class Door : public ::testing::Test {
 protected:
  Door() {
    good_ = people_.add_key("demo");
    other_ = people_.add_key("other");
    expired_ = people_.add_key("demo", [](store::ApiKey& key) { key.expires = test_moment; });
    revoked_ = people_.add_key("demo", [](store::ApiKey& key) { key.revoked = test_moment, key.expires = store::Moment(seconds(1)); });
    off_ = people_.add_key("demo", [](store::ApiKey& key) { key.is_active = false; });
    lasting_ = people_.add_key("demo", [](store::ApiKey& key) { key.expires = test_moment + seconds(1); });
  }

  using Fields = std::vector<std::pair<std::string, std::string>>;
  Result<PrincipalPtr> ask(const Fields& fields, CredentialKind kind = CredentialKind::any, WallTime at = test_now) {
    wire::RequestHead head;
    for (const auto& [name, value] : fields) head.fields.push_back({name, value});
    return people_.door().identify(head, at, kind);
  }
  Result<PrincipalPtr> bearer(const std::string& credential, WallTime at = test_now) {
    return ask({{"Authorization", "Bearer " + credential}}, CredentialKind::any, at);
  }
  // "reason: text" of what must be an error that repeats no credential.
  std::string refusal(const Fields& fields, CredentialKind kind = CredentialKind::any) {
    const Result<PrincipalPtr> asked = ask(fields, kind);
    if (asked.ok()) return "it was let in";
    for (const auto& [name, value] : fields) {
      if (value.size() > 20) {
        EXPECT_THAT(asked.error().describe(), Not(HasSubstr(value.substr(value.size() - 20))));
      }
    }
    return std::string(asked.error().reason()) + ": " + asked.error().public_text();
  }
  bool let_in(const Fields& fields) {
    const Result<PrincipalPtr> asked = ask(fields);
    return asked.ok() && (*asked)->tenant == TenantId("demo");
  }
  static std::string outcome(const Result<PrincipalPtr>& asked) { return asked.ok() ? "let in" : std::string(asked.error().reason()); }

  People people_;
  std::string good_, other_, expired_, revoked_, off_, lasting_;
};

TEST_F(Door, TakesAKeyInAnyOfThreeFieldsWhateverTheirCase) {
  EXPECT_TRUE(let_in({{"X-API-Key", good_}}));
  EXPECT_TRUE(let_in({{"x-api-key", good_}}));
  EXPECT_TRUE(let_in({{"api-key", good_}}));
  EXPECT_TRUE(let_in({{"Authorization", "Bearer " + good_}}));
  EXPECT_TRUE(let_in({{"AUTHORIZATION", "bEARER   " + good_}}));
  EXPECT_TRUE(let_in({{"Host", "x"}, {"Accept", "*/*"}, {"Api-Key", good_}}));
}

TEST_F(Door, CountsAUseOnceHoweverOftenARequestIsAskedAbout) {
  wire::RequestHead head;
  head.fields.push_back({"X-API-Key", good_});
  for (const Asking asking : {Asking::first, Asking::again, Asking::again}) {
    ASSERT_TRUE(people_.door().identify(head, test_now, CredentialKind::any, asking).ok());
  }
  const std::vector<store::KeyUse> uses = people_.door().take_uses();
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses.front().count, 1);
}

TEST_F(Door, SaysWhoAsks) {
  const Result<PrincipalPtr> asked = ask({{"X-API-Key", other_}});
  ASSERT_TRUE(asked.ok());
  const Principal& principal = **asked;
  EXPECT_EQ(principal.tenant, TenantId("other"));
  EXPECT_EQ(principal.key, people_.records[1].id);
  EXPECT_EQ(principal.scopes, Scopes{Scope::llm});
  EXPECT_EQ(principal.tenant_number, 2U);
}

TEST_F(Door, NothingPresentedSaysWhatTheRouteNeeds) {
  const std::string header = "credential_missing: Missing or invalid Authorization header";
  for (const Fields& fields : {Fields{},
                               {{"X-API-Key", ""}},
                               {{"Authorization", ""}},
                               {{"Authorization", "Bearer"}},
                               {{"Authorization", "Bearer  "}},
                               {{"Authorization", "Basic dXNlcjpwYXNz"}},
                               {{"Authorization", good_}},
                               {{"Authorization", "Bearer " + good_ + " " + good_}}}) {
    EXPECT_EQ(refusal(fields), header);
    EXPECT_EQ(refusal(fields, CredentialKind::api_key), "credential_missing: API key required");
  }
}

TEST_F(Door, OneCredentialTwiceIsFineTwoAreNot) {
  EXPECT_TRUE(let_in({{"X-API-Key", good_}, {"api-key", good_}, {"Authorization", "Bearer " + good_}}));
  EXPECT_TRUE(let_in({{"X-API-Key", good_}, {"Authorization", "Bearer "}}));
  const std::string ambiguous = "ambiguous_credentials: The request carries more than one credential: send one, in one field";
  for (const Fields& fields : {Fields{{"X-API-Key", good_}, {"api-key", other_}},
                               {{"X-API-Key", good_}, {"X-API-Key", other_}},
                               {{"X-API-Key", good_}, {"Authorization", "Bearer " + other_}},
                               {{"X-API-Key", good_}, {"Authorization", "Bearer " + jwt}},
                               {{"X-API-Key", good_}, {"Authorization", "Basic dXNlcjpwYXNz"}},
                               {{"X-API-Key", "x"}, {"Authorization", "Bearer " + good_}},
                               {{"Authorization", "Bearer " + good_}, {"Authorization", "Bearer " + good_}},
                               {{"Authorization", ""}, {"Authorization", ""}}}) {
    EXPECT_EQ(refusal(fields), ambiguous);
    EXPECT_EQ(ask(fields).error().code(), Code::invalid_argument);
  }
}

TEST_F(Door, TokensAreTokensInAuthorizationAlone) {
  EXPECT_EQ(refusal({{"Authorization", "Bearer " + jwt}}), "token_invalid: Invalid token");
  EXPECT_EQ(refusal({{"Authorization", "Bearer a.b"}}), "token_invalid: Invalid token");
  EXPECT_EQ(refusal({{"Authorization", "Bearer " + jwt}}, CredentialKind::api_key), "credential_missing: API key required");
  EXPECT_EQ(refusal({{"X-API-Key", jwt}}), "api_key_invalid: Invalid or expired API key");
  EXPECT_EQ(refusal({{"X-API-Key", jwt}, {"Authorization", "Bearer " + jwt}}), "api_key_invalid: Invalid or expired API key");
}

// Those are looked for among what was let in before, and only then looked at.
TEST_F(Door, WhatIsAsLongAsAKeyIsLookedAtLikeAnythingElse) {
  std::string token(good_.size(), 'a'), nothing(good_.size(), 'b'), off = good_;
  token[5] = token[20] = '.';
  off.back() = '*';
  for (int asked = 0; asked < 2; ++asked) {
    EXPECT_TRUE(ask({{"X-API-Key", good_}}, CredentialKind::api_key).ok());
    EXPECT_EQ(refusal({{"Authorization", "Bearer " + token}}), "token_invalid: Invalid token");
    EXPECT_EQ(refusal({{"Authorization", "Bearer " + token}}, CredentialKind::api_key), "credential_missing: API key required");
    for (const std::string& text : {nothing, off}) {
      EXPECT_EQ(refusal({{"Authorization", "Bearer " + text}}), "api_key_invalid: Invalid or expired API key");
      EXPECT_EQ(refusal({{"X-API-Key", text}}, CredentialKind::api_key), "api_key_invalid: Invalid or expired API key");
    }
    EXPECT_EQ(refusal({{"X-API-Key", token}}), "api_key_invalid: Invalid or expired API key");
  }
}

TEST_F(Door, UnknownAndWrongKeysReadTheSame) {
  std::string wrong = good_, unknown = good_;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  unknown[3] = unknown[3] == '0' ? '1' : '0';
  for (const std::string& key : {wrong, unknown, std::string("sk-something"), std::string("gh_"), good_ + "=", std::string("\xff\xfe")}) {
    for (const Fields& fields : {Fields{{"X-API-Key", key}}, Fields{{"Authorization", "Bearer " + key}}}) {
      EXPECT_EQ(refusal(fields), "api_key_invalid: Invalid or expired API key");
      EXPECT_EQ(ask(fields).error().code(), Code::unauthenticated);
      EXPECT_EQ(ask(fields).error().detail(), "");
    }
  }
}

TEST_F(Door, ExpiredRevokedAndSwitchedOffAreSaidOfTheRightKeyAlone) {
  EXPECT_EQ(refusal({{"X-API-Key", expired_}}), "api_key_expired: Invalid or expired API key");
  EXPECT_EQ(refusal({{"X-API-Key", revoked_}}), "api_key_revoked: Invalid or expired API key");
  EXPECT_EQ(refusal({{"X-API-Key", off_}}), "api_key_invalid: Invalid or expired API key");
  EXPECT_TRUE(let_in({{"X-API-Key", lasting_}})) << "a second before its end";
  for (std::string key : {expired_, revoked_}) {
    key.back() = key.back() == 'A' ? 'B' : 'A';
    EXPECT_EQ(refusal({{"X-API-Key", key}}), "api_key_invalid: Invalid or expired API key");
  }
}

TEST_F(Door, AbsurdlyLongCredentialsAreRefused) {
  const std::string longest(16 * 1024, 'A'), dots(16 * 1024, '.');
  EXPECT_EQ(refusal({{"X-API-Key", longest}}), "api_key_invalid: Invalid or expired API key");
  EXPECT_EQ(refusal({{"X-API-Key", good_ + longest}}), "api_key_invalid: Invalid or expired API key");
  EXPECT_EQ(refusal({{"Authorization", "Bearer " + longest}}), "token_invalid: Invalid token");
  EXPECT_EQ(refusal({{"Authorization", "Bearer " + dots}}), "token_invalid: Invalid token");
}

NewToken wanted(const std::string& tenant = "demo") { return {TenantId(tenant), "somebody", Scopes{Scope::llm, Scope::nlu}, seconds(60)}; }

TEST_F(Door, ATokenOfOursIsLetInUntilItExpires) {
  const std::string token = people_.token(wanted());
  const Result<PrincipalPtr> asked = bearer(token);
  ASSERT_TRUE(asked.ok()) << asked.error().describe();
  EXPECT_EQ((*asked)->subject, "somebody");
  EXPECT_EQ((*asked)->proof, Proof::token);
  EXPECT_TRUE((*asked)->scopes.has(Scope::llm));
  EXPECT_TRUE((*asked)->scopes.has(Scope::ner));
  EXPECT_FALSE((*asked)->scopes.has(Scope::qa)) << "a task that the tenant has not";
  EXPECT_EQ(outcome(bearer(token, test_now + seconds(59))), "let in");
  EXPECT_EQ(outcome(bearer(token, test_now + seconds(60))), "token_expired") << "what was let in before has no leeway";
}

TEST_F(Door, TokensOfDisabledAndUnknownTenantsReadTheSame) {
  people_.change([](Directory& directory) {
    store::Tenant tenant = make_test_tenant("other", 2);
    tenant.enabled = false;
    tenant.version = 2;
    directory.put(tenant);
  });
  const std::string disabled = "tenant_disabled: Tenant is disabled";
  EXPECT_EQ(refusal({{"Authorization", "Bearer " + people_.token(wanted("other"))}}), disabled);
  EXPECT_EQ(refusal({{"Authorization", "Bearer " + people_.token(wanted("nobody"))}}), disabled);
  EXPECT_EQ(refusal({{"X-API-Key", other_}}), disabled);
}

TEST_F(Door, AChangeOfTheDirectoryReachesWhatWasLetInBefore) {
  const std::string token = people_.token(wanted());
  const Result<PrincipalPtr> before = bearer(token);
  ASSERT_TRUE(before.ok());
  people_.change([&](Directory& directory) {
    store::Revocation revocation(store::RevocationKind::token_id, (*before)->token.id, test_moment);
    revocation.number = 1;
    directory.put(revocation);
  });
  EXPECT_EQ(outcome(bearer(token)), "token_revoked");
  EXPECT_EQ(people_.door().check_again(**before, test_now).error().reason(), "token_revoked");
  EXPECT_EQ(outcome(bearer(people_.token(wanted()))), "let in") << "another token";
}

TEST_F(Door, ARevokedUserMayComeAgainWithALaterToken) {
  const std::string early = people_.token(wanted()), late = people_.token(wanted(), test_now + seconds(1));
  ASSERT_TRUE(bearer(early).ok());
  people_.change([](Directory& directory) { directory.put(store::Revocation(store::RevocationKind::user, "somebody", test_moment)); });
  EXPECT_EQ(outcome(bearer(early)), "token_revoked");
  EXPECT_EQ(outcome(bearer(late, test_now + seconds(1))), "let in");
}

TEST_F(Door, AKeyThatChangesIsSeenAtOnce) {
  const auto change = [this](auto make) {
    store::ApiKey record = people_.records.front();
    ++record.version;
    make(record);
    people_.records.front() = record;
    people_.change([&record](Directory& directory) { directory.put(record); });
  };
  const Result<PrincipalPtr> before = bearer(good_);
  ASSERT_TRUE(before.ok());
  change([](store::ApiKey& record) { record.scopes = {"usage:read"}; });
  EXPECT_EQ((*bearer(good_))->scopes, Scopes{Scope::usage_read});
  change([](store::ApiKey& record) { record.is_active = false; });
  EXPECT_EQ(outcome(bearer(good_)), "api_key_invalid");
  change([](store::ApiKey& record) { record.is_active = true, record.revoked = test_moment; });
  EXPECT_EQ(outcome(bearer(good_)), "api_key_revoked");
  EXPECT_EQ(people_.door().check_again(**before, test_now).error().reason(), "api_key_revoked");
}

TEST_F(Door, ARotatedKeyIsTakenUntilTheOverlapIsOver) {
  store::ApiKey record = people_.records.front();
  const KeySecret second = make_key_secret(people_.hasher, people_.random, record.prefix);
  record.previous.emplace(record.digest, test_moment + seconds(10));
  record.digest = second.digest;
  record.version = 2;
  people_.change([&record](Directory& directory) { directory.put(record); });
  EXPECT_EQ(outcome(bearer(second.text.expose())), "let in");
  EXPECT_EQ(outcome(bearer(good_)), "let in");
  EXPECT_EQ(outcome(bearer(good_, test_now + seconds(9))), "let in");
  EXPECT_EQ(outcome(bearer(good_, test_now + seconds(10))), "api_key_revoked");
  EXPECT_EQ(outcome(bearer(second.text.expose(), test_now + seconds(10))), "let in");
}

TEST_F(Door, CountsUsesOfKeysUntilSomebodyTakesThem) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(bearer(good_).ok());
  ASSERT_TRUE(bearer(other_, test_now + seconds(5)).ok());
  ASSERT_TRUE(bearer(people_.token(wanted())).ok());
  std::vector<store::KeyUse> uses = people_.door().take_uses();
  ASSERT_EQ(uses.size(), 2U);
  std::ranges::sort(uses, {}, &store::KeyUse::count);
  EXPECT_EQ(uses[0].id, people_.records[1].id);
  EXPECT_EQ(uses[0].last_used, test_moment + seconds(5));
  EXPECT_EQ(uses[1].count, 3);
  EXPECT_TRUE(people_.door().take_uses().empty());
}

TEST_F(Door, ManyMoreCredentialsThanItRemembersLoseNoUse) {
  std::vector<std::string> keys;
  for (int i = 0; i < 6000; ++i) keys.push_back(people_.add_key("demo"));
  for (const std::string& key : keys) ASSERT_TRUE(bearer(key).ok());
  std::int64_t counted = 0;
  for (const store::KeyUse& use : people_.door().take_uses()) counted += use.count;
  EXPECT_EQ(counted, 6000);
}

TEST_F(Door, EverybodyIsLetInWhereThatIsConfigured) {
  people_.everybody = anybody(make_test_tenant("demo", 1));
  const Result<PrincipalPtr> asked = ask({});
  ASSERT_TRUE(asked.ok());
  EXPECT_EQ((*asked)->tenant, TenantId("demo"));
  EXPECT_FALSE((*asked)->scopes.has(Scope::platform_admin));
}

TEST(ApiKeyError, SaysOneOfFourWordsOrNothing) {
  EXPECT_EQ(api_key_error("credential_missing"), "missing");
  EXPECT_EQ(api_key_error("api_key_invalid"), "invalid");
  EXPECT_EQ(api_key_error("api_key_expired"), "expired");
  EXPECT_EQ(api_key_error("api_key_revoked"), "revoked");
  EXPECT_EQ(api_key_error("token_invalid"), "");
  EXPECT_EQ(api_key_error(""), "");
}

}  // namespace
}  // namespace gatehouse::identity
