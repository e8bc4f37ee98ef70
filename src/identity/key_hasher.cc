#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "gatehouse/base/assert.h"
#include "gatehouse/identity/api_keys.h"

namespace gatehouse::identity {
namespace {

// Part of the data format: never change it.
constexpr std::string_view api_key_label = "gatehouse api key hash 1";

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

}  // namespace

// The key is taken up once; each digest starts from a copy.
struct KeyHasher::Context {
  MacContext keyed;
};

Result<KeyHasher> KeyHasher::make(const MasterKey& master) {
  GH_TRY(const Secret<std::string> key, master.derive(api_key_label));
  return make(key);
}

Result<KeyHasher> KeyHasher::make(const Secret<std::string>& key) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  auto context = std::make_shared<Context>();
  context->keyed.reset(mac != nullptr ? EVP_MAC_CTX_new(mac) : nullptr);
  EVP_MAC_free(mac);  // the context holds it
  std::string digest = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.expose().data());
  if (!context->keyed || EVP_MAC_init(context->keyed.get(), bytes, key.expose().size(), params) != 1) {
    return internal_error("key_hash_failed", "OpenSSL has no HMAC-SHA-256");
  }
  return KeyHasher(std::move(context));
}

store::Digest KeyHasher::digest(std::string_view text) const {
  store::Digest out{};
  std::size_t length = 0;
  const MacContext copy(EVP_MAC_CTX_dup(context_->keyed.get()));
  const bool done = copy && EVP_MAC_update(copy.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1 &&
                    EVP_MAC_final(copy.get(), out.data(), &length, out.size()) == 1;
  GH_ASSERT(done && length == out.size());
  return out;
}

}  // namespace gatehouse::identity
