// identity/api_keys.h — API keys: how they look, and what is kept of them.
// Layout   gh_<8 lower-case hex: the prefix>_<43 base64url: 32 random bytes>; kept as HMAC-SHA-256 of the whole text under a key derived
//          from the master key
// Threads  KeyHasher: any thread, copies are one pointer
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/identity/master_key.h"
#include "gatehouse/store/records.h"

namespace gatehouse::identity {

// Turns keys into what is kept of them.
class KeyHasher {
 public:
  static Result<KeyHasher> make(const MasterKey& master);
  // key: 32 bytes, derived from the master key for nothing else.
  static Result<KeyHasher> make(const Secret<std::string>& key);

  // 1 µs or so, whatever the text.
  store::Digest digest(std::string_view text) const;

 private:
  struct Context;
  explicit KeyHasher(std::shared_ptr<const Context> context) : context_(std::move(context)) {}
  std::shared_ptr<const Context> context_;
};

// A key as it is shown once, and what is kept of it.
struct KeySecret {
  Secret<std::string> text;
  std::string prefix;
  store::Digest digest;
};
// With a random prefix. That it is nobody else's yet is for the store to say (key_exists): make another then.
KeySecret make_key_secret(const KeyHasher& hasher, RandomSource& random);
// Another secret under the same prefix.
KeySecret make_key_secret(const KeyHasher& hasher, RandomSource& random, const std::string& prefix);

}  // namespace gatehouse::identity
