#include "gatehouse/wire/jose/key.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include <algorithm>

#include "gatehouse/wire/jose/jws.h"
#include "jose/admission.h"
#include "jose/errors.h"
#include "jose/key_state.h"
#include "jose/signature.h"

namespace gatehouse::wire {

using namespace jose;  // NOLINT: the same subject

namespace {

constexpr std::size_t secret_bytes = 32;  // as many as the hash has: RFC 7518, section 3.2

// Without it OpenSSL would ask on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Bio reader(std::string_view bytes) { return Bio(BIO_new_mem_buf(bytes.data(), length_of(bytes))); }

Result<JwsKey> admit_private(JwsKey::Identity identity, PKey pair) {
  GH_CHECK(check_kid(identity.kid));
  GH_TRY(JwsKey key, admit_pair(std::move(identity.kid), identity.algorithm, std::move(pair), true));
  GH_TRY(const std::string probe, make_signature(key, "probe"));
  GH_TRY(SignatureCheck check, SignatureCheck::make(key, identity.algorithm));
  if (!check.accepts("probe", probe)) return key_malformed("The private half of the key does not fit its public half");
  return key;
}

template <class Write>
Result<Secret<std::string>> written(Write write) {
  const Bio out(BIO_new(BIO_s_mem()));  // wiped when it is freed
  if (!out || write(out.get()) != 1) return openssl_refused("writing a private key");
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(out.get(), &bytes);
  return Secret<std::string>(std::string(bytes, static_cast<std::size_t>(length)));
}

}  // namespace

namespace jose {

Status check_kid(std::string_view kid) {
  const bool plain = std::ranges::none_of(kid, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (kid.empty() || kid.size() > max_kid_bytes || !plain) return kid_bad("A kid has 1 to 256 bytes and no control characters");
  return ok();
}

Result<JwsKey> admit_pair(std::optional<std::string> kid, JwsAlgorithms algorithms, PKey pair, bool can_sign) {
  const QuietErrors quiet;
  for (const JwsAlgorithm algorithm : all_jws_algorithms) {
    if (algorithms.contains(algorithm)) GH_CHECK(admit(algorithm, pair.get()));
  }
  auto state = std::make_shared<JwsKey::State>();
  state->kid = std::move(kid);
  state->algorithms = algorithms;
  state->can_sign = can_sign;
  state->pair = std::move(pair);
  return JwsKey(std::move(state));
}

Result<JwsKey> admit_secret(std::optional<std::string> kid, Secret<std::string> secret) {
  if (secret.expose().size() < secret_bytes) return key_weak("A secret for HS256 must have at least 32 bytes");
  auto state = std::make_shared<JwsKey::State>();
  state->kid = std::move(kid);
  state->algorithms = JwsAlgorithm::hs256;
  state->can_sign = true;
  const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  state->keyed.reset(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  std::string digest = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
  const std::string& bytes = secret.expose();
  if (!state->keyed || EVP_MAC_init(state->keyed.get(), octets(bytes), bytes.size(), params) != 1) return openssl_refused("HMAC-SHA-256");
  state->secret = std::move(secret);
  return JwsKey(std::move(state));
}

}  // namespace jose

Result<JwsKey> JwsKey::generate(Identity identity, RandomSource& random) {
  const QuietErrors quiet;
  if (identity.algorithm == JwsAlgorithm::hs256) {
    std::string raw(secret_bytes, '\0');
    random.fill(std::as_writable_bytes(std::span(raw)));
    return from_secret(std::move(identity.kid), Secret<std::string>(std::move(raw)));
  }
  GH_TRY(PKey pair, generate_pair(identity.algorithm, random));
  return admit_private(std::move(identity), std::move(pair));
}

Result<JwsKey> JwsKey::from_secret(std::string kid, Secret<std::string> secret) {
  GH_CHECK(check_kid(kid));
  return admit_secret(std::move(kid), std::move(secret));
}

Result<JwsKey> JwsKey::from_private_pem(Identity identity, const Secret<std::string>& pem) {
  const QuietErrors quiet;
  PKey pair(PEM_read_bio_PrivateKey(reader(pem.expose()).get(), nullptr, no_passphrase, nullptr));
  if (!pair) return key_malformed("This is no private key in PEM, or it needs a passphrase");
  return admit_private(std::move(identity), std::move(pair));
}

Result<JwsKey> JwsKey::from_public_pem(Identity identity, std::string_view pem) {
  const QuietErrors quiet;
  PKey pair(PEM_read_bio_PUBKEY(reader(pem).get(), nullptr, no_passphrase, nullptr));
  if (!pair) return key_malformed("This is no public key in PEM");
  GH_CHECK(check_kid(identity.kid));
  return admit_pair(std::move(identity.kid), identity.algorithm, std::move(pair), false);
}

Result<JwsKey> JwsKey::from_private_der(Identity identity, const Secret<std::string>& der) {
  const QuietErrors quiet;
  if (identity.algorithm == JwsAlgorithm::hs256) return from_secret(std::move(identity.kid), der);
  const unsigned char* at = octets(der.expose());
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.expose().size())));
  const bool whole = info && at == octets(der.expose()) + der.expose().size();
  PKey pair(whole ? EVP_PKCS82PKEY(info.get()) : nullptr);
  if (!pair) return key_malformed("This is no private key in PKCS#8");
  return admit_private(std::move(identity), std::move(pair));
}

const std::optional<std::string>& JwsKey::kid() const { return state_->kid; }
JwsAlgorithms JwsKey::algorithms() const { return state_->algorithms; }
bool JwsKey::can_sign() const { return state_->can_sign; }

Result<Secret<std::string>> JwsKey::private_der() const {
  const QuietErrors quiet;
  if (!can_sign()) return cannot_sign();
  if (state_->secret) return *state_->secret;
  return written([this](BIO* out) { return i2d_PKCS8PrivateKey_bio(out, state_->pair.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

Result<Secret<std::string>> JwsKey::private_pem() const {
  const QuietErrors quiet;
  if (!can_sign() || !state_->pair) return cannot_sign();
  return written(
      [this](BIO* out) { return PEM_write_bio_PKCS8PrivateKey(out, state_->pair.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

}  // namespace gatehouse::wire
