#include "signed_requests.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "gatehouse/base/base64url.h"
#include "test_people.h"

namespace gatehouse::identity {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t now_s = 1'700'000'000;
const std::string target = "http://gate.example/v1/models?a=1", empty_digest = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";

// What a client covers, as it believes it to be.
using Covered = std::vector<std::pair<std::string, std::string>>;

class SignedRequests : public ::testing::Test {
 protected:
  SignedRequests() {
    people_.add_key("demo", [this](store::ApiKey& key) { key.sealed_signing_secret = sealed(key, secret_); });
    key_ = people_.records.back();
    people_.add_key("demo");
    plain_ = people_.records.back();
    head_.target = "/v1/models?a=1", head_.path = "/v1/models", head_.query = "a=1";
    host_ = "gate.example";
  }
  std::string sealed(const store::ApiKey& key, const std::string& secret) {
    return test_sealer().seal(Secret<std::string>(secret), {SealedPlace::signing_secret, key.id.value()}, people_.random);
  }
  void change_key(const std::function<void(store::ApiKey&)>& change) {
    change(key_);
    ++key_.version;
    people_.change([this](Directory& directory) { directory.put(key_); });
  }

  std::string said(std::int64_t created = now_s, const std::string& more = "") const {
    return ";created=" + std::to_string(created) + ";nonce=\"n-1\";keyid=\"" + key_.id.value() + "\"" + more;
  }
  static Covered usual() { return {{"@method", "GET"}, {"@target-uri", target}}; }

  Result<PrincipalPtr> ask(const Covered& covered, const std::string& parameters, const std::string& secret,
                           const std::vector<std::pair<std::string, std::string>>& more = {}, WallTime at = test_now,
                           Scheme scheme = Scheme::http) {
    std::string list, base;
    for (const auto& [name, value] : covered) {
      list.append(list.empty() ? "" : " ").append("\"" + name + "\"");
      base.append("\"" + name + "\": " + value + "\n");
    }
    const std::string input = "(" + list + ")" + parameters;
    base.append("\"@signature-params\": " + input);
    const store::Digest made = KeyHasher::make(Secret<std::string>(secret))->digest(base);
    std::string text = to_base64url(std::string(made.begin(), made.end()));
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    const std::string input_field = "sig1=" + input, signature_field_ = "sig1=:" + text + "=:";
    wire::RequestHead head = head_;
    head.fields.push_back({"Host", host_});
    head.fields.push_back({"Signature-Input", input_field});
    head.fields.push_back({"Signature", signature_field_});
    for (const auto& [name, value] : more) head.fields.push_back({name, value});
    return people_.door().identify(head, at, CredentialKind::any, Asking::first, scheme);
  }
  Result<PrincipalPtr> ask_at(WallTime at) { return ask(usual(), said(), secret_, {}, at); }
  static std::string outcome(const Result<PrincipalPtr>& asked) { return asked.ok() ? "let in" : std::string(asked.error().reason()); }

  People people_;
  const std::string secret_ = "a signing secret of the tests";
  store::ApiKey key_{KeyId("x"), TenantId("x")}, plain_{KeyId("x"), TenantId("x")};
  wire::RequestHead head_;
  std::string host_;
};

TEST_F(SignedRequests, AreTheKeys) {
  const Result<PrincipalPtr> asked = ask(usual(), said(now_s, ";alg=\"hmac-sha256\""), secret_);
  ASSERT_TRUE(asked.ok()) << asked.error().describe();
  EXPECT_EQ((*asked)->proof, Proof::signature);
  EXPECT_EQ((*asked)->tenant, TenantId("demo"));
  EXPECT_EQ((*asked)->key, key_.id);
  ASSERT_NE((*asked)->signature, nullptr);
  EXPECT_EQ((*asked)->signature->nonce.expires, test_moment + seconds(360));
  EXPECT_FALSE((*asked)->signature->digest.has_value());
  EXPECT_TRUE(people_.door().check_again(**asked, test_now).ok());
  const std::vector<store::KeyUse> uses = people_.door().take_uses();
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses.front().count, 1);
}

TEST_F(SignedRequests, AreRefusedAlikeWhateverIsWrongAboutTheKey) {
  const Result<PrincipalPtr> wrong = ask(usual(), said(), "another secret");
  EXPECT_EQ(outcome(wrong), "signature_invalid");
  for (const std::string& id : {std::string("nobody"), plain_.id.value()}) {
    const Result<PrincipalPtr> asked = ask(usual(), ";created=1700000000;nonce=\"n\";keyid=\"" + id + "\"", secret_);
    ASSERT_FALSE(asked.ok());
    EXPECT_EQ(asked.error().reason(), "signature_invalid");
    EXPECT_EQ(asked.error().public_text(), wrong.error().public_text());
    EXPECT_EQ(asked.error().code(), Code::unauthenticated);
  }
}

TEST_F(SignedRequests, AreRefusedWhenTheyAreNotWhatWasSigned) {
  EXPECT_EQ(outcome(ask({{"@method", "POST"}, {"@target-uri", target}}, said(), secret_)), "signature_invalid");
  EXPECT_EQ(outcome(ask({{"@method", "GET"}, {"@target-uri", target + "2"}}, said(), secret_)), "signature_invalid");
  EXPECT_EQ(outcome(ask({{"@method", "GET"}, {"@target-uri", "https://gate.example/v1/models?a=1"}}, said(), secret_)),
            "signature_invalid");
  Covered with_field = usual();
  with_field.emplace_back("x-part", "one");
  EXPECT_EQ(outcome(ask(with_field, said(), secret_, {{"X-Part", "one"}})), "let in");
  EXPECT_EQ(outcome(ask(with_field, said(), secret_, {{"X-Part", "two"}})), "signature_invalid");
  EXPECT_EQ(outcome(ask(with_field, said(), secret_)), "signature_incomplete");
}

TEST_F(SignedRequests, HaveAWindow) {
  EXPECT_EQ(outcome(ask_at(test_now + seconds(300))), "let in");
  EXPECT_EQ(outcome(ask_at(test_now + seconds(301))), "signature_late");
  EXPECT_EQ(outcome(ask_at(test_now - seconds(300))), "let in");
  EXPECT_EQ(outcome(ask_at(test_now - seconds(301))), "signature_early");
  EXPECT_EQ(outcome(ask(usual(), said(now_s, ";expires=1700000001"), secret_)), "let in");
  EXPECT_EQ(outcome(ask(usual(), said(now_s, ";expires=1700000000"), secret_)), "signature_late");
  for (const char* created : {"-999999999999999", "999999999999999"}) {
    const std::string parameters = ";created=" + std::string(created) + ";nonce=\"n\";keyid=\"" + key_.id.value() + "\"";
    EXPECT_THAT(outcome(ask(usual(), parameters, secret_)), ::testing::AnyOf("signature_late", "signature_early"));
  }
}

TEST_F(SignedRequests, MustSayEverythingAndAreToldWhatIsMissing) {
  const std::string id = "keyid=\"" + key_.id.value() + "\"";
  const auto missing = [&](const Covered& covered, const std::string& parameters) {
    const Result<PrincipalPtr> asked = ask(covered, parameters, secret_);
    if (asked.ok()) return std::string("let in");
    EXPECT_EQ(asked.error().reason(), "signature_incomplete") << parameters;
    EXPECT_THAT(asked.error().public_text(), HasSubstr("The signature must"));
    return asked.error().param();
  };
  EXPECT_EQ(missing({{"@target-uri", target}}, said()), "@method");
  EXPECT_EQ(missing({{"@method", "GET"}}, said()), "@target-uri");
  EXPECT_EQ(missing(usual(), ";created=1700000000;" + id), "nonce");
  EXPECT_EQ(missing(usual(), ";created=1700000000;nonce=\"\";" + id), "nonce");
  EXPECT_EQ(missing(usual(), ";created=1700000000;nonce=\"" + std::string(257, 'n') + "\";" + id), "nonce");
  EXPECT_EQ(missing(usual(), ";created=1700000000;nonce=\"" + std::string(256, 'n') + "\";" + id), "let in");
  EXPECT_EQ(missing(usual(), ";nonce=\"n\";" + id), "created");
  EXPECT_EQ(missing(usual(), ";created=1700000000;nonce=\"n\""), "keyid");
  EXPECT_EQ(outcome(ask(usual(), said(now_s, ";alg=\"rsa-pss-sha512\""), secret_)), "signature_malformed");
}

TEST_F(SignedRequests, CoverTheirBodyWhereThereIsOne) {
  head_.content_length = 0;
  EXPECT_EQ(outcome(ask(usual(), said(), secret_)), "let in");
  Covered whole = usual();
  whole.emplace_back("content-digest", empty_digest);
  for (const bool chunked : {false, true}) {
    head_.chunked = chunked;
    if (!chunked) head_.content_length = 1;
    const Result<PrincipalPtr> bare = ask(usual(), said(), secret_);
    ASSERT_EQ(outcome(bare), "signature_incomplete");
    EXPECT_EQ(bare.error().param(), "content-digest");
    const Result<PrincipalPtr> asked = ask(whole, said(), secret_, {{"Content-Digest", empty_digest}});
    ASSERT_EQ(outcome(asked), "let in");
    EXPECT_TRUE((*asked)->signature->digest->holds(""));
    EXPECT_FALSE((*asked)->signature->digest->holds("x"));
    EXPECT_EQ(outcome(ask(whole, said(), secret_, {{"Content-Digest", "md5=:AAAA:"}})), "digest_malformed");
  }
}

TEST_F(SignedRequests, AreNoSecondCredentialBesideAnother) {
  EXPECT_EQ(outcome(ask(usual(), said(), secret_, {{"X-API-Key", "gh_00000000_x"}})), "ambiguous_credentials");
  EXPECT_EQ(outcome(ask(usual(), said(), secret_, {{"Authorization", "Bearer x"}})), "ambiguous_credentials");
}

TEST_F(SignedRequests, EndWithTheirKey) {
  const Result<PrincipalPtr> before = ask(usual(), said(), secret_);
  ASSERT_TRUE(before.ok());
  change_key([](store::ApiKey& key) { key.expires = test_moment; });
  EXPECT_EQ(outcome(ask(usual(), said(), secret_)), "api_key_expired");
  EXPECT_EQ(people_.door().check_again(**before, test_now).error().reason(), "api_key_expired");
  change_key([](store::ApiKey& key) { key.expires.reset(), key.is_active = false; });
  EXPECT_EQ(outcome(ask(usual(), said(), secret_)), "api_key_invalid");
  change_key([](store::ApiKey& key) { key.is_active = true, key.revoked = test_moment; });
  EXPECT_EQ(outcome(ask(usual(), said(), secret_)), "api_key_revoked");
  EXPECT_EQ(outcome(ask(usual(), said(), "another secret")), "signature_invalid");
}

TEST_F(SignedRequests, AreTakenWithARotatedSecretUntilTheOverlapIsOver) {
  change_key([this](store::ApiKey& key) {
    key.previous.emplace(key.digest, test_moment + seconds(10));
    key.previous->sealed_signing_secret = key.sealed_signing_secret;
    key.digest.fill(7);
    key.sealed_signing_secret = sealed(key, "the next one");
  });
  EXPECT_EQ(outcome(ask(usual(), said(), "the next one")), "let in");
  EXPECT_EQ(outcome(ask_at(test_now + seconds(9))), "let in");
  EXPECT_EQ(outcome(ask_at(test_now + seconds(10))), "api_key_revoked");
  change_key([](store::ApiKey& key) { key.previous.reset(); });
  EXPECT_EQ(outcome(ask_at(test_now)), "signature_invalid");
}

TEST_F(SignedRequests, MayBeAllThatATenantsKeysAreTakenFor) {
  const std::string text = people_.add_key("demo");
  wire::RequestHead plain;
  plain.fields.push_back({"X-API-Key", text});
  const auto require = [this](store::Signatures signatures, std::uint32_t version) {
    store::Tenant tenant = make_test_tenant("demo", 1);
    tenant.version = version;
    tenant.signatures = signatures;
    people_.change([&tenant](Directory& directory) { directory.put(tenant); });
  };
  EXPECT_EQ(outcome(people_.door().identify(plain, test_now, CredentialKind::any)), "let in");
  require(store::Signatures::required, 2);
  EXPECT_EQ(outcome(people_.door().identify(plain, test_now, CredentialKind::any)), "signature_required");
  EXPECT_EQ(outcome(ask(usual(), said(), secret_)), "let in");
  wire::RequestHead with_token;
  const std::string token = "Bearer " + people_.token(NewToken(TenantId("demo"), "demo", Scopes{Scope::llm}, seconds(60)));
  with_token.fields.push_back({"Authorization", token});
  EXPECT_EQ(outcome(people_.door().identify(with_token, test_now, CredentialKind::any)), "let in");
  require(store::Signatures::optional, 3);
  EXPECT_EQ(outcome(people_.door().identify(plain, test_now, CredentialKind::any)), "let in");
}

TEST_F(SignedRequests, AreSignedForTheAddressThatTheClientSees) {
  const Covered https{{"@method", "GET"}, {"@target-uri", "https://gate.example/v1/models?a=1"}};
  EXPECT_EQ(outcome(ask(https, said(), secret_, {}, test_now, Scheme::https)), "let in");
  people_.authenticator = std::make_unique<Authenticator>(
      AuthenticatorParts{people_.hasher, people_.random, people_.directory, nullptr, test_sealer(), "https://API.example.com/llm/"});
  const Covered named{{"@method", "GET"}, {"@target-uri", "https://api.example.com/llm/v1/models?a=1"}};
  EXPECT_EQ(outcome(ask(named, said(), secret_)), "let in");
  EXPECT_EQ(outcome(ask(usual(), said(), secret_)), "let in");
  EXPECT_EQ(outcome(ask(https, said(), secret_)), "signature_invalid");
}

TEST(ApiKeyErrorOfSignatures, IsInvalid) {
  for (const char* reason : {"signature_invalid", "signature_late", "signature_replayed", "signature_required", "digest_mismatch"}) {
    EXPECT_EQ(api_key_error(reason), "invalid") << reason;
  }
}

}  // namespace
}  // namespace gatehouse::identity
