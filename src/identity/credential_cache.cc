#include "credential_cache.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace gatehouse::identity {

static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(CredentialCache::Fingerprint));
static_assert(crypto_shorthash_siphashx24_KEYBYTES == 16);

CredentialCache::CredentialCache(RandomSource& random, std::size_t entries)
    : sets_(std::max<std::size_t>(1, entries / ways)), entries_(sets_ * ways) {
  random.fill(std::as_writable_bytes(std::span(key_)));
}

CredentialCache::Fingerprint CredentialCache::fingerprint(std::string_view text) const {
  Fingerprint out{};
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                              text.size(), key_.data());
  return out;
}

CredentialCache::Entry* CredentialCache::find(const Fingerprint& fingerprint) {
  Entry* const set = set_of(fingerprint);
  for (Entry* one = set; one != set + ways; ++one) {
    if (one->principal && one->fingerprint == fingerprint) return one;
  }
  return nullptr;
}

CredentialCache::Entry& CredentialCache::put(const Fingerprint& fingerprint, const std::function<void(const Entry&)>& evict) {
  Entry* const set = set_of(fingerprint);
  Entry* const oldest = std::min_element(set, set + ways, [](const Entry& a, const Entry& b) { return a.turn < b.turn; });
  if (oldest->principal) evict(*oldest);
  *oldest = Entry();
  oldest->fingerprint = fingerprint;
  return *oldest;
}

}  // namespace gatehouse::identity
