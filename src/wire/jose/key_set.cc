#include "gatehouse/wire/jose/key_set.h"

#include <set>

#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"
#include "jose/errors.h"
#include "jose/jwk.h"

namespace gatehouse::wire {

using namespace jose;  // NOLINT: the same subject

namespace {

constexpr std::size_t max_set_bytes = 64 * 1024, max_keys = 100;
constexpr std::size_t max_set_depth = 8;

// Counts what is left out too: a name that belongs to two keys is an error even where one of them is not for us.
Status check_names(const JsonValue& list) {
  std::set<std::string_view> seen;
  for (const JsonValue& jwk : list.items()) {
    if (!jwk.is_object()) return set_malformed("A member of \"keys\" is no object");
    const std::optional<JsonValue> kid = jwk.find("kid");
    if (kid && kid->is_string() && !seen.insert(kid->string()).second) return set_kid_twice();
  }
  return ok();
}

}  // namespace

struct JwsKeySet::State {
  std::vector<JwsKey> keys;
  std::vector<IgnoredJwk> ignored;

  Status take(const JsonValue& list, const JwksOptions& options);
  void take_one(const JsonValue& jwk, const JwksOptions& options);
};

void JwsKeySet::State::take_one(const JsonValue& jwk, const JwksOptions& options) {
  Result<JwsKey> key = read_jwk(jwk, options);
  if (key) {
    keys.push_back(std::move(*key));
  } else {
    ignored.push_back({keys.size() + ignored.size(), std::move(key).error()});
  }
}

Status JwsKeySet::State::take(const JsonValue& list, const JwksOptions& options) {
  if (!list.is_list()) return set_malformed("\"keys\" of the key set is no list");
  GH_CHECK(check_names(list));
  for (const JsonValue& jwk : list.items()) {
    if (keys.size() + ignored.size() == max_keys) return set_too_large("The key set has more than 100 keys");
    take_one(jwk, options);
  }
  return ok();
}

Result<JwsKeySet> JwsKeySet::parse(std::string_view json, const JwksOptions& options) {
  if (json.size() > max_set_bytes) return set_too_large("The key set is longer than 64 KiB");
  JsonParser parser({.bytes = max_set_bytes, .depth = max_set_depth});
  const Result<JsonValue> root = parser.parse(json);
  if (!root) return set_malformed("The key set cannot be read: " + root.error().public_text());
  if (!root->is_object()) return set_malformed("The key set is no JSON object");
  auto state = std::make_shared<State>();
  if (const std::optional<JsonValue> list = root->find("keys")) {
    GH_CHECK(state->take(*list, options));
  } else if (root->find("kty")) {
    state->take_one(*root, options);
  } else {
    return set_malformed("The key set has no \"keys\"");
  }
  if (state->keys.empty()) {
    return set_empty(state->ignored.empty() ? "The key set has no key"
                                            : "The key set has no key for us: " + state->ignored.front().why.public_text());
  }
  return JwsKeySet(std::move(state));
}

Result<JwsKeySet> JwsKeySet::make(std::vector<JwsKey> keys) {
  std::set<std::string_view> seen;
  for (const JwsKey& key : keys) {
    if (key.kid() && !seen.insert(*key.kid()).second) return set_kid_twice();
  }
  auto state = std::make_shared<State>();
  state->keys = std::move(keys);
  return JwsKeySet(std::move(state));
}

const std::vector<JwsKey>& JwsKeySet::keys() const { return state_->keys; }
const std::vector<IgnoredJwk>& JwsKeySet::ignored() const { return state_->ignored; }

std::string JwsKeySet::public_jwks() const {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("keys").begin_list();
  for (const JwsKey& key : state_->keys) {
    if (const std::optional<std::string> jwk = key.public_jwk()) json.raw(*jwk);
  }
  json.end_list().end_object();
  return out;
}

}  // namespace gatehouse::wire
