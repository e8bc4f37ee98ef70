#include "jose/signature.h"

#include <openssl/crypto.h>
#include <openssl/rsa.h>

#include <array>

#include "jose/ecdsa.h"
#include "jose/errors.h"
#include "jose/key_state.h"

namespace gatehouse::wire::jose {
namespace {

constexpr std::size_t digest_bytes = 32;

bool is_rsa(JwsAlgorithm algorithm) { return algorithm == JwsAlgorithm::rs256 || algorithm == JwsAlgorithm::ps256; }

// The salt of PS256 is as long as the hash: RFC 7518, section 3.5.
bool set_padding(EVP_PKEY_CTX* context, JwsAlgorithm algorithm) {
  if (algorithm == JwsAlgorithm::rs256) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

Result<std::string> mac_of(const JwsKey::State& key, std::string_view input) {
  std::string out(digest_bytes, '\0');
  std::size_t length = 0;
  const MacContext copy(EVP_MAC_CTX_dup(key.keyed.get()));
  const bool done = copy && EVP_MAC_update(copy.get(), octets(input), input.size()) == 1 &&
                    EVP_MAC_final(copy.get(), octets(out.data()), &length, out.size()) == 1;
  if (!done || length != out.size()) return openssl_refused("making a MAC");
  return out;
}

Result<std::string> raw_signature(EVP_PKEY* pair, JwsAlgorithm algorithm, std::string_view input) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  const char* digest = algorithm == JwsAlgorithm::eddsa ? nullptr : "SHA256";
  std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(pair)), '\0');
  std::size_t length = out.size();
  const bool done = context && EVP_DigestSignInit_ex(context.get(), &options, digest, nullptr, nullptr, pair, nullptr) == 1 &&
                    (!is_rsa(algorithm) || set_padding(options, algorithm)) &&
                    EVP_DigestSign(context.get(), octets(out.data()), &length, octets(input), input.size()) == 1;
  if (!done) return openssl_refused("signing with " + std::string(to_string(algorithm)));
  out.resize(length);
  return out;
}

}  // namespace

Result<std::string> make_signature(const JwsKey& key, std::string_view input) {
  const QuietErrors quiet;
  const JwsKey::State& state = key.state();
  const std::optional<JwsAlgorithm> algorithm = state.algorithms.only();
  if (!state.can_sign || !algorithm) return cannot_sign();
  if (*algorithm == JwsAlgorithm::hs256) return mac_of(state, input);
  GH_TRY(std::string signature, raw_signature(state.pair.get(), *algorithm, input));
  if (*algorithm != JwsAlgorithm::es256) return signature;
  std::optional<std::string> raw = ecdsa_from_asn1(signature);
  if (!raw) return openssl_refused("an ECDSA signature on P-256");
  return std::move(*raw);
}

// A context that has been told everything but the message, so that a check pays for nothing else.
struct SignatureCheck::State {
  explicit State(JwsKey key_, JwsAlgorithm algorithm_) : key(std::move(key_)), algorithm(algorithm_) {}

  JwsKey key;
  JwsAlgorithm algorithm;
  Digest sha256;
  DigestContext hash;      // RSA and EC: the hash of the message
  PKeyContext verify;      // RSA and EC: ready for hash and signature
  DigestContext prepared;  // Ed25519: each check starts from a copy
  DigestContext scratch;
  MacContext mac;  // HS256: started anew with the key that it has

  bool prepare();
  bool prepare_hashed();
  bool accepts_mac(std::string_view input, std::string_view signature);
  bool accepts_ed25519(std::string_view input, std::string_view signature);
  bool accepts_hashed(std::string_view input, std::string_view signature);
};

bool SignatureCheck::State::prepare() {
  const JwsKey::State& state = key.state();
  switch (algorithm) {
    case JwsAlgorithm::hs256:
      mac.reset(EVP_MAC_CTX_dup(state.keyed.get()));
      return mac != nullptr;
    case JwsAlgorithm::eddsa:
      prepared.reset(EVP_MD_CTX_new());
      scratch.reset(EVP_MD_CTX_new());
      return prepared && scratch && EVP_DigestVerifyInit(prepared.get(), nullptr, nullptr, nullptr, state.pair.get()) == 1;
    default:
      return prepare_hashed();
  }
}

bool SignatureCheck::State::prepare_hashed() {
  sha256.reset(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  hash.reset(EVP_MD_CTX_new());
  verify.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key.state().pair.get(), nullptr));
  if (!sha256 || !hash || !verify || EVP_PKEY_verify_init(verify.get()) != 1) return false;
  if (is_rsa(algorithm) && !set_padding(verify.get(), algorithm)) return false;
  return EVP_PKEY_CTX_set_signature_md(verify.get(), sha256.get()) == 1;
}

bool SignatureCheck::State::accepts_mac(std::string_view input, std::string_view signature) {
  std::array<unsigned char, digest_bytes> right{};
  std::size_t length = 0;
  const bool done = EVP_MAC_init(mac.get(), nullptr, 0, nullptr) == 1 && EVP_MAC_update(mac.get(), octets(input), input.size()) == 1 &&
                    EVP_MAC_final(mac.get(), right.data(), &length, right.size()) == 1;
  return done && signature.size() == right.size() && CRYPTO_memcmp(signature.data(), right.data(), right.size()) == 0;
}

bool SignatureCheck::State::accepts_ed25519(std::string_view input, std::string_view signature) {
  return EVP_MD_CTX_copy_ex(scratch.get(), prepared.get()) == 1 &&
         EVP_DigestVerify(scratch.get(), octets(signature), signature.size(), octets(input), input.size()) == 1;
}

bool SignatureCheck::State::accepts_hashed(std::string_view input, std::string_view signature) {
  std::array<unsigned char, digest_bytes> digest{};
  const bool hashed = EVP_DigestInit_ex2(hash.get(), sha256.get(), nullptr) == 1 &&
                      EVP_DigestUpdate(hash.get(), input.data(), input.size()) == 1 &&
                      EVP_DigestFinal_ex(hash.get(), digest.data(), nullptr) == 1;
  if (!hashed) return false;
  const auto right = [&](std::string_view spelling) {
    return EVP_PKEY_verify(verify.get(), octets(spelling), spelling.size(), digest.data(), digest.size()) == 1;
  };
  // OpenSSL takes a number without the zeros in front; RFC 8017, sections 8.1.2 and 8.2.2, takes one spelling.
  const bool whole = signature.size() == static_cast<std::size_t>(EVP_PKEY_get_size(key.state().pair.get()));
  if (algorithm != JwsAlgorithm::es256) return whole && right(signature);
  const std::optional<std::string> asn1 = ecdsa_to_asn1(signature);
  return asn1 && right(*asn1);
}

SignatureCheck::SignatureCheck(std::unique_ptr<State> state) : state_(std::move(state)) {}
SignatureCheck::~SignatureCheck() = default;
SignatureCheck::SignatureCheck(SignatureCheck&&) noexcept = default;
SignatureCheck& SignatureCheck::operator=(SignatureCheck&&) noexcept = default;

Result<SignatureCheck> SignatureCheck::make(const JwsKey& key, JwsAlgorithm algorithm) {
  const QuietErrors quiet;
  auto state = std::make_unique<State>(key, algorithm);
  if (!key.algorithms().contains(algorithm) || !state->prepare()) {
    return openssl_refused("preparing a key for " + std::string(to_string(algorithm)));
  }
  return SignatureCheck(std::move(state));
}

bool SignatureCheck::accepts(std::string_view input, std::string_view signature) {
  const QuietErrors quiet;
  switch (state_->algorithm) {
    case JwsAlgorithm::hs256:
      return state_->accepts_mac(input, signature);
    case JwsAlgorithm::eddsa:
      return state_->accepts_ed25519(input, signature);
    default:
      return state_->accepts_hashed(input, signature);
  }
}

}  // namespace gatehouse::wire::jose
