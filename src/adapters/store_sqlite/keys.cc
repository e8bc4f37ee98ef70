#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::ApiKey;

#define GH_KEY_COLUMNS                                                                                                             \
  "id, tenant_id, user_id, name, prefix, digest, previous_digest, previous_until_s, scopes, models, cidrs, is_active, created_s, " \
  "expires_s, revoked_s, last_used_s, usage_count, version, sealed_signing_secret, previous_sealed_signing_secret"

constexpr const char* new_key = "INSERT INTO api_keys (" GH_KEY_COLUMNS
                                ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
                                "max(?13, coalesce((SELECT created_s FROM tenants WHERE id = ?2), 0)), ?14, NULL, ?15, ?16, 1, ?17, ?18)";
constexpr const char* key_of_id = "SELECT " GH_KEY_COLUMNS " FROM api_keys WHERE id = ?1 AND (?2 IS NULL OR tenant_id = ?2)";
constexpr const char* page_of_keys =
    "SELECT " GH_KEY_COLUMNS " FROM api_keys WHERE id > ?1 AND (?2 IS NULL OR user_id = ?2) ORDER BY id LIMIT ?3";
constexpr const char* page_of_keys_of_tenant =
    "SELECT " GH_KEY_COLUMNS " FROM api_keys WHERE id > ?1 AND (?2 IS NULL OR user_id = ?2) AND tenant_id = ?4 ORDER BY id LIMIT ?3";
constexpr const char* changed_key =
    "UPDATE api_keys SET name = ?4, digest = ?5, previous_digest = ?6, previous_until_s = ?7, scopes = ?8, models = ?9, cidrs = ?10, "
    "is_active = ?11, expires_s = ?12, sealed_signing_secret = ?13, previous_sealed_signing_secret = ?14, version = version + 1 "
    "WHERE id = ?1 AND tenant_id = ?2 AND version = ?3";
constexpr const char* update_revoked =
    "UPDATE api_keys SET revoked_s = ?3, version = version + 1 WHERE id = ?1 AND (?2 IS NULL OR tenant_id = ?2) AND revoked_s IS NULL";
constexpr const char* good_keys_of_user = "SELECT id FROM api_keys WHERE user_id = ?1 AND revoked_s IS NULL";
constexpr const char* update_use =
    "UPDATE api_keys SET usage_count = usage_count + ?2, last_used_s = max(coalesce(last_used_s, ?3), ?3) WHERE id = ?1";

#undef GH_KEY_COLUMNS

std::optional<std::string> text_of(const std::optional<store::UserId>& id) { return id ? std::optional(id->value()) : std::nullopt; }
std::optional<Bytes> digest_of_previous(const ApiKey& key) {
  return key.previous ? std::optional(bytes_of(key.previous->digest)) : std::nullopt;
}
std::optional<Bytes> bytes_of_sealed(const std::optional<std::string>& sealed) {
  return sealed ? std::optional(Bytes(*sealed)) : std::nullopt;
}
std::optional<Bytes> signing_secret_of(const ApiKey& key) { return bytes_of_sealed(key.sealed_signing_secret); }
std::optional<Bytes> signing_secret_before(const ApiKey& key) {
  return key.previous ? bytes_of_sealed(key.previous->sealed_signing_secret) : std::nullopt;
}
std::optional<store::Moment> end_of_previous(const ApiKey& key) { return key.previous ? std::optional(key.previous->until) : std::nullopt; }

Result<ApiKey> key_of(const Statement& row) {
  ApiKey key(KeyId(row.text(0)), TenantId(row.text(1)));
  if (!row.is_null(2)) key.user = store::UserId(row.text(2));
  key.name = row.text(3);
  key.prefix = row.text(4);
  GH_TRY(key.digest, digest_of(row.text(5)));
  if (!row.is_null(6)) {
    GH_TRY(const store::Digest previous, digest_of(row.text(6)));
    key.previous = store::PreviousSecret(previous, row.moment(7));
    if (!row.is_null(19)) key.previous->sealed_signing_secret = row.text(19);
  }
  GH_TRY(key.scopes, list_of(row.text(8)));
  GH_TRY(key.models, list_of(row.text(9)));
  GH_TRY(key.cidrs, list_of(row.text(10)));
  key.is_active = row.truth(11);
  key.created = row.moment(12);
  key.expires = row.maybe_moment(13);
  key.revoked = row.maybe_moment(14);
  key.last_used = row.maybe_moment(15);
  key.usage_count = row.integer(16);
  key.version = static_cast<std::uint32_t>(row.integer(17));
  if (!row.is_null(18)) key.sealed_signing_secret = row.text(18);
  return key;
}

Result<KeyId> key_id_of(const Statement& row) { return KeyId(row.text(0)); }

Result<ApiKey> find_key(Database& database, const store::Reach& reach, const KeyId& id) {
  Statement found = database.prepare(key_of_id);
  found.bind(id.value(), tenant_id_of(reach));
  return only_row(found, &key_of, &store::key_not_found);
}

Result<ApiKey> change_key(Database& database, const ApiKey& key) {
  GH_CHECK(store::check(key));
  {
    Statement updated = database.prepare(changed_key);
    updated.bind(key.id.value(), key.tenant.value(), key.version, key.name, bytes_of(key.digest), digest_of_previous(key),
                 end_of_previous(key), list_text(key.scopes), list_text(key.models), list_text(key.cidrs), key.is_active, key.expires,
                 signing_secret_of(key), signing_secret_before(key));
    GH_CHECK(updated.run());
  }
  const bool changed = database.changed() > 0;
  GH_TRY(ApiKey now, find_key(database, store::Reach::of(key.tenant), key.id));
  if (!changed) return store::version_conflict();
  return now;
}

Result<ApiKey> revoke_key(Database& database, const store::Reach& reach, const KeyId& id, store::Moment at) {
  {
    Statement updated = database.prepare(update_revoked);
    updated.bind(id.value(), tenant_id_of(reach), at);
    GH_CHECK(updated.run());
  }
  if (database.changed() > 0) {
    GH_TRY([[maybe_unused]] const store::Revocation told,
           insert_revocation(database, store::Revocation(store::RevocationKind::key, id.value(), at)));
  }
  return find_key(database, reach, id);
}

Status add_uses(Database& database, const std::vector<store::KeyUse>& uses) {
  for (const store::KeyUse& use : uses) {
    GH_CHECK(store::check(use));
    Statement updated = database.prepare(update_use);
    updated.bind(use.id.value(), use.count, use.last_used);
    GH_CHECK(updated.run());
  }
  return ok();
}

}  // namespace

Result<ApiKey> insert_key(Database& database, const ApiKey& key) {
  GH_CHECK(store::check(key));
  {
    Statement inserted = database.prepare(new_key);
    inserted.bind(key.id.value(), key.tenant.value(), text_of(key.user), key.name, key.prefix, bytes_of(key.digest),
                  digest_of_previous(key), end_of_previous(key), list_text(key.scopes), list_text(key.models), list_text(key.cidrs),
                  key.is_active, key.created, key.expires, key.last_used, key.usage_count, signing_secret_of(key),
                  signing_secret_before(key));
    GH_TRY(const Step step, inserted.step());
    if (step == Step::duplicate) return store::key_exists();
    if (step == Step::orphan) return store::tenant_not_found();
  }
  return find_key(database, store::Reach::of(key.tenant), key.id);
}

Result<std::vector<ApiKey>> revoke_keys_of(Database& database, const store::UserId& user, store::Moment at) {
  std::vector<KeyId> ids;
  {
    Statement found = database.prepare(good_keys_of_user);
    found.bind(user.value());
    GH_TRY(ids, all_rows(found, &key_id_of));
  }
  std::vector<ApiKey> revoked;
  for (const KeyId& id : ids) {
    GH_TRY(ApiKey key, revoke_key(database, store::Reach::everything(), id, at));
    revoked.push_back(std::move(key));
  }
  return revoked;
}

Task<Result<ApiKey>> SqliteKeyStore::create(Reactor& reactor, ApiKey key) {
  DatabaseWork<ApiKey> work = [key = std::move(key)](Database& database) { return insert_key(database, key); };
  return connections_.write<ApiKey>(reactor, std::move(work));
}

Task<Result<ApiKey>> SqliteKeyStore::find(Reactor& reactor, store::Reach reach, KeyId id) {
  DatabaseWork<ApiKey> work = [reach = std::move(reach), id = std::move(id)](Database& database) { return find_key(database, reach, id); };
  return connections_.read<ApiKey>(reactor, std::move(work));
}

Task<Result<store::Page<ApiKey>>> SqliteKeyStore::list(Reactor& reactor, store::KeyQuery query) {
  DatabaseWork<store::Page<ApiKey>> work = [query = std::move(query)](Database& database) -> Result<store::Page<ApiKey>> {
    const std::optional<std::string> tenant = tenant_id_of(query.reach);
    Statement found = database.prepare(tenant ? page_of_keys_of_tenant : page_of_keys);
    tenant ? found.bind(query.after.value(), text_of(query.user), one_more_than(query.limit), *tenant)
           : found.bind(query.after.value(), text_of(query.user), one_more_than(query.limit));
    GH_TRY(std::vector<ApiKey> keys, all_rows(found, &key_of));
    return page_of(std::move(keys), query.limit);
  };
  return connections_.read<store::Page<ApiKey>>(reactor, std::move(work));
}

Task<Result<ApiKey>> SqliteKeyStore::change(Reactor& reactor, ApiKey key) {
  DatabaseWork<ApiKey> work = [key = std::move(key)](Database& database) { return change_key(database, key); };
  return connections_.write<ApiKey>(reactor, std::move(work));
}

Task<Result<ApiKey>> SqliteKeyStore::revoke(Reactor& reactor, store::Reach reach, KeyId id, store::Moment at,
                                            store::ExpectedVersion version) {
  DatabaseWork<ApiKey> work = [reach = std::move(reach), id = std::move(id), at, version](Database& database) -> Result<ApiKey> {
    GH_TRY(const ApiKey key, find_key(database, reach, id));
    GH_CHECK(check_version(key.version, version));
    return revoke_key(database, reach, id, at);
  };
  return connections_.write<ApiKey>(reactor, std::move(work));
}

Task<Status> SqliteKeyStore::record_uses(Reactor& reactor, std::vector<store::KeyUse> uses) {
  DatabaseWork<std::monostate> work = [uses = std::move(uses)](Database& database) { return add_uses(database, uses); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
