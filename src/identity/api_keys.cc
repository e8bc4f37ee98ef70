#include "gatehouse/identity/api_keys.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <unordered_map>

#include "gatehouse/base/base64url.h"
#include "gatehouse/base/hex.h"
#include "key_shape.h"

namespace gatehouse::identity {
namespace {

bool is_base64url(std::string_view text) { return text.find_first_not_of(base64url_alphabet) == std::string_view::npos; }

std::optional<KeyHasher::Digest> digest_from(const std::string& hex) {
  const std::optional<std::string> bytes = from_hex(hex);
  KeyHasher::Digest digest{};
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::memcpy(digest.data(), bytes->data(), digest.size());
  return digest;
}

Error bad_record(const KeyRecord& record, std::string_view what) {
  return operator_error("key_file_damaged", "api_keys.json is damaged (the key '" + record.id.value() + "' " + std::string(what) +
                                                "): put it back from a backup");
}

}  // namespace

std::optional<std::uint32_t> prefix_number(std::string_view prefix) {
  if (prefix.size() != prefix_length) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : prefix) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    number = number << 4 | static_cast<std::uint32_t>(digit);
  }
  return number;
}

std::optional<std::uint32_t> prefix_of_key(std::string_view text) {
  if (text.size() != key_length || !text.starts_with(key_start)) return std::nullopt;
  text.remove_prefix(key_start.size());
  if (text[prefix_length] != '_' || !is_base64url(text.substr(prefix_length + 1))) return std::nullopt;
  return prefix_number(text.substr(0, prefix_length));
}

CreatedKey create_key(const NewKey& wanted, const KeyHasher& hasher, const std::vector<KeyRecord>& taken, RandomSource& random,
                      WallTime now) {
  std::string prefix = random.hex(prefix_length);
  while (std::ranges::find(taken, prefix, &KeyRecord::prefix) != taken.end()) prefix = random.hex(prefix_length);
  std::string raw(secret_bytes, '\0');
  random.fill(std::as_writable_bytes(std::span(raw)));
  const Secret<std::string> bytes(std::move(raw));
  const Secret<std::string> text(to_base64url(bytes.expose()));
  std::string key;
  key.reserve(key_length);  // grows nowhere else, so that no copy stays behind
  key.append(key_start).append(prefix).append("_").append(text.expose());

  const KeyHasher::Digest digest = hasher.digest(key);
  KeyRecord record;
  record.id = KeyId(random.uuid());
  record.tenant = wanted.tenant;
  record.name = wanted.name;
  record.prefix = std::move(prefix);
  record.hash = to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
  record.scopes = wanted.scopes;
  record.created_at = unix_seconds(now);
  if (wanted.expires_at) record.expires_at = unix_seconds(*wanted.expires_at);
  return CreatedKey{std::move(record), Secret<std::string>(std::move(key))};
}

struct KeyRing::State {
  struct Slot {
    std::uint32_t prefix;
    KeyHasher::Digest digest;
    std::size_t entry;
  };
  explicit State(KeyHasher hasher_) : hasher(std::move(hasher_)) {}
  KeyHasher hasher;
  std::vector<Entry> entries;  // in the file's order
  std::vector<Slot> slots;     // by prefix
};

Result<KeyRing> KeyRing::make(std::vector<KeyRecord> records, KeyHasher hasher) {
  auto state = std::make_shared<State>(std::move(hasher));
  std::unordered_map<TenantId, std::uint32_t> tenants;
  std::set<std::string> ids;
  for (KeyRecord& record : records) {
    const std::optional<std::uint32_t> prefix = prefix_number(record.prefix);
    const std::optional<KeyHasher::Digest> digest = digest_from(record.hash);
    if (!prefix || !digest) return bad_record(record, "has a prefix or hash that is none");
    if (!ids.insert(record.id.value()).second) return bad_record(record, "stands there twice");
    const auto number = tenants.try_emplace(record.tenant, static_cast<std::uint32_t>(tenants.size() + 1)).first->second;
    state->slots.push_back({*prefix, *digest, state->entries.size()});
    state->entries.push_back({std::move(record), number});
  }
  std::ranges::sort(state->slots, {}, &State::Slot::prefix);
  const auto twice = std::ranges::adjacent_find(state->slots, {}, &State::Slot::prefix);
  if (twice != state->slots.end()) return bad_record(state->entries[twice->entry].record, "shares its prefix with another");
  return KeyRing(std::move(state));
}

const KeyRing::Entry* KeyRing::find(std::string_view token) const {
  const std::optional<std::uint32_t> prefix = prefix_of_key(token);
  if (!prefix) return nullptr;
  static constexpr KeyHasher::Digest nobodys{};
  const auto slot = std::ranges::lower_bound(state_->slots, *prefix, {}, &State::Slot::prefix);
  const bool known = slot != state_->slots.end() && slot->prefix == *prefix;
  const KeyHasher::Digest& expected = known ? slot->digest : nobodys;
  const KeyHasher::Digest presented = state_->hasher.digest(token);
  const bool right = CRYPTO_memcmp(presented.data(), expected.data(), expected.size()) == 0;
  return known && right ? &state_->entries[slot->entry] : nullptr;
}

std::size_t KeyRing::size() const { return state_->entries.size(); }

}  // namespace gatehouse::identity
