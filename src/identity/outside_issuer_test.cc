// Tokens of outside issuers at the door.
#include <gmock/gmock.h>

#include "admission.h"
#include "gatehouse/store/checks.h"
#include "gatehouse/wire/json/writer.h"
#include "test_people.h"

namespace gatehouse::identity {
namespace {

wire::JwsKey make_key(const std::string& kid, std::uint64_t seed) {
  SeededRandom random(seed);
  return wire::JwsKey::generate({kid, wire::JwsAlgorithm::eddsa}, random).value();
}

KeySource::Keys keys_of(std::vector<wire::JwsKey> keys) {
  return std::make_shared<const wire::JwsKeySet>(wire::JwsKeySet::make(std::move(keys)).value());
}

// Counts who asks for newer keys, and has none.
struct CountingSource final : KeySource {
  Keys keys() const override { return nullptr; }
  void missing(std::string_view) override { ++asked; }
  void follow(std::function<void(const Keys&)>) override {}
  int asked = 0;
};

struct Said {
  std::string issuer = "https://id.example.org", audience = "here", tenant = "demo", scope = "llm nlu tenant:admin platform:admin",
              id = "1";
  std::int64_t issued = unix_seconds(test_now), expires = unix_seconds(test_now) + 60;
};

std::string token(const wire::JwsKey& key, const Said& said = {}, std::string_view type = "JWT") {
  std::string payload;
  wire::JsonWriter json(payload);
  json.begin_object().member("user", "ada").member("username", "admin").member("iat", said.issued).member("exp", said.expires);
  for (const auto& [name, value] :
       {std::pair("iss", said.issuer), {"aud", said.audience}, {"tid", said.tenant}, {"scp", said.scope}, {"jti", said.id}}) {
    if (!value.empty()) json.member(name, value);
  }
  json.end_object();
  return wire::sign_jws(key, {type, payload}).value();
}

class Outside : public ::testing::Test {
 protected:
  Outside() {
    people_.change([](Directory& directory) {
      store::Tenant demo = make_test_tenant("demo", 1), system = make_test_tenant("system", 3);
      demo.scopes = {"llm", "nlu", "usage:read"};
      demo.version = 2;
      directory.put(demo);
      directory.put(system);
    });
    take(issuer());
  }
  Issuer issuer() {
    Issuer made;
    made.name = "partner";
    made.rules.issuers = {"https://id.example.org"};
    made.rules.audiences = {"here"};
    made.rules.types = {"at+jwt", "JWT", ""};
    made.rules.tenant_claim = "tid";
    made.rules.user_claim = "user";
    made.rules.scope_claim = "scp";
    made.keys = keys_of({key_});
    made.source = &source_;
    return made;
  }
  void take(Issuer made) { people_.set_issuers({std::make_shared<const Issuer>(std::move(made))}); }
  Result<PrincipalPtr> present(const std::string& credential, WallTime at = test_now) {
    wire::RequestHead head;
    const std::string value = "Bearer " + credential;
    head.fields.push_back({"Authorization", value});
    return people_.door().identify(head, at, CredentialKind::any);
  }
  // "let in", or "reason: text".
  std::string outcome(const std::string& credential, WallTime at = test_now) {
    const Result<PrincipalPtr> asked = present(credential, at);
    return asked ? "let in" : std::string(asked.error().reason()) + ": " + asked.error().public_text();
  }

  People people_;
  CountingSource source_;
  const wire::JwsKey key_ = make_key("k1", 1), other_key_ = make_key("k2", 2);
  const std::string invalid_ = "token_invalid: Invalid token", disabled_ = "tenant_disabled: Tenant is disabled";
};

TEST_F(Outside, ATokenHasOfItsScopesWhatItsTenantHas) {
  const Result<PrincipalPtr> asked = present(token(key_));
  ASSERT_TRUE(asked.ok()) << asked.error().describe();
  const Principal& who = **asked;
  EXPECT_EQ(who.tenant, TenantId("demo"));
  EXPECT_EQ(who.subject, "ada");
  EXPECT_EQ(who.username, "") << "no user of ours";
  EXPECT_EQ(who.token.issuer, "partner");
  EXPECT_TRUE(who.scopes.has(Scope::llm));
  EXPECT_TRUE(who.scopes.has(Scope::ner));
  EXPECT_FALSE(who.scopes.has(Scope::qa)) << "a task that the tenant has not";
  EXPECT_FALSE(who.scopes.has(Scope::tenant_admin)) << "a scope that the tenant has not";
  EXPECT_FALSE(who.scopes.has(Scope::usage_read)) << "a scope that the token has not";
  people_.change([](Directory& directory) {
    store::Tenant wider = make_test_tenant("demo", 1);
    wider.scopes = {"llm", "tenant:admin", "platform:admin"};
    wider.version = 3;
    directory.put(wider);
  });
  const Result<PrincipalPtr> again = present(token(key_));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE((*again)->scopes.has(Scope::tenant_admin));
  EXPECT_FALSE((*again)->scopes.has(Scope::platform_admin));
}

TEST_F(Outside, WhatItsIssuerWouldNotSayIsRefused) {
  const auto said = [](auto change) {
    Said made;
    change(made);
    return made;
  };
  EXPECT_EQ(outcome(token(other_key_)), invalid_);
  EXPECT_EQ(outcome(token(make_key("k1", 2))), invalid_) << "another key of that name";
  EXPECT_EQ(outcome(token(key_, said([](Said& s) { s.issuer = "https://evil.example.org"; }))), invalid_);
  EXPECT_EQ(outcome(token(key_, said([](Said& s) { s.issuer = "gatehouse"; }))), invalid_) << "our own name";
  EXPECT_EQ(outcome(token(key_, said([](Said& s) { s.issuer = ""; }))), invalid_);
  EXPECT_EQ(outcome(token(key_, said([](Said& s) { s.audience = "there"; }))), invalid_);
  EXPECT_EQ(outcome(token(key_, said([](Said& s) { s.audience = ""; }))), invalid_);
  EXPECT_EQ(outcome(token(key_, {}, "logout+jwt")), invalid_);
  EXPECT_EQ(outcome(token(key_, said([](Said& s) { s.expires = unix_seconds(test_now) - 60; }))), "token_expired: Token has expired");
  EXPECT_EQ(outcome(token(key_, said([](Said& s) { s.expires = unix_seconds(test_now) + 400 * 86'400; }))), invalid_);
  EXPECT_EQ(outcome(token(key_, said([](Said& s) { s.tenant = ""; }))), "token_tenant_missing: Invalid token: missing tenant_id");
  EXPECT_EQ(outcome(token(key_, said([](Said& s) { s.tenant = "nobody"; }))), disabled_);
  EXPECT_EQ(outcome(token(key_, said([](Said& s) { s.tenant = "system"; }))), disabled_);
  EXPECT_EQ(outcome(token(key_, said([](Said& s) { s.tenant = "other"; }))), "let in");
}

TEST_F(Outside, AnIssuerMaySpeakForItsTenantsAlone) {
  Issuer narrow = issuer();
  narrow.tenants = NameList({"demo"});
  take(std::move(narrow));
  Said other;
  other.tenant = "other";
  EXPECT_EQ(outcome(token(key_)), "let in");
  EXPECT_EQ(outcome(token(key_, other)), disabled_);
}

TEST_F(Outside, WhatWasLetInBeforeIsLookedAtAgainWhenTheKeysHaveChanged) {
  const std::string before = token(key_);
  EXPECT_EQ(outcome(before), "let in");
  Issuer both = issuer();
  both.keys = keys_of({key_, other_key_});
  take(std::move(both));
  EXPECT_EQ(outcome(before), "let in");
  EXPECT_EQ(outcome(token(other_key_)), "let in");
  Issuer without = issuer();
  without.keys = keys_of({other_key_});
  take(std::move(without));
  EXPECT_EQ(outcome(before), invalid_);
  EXPECT_EQ(outcome(token(other_key_)), "let in");
}

TEST_F(Outside, WhatWasLetInBeforeIsLookedAtAgainWhenTheRulesHaveChanged) {
  const std::string before = token(key_);
  EXPECT_EQ(outcome(before), "let in");
  Issuer elsewhere = issuer();
  elsewhere.rules.audiences = {"elsewhere"};
  take(std::move(elsewhere));
  EXPECT_EQ(outcome(before), invalid_);
  take(issuer());
  EXPECT_EQ(outcome(before), "let in");
  people_.set_issuers({});
  EXPECT_EQ(outcome(before), invalid_);
}

TEST_F(Outside, TokensAreRefusedUntilTheKeysHaveCome) {
  Issuer waiting = issuer();
  waiting.keys = nullptr;
  take(std::move(waiting));
  EXPECT_EQ(outcome(token(key_)), invalid_);
  take(issuer());
  EXPECT_EQ(outcome(token(key_)), "let in");
}

TEST_F(Outside, AKeyThatIsNotThereIsAskedFor) {
  EXPECT_EQ(outcome(token(key_)), "let in");
  EXPECT_EQ(source_.asked, 0);
  EXPECT_EQ(outcome(token(other_key_)), invalid_);
  EXPECT_EQ(source_.asked, 1);
}

TEST_F(Outside, NothingIsTakenFromTheDayOnThatWasSaid) {
  Issuer ending = issuer();
  ending.until = unix_seconds(test_now) + 10;
  take(std::move(ending));
  EXPECT_EQ(outcome(token(key_), test_now + seconds(9)), "let in");
  EXPECT_EQ(outcome(token(key_), test_now + seconds(10)), "token_expired: Token has expired") << "what was let in before";
  Said second;
  second.id = "2";
  EXPECT_EQ(outcome(token(key_, second), test_now + seconds(10)), invalid_);
}

TEST_F(Outside, ATokenWithoutAnIdIsRevokedByItsHash) {
  Said nameless;
  nameless.id = "";
  const std::string text = token(key_, nameless);
  const Result<PrincipalPtr> asked = present(text);
  ASSERT_TRUE(asked.ok());
  EXPECT_EQ((*asked)->token.sha256, sha256_hex(text));
  EXPECT_EQ((*present(token(key_)))->token.sha256, "");
  people_.change([&text](Directory& directory) {
    directory.put(store::Revocation(store::RevocationKind::token_sha256, sha256_hex(text), test_moment));
  });
  EXPECT_EQ(outcome(text), "token_revoked: Token has been revoked");
  EXPECT_EQ(outcome(token(key_)), "let in");
}

// Others may call their tokens and their people what they like; what revokes them must be kept by every store.
TEST_F(Outside, WhatHasAVeryLongNameIsRevokedAllTheSame) {
  const std::string longest(256, 'n'), longer(4'000, 'n');
  for (const std::string& name : {longest, longer}) {
    const std::string called = marked(std::string(64, 'p'), name);
    EXPECT_TRUE(store::check(store::Revocation(store::RevocationKind::user, called, test_moment)).ok()) << called.size();
    Said said;
    said.id = name;
    EXPECT_EQ(outcome(token(key_, said)), "let in");
    people_.change([&](Directory& directory) {
      directory.put(store::Revocation(store::RevocationKind::token_id, marked("partner", name), test_moment));
    });
    EXPECT_EQ(outcome(token(key_, said)), "token_revoked: Token has been revoked");
  }
  EXPECT_NE(marked("partner", longer), marked("partner", longer + "n"));
  EXPECT_EQ(marked("partner", longest), "partner|" + longest);
}

TEST_F(Outside, ALegacyIssuerSignsWithASecretAndSaysLittle) {
  const auto secret = wire::JwsKeySet::parse(R"({"kty":"oct","k":")" + std::string(43, 'A') + R"("})");
  ASSERT_TRUE(secret.ok());
  Issuer legacy;
  legacy.name = "sold before";
  legacy.legacy = true;
  legacy.until = unix_seconds(test_now) + 3600;
  legacy.rules.tenant_claim = "tid";
  legacy.rules.scope_claim = "scp";
  legacy.keys = std::make_shared<const wire::JwsKeySet>(*secret);
  take(std::move(legacy));
  Said little;
  little.issuer = little.audience = little.id = "";
  EXPECT_EQ(outcome(token(secret->keys().front(), little, "")), "let in");
  EXPECT_EQ(outcome(token(secret->keys().front(), Said())), invalid_) << "it says whose it is";
  EXPECT_EQ(outcome(token(key_, little, "")), invalid_);
}

TEST_F(Outside, OurTokensAreLookedAtAgainWhenOurKeysHaveChanged) {
  const NewToken wanted(TenantId("demo"), "somebody", Scopes{Scope::llm}, seconds(60));
  const std::string before = people_.token(wanted);
  EXPECT_EQ(outcome(before), "let in");
  people_.change([this](Directory& directory) {
    directory.set_signing_keys(std::make_shared<const SigningKeys>(SigningKeys{wire::JwsKeySet::make({key_}).value(), key_, {}}));
  });
  EXPECT_EQ(outcome(before), invalid_);
}

}  // namespace
}  // namespace gatehouse::identity
