#include "signed_requests.h"

#include <openssl/sha.h>

#include <array>
#include <utility>

#include "admission.h"
#include "gatehouse/base/words.h"
#include "gatehouse/wire/signature/content_digest.h"

namespace gatehouse::identity {
namespace {

constexpr std::int64_t signature_window = 300;  // seconds, to either side
// What is behind the last look at the window: the way to the store, and clocks that are set.
constexpr std::int64_t kept_longer = 60;
constexpr std::size_t longest_nonce = 256, longest_key_id = 64;
constexpr std::string_view hmac_algorithm = "hmac-sha256", nobodys_id = "nobody";

Error incomplete(std::string text, std::string param) {
  return refused("signature_incomplete", std::move(text)).with_param(std::move(param));
}
Error not_covered(std::string_view component, std::string_view why) {
  return incomplete("The signature must cover \"" + std::string(component) + "\"" + std::string(why), std::string(component));
}
Error signature_invalid(std::string detail) {
  return refused("signature_invalid", "The signature is not valid for this request and this key").with_detail(std::move(detail));
}

bool has_body(const wire::RequestHead& head) { return head.chunked || head.content_length.value_or(0) > 0; }

Status check_times(const wire::MessageSignature& signature, std::int64_t now) {
  if (!signature.created) return incomplete("The signature must say when it was created", "created");
  if (*signature.created > now + signature_window) {
    return refused("signature_early", "The signature's created is more than 5 minutes ahead of this server's clock").with_param("created");
  }
  if (*signature.created < now - signature_window) {
    return refused("signature_late", "The signature's created is more than 5 minutes ago: sign each request when it is sent")
        .with_param("created");
  }
  if (signature.expires && *signature.expires <= now) {
    return refused("signature_late", "The signature has expired").with_param("expires");
  }
  return ok();
}

// As clients write it: the host in lower case, no slash at the end.
std::string normal_url(std::string url) {
  const std::size_t host = url.find("://") + 3;
  for (std::size_t i = 0; i < url.size() && (i < host || url[i] != '/'); ++i) url[i] = lower_letter(url[i]);
  if (url.ends_with('/')) url.pop_back();
  return url;
}

store::Nonce nonce_of(const wire::MessageSignature& signature) {
  store::Digest digest{};
  const std::string text = signature.key_id + "\n" + signature.nonce;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return {digest, store::Moment(seconds(*signature.created + signature_window + kept_longer))};
}

}  // namespace

Status check_signature(const wire::MessageSignature& signature, const wire::RequestHead& head, WallTime now) {
  if (!signature.algorithm.empty() && signature.algorithm != hmac_algorithm) {
    return refused("signature_malformed", "alg of the signature must be \"hmac-sha256\"").with_param("alg");
  }
  if (signature.key_id.empty() || signature.key_id.size() > longest_key_id) {
    return incomplete("The signature must name its key: keyid is the id of an API key", "keyid");
  }
  if (signature.nonce.empty() || signature.nonce.size() > longest_nonce) {
    return incomplete("The signature must have a nonce of 1 to 256 characters, another one each time", "nonce");
  }
  for (const std::string_view component : {std::string_view("@method"), std::string_view("@target-uri")}) {
    if (!signature.covers(component)) return not_covered(component, "");
  }
  if (has_body(head) && !signature.covers("content-digest")) return not_covered("content-digest", ", because there is a body");
  return check_times(signature, unix_seconds(now));
}

SignatureVerifier::SignatureVerifier(std::optional<Sealer> sealer, std::string public_url, RandomSource& random)
    : sealer_(std::move(sealer)), public_url_(normal_url(std::move(public_url))) {
  if (sealer_) {
    nobodys_ =
        sealer_->seal(Secret<std::string>(std::string(SHA256_DIGEST_LENGTH, '0')), {SealedPlace::signing_secret, nobodys_id}, random);
  }
}

// A proxy in front of us may name us otherwise than clients do: then they have signed the public name.
std::vector<std::string> SignatureVerifier::origins_of(const wire::RequestHead& head, Scheme scheme) const {
  std::vector<std::string> origins;
  if (!public_url_.empty()) origins.push_back(public_url_);
  std::string asked(scheme == Scheme::https ? "https://" : "http://");
  asked.append(head.field("Host").value_or(""));
  if (origins.empty() || origins.front() != asked) origins.push_back(std::move(asked));
  return origins;
}

Result<bool> SignatureVerifier::is_made_with(const SealedPlace& place, const std::string& sealed, const wire::MessageSignature& signature,
                                             const std::vector<std::string>& bases) const {
  GH_TRY(const Secret<std::string> secret, sealer_->open(sealed, place));
  bool right = false;
  for (const std::string& base : bases) right |= wire::is_signed_by(secret.expose(), base, signature.signature);
  return right;
}

// The digest of the key's secret that the signing secret went with; nothing: it is none of the key's.
Result<std::optional<store::Digest>> SignatureVerifier::secret_behind(const KeyEntry* key, const wire::MessageSignature& signature,
                                                                      const std::vector<std::string>& bases) const {
  std::optional<store::Digest> none;
  if (!sealer_) return none;
  const SealedPlace place(SealedPlace::signing_secret, key != nullptr ? std::string_view(signature.key_id) : nobodys_id);
  GH_TRY(const bool current, is_made_with(place, key != nullptr ? *key->record.sealed_signing_secret : nobodys_, signature, bases));
  if (key == nullptr) return none;
  if (current) return std::optional(key->record.digest);
  const std::optional<store::PreviousSecret>& before = key->record.previous;
  if (!before || !before->sealed_signing_secret) return none;
  GH_TRY(const bool previous, is_made_with(place, *before->sealed_signing_secret, signature, bases));
  return previous ? std::optional(before->digest) : none;
}

Result<PrincipalPtr> SignatureVerifier::admit(const wire::RequestHead& head, Scheme scheme, const Directory& directory,
                                              WallTime now) const {
  GH_TRY(const wire::MessageSignature signature, wire::read_message_signature(head));
  GH_CHECK(check_signature(signature, head, now));
  auto marks = std::make_shared<SignatureMarks>(nonce_of(signature));
  if (signature.covers("content-digest")) {
    GH_TRY(marks->digest, wire::ContentDigest::read(head));
  }
  std::vector<std::string> bases;
  for (const std::string& origin : origins_of(head, scheme)) {
    GH_TRY(std::string base, wire::signature_base(signature, head, origin));
    bases.push_back(std::move(base));
  }
  const KeyEntry* const key = directory.signing_key(KeyId(signature.key_id));
  GH_TRY(const std::optional<store::Digest> shown, secret_behind(key, signature, bases));
  if (!shown) return signature_invalid(key == nullptr ? "no key with that id signs requests" : "key " + signature.key_id);
  KeyProof proof(Proof::signature, *shown);
  proof.signature = std::move(marks);
  return admit_key(*key, proof, directory, now);
}

}  // namespace gatehouse::identity
