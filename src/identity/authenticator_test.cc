#include "gatehouse/identity/authenticator.h"

#include <gmock/gmock.h>

namespace gatehouse::identity {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t seed = 31;
const WallTime now{seconds(1'700'000'000)};
const std::string jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

class Door : public ::testing::Test {
 protected:
  Door() : hasher_(*KeyHasher::make(Secret<std::string>(std::string(32, 'k')))) {
    good_ = add([](KeyRecord&) {});
    other_ = add([](KeyRecord& record) { record.tenant = TenantId("other"); });
    expired_ = add([](KeyRecord& record) { record.expires_at = unix_seconds(now); });
    revoked_ = add([](KeyRecord& record) { record.revoked = true, record.expires_at = 1; });
    off_ = add([](KeyRecord& record) { record.is_active = false; });
    lasting_ = add([](KeyRecord& record) { record.expires_at = unix_seconds(now) + 1; });
    authenticator_.emplace(*KeyRing::make(records_, hasher_));
  }

  using Fields = std::vector<std::pair<std::string, std::string>>;
  Result<Principal> ask(const Fields& fields, CredentialKind kind = CredentialKind::any) const {
    wire::RequestHead head;
    for (const auto& [name, value] : fields) head.fields.push_back({name, value});
    return authenticator_->identify(head, now, kind);
  }
  // "reason: text" of what must be an error that repeats no credential.
  std::string refusal(const Fields& fields, CredentialKind kind = CredentialKind::any) const {
    const Result<Principal> asked = ask(fields, kind);
    if (asked.ok()) return "it was let in";
    for (const auto& [name, value] : fields) {
      if (value.size() > 20) {
        EXPECT_THAT(asked.error().describe(), Not(HasSubstr(value.substr(value.size() - 20))));
      }
    }
    return std::string(asked.error().reason()) + ": " + asked.error().public_text();
  }
  bool let_in(const Fields& fields) const {
    const Result<Principal> asked = ask(fields);
    return asked.ok() && asked->tenant == TenantId("demo");
  }

  KeyHasher hasher_;
  SeededRandom random_{seed};
  std::vector<KeyRecord> records_;
  std::string good_, other_, expired_, revoked_, off_, lasting_;
  std::optional<Authenticator> authenticator_;

 private:
  template <class Change>
  std::string add(Change change) {
    CreatedKey made = create_key({TenantId("demo"), "test", Scopes{Scope::llm}, std::nullopt}, hasher_, records_, random_, now);
    change(made.record);
    records_.push_back(made.record);
    return made.key.expose();
  }
};

TEST_F(Door, TakesAKeyInAnyOfThreeFieldsWhateverTheirCase) {
  EXPECT_TRUE(let_in({{"X-API-Key", good_}}));
  EXPECT_TRUE(let_in({{"x-api-key", good_}}));
  EXPECT_TRUE(let_in({{"api-key", good_}}));
  EXPECT_TRUE(let_in({{"Authorization", "Bearer " + good_}}));
  EXPECT_TRUE(let_in({{"AUTHORIZATION", "bEARER   " + good_}}));
  EXPECT_TRUE(let_in({{"Host", "x"}, {"Accept", "*/*"}, {"Api-Key", good_}}));
}

TEST_F(Door, SaysWhoAsks) {
  const Result<Principal> principal = ask({{"X-API-Key", other_}});
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal->tenant, TenantId("other"));
  EXPECT_EQ(principal->key, records_[1].id);
  EXPECT_EQ(principal->scopes, Scopes{Scope::llm});
  EXPECT_EQ(principal->tenant_number, 2U);
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
