#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::UsageRow;

constexpr const char* add_to =
    "INSERT INTO usage (tenant_id, day, model, task, requests, prompt_tokens, completion_tokens, cached_tokens, cost) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, "
    "prompt_tokens = prompt_tokens + excluded.prompt_tokens, completion_tokens = completion_tokens + excluded.completion_tokens, "
    "cached_tokens = cached_tokens + excluded.cached_tokens, cost = cost + excluded.cost";
constexpr const char* select_days =
    "SELECT tenant_id, day, model, task, requests, prompt_tokens, completion_tokens, cached_tokens, cost FROM usage "
    "WHERE day BETWEEN ?1 AND ?2 ORDER BY tenant_id, day, model, task";
constexpr const char* select_days_of_tenant =
    "SELECT tenant_id, day, model, task, requests, prompt_tokens, completion_tokens, cached_tokens, cost FROM usage "
    "WHERE day BETWEEN ?1 AND ?2 AND tenant_id = ?3 ORDER BY tenant_id, day, model, task";

Result<UsageRow> usage_of(const Statement& row) {
  GH_TRY(const store::Day day, day_of(row.text(1)));
  UsageRow usage(TenantId(row.text(0)), day, ModelName(row.text(2)), row.text(3));
  usage.requests = row.integer(4);
  usage.prompt_tokens = row.integer(5);
  usage.completion_tokens = row.integer(6);
  usage.cached_tokens = row.integer(7);
  usage.cost = row.integer(8);
  return usage;
}

}  // namespace

Result<bool> add_usage(Database& database, const UsageRow& row) {
  GH_CHECK(store::check(row));
  Statement added = database.prepare(add_to);
  added.bind(row.tenant.value(), store::to_string(row.day), row.model.value(), row.task, row.requests, row.prompt_tokens,
             row.completion_tokens, row.cached_tokens, row.cost);
  GH_TRY(const Step step, added.step());
  return step != Step::orphan;
}

Task<Status> SqliteUsageStore::add(Reactor& reactor, std::vector<UsageRow> rows) {
  DatabaseWork<std::monostate> work = [rows = std::move(rows)](Database& database) -> Status {
    for (const UsageRow& row : rows) {
      GH_TRY(const bool added, add_usage(database, row));
      if (!added) return store::tenant_not_found();
    }
    return ok();
  };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Result<std::vector<UsageRow>>> SqliteUsageStore::rows(Reactor& reactor, store::UsageQuery query) {
  DatabaseWork<std::vector<UsageRow>> work = [query = std::move(query)](Database& database) {
    const std::string first = store::to_string(query.first), last = store::to_string(query.last);
    const std::optional<TenantId>& tenant = query.reach.tenant();
    Statement found = database.prepare(tenant ? select_days_of_tenant : select_days);
    tenant ? found.bind(first, last, tenant->value()) : found.bind(first, last);
    return all_rows(found, &usage_of);
  };
  return connections_.read<std::vector<UsageRow>>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
