#include <array>

#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::Tenant;

constexpr const char* tenant_of_id =
    "SELECT number, id, enabled, console, tasks, models, scopes, quota_per_day, token_lifetime_s, time_zone, created_s, version, "
    "signatures, weight FROM tenants WHERE id = ?1";
constexpr const char* page_of_tenants =
    "SELECT number, id, enabled, console, tasks, models, scopes, quota_per_day, token_lifetime_s, time_zone, created_s, version, "
    "signatures, weight FROM tenants WHERE id > ?1 ORDER BY id LIMIT ?2";
constexpr const char* new_tenant =
    "INSERT INTO tenants (id, enabled, console, tasks, models, scopes, quota_per_day, token_lifetime_s, time_zone, created_s, version, "
    "signatures, weight) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, ?11, ?12)";
constexpr const char* changed_tenant =
    "UPDATE tenants SET enabled = ?2, console = ?3, tasks = ?4, models = ?5, scopes = ?6, quota_per_day = ?7, token_lifetime_s = ?8, "
    "time_zone = ?9, signatures = ?11, weight = ?12, version = version + 1 WHERE id = ?1 AND version = ?10";

// What belongs to a tenant goes before it.
constexpr std::array deletes{
    "DELETE FROM audit_contents WHERE tenant_number = (SELECT number FROM tenants WHERE id = ?1)",
    "DELETE FROM lexicons WHERE tenant_number = (SELECT number FROM tenants WHERE id = ?1)",
    "DELETE FROM idempotent_calls WHERE tenant_number = (SELECT number FROM tenants WHERE id = ?1)",
    "DELETE FROM idempotent_sums WHERE tenant_number = (SELECT number FROM tenants WHERE id = ?1)",
    "DELETE FROM usage WHERE tenant_id = ?1",
    "DELETE FROM budget_spends WHERE budget IN (SELECT number FROM budgets WHERE tenant_id = ?1)",
    "DELETE FROM budgets WHERE tenant_id = ?1",
    "DELETE FROM api_keys WHERE tenant_id = ?1",
    "DELETE FROM sessions WHERE user_id IN (SELECT id FROM users WHERE tenant_id = ?1)",
    "DELETE FROM tickets WHERE tenant_id = ?1",
    "DELETE FROM users WHERE tenant_id = ?1",
    "DELETE FROM roles WHERE tenant_id = ?1",
    "DELETE FROM tenants WHERE id = ?1",
};

Result<Tenant> tenant_of(const Statement& row) {
  Tenant tenant{TenantId(row.text(1))};
  tenant.number = static_cast<std::uint32_t>(row.integer(0));
  tenant.enabled = row.truth(2);
  tenant.console = row.truth(3);
  GH_TRY(tenant.tasks, list_of(row.text(4)));
  GH_TRY(tenant.models, list_of(row.text(5)));
  GH_TRY(tenant.scopes, list_of(row.text(6)));
  tenant.quota_per_day = row.integer(7);
  tenant.token_lifetime = seconds(row.integer(8));
  tenant.time_zone = row.text(9);
  tenant.created = row.moment(10);
  tenant.version = static_cast<std::uint32_t>(row.integer(11));
  const std::optional<store::Signatures> signatures = store::parse_signatures(row.text(12));
  if (!signatures) return unreadable("no rule of signatures", row.text(12));
  tenant.signatures = *signatures;
  tenant.weight = static_cast<std::uint32_t>(row.integer(13));
  return tenant;
}

Result<Tenant> find_tenant(Database& database, const TenantId& id) {
  Statement found = database.prepare(tenant_of_id);
  found.bind(id.value());
  return only_row(found, &tenant_of, &store::tenant_not_found);
}

Result<Tenant> create_tenant(Database& database, const Tenant& tenant, const std::vector<store::ApiKey>& keys) {
  GH_CHECK(insert_tenant(database, tenant));
  for (const store::ApiKey& key : keys) {
    if (key.tenant != tenant.id) return store::record_invalid("tenant_id", "must be that of the tenant which is made with the key");
    GH_TRY([[maybe_unused]] const store::ApiKey inserted, insert_key(database, key));
  }
  return find_tenant(database, tenant.id);
}

Result<Tenant> change_tenant(Database& database, const Tenant& tenant) {
  GH_CHECK(store::check(tenant));
  {
    Statement updated = database.prepare(changed_tenant);
    updated.bind(tenant.id.value(), tenant.enabled, tenant.console, list_text(tenant.tasks), list_text(tenant.models),
                 list_text(tenant.scopes), tenant.quota_per_day, tenant.token_lifetime.count(), tenant.time_zone, tenant.version,
                 store::to_string(tenant.signatures), tenant.weight);
    GH_CHECK(updated.run());
  }
  const bool changed = database.changed() > 0;
  GH_TRY(Tenant now, find_tenant(database, tenant.id));
  if (!changed) return store::version_conflict();
  return now;
}

Result<std::uint32_t> remove_tenant(Database& database, const TenantId& id, store::Moment at, store::ExpectedVersion version) {
  GH_TRY(const Tenant removed, find_tenant(database, id));
  GH_CHECK(check_version(removed.version, version));
  for (const char* sql : deletes) GH_CHECK(database.prepare(sql).bind(id.value()).run());
  GH_TRY([[maybe_unused]] const store::Revocation told,
         insert_revocation(database, store::Revocation(store::RevocationKind::tenant, id.value(), at)));
  return removed.number;
}

}  // namespace

Status insert_tenant(Database& database, const Tenant& tenant) {
  GH_CHECK(store::check(tenant));
  Statement inserted = database.prepare(new_tenant);
  inserted.bind(tenant.id.value(), tenant.enabled, tenant.console, list_text(tenant.tasks), list_text(tenant.models),
                list_text(tenant.scopes), tenant.quota_per_day, tenant.token_lifetime.count(), tenant.time_zone, tenant.created,
                store::to_string(tenant.signatures), tenant.weight);
  GH_TRY(const Step step, inserted.step());
  return step == Step::duplicate ? Status(store::tenant_exists()) : ok();
}

Task<Result<Tenant>> SqliteTenantStore::create(Reactor& reactor, Tenant tenant, std::vector<store::ApiKey> keys) {
  DatabaseWork<Tenant> work = [tenant = std::move(tenant), keys = std::move(keys)](Database& database) {
    return create_tenant(database, tenant, keys);
  };
  return connections_.write<Tenant>(reactor, std::move(work));
}

Task<Result<Tenant>> SqliteTenantStore::find(Reactor& reactor, TenantId id) {
  DatabaseWork<Tenant> work = [id = std::move(id)](Database& database) { return find_tenant(database, id); };
  return connections_.read<Tenant>(reactor, std::move(work));
}

Task<Result<store::Page<Tenant>>> SqliteTenantStore::list(Reactor& reactor, TenantId after, std::size_t limit) {
  DatabaseWork<store::Page<Tenant>> work = [after = std::move(after), limit](Database& database) -> Result<store::Page<Tenant>> {
    Statement found = database.prepare(page_of_tenants);
    found.bind(after.value(), one_more_than(limit));
    GH_TRY(std::vector<Tenant> tenants, all_rows(found, &tenant_of));
    return page_of(std::move(tenants), limit);
  };
  return connections_.read<store::Page<Tenant>>(reactor, std::move(work));
}

Task<Result<Tenant>> SqliteTenantStore::change(Reactor& reactor, Tenant tenant) {
  DatabaseWork<Tenant> work = [tenant = std::move(tenant)](Database& database) { return change_tenant(database, tenant); };
  return connections_.write<Tenant>(reactor, std::move(work));
}

Task<Result<std::uint32_t>> SqliteTenantStore::remove(Reactor& reactor, TenantId id, store::Moment at, store::ExpectedVersion version) {
  DatabaseWork<std::uint32_t> work = [id = std::move(id), at, version](Database& database) {
    return remove_tenant(database, id, at, version);
  };
  return connections_.write<std::uint32_t>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
