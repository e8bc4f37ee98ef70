#include "gatehouse/wire/signature/content_digest.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>
#include <utility>

#include "gatehouse/wire/signature/message_signature.h"
#include "signature/structured.h"

namespace gatehouse::wire {
namespace {

Error digest_malformed() {
  return Error(Code::unauthenticated, Origin::caller, "digest_malformed",
               "Content-Digest must hold sha-256 or sha-512 of the body, such as sha-256=:BASE64:")
      .with_param("content-digest");
}

// Nothing: not there. False: there, and none.
bool take_digest(const structured::Dictionary& fields, std::string_view name, std::size_t size, std::string& into) {
  const structured::Member* const member = structured::find(fields, name);
  if (member == nullptr) return true;
  if (member->is_list || member->items.front().value.kind != structured::Kind::bytes) return false;
  into = member->items.front().value.text;
  return into.size() == size;
}

bool same_bytes(std::string_view said, const unsigned char* found) { return CRYPTO_memcmp(said.data(), found, said.size()) == 0; }

}  // namespace

Result<ContentDigest> ContentDigest::read(const RequestHead& head) {
  const std::optional<std::string> field = joined_field(head, "content-digest");
  const std::optional<structured::Dictionary> fields = structured::parse_dictionary(field.value_or(""));
  if (!fields) return digest_malformed();
  ContentDigest digest;
  const bool right = take_digest(*fields, "sha-256", SHA256_DIGEST_LENGTH, digest.sha256_) &&
                     take_digest(*fields, "sha-512", SHA512_DIGEST_LENGTH, digest.sha512_);
  if (!right || (digest.sha256_.empty() && digest.sha512_.empty())) return digest_malformed();
  return digest;
}

bool ContentDigest::holds(std::string_view body) const {
  const auto* bytes = reinterpret_cast<const unsigned char*>(body.data());
  if (!sha256_.empty()) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> found{};
    SHA256(bytes, body.size(), found.data());
    if (!same_bytes(sha256_, found.data())) return false;
  }
  if (!sha512_.empty()) {
    std::array<unsigned char, SHA512_DIGEST_LENGTH> found{};
    SHA512(bytes, body.size(), found.data());
    if (!same_bytes(sha512_, found.data())) return false;
  }
  return true;
}

}  // namespace gatehouse::wire
