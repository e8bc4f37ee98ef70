// Signed requests before the whole gateway: taken once, whole, in their window, and never twice.
#include "people.h"
#include "signer.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string chat_path = "/v1/chat/completions";
const std::string chat_body = R"({"messages":[{"role":"user","content":"hello"}],"max_tokens":3})";

class SignedCalls : public People {
 protected:
  SignedCalls() { take(post("/api/admin/keys", R"({"tenant_id":"demo","name":"signs","scopes":["llm"],"signing":true})", operator_)); }
  // A key that was made or rotated.
  void take(const FakeExchange& made) {
    EXPECT_THAT(made.sent(), HasSubstr("\"signing\":true"));
    signer_.key_id = member(made, "id");
    signer_.secret = member(made, "signing_secret");
    key_ = member(made, "key");
    EXPECT_EQ(signer_.secret.size(), 43U);
  }
  const FakeExchange& call(const Signer& signer, const std::string& path = chat_path, const std::string& body = chat_body) {
    const bool has_body = !body.empty();
    return ask(has_body ? wire::Method::post : wire::Method::get, path, body, "", signer.sign(has_body ? "POST" : "GET", path, body));
  }
  const FakeExchange& call_altered(const std::string& body) {
    return ask(wire::Method::post, chat_path, body, "", signer_.sign("POST", chat_path, chat_body));
  }
  Signer with_nonce(const std::string& nonce) const {
    Signer signer = signer_;
    signer.nonce = nonce;
    signer.created += std::chrono::duration_cast<seconds>(world_.clock.now().time_since_epoch()).count();
    return signer;
  }
  // The status, or the reason of the refusal in the dialect of /v1.
  static std::string outcome(const FakeExchange& answer) {
    return answer.status() == 200 ? "200" : std::to_string(answer.status()) + " " + member(answer, "code");
  }
  void set_tenant(const std::string& body) {
    EXPECT_EQ(ask(wire::Method::patch, "/api/admin/tenants/demo", body, operator_).status(), 200);
  }

  Signer signer_;
  std::string key_;
};

TEST_F(SignedCalls, AreTakenOnce) {
  EXPECT_EQ(outcome(call(signer_)), "200");
  const FakeExchange& replayed = call(signer_);
  EXPECT_EQ(outcome(replayed), "401 signature_replayed");
  EXPECT_THAT(replayed.fields(), HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_THAT(replayed.fields(), HasSubstr("X-API-Key-Error: invalid"));
  EXPECT_EQ(outcome(call(with_nonce("n-2"))), "200");
}

TEST_F(SignedCalls, AreTakenOnceWithoutABodyToo) {
  EXPECT_EQ(call(signer_, "/v1/models", "").status(), 200);
  EXPECT_EQ(outcome(call(signer_, "/v1/models", "")), "401 signature_replayed");
  // The nonce is the key's, whatever it was used for.
  EXPECT_EQ(outcome(call(signer_)), "401 signature_replayed");
}

TEST_F(SignedCalls, DoNothingWithAnotherBodyAndLoseNothingByIt) {
  std::string altered = chat_body;
  altered.replace(altered.find("hello"), 5, "HELLO");
  EXPECT_EQ(outcome(call_altered(altered)), "401 digest_mismatch");
  EXPECT_EQ(outcome(call_altered(chat_body + " ")), "401 digest_mismatch");
  EXPECT_EQ(outcome(call_altered("not JSON")), "401 digest_mismatch");
  // Whoever altered it on the way has not used up the nonce.
  EXPECT_EQ(outcome(call(signer_)), "200");
}

TEST_F(SignedCalls, AreHeldAgainstTheBodyWhereNobodyReadsIt) {
  const std::string path = "/v1/models", body = "{}";
  const auto fields = signer_.sign("GET", path, body);
  EXPECT_EQ(ask(wire::Method::get, path, "[]", "", fields).status(), 401);
  EXPECT_EQ(ask(wire::Method::get, path, body, "", fields).status(), 200);
}

TEST_F(SignedCalls, HaveAWindowAndAreForgottenOnlyBehindIt) {
  EXPECT_EQ(outcome(call(signer_)), "200");
  world_.clock.advance(seconds(300));
  EXPECT_TRUE(world_.done(world_.house().registry().forget_expired(world_.reactor)).ok());
  EXPECT_EQ(outcome(call(signer_)), "401 signature_replayed");
  world_.clock.advance(seconds(1));
  EXPECT_EQ(outcome(call(signer_)), "401 signature_late");
  Signer early = with_nonce("n-2");
  early.created += 302;
  EXPECT_EQ(outcome(call(early)), "401 signature_early");
}

TEST_F(SignedCalls, AreRefusedForTheSecretOfAnotherKey) {
  Signer other = signer_;
  other.secret = std::string(43, 'A');
  EXPECT_EQ(outcome(call(other)), "401 signature_invalid");
  other.secret = key_;
  EXPECT_EQ(outcome(call(other)), "401 signature_invalid");
  EXPECT_EQ(outcome(call(signer_)), "200");
}

TEST_F(SignedCalls, MayDoWhatTheirKeyMay) {
  const FakeExchange& answer = call(signer_, "/api/usage", "");
  EXPECT_EQ(answer.status(), 403);
  EXPECT_THAT(answer.sent(), HasSubstr("usage:read"));
  EXPECT_EQ(call(with_nonce("n-2"), "/api/llm/generate/api-key", R"({"prompt":"hello","max_tokens":3})").status(), 200);
}

TEST_F(SignedCalls, AreTakenWithBothSecretsWhileAKeyIsRotated) {
  const Signer before = with_nonce("n-1");
  take(post("/api/admin/keys/" + signer_.key_id + "/rotate", R"({"overlap":"1m"})", operator_));
  EXPECT_NE(signer_.secret, before.secret);
  EXPECT_EQ(signer_.key_id, before.key_id);
  EXPECT_EQ(outcome(call(before)), "200");
  EXPECT_EQ(outcome(call(with_nonce("n-2"))), "200");
  world_.clock.advance(seconds(60));
  Signer late = before;
  late.nonce = "n-3";
  EXPECT_EQ(outcome(call(late)), "401 invalid_api_key");
  EXPECT_EQ(outcome(call(with_nonce("n-4"))), "200");
}

TEST_F(SignedCalls, EndWhenTheirKeyIsRevoked) {
  EXPECT_EQ(ask(wire::Method::delete_, "/api/admin/keys/" + signer_.key_id, "", operator_).status(), 204);
  const FakeExchange& answer = call(signer_);
  EXPECT_EQ(answer.status(), 401);
  EXPECT_THAT(answer.fields(), HasSubstr("X-API-Key-Error: revoked"));
}

TEST_F(SignedCalls, AreAllThatIsTakenOfAKeyWhereTheTenantSaysSo) {
  EXPECT_EQ(get("/v1/models", key_).status(), 200);
  set_tenant(R"({"signatures":"required"})");
  const FakeExchange& plain = get("/v1/models", key_);
  EXPECT_EQ(outcome(plain), "401 signature_required");
  EXPECT_EQ(outcome(call(signer_)), "200");
  make("somebody");
  EXPECT_EQ(get("/v1/models", login("somebody").access).status(), 200);
  set_tenant(R"({"signatures":"optional"})");
  EXPECT_EQ(get("/v1/models", key_).status(), 200);
  EXPECT_EQ(ask(wire::Method::patch, "/api/admin/tenants/demo", R"({"signatures":"perhaps"})", operator_).status(), 422);
}

TEST_F(SignedCalls, AreWhatTheKeysOfSuchATenantAreMadeFor) {
  const FakeExchange& made = post("/api/admin/tenants", R"({"tenant_id":"signers","signatures":"required"})", operator_);
  ASSERT_EQ(made.status(), 201) << made.sent();
  EXPECT_THAT(made.sent(), HasSubstr("\"signatures\":\"required\""));
  Signer first;
  first.key_id = member(made, "key_id");
  first.secret = member(made, "signing_secret");
  EXPECT_EQ(outcome(call(first)), "200");
  take(post("/api/admin/keys", R"({"tenant_id":"signers","name":"another"})", operator_));
  EXPECT_EQ(outcome(call(with_nonce("n-2"))), "200");
}

TEST_F(SignedCalls, ShowTheirSecretOnce) {
  const FakeExchange& shown = get("/api/admin/keys/" + signer_.key_id, operator_);
  EXPECT_THAT(shown.sent(), HasSubstr("\"signing\":true"));
  EXPECT_THAT(shown.sent(), Not(HasSubstr("secret")));
  const FakeExchange& plain = post("/api/admin/keys", R"({"tenant_id":"demo","name":"plain"})", operator_);
  EXPECT_THAT(plain.sent(), HasSubstr("\"signing\":false"));
  EXPECT_THAT(plain.sent(), Not(HasSubstr("signing_secret")));
}

}  // namespace
}  // namespace gatehouse::testing
