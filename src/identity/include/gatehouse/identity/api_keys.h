// identity/api_keys.h — API keys: how they look, how they are kept, and the snapshot that requests are checked against.
// Layout   gh_<8 lower-case hex: the prefix>_<43 base64url: 32 random bytes>; kept as HMAC-SHA-256 of the whole text under a key derived
//          from the master key; DATA/api_keys.json, mode 0600, {"version":1,"keys":[…]}
// Units    times are whole seconds since 1970, UTC
// Threads  KeyRing is an immutable snapshot: any thread, copies are one pointer. Files: one writer (the holder of DATA/lock)
// Errors   key_file_missing, key_file_damaged, key_file_too_new, key_file_exposed, data_io → operator
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/strong.h"
#include "gatehouse/identity/scopes.h"

namespace gatehouse::identity {

// What is kept of a key; the key itself is not.
struct KeyRecord {
  KeyId id;
  TenantId tenant;
  std::string name;
  std::string prefix;  // 8 lower-case hex, unique in the file
  std::string hash;    // 64 lower-case hex
  Scopes scopes;
  std::int64_t created_at = 0;
  std::optional<std::int64_t> expires_at;  // from then on it is expired
  bool is_active = true;
  bool revoked = false;  // for good
  friend bool operator==(const KeyRecord&, const KeyRecord&) = default;
};

// Turns keys into what is kept of them.
class KeyHasher {
 public:
  // key: what MasterKey::derive(label) gave.
  static constexpr std::string_view label = "gatehouse api key hash 1";
  static Result<KeyHasher> make(const Secret<std::string>& key);

  using Digest = std::array<unsigned char, 32>;
  // 1 µs or so, whatever the text.
  Digest digest(std::string_view text) const;

 private:
  struct Context;
  explicit KeyHasher(std::shared_ptr<const Context> context) : context_(std::move(context)) {}
  std::shared_ptr<const Context> context_;
};

// What is wanted of a new key.
struct NewKey {
  TenantId tenant;
  std::string name;
  Scopes scopes;
  std::optional<WallTime> expires_at;
};

struct CreatedKey {
  KeyRecord record;
  Secret<std::string> key;  // shown once
};
// The prefix is none of those in taken.
CreatedKey create_key(const NewKey& wanted, const KeyHasher& hasher, const std::vector<KeyRecord>& taken, RandomSource& random,
                      WallTime now);

// DATA/api_keys.json. What was written is on the disk when write returns, whole or not at all.
std::filesystem::path key_file_of(const std::filesystem::path& data);
Result<std::vector<KeyRecord>> read_key_file(const std::filesystem::path& data);
Status write_key_file(const std::filesystem::path& data, const std::vector<KeyRecord>& records);

class KeyRing {
 public:
  // key_file_damaged: two records with one id or prefix, a hash that is none.
  static Result<KeyRing> make(std::vector<KeyRecord> records, KeyHasher hasher);

  struct Entry {
    KeyRecord record;
    std::uint32_t tenant_number = 0;  // in the order in which tenants first appear; records are never taken out of the file
  };
  // Whose key this is, whatever its state; null when nobody's. Unknown prefixes cost what known ones cost, and how much of a wrong
  // key is right does not show in the time; a text that cannot be a key is refused without a hash.
  const Entry* find(std::string_view token) const;
  std::size_t size() const;

 private:
  struct State;
  explicit KeyRing(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace gatehouse::identity
