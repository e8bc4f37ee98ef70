#include "gatehouse/wire/jose/jws.h"

#include "gatehouse/base/base64url.h"
#include "gatehouse/wire/json/writer.h"
#include "jose/errors.h"
#include "jose/header.h"
#include "jose/signature.h"

namespace gatehouse::wire {

using namespace jose;  // NOLINT: the same subject

namespace {

constexpr std::size_t max_header_depth = 8;

struct Parts {
  std::string_view header, payload, signature, signed_input;
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1), token.substr(0, second)};
}

// A key of the set with one of its algorithms.
struct Slot {
  const JwsKey* key;
  JwsAlgorithm algorithm;
  SignatureCheck check;
};

}  // namespace

struct JwsVerifier::State {
  explicit State(JwsKeySet keys_) : keys(std::move(keys_)) {}

  JwsKeySet keys;
  std::vector<Slot> slots;
  JsonParser parser{{.bytes = max_jws_bytes, .depth = max_header_depth}};
  std::string header, payload, signature;  // decoded; kept, so that most tokens allocate nothing

  Status prepare();
  Result<Slot*> slot_for(const JwsHeader& wanted);
  Result<Slot*> nameless_slot_for(JwsAlgorithm algorithm);
};

Status JwsVerifier::State::prepare() {
  for (const JwsKey& key : keys.keys()) {
    for (const JwsAlgorithm algorithm : all_jws_algorithms) {
      if (!key.algorithms().contains(algorithm)) continue;
      GH_TRY(SignatureCheck check, SignatureCheck::make(key, algorithm));
      slots.push_back({&key, algorithm, std::move(check)});
    }
  }
  return ok();
}

Result<Slot*> JwsVerifier::State::slot_for(const JwsHeader& wanted) {
  const bool only_one = keys.keys().size() == 1 && !keys.keys().front().kid();  // whatever the token calls it
  if (!wanted.kid || only_one) return nameless_slot_for(wanted.algorithm);
  bool known = false;
  for (Slot& slot : slots) {
    if (slot.key->kid() != *wanted.kid) continue;
    if (slot.algorithm == wanted.algorithm) return &slot;
    known = true;
  }
  if (known) return token_alg_not_allowed("The token's algorithm is not the one of its key");
  return token_key_unknown("The token's key is not known here");
}

Result<Slot*> JwsVerifier::State::nameless_slot_for(JwsAlgorithm algorithm) {
  Slot* only = nullptr;
  for (Slot& slot : slots) {
    if (slot.algorithm != algorithm) continue;
    if (only != nullptr) return token_key_unknown("The token does not name its key, and there are several for its algorithm");
    only = &slot;
  }
  if (only == nullptr) return token_alg_not_allowed("There is no key for the token's algorithm");
  return only;
}

JwsVerifier::JwsVerifier(std::unique_ptr<State> state) : state_(std::move(state)) {}
JwsVerifier::~JwsVerifier() = default;
JwsVerifier::JwsVerifier(JwsVerifier&&) noexcept = default;
JwsVerifier& JwsVerifier::operator=(JwsVerifier&&) noexcept = default;

Result<JwsVerifier> JwsVerifier::make(JwsKeySet keys) {
  auto state = std::make_unique<State>(std::move(keys));
  GH_CHECK(state->prepare());
  return JwsVerifier(std::move(state));
}

Result<VerifiedJws> JwsVerifier::verify(std::string_view token) {
  if (token.size() > max_jws_bytes) return token_too_large();
  const std::optional<Parts> parts = split(token);
  if (!parts) return token_malformed("A token has three parts with a dot between them");
  State& state = *state_;
  const bool spelt = read_base64url(parts->header, state.header) && read_base64url(parts->payload, state.payload) &&
                     read_base64url(parts->signature, state.signature);
  if (!spelt) return token_malformed("A part of the token is not base64url");
  GH_TRY(const JwsHeader header, read_header(state.header, state.parser));
  GH_TRY(Slot * slot, state.slot_for(header));
  if (!slot->check.accepts(parts->signed_input, state.signature)) return token_signature_invalid();
  VerifiedJws verified;
  verified.algorithm = slot->algorithm;
  verified.kid = slot->key->kid();
  verified.typ = header.typ;
  verified.payload = state.payload;
  return verified;
}

Result<std::string> sign_jws(const JwsKey& key, const JwsContent& content) {
  const std::optional<JwsAlgorithm> algorithm = key.algorithms().only();
  if (!algorithm) return cannot_sign();
  std::string header;
  JsonWriter json(header);
  json.begin_object().member("alg", to_string(*algorithm));
  if (key.kid()) json.member("kid", *key.kid());
  if (!content.typ.empty()) json.member("typ", content.typ);
  json.end_object();
  std::string token;
  append_base64url(token, header);
  token += '.';
  append_base64url(token, content.payload);
  GH_TRY(const std::string signature, make_signature(key, token));
  token += '.';
  append_base64url(token, signature);
  if (token.size() > max_jws_bytes) return jws_too_large();
  return token;
}

}  // namespace gatehouse::wire
