// DATA/api_keys.json: read strictly, written whole.
#include "gatehouse/identity/api_keys.h"
#include "gatehouse/wire/json/codec.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"
#include "private_file.h"

namespace gatehouse::identity {
namespace {

constexpr std::int64_t version_written = 1;

constexpr PrivateFile key_file{
    .missing = "key_file_missing",
    .exposed = "key_file_exposed",
    .damaged = "key_file_damaged",
    .advice = "put it back from a backup; with --data and another folder Gatehouse begins anew, with new keys",
    .most = 64 * 1024 * 1024,
};

struct StoredKey {
  std::string id, tenant_id, name, prefix, hash;
  std::vector<std::string> scopes;
  std::int64_t created_at = 0;
  std::optional<std::int64_t> expires_at;
  bool is_active = false, revoked = false;
};

struct StoredKeys {
  std::int64_t version = 0;
  std::vector<StoredKey> keys;
};

}  // namespace
}  // namespace gatehouse::identity

namespace gatehouse::wire {

template <>
struct Description<identity::StoredKey> {
  using Stored = identity::StoredKey;
  static constexpr auto fields() {
    return std::array{field<&Stored::id>("id", "the key's id").length(1, 64).required(),
                      field<&Stored::tenant_id>("tenant_id", "whose it is").length(1, 64).required(),
                      field<&Stored::name>("name", "what people call it").length(0, 100).required(),
                      field<&Stored::prefix>("prefix", "8 hexadecimal digits").length(8, 8).required(),
                      field<&Stored::hash>("hash", "64 hexadecimal digits").length(64, 64).required(),
                      field<&Stored::scopes>("scopes", "what it may be used for").required(),
                      field<&Stored::created_at>("created_at", "seconds since 1970").required(),
                      field<&Stored::expires_at>("expires_at", "seconds since 1970, or null").nullable(),
                      field<&Stored::is_active>("is_active", "whether it is switched on").required(),
                      field<&Stored::revoked>("revoked", "whether it was revoked").required()};
  }
};

template <>
struct Description<identity::StoredKeys> {
  using Stored = identity::StoredKeys;
  static constexpr auto fields() {
    return std::array{field<&Stored::version>("version", "1").required(), field<&Stored::keys>("keys", "all keys").required()};
  }
};

}  // namespace gatehouse::wire

namespace gatehouse::identity {
namespace {

// A reader takes the absence of a nullable field for null; here that would make a key that never expires.
bool all_say_when_they_expire(const wire::JsonValue& root) {
  for (const wire::JsonValue& key : root.find("keys")->items()) {
    if (!key.find("expires_at")) return false;
  }
  return true;
}

Result<KeyRecord> record_of(StoredKey stored) {
  GH_TRY(const Scopes scopes, Scopes::parse(stored.scopes));
  KeyRecord record;
  record.id = KeyId(std::move(stored.id));
  record.tenant = TenantId(std::move(stored.tenant_id));
  record.name = std::move(stored.name);
  record.prefix = std::move(stored.prefix);
  record.hash = std::move(stored.hash);
  record.scopes = scopes;
  record.created_at = stored.created_at;
  record.expires_at = stored.expires_at;
  record.is_active = stored.is_active;
  record.revoked = stored.revoked;
  return record;
}

void write_record(wire::JsonWriter& w, const KeyRecord& record) {
  w.begin_object().member("id", record.id.value()).member("tenant_id", record.tenant.value()).member("name", record.name);
  w.member("prefix", record.prefix).member("hash", record.hash).key("scopes").begin_list();
  for (const std::string& scope : record.scopes.names()) w.value(scope);
  w.end_list().member("created_at", record.created_at).key("expires_at");
  record.expires_at ? w.value(*record.expires_at) : w.null();
  w.member("is_active", record.is_active).member("revoked", record.revoked).end_object();
}

Error too_new(const std::filesystem::path& path, std::int64_t version) {
  return operator_error("key_file_too_new", "'" + path.string() + "' has version " + std::to_string(version) + ", this Gatehouse reads " +
                                                std::to_string(version_written) + ": start the newer Gatehouse that wrote it");
}

Result<std::vector<KeyRecord>> records_of(const std::filesystem::path& path, std::string_view bytes) {
  wire::JsonParser parser;
  const Result<wire::JsonValue> root = parser.parse(bytes);
  if (!root) return damaged(path, key_file, root.error().public_text());
  const std::optional<wire::JsonValue> version = root->is_object() ? root->find("version") : std::nullopt;
  const std::optional<std::int64_t> number = version ? version->as_int64() : std::nullopt;
  if (number && *number > version_written) return too_new(path, *number);
  if (number != version_written) return damaged(path, key_file, "its version is not 1");
  Result<StoredKeys> stored = wire::read_described<StoredKeys>(*root);
  if (!stored) return damaged(path, key_file, stored.error().public_text());
  if (!all_say_when_they_expire(*root)) return damaged(path, key_file, "a key without expires_at");

  std::vector<KeyRecord> records;
  for (StoredKey& key : stored->keys) {
    Result<KeyRecord> record = record_of(std::move(key));
    if (!record) return damaged(path, key_file, record.error().public_text());
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace

std::filesystem::path key_file_of(const std::filesystem::path& data) { return data / "api_keys.json"; }

Result<std::vector<KeyRecord>> read_key_file(const std::filesystem::path& data) {
  const std::filesystem::path path = key_file_of(data);
  GH_TRY(const Secret<std::string> bytes, read_private(path, key_file));
  return records_of(path, bytes.expose());
}

Status write_key_file(const std::filesystem::path& data, const std::vector<KeyRecord>& records) {
  std::string out;
  wire::JsonWriter w(out);
  w.begin_object().member("version", version_written).key("keys").begin_list();
  for (const KeyRecord& record : records) write_record(w, record);
  w.end_list().end_object();
  out.push_back('\n');
  return write_private(key_file_of(data), out);
}

}  // namespace gatehouse::identity
