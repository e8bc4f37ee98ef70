// What it costs to decide who asks: prints a key and a token for each algorithm, then for every line on standard input the CPU
// microseconds of a decision (from the request's head to the principal), by credential:
//   cold  the credential was never seen: its signature or its hash is checked
//   warm  it was seen before and nothing has changed since
//   sign  a token is issued
#include <array>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "gatehouse/base/base64url.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/identity/api_keys.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/identity/token_issuer.h"
#include "gatehouse/wire/json/writer.h"

namespace {

using namespace gatehouse;  // NOLINT: a program of one file

constexpr std::size_t credentials_a_case = 33;  // the first is not measured: it finds the keys prepared for nobody
constexpr nanoseconds enough = milliseconds(200);
const std::string tenant_id = "tenant-001", issuer = "gatehouse";

// Credentials of one kind.
struct Case {
  std::string name;
  std::vector<std::string> credentials;
  std::vector<wire::JwsKey> key;  // of tokens
};

struct World {
  SystemRandom random;
  identity::KeyHasher hasher = identity::KeyHasher::make(Secret<std::string>(random.hex(32))).value();
  std::shared_ptr<identity::Directory> directory = std::make_shared<identity::Directory>();
  std::vector<Case> cases;

  identity::Authenticator door() { return identity::Authenticator({hasher, random, directory, nullptr}); }
};

std::string new_key(World& world) {
  const identity::KeySecret secret = identity::make_key_secret(world.hasher, world.random);
  store::ApiKey record(KeyId(world.random.uuid()), TenantId(tenant_id));
  record.prefix = secret.prefix;
  record.digest = secret.digest;
  record.scopes = {"llm", "usage:read"};
  record.models = {"*"};
  record.version = 1;
  world.directory->put(record);
  return secret.text.expose();
}

identity::NewToken wanted() {
  identity::Scopes scopes;
  for (const identity::Scope scope : {identity::Scope::llm, identity::Scope::embeddings, identity::Scope::nlu, identity::Scope::usage_read})
    scopes.add(scope);
  return {TenantId(tenant_id), tenant_id, scopes, seconds(1800)};
}

std::string new_token(World& world, const wire::JwsKey& key, WallTime now) {
  return identity::issue_token(key, issuer, wanted(), world.random, now).value().token.expose();
}

void fill(World& world, WallTime now) {
  store::Tenant tenant{TenantId(tenant_id)};
  tenant.number = 1;
  tenant.models = {"*"};
  tenant.tasks = {"ner"};
  tenant.version = 1;
  world.directory->put(tenant);
  std::vector<wire::JwsKey> keys;
  for (const wire::JwsAlgorithm algorithm : wire::all_jws_algorithms) {
    const std::string name(wire::to_string(algorithm));
    keys.push_back(wire::JwsKey::generate({"key-" + name, algorithm}, world.random).value());
    world.cases.push_back({name, {}, {keys.back()}});
  }
  world.directory->set_signing_keys(
      std::make_shared<identity::SigningKeys>(identity::SigningKeys{wire::JwsKeySet::make(keys).value(), keys[0], {}}));
  world.cases.push_back({"API key", {}, {}});
  for (Case& one : world.cases) {
    while (one.credentials.size() < credentials_a_case)
      one.credentials.push_back(one.key.empty() ? new_key(world) : new_token(world, one.key[0], now));
  }
}

// As a client sends it.
struct Head {
  explicit Head(const std::string& credential) : text("Bearer " + credential) {
    head.fields = {{"Host", "127.0.0.1:8080"}, {"User-Agent", "wrk/4.2"}, {"Accept", "application/json"}, {"Authorization", text}};
  }
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;
  std::string text;
  wire::RequestHead head;
};

void decide(identity::Authenticator& door, const wire::RequestHead& head, WallTime now) {
  GH_ASSERT(door.identify(head, now, identity::CredentialKind::any).ok());
}

// CPU microseconds a call: round() says how long so many calls took.
double microseconds_of(std::size_t calls_a_round, const std::function<nanoseconds()>& round) {
  nanoseconds spent{0};
  std::size_t calls = 0;
  for (; spent < enough; calls += calls_a_round) spent += round();
  return static_cast<double>(spent.count()) / 1e3 / static_cast<double>(calls);
}

double cold(World& world, const std::vector<std::unique_ptr<Head>>& heads, WallTime now) {
  const SystemClock clock;
  return microseconds_of(heads.size() - 1, [&] {
    identity::Authenticator door = world.door();
    decide(door, heads[0]->head, now);
    const nanoseconds begun = clock.thread_cpu();
    for (std::size_t i = 1; i < heads.size(); ++i) decide(door, heads[i]->head, now);
    return clock.thread_cpu() - begun;
  });
}

double warm(World& world, const std::vector<std::unique_ptr<Head>>& heads, WallTime now) {
  const SystemClock clock;
  identity::Authenticator door = world.door();
  for (const auto& one : heads) decide(door, one->head, now);
  return microseconds_of(heads.size() * 64, [&] {
    const nanoseconds begun = clock.thread_cpu();
    for (int turn = 0; turn < 64; ++turn) {
      for (const auto& one : heads) decide(door, one->head, now);
    }
    return clock.thread_cpu() - begun;
  });
}

double sign(World& world, const wire::JwsKey& key, WallTime now) {
  const SystemClock clock;
  return microseconds_of(16, [&] {
    const nanoseconds begun = clock.thread_cpu();
    for (int i = 0; i < 16; ++i) new_token(world, key, now);
    return clock.thread_cpu() - begun;
  });
}

void measure(wire::JsonWriter& json, World& world, const Case& one, WallTime now) {
  std::vector<std::unique_ptr<Head>> heads;
  for (const std::string& credential : one.credentials) heads.push_back(std::make_unique<Head>(credential));
  json.key(one.name).begin_object().member("cold", cold(world, heads, now)).member("warm", warm(world, heads, now));
  if (!one.key.empty()) json.member("sign", sign(world, one.key[0], now));
  json.end_object();
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

void introduce(wire::JsonWriter& json, const World& world) {
  json.begin_list();
  for (const Case& one : world.cases) {
    json.begin_object().member("name", one.name).member("credential", one.credentials[1]);
    if (!one.key.empty()) json.member_raw("jwk", jwk_of(one.key[0]));
    json.end_object();
  }
  json.end_list();
}

}  // namespace

int main() {
  World world;
  const WallTime now = SystemClock().wall();
  fill(world, now);
  std::string first;
  wire::JsonWriter introduced(first);
  introduce(introduced, world);
  std::cout << first << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::string out;
    wire::JsonWriter measured(out);
    measured.begin_object();
    for (const Case& one : world.cases) measure(measured, world, one, now);
    measured.end_object();
    std::cout << out << std::endl;
  }
}
