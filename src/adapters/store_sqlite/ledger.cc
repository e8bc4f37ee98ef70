#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using Mark = std::pair<std::string, std::int64_t>;

constexpr const char* advance_mark =
    "INSERT INTO ledger_marks (writer, number) VALUES (?1, ?2) "
    "ON CONFLICT DO UPDATE SET number = excluded.number WHERE number < excluded.number";
constexpr const char* add_spend =
    "INSERT INTO budget_spends (budget, period, units) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET units = units + excluded.units";
constexpr const char* all_marks = "SELECT writer, number FROM ledger_marks ORDER BY writer";

Result<Mark> mark_of(const Statement& row) { return Mark(row.text(0), row.integer(1)); }

Status settle_batch(Database& database, const store::LedgerBatch& batch) {
  GH_CHECK(store::check(batch));
  GH_CHECK(database.prepare(advance_mark).bind(batch.writer, batch.number).run());
  if (database.changed() == 0) return ok();
  // Whatever of it finds no tenant, or no budget, is of one that is gone.
  for (const store::UsageRow& row : batch.usage) GH_CHECK(add_usage(database, row));
  for (const store::BudgetSpend& spend : batch.spent) {
    Statement added = database.prepare(add_spend);
    GH_CHECK(added.bind(spend.budget, spend.period, spend.units).step());
  }
  for (const store::Digest& call : batch.charged) GH_CHECK(end_idempotent_call(database, call, store::CallState::broken_off));
  return ok();
}

}  // namespace

Task<Status> SqliteLedgerStore::settle(Reactor& reactor, store::LedgerBatch batch) {
  DatabaseWork<std::monostate> work = [batch = std::move(batch)](Database& database) { return settle_batch(database, batch); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Result<std::vector<Mark>>> SqliteLedgerStore::settled(Reactor& reactor) {
  DatabaseWork<std::vector<Mark>> work = [](Database& database) {
    Statement found = database.prepare(all_marks);
    return all_rows(found, &mark_of);
  };
  return connections_.read<std::vector<Mark>>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
