// What one token costs: prints a key and a token for each algorithm, then for every line on standard input the CPU microseconds of
// checking it whole (signature, header, claims), of checking the signature alone, and of signing it.
#include <functional>
#include <iostream>
#include <string>

#include "gatehouse/base/base64url.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/wire/jose/claims.h"
#include "gatehouse/wire/jose/jws.h"
#include "gatehouse/wire/json/writer.h"

namespace {

using namespace gatehouse;  // NOLINT: a program of one file

struct Case {
  wire::JwsKey key;
  std::string payload, token;
};

// CPU microseconds a call, over about a fifth of a second.
double microseconds_of(const std::function<void()>& call) {
  const SystemClock clock;
  const nanoseconds begun = clock.thread_cpu();
  nanoseconds spent{0};
  std::size_t calls = 0;
  for (std::size_t batch = 16; spent < milliseconds(200); batch *= 2) {
    for (std::size_t i = 0; i < batch; ++i) call();
    calls += batch;
    spent = clock.thread_cpu() - begun;
  }
  return static_cast<double>(spent.count()) / 1e3 / static_cast<double>(calls);
}

// About 250 bytes, as an access token has them.
std::string payload_for(std::int64_t now) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object()
      .member("iss", "https://id.example.org")
      .member("sub", "5f0c1a52-0b7f-4be7-9ad2-6f6a0f4b1c11")
      .member("aud", "gatehouse");
  json.member("exp", now + 1800).member("nbf", now).member("iat", now).member("jti", "0b0f4d8e-6df5-4f7e-8a38-0ad1f1d3c2b7");
  json.member("tenant_id", "tenant-001").member("scope", "llm embeddings nlu usage:read").end_object();
  return out;
}

// With its secret for HS256: the peer needs it too.
std::string jwk_of(const wire::JwsKey& key) {
  if (const auto jwk = key.public_jwk()) return *jwk;
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("kty", "oct").member("alg", "HS256").member("kid", *key.kid());
  json.member("k", to_base64url(key.private_der()->expose())).end_object();
  return out;
}

void measure(wire::JsonWriter& json, const Case& one, wire::JwsVerifier& verifier, const wire::ClaimRules& rules, WallTime now) {
  wire::JsonParser parser;
  const auto whole = [&] { GH_ASSERT(wire::check_claims(verifier.verify(one.token).value(), rules, now, parser).ok()); };
  const auto signature = [&] { GH_ASSERT(verifier.verify(one.token).ok()); };
  const auto sign = [&] { GH_ASSERT(wire::sign_jws(one.key, {.typ = "at+jwt", .payload = one.payload}).ok()); };
  json.key(wire::to_string(*one.key.algorithms().only())).begin_object();
  json.member("whole", microseconds_of(whole))
      .member("signature", microseconds_of(signature))
      .member("sign", microseconds_of(sign))
      .end_object();
}

}  // namespace

int main() {
  SystemRandom random;
  const WallTime now = SystemClock().wall();
  std::vector<Case> cases;
  std::vector<wire::JwsKey> keys;
  std::string first;
  wire::JsonWriter json(first);
  json.begin_list();
  for (const wire::JwsAlgorithm algorithm : wire::all_jws_algorithms) {
    Case one{wire::JwsKey::generate({"key-" + std::string(wire::to_string(algorithm)), algorithm}, random).value(),
             payload_for(unix_seconds(now)),
             {}};
    one.token = wire::sign_jws(one.key, {.typ = "at+jwt", .payload = one.payload}).value();
    json.begin_object()
        .member("alg", wire::to_string(algorithm))
        .member("token", one.token)
        .member_raw("jwk", jwk_of(one.key))
        .end_object();
    keys.push_back(one.key);
    cases.push_back(std::move(one));
  }
  json.end_list();
  std::cout << first << std::endl;

  wire::JwsVerifier verifier = wire::JwsVerifier::make(wire::JwsKeySet::make(keys).value()).value();
  wire::ClaimRules rules;
  rules.issuers = {"https://id.example.org"}, rules.audiences = {"gatehouse"}, rules.types = {"at+jwt"};
  for (std::string line; std::getline(std::cin, line);) {
    std::string out;
    wire::JsonWriter measured(out);
    measured.begin_object();
    for (const Case& one : cases) measure(measured, one, verifier, rules, now);
    measured.end_object();
    std::cout << out << std::endl;
  }
}
