#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::Budget;

#define GH_BUDGET_COLUMNS "number, id, tenant_id, user_id, key_id, unit, amount, period, created_s, version"

constexpr const char* budget_of_id = "SELECT " GH_BUDGET_COLUMNS " FROM budgets WHERE id = ?1 AND (?2 IS NULL OR tenant_id = ?2)";
constexpr const char* page_of_all_budgets = "SELECT " GH_BUDGET_COLUMNS " FROM budgets WHERE id > ?1 ORDER BY id LIMIT ?2";
constexpr const char* page_of_tenants_budgets =
    "SELECT " GH_BUDGET_COLUMNS " FROM budgets WHERE id > ?1 AND tenant_id = ?3 ORDER BY id LIMIT ?2";
constexpr const char* budgets_of_user = "SELECT " GH_BUDGET_COLUMNS " FROM budgets WHERE user_id = ?1 UNION ALL SELECT " GH_BUDGET_COLUMNS
                                        " FROM budgets WHERE key_id IN (SELECT id FROM api_keys WHERE user_id = ?1)";

#undef GH_BUDGET_COLUMNS

// Never older than its tenant, whatever the clock says: what is older was of another one of that name.
constexpr const char* new_budget =
    "INSERT INTO budgets (id, tenant_id, user_id, key_id, unit, amount, period, created_s, version) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, max(?8, coalesce((SELECT created_s FROM tenants WHERE id = ?2), 0)), 1)";
constexpr const char* changed_budget =
    "UPDATE budgets SET amount = ?4, version = version + 1 WHERE id = ?1 AND tenant_id = ?2 AND version = ?3";
constexpr const char* tenant_with_budgets = "SELECT 1 FROM tenants WHERE id = ?1";
constexpr const char* user_with_budgets = "SELECT 1 FROM users WHERE id = ?1 AND tenant_id = ?2";
constexpr const char* key_with_budgets = "SELECT 1 FROM api_keys WHERE id = ?1 AND tenant_id = ?2";
constexpr const char* delete_spends = "DELETE FROM budget_spends WHERE budget = ?1";
constexpr const char* delete_budget = "DELETE FROM budgets WHERE number = ?1";
constexpr const char* all_spends = "SELECT budget, period, units FROM budget_spends ORDER BY budget, period";
constexpr const char* delete_old_spends = "DELETE FROM budget_spends WHERE period <> 0 AND period < ?1";

Result<Budget> budget_of(const Statement& row) {
  Budget budget(store::BudgetId(row.text(1)), TenantId(row.text(2)));
  budget.number = static_cast<std::uint32_t>(row.integer(0));
  if (!row.is_null(3)) budget.user = store::UserId(row.text(3));
  if (!row.is_null(4)) budget.key = KeyId(row.text(4));
  const std::optional<store::BudgetUnit> unit = store::parse_budget_unit(row.text(5));
  const std::optional<store::BudgetPeriod> period = store::parse_budget_period(row.text(7));
  if (!unit || !period) return unreadable("no unit and period of a budget", row.text(5) + " " + row.text(7));
  budget.unit = *unit;
  budget.amount = row.integer(6);
  budget.period = *period;
  budget.created = row.moment(8);
  budget.version = static_cast<std::uint32_t>(row.integer(9));
  return budget;
}

Result<store::BudgetSpend> spend_of(const Statement& row) {
  return store::BudgetSpend(static_cast<std::uint32_t>(row.integer(0)), row.integer(1), row.integer(2));
}

Result<Budget> find_budget(Database& database, const store::Reach& reach, const store::BudgetId& id) {
  Statement found = database.prepare(budget_of_id);
  found.bind(id.value(), tenant_id_of(reach));
  return only_row(found, &budget_of, &store::budget_not_found);
}

template <class... Values>
Status must_be_there(Database& database, const char* sql, Error (*none)(), const Values&... values) {
  Statement found = database.prepare(sql);
  GH_TRY(const Step step, found.bind(values...).step());
  return step == Step::row ? ok() : Status(none());
}

Status check_whose(Database& database, const Budget& budget) {
  const std::string& tenant = budget.tenant.value();
  GH_CHECK(must_be_there(database, tenant_with_budgets, &store::tenant_not_found, tenant));
  if (budget.user) GH_CHECK(must_be_there(database, user_with_budgets, &store::user_not_found, budget.user->value(), tenant));
  if (budget.key) GH_CHECK(must_be_there(database, key_with_budgets, &store::key_not_found, budget.key->value(), tenant));
  return ok();
}

template <class Id>
std::optional<std::string> maybe_text(const std::optional<Id>& id) {
  return id ? std::optional(id->value()) : std::nullopt;
}

Result<Budget> create_budget(Database& database, const Budget& budget) {
  GH_CHECK(store::check(budget));
  GH_CHECK(check_whose(database, budget));
  {
    Statement inserted = database.prepare(new_budget);
    inserted.bind(budget.id.value(), budget.tenant.value(), maybe_text(budget.user), maybe_text(budget.key), store::to_string(budget.unit),
                  budget.amount, store::to_string(budget.period), budget.created);
    GH_TRY(const Step step, inserted.step());
    if (step == Step::duplicate) return store::budget_exists();
  }
  return find_budget(database, store::Reach::of(budget.tenant), budget.id);
}

Result<Budget> change_budget(Database& database, const Budget& budget) {
  GH_CHECK(store::check(budget));
  {
    Statement updated = database.prepare(changed_budget);
    GH_CHECK(updated.bind(budget.id.value(), budget.tenant.value(), budget.version, budget.amount).run());
  }
  const bool changed = database.changed() > 0;
  GH_TRY(Budget now, find_budget(database, store::Reach::of(budget.tenant), budget.id));
  if (!changed) return store::version_conflict();
  return now;
}

Status drop_budget(Database& database, const Budget& budget) {
  for (const char* sql : {delete_spends, delete_budget}) GH_CHECK(database.prepare(sql).bind(budget.number).run());
  return ok();
}

Result<Budget> remove_budget(Database& database, const store::Reach& reach, const store::BudgetId& id, store::ExpectedVersion version) {
  GH_TRY(Budget budget, find_budget(database, reach, id));
  GH_CHECK(check_version(budget.version, version));
  GH_CHECK(drop_budget(database, budget));
  return budget;
}

Result<store::Page<Budget>> page_of_budgets(Database& database, const store::BudgetQuery& query) {
  const std::optional<std::string> tenant = tenant_id_of(query.reach);
  Statement found = database.prepare(tenant ? page_of_tenants_budgets : page_of_all_budgets);
  const std::int64_t limit = one_more_than(query.limit);
  tenant ? found.bind(query.after.value(), limit, *tenant) : found.bind(query.after.value(), limit);
  GH_TRY(std::vector<Budget> budgets, all_rows(found, &budget_of));
  return page_of(std::move(budgets), query.limit);
}

}  // namespace

Result<std::vector<Budget>> remove_budgets_of(Database& database, const store::UserId& user) {
  std::vector<Budget> removed;
  {
    Statement found = database.prepare(budgets_of_user);
    found.bind(user.value());
    GH_TRY(removed, all_rows(found, &budget_of));
  }
  for (const Budget& budget : removed) GH_CHECK(drop_budget(database, budget));
  return removed;
}

Task<Result<Budget>> SqliteBudgetStore::create(Reactor& reactor, Budget budget) {
  DatabaseWork<Budget> work = [budget = std::move(budget)](Database& database) { return create_budget(database, budget); };
  return connections_.write<Budget>(reactor, std::move(work));
}

Task<Result<Budget>> SqliteBudgetStore::find(Reactor& reactor, store::Reach reach, store::BudgetId id) {
  DatabaseWork<Budget> work = [reach = std::move(reach), id = std::move(id)](Database& database) {
    return find_budget(database, reach, id);
  };
  return connections_.read<Budget>(reactor, std::move(work));
}

Task<Result<store::Page<Budget>>> SqliteBudgetStore::list(Reactor& reactor, store::BudgetQuery query) {
  DatabaseWork<store::Page<Budget>> work = [query = std::move(query)](Database& database) { return page_of_budgets(database, query); };
  return connections_.read<store::Page<Budget>>(reactor, std::move(work));
}

Task<Result<Budget>> SqliteBudgetStore::change(Reactor& reactor, Budget budget) {
  DatabaseWork<Budget> work = [budget = std::move(budget)](Database& database) { return change_budget(database, budget); };
  return connections_.write<Budget>(reactor, std::move(work));
}

Task<Result<Budget>> SqliteBudgetStore::remove(Reactor& reactor, store::Reach reach, store::BudgetId id, store::ExpectedVersion version) {
  DatabaseWork<Budget> work = [reach = std::move(reach), id = std::move(id), version](Database& database) {
    return remove_budget(database, reach, id, version);
  };
  return connections_.write<Budget>(reactor, std::move(work));
}

Task<Result<std::vector<store::BudgetSpend>>> SqliteBudgetStore::spent(Reactor& reactor) {
  DatabaseWork<std::vector<store::BudgetSpend>> work = [](Database& database) {
    Statement found = database.prepare(all_spends);
    return all_rows(found, &spend_of);
  };
  return connections_.read<std::vector<store::BudgetSpend>>(reactor, std::move(work));
}

Task<Status> SqliteBudgetStore::drop_spent(Reactor& reactor, store::Moment before) {
  DatabaseWork<std::monostate> work = [before](Database& database) { return database.prepare(delete_old_spends).bind(before).run(); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
