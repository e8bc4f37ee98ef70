// identity/credential_cache.h — credentials that were checked a while ago, by a keyed hash of their text: the text itself is not kept.
// Size     fixed; the one that was used longest ago makes room
// Threads  one reactor
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "gatehouse/base/random.h"
#include "gatehouse/identity/principal.h"

namespace gatehouse::identity {

class CredentialCache {
 public:
  using Fingerprint = std::array<std::uint64_t, 2>;
  struct Entry {
    Fingerprint fingerprint{};
    PrincipalPtr principal;      // null: free
    std::uint64_t version = 0;   // of the directory that it was checked against
    std::int64_t uses = 0;       // that nobody has written down yet
    std::int64_t last_used = 0;  // seconds since 1970
    std::uint64_t turn = 0;      // grows with each use
  };

  explicit CredentialCache(RandomSource& random, std::size_t entries = 4096);

  // 128 bits under a key that nobody outside knows: two texts with one fingerprint cannot be made.
  Fingerprint fingerprint(std::string_view text) const;
  Entry* find(const Fingerprint& fingerprint);
  // Takes the place of another, whose uses the caller writes down.
  Entry& put(const Fingerprint& fingerprint, const std::function<void(const Entry&)>& evict);
  void touch(Entry& entry, std::int64_t now) {
    ++entry.uses;
    entry.last_used = now;
    entry.turn = ++turn_;
  }
  std::vector<Entry>& entries() { return entries_; }

 private:
  static constexpr std::size_t ways = 4;
  Entry* set_of(const Fingerprint& fingerprint) { return &entries_[(fingerprint[0] % sets_) * ways]; }

  std::array<unsigned char, 16> key_{};
  std::size_t sets_;
  std::vector<Entry> entries_;
  std::uint64_t turn_ = 0;
};

}  // namespace gatehouse::identity
