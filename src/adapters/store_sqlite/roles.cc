#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::Role;

#define GH_ROLE_COLUMNS "number, tenant_id, name, scopes, tasks, models, max_tokens, n, temperature, created_s, version"

constexpr const char* role_named = "SELECT " GH_ROLE_COLUMNS " FROM roles WHERE tenant_id = ?1 AND name = ?2";
constexpr const char* page_of_all_roles =
    "SELECT " GH_ROLE_COLUMNS " FROM roles WHERE (tenant_id, name) > (?1, ?2) ORDER BY tenant_id, name LIMIT ?3";
constexpr const char* page_of_tenants_roles =
    "SELECT " GH_ROLE_COLUMNS " FROM roles WHERE tenant_id = ?1 AND (tenant_id, name) > (?2, ?3) ORDER BY name LIMIT ?4";

#undef GH_ROLE_COLUMNS

constexpr const char* new_role =
    "INSERT INTO roles (tenant_id, name, scopes, tasks, models, max_tokens, n, temperature, created_s, version) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, max(?9, coalesce((SELECT created_s FROM tenants WHERE id = ?1), 0)), 1)";
constexpr const char* number_of_roles = "SELECT count(*) FROM roles WHERE tenant_id = ?1";
constexpr const char* changed_role =
    "UPDATE roles SET scopes = ?4, tasks = ?5, models = ?6, max_tokens = ?7, n = ?8, temperature = ?9, version = version + 1 "
    "WHERE tenant_id = ?1 AND name = ?2 AND version = ?3";
constexpr const char* any_user_with_role = "SELECT 1 FROM users WHERE own_role = ?1 LIMIT 1";
constexpr const char* delete_tickets_of_role = "DELETE FROM tickets WHERE own_role = ?1";
constexpr const char* delete_role = "DELETE FROM roles WHERE number = ?1";
constexpr const char* number_of_role = "SELECT number FROM roles WHERE tenant_id = ?1 AND name = ?2";

std::optional<std::uint32_t> maybe_count(const Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(static_cast<std::uint32_t>(row.integer(column)));
}

Result<Role> role_of_row(const Statement& row) {
  Role role(TenantId(row.text(1)), row.text(2));
  role.number = static_cast<std::uint32_t>(row.integer(0));
  GH_TRY(role.scopes, list_of(row.text(3)));
  GH_TRY(role.tasks, list_of(row.text(4)));
  GH_TRY(role.models, list_of(row.text(5)));
  role.max_tokens = maybe_count(row, 6);
  role.n = maybe_count(row, 7);
  if (!row.is_null(8)) role.temperature = row.real(8);
  role.created = row.moment(9);
  role.version = static_cast<std::uint32_t>(row.integer(10));
  return role;
}

Result<Role> find_role(Database& database, const TenantId& tenant, const std::string& name) {
  Statement found = database.prepare(role_named);
  found.bind(tenant.value(), name);
  return only_row(found, &role_of_row, &store::role_not_found);
}

Result<Role> create_role(Database& database, const Role& role) {
  GH_CHECK(store::check(role));
  {
    Statement inserted = database.prepare(new_role);
    inserted.bind(role.tenant.value(), role.name, list_text(role.scopes), list_text(role.tasks), list_text(role.models), role.max_tokens,
                  role.n, role.temperature, role.created);
    GH_TRY(const Step step, inserted.step());
    if (step == Step::orphan) return store::tenant_not_found();
    if (step == Step::duplicate) return store::role_exists();
  }
  {
    Statement counted = database.prepare(number_of_roles);
    GH_TRY([[maybe_unused]] const Step step, counted.bind(role.tenant.value()).step());
    if (counted.integer(0) > static_cast<std::int64_t>(store::most_roles)) return store::too_many_roles();
  }
  return find_role(database, role.tenant, role.name);
}

Result<Role> change_role(Database& database, const Role& role) {
  GH_CHECK(store::check(role));
  {
    Statement updated = database.prepare(changed_role);
    updated.bind(role.tenant.value(), role.name, role.version, list_text(role.scopes), list_text(role.tasks), list_text(role.models),
                 role.max_tokens, role.n, role.temperature);
    GH_CHECK(updated.run());
  }
  const bool changed = database.changed() > 0;
  GH_TRY(Role now, find_role(database, role.tenant, role.name));
  if (!changed) return store::version_conflict();
  return now;
}

Result<Role> remove_role(Database& database, const TenantId& tenant, const std::string& name, std::uint32_t version) {
  GH_TRY(Role role, find_role(database, tenant, name));
  if (role.version != version) return store::version_conflict();
  {
    Statement had = database.prepare(any_user_with_role);
    GH_TRY(const Step step, had.bind(role.number).step());
    if (step == Step::row) return store::role_in_use();
  }
  GH_CHECK(database.prepare(delete_tickets_of_role).bind(role.number).run());
  GH_CHECK(database.prepare(delete_role).bind(role.number).run());
  return role;
}

Result<store::Page<Role>> page_of_roles(Database& database, const store::RoleQuery& query) {
  const std::optional<std::string> tenant = tenant_id_of(query.reach);
  Statement found = database.prepare(tenant ? page_of_tenants_roles : page_of_all_roles);
  const std::int64_t limit = one_more_than(query.limit);
  if (tenant) {
    found.bind(*tenant, query.after_tenant.value(), query.after_name, limit);
  } else {
    found.bind(query.after_tenant.value(), query.after_name, limit);
  }
  GH_TRY(std::vector<Role> roles, all_rows(found, &role_of_row));
  return page_of(std::move(roles), query.limit);
}

}  // namespace

Result<std::optional<std::int64_t>> own_role_number(Database& database, const TenantId& tenant, const std::string& role) {
  if (store::is_built_in(role)) return std::optional<std::int64_t>();
  Statement found = database.prepare(number_of_role);
  GH_TRY(const Step step, found.bind(tenant.value(), role).step());
  if (step != Step::row) return store::role_unknown(role);
  return std::optional(found.integer(0));
}

Task<Result<Role>> SqliteRoleStore::create(Reactor& reactor, Role role) {
  DatabaseWork<Role> work = [role = std::move(role)](Database& database) { return create_role(database, role); };
  return connections_.write<Role>(reactor, std::move(work));
}

Task<Result<Role>> SqliteRoleStore::find(Reactor& reactor, TenantId tenant, std::string name) {
  DatabaseWork<Role> work = [tenant = std::move(tenant), name = std::move(name)](Database& database) {
    return find_role(database, tenant, name);
  };
  return connections_.read<Role>(reactor, std::move(work));
}

Task<Result<store::Page<Role>>> SqliteRoleStore::list(Reactor& reactor, store::RoleQuery query) {
  DatabaseWork<store::Page<Role>> work = [query = std::move(query)](Database& database) { return page_of_roles(database, query); };
  return connections_.read<store::Page<Role>>(reactor, std::move(work));
}

Task<Result<Role>> SqliteRoleStore::change(Reactor& reactor, Role role) {
  DatabaseWork<Role> work = [role = std::move(role)](Database& database) { return change_role(database, role); };
  return connections_.write<Role>(reactor, std::move(work));
}

Task<Result<Role>> SqliteRoleStore::remove(Reactor& reactor, TenantId tenant, std::string name, std::uint32_t version) {
  DatabaseWork<Role> work = [tenant = std::move(tenant), name = std::move(name), version](Database& database) {
    return remove_role(database, tenant, name, version);
  };
  return connections_.write<Role>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
