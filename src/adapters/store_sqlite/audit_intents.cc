#include "audit_rows.h"
#include "columns.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using telemetry::AuditRecord;

constexpr const char* insert_intent =
    "INSERT INTO audit_intents (tenant_number, tenant_id, time_us, user_id, key_id, action, route, resource_type, resource_id, request_id, "
    "address) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
constexpr const char* select_intents =
    "SELECT number, tenant_number, tenant_id, time_us, user_id, key_id, action, route, resource_type, resource_id, request_id, address "
    "FROM audit_intents ORDER BY number";
constexpr const char* delete_intent = "DELETE FROM audit_intents WHERE number = ?1";

Result<std::int64_t> add_intent(Database& database, const AuditRecord& record) {
  Statement inserted = database.prepare(insert_intent);
  inserted.bind(record.tenant_number, record.tenant.value(), record.time.time_since_epoch().count(), record.user, record.key, record.action,
                record.route, record.resource_type, record.resource_id, record.request_id, record.address);
  GH_CHECK(inserted.run());
  return database.last_number();
}

Result<AuditRecord> intent_of(const Statement& row) {
  AuditRecord record;
  record.intent = row.integer(0);
  record.tenant_number = static_cast<std::uint32_t>(row.integer(1));
  record.tenant = TenantId(row.text(2));
  record.time = telemetry::AuditTime(std::chrono::microseconds(row.integer(3)));
  int column = 4;
  for (std::string* text : {&record.user, &record.key, &record.action, &record.route, &record.resource_type, &record.resource_id,
                            &record.request_id, &record.address}) {
    *text = row.text(column++);
  }
  record.outcome = telemetry::audit_interrupted;
  return record;
}

Result<std::size_t> settle_all(Database& database, const telemetry::AuditSealer& sealer) {
  std::vector<AuditRecord> left;
  {
    Statement found = database.prepare(select_intents);
    GH_TRY(left, all_rows(found, &intent_of));
  }
  GH_CHECK(append_audit(database, sealer, left));
  return left.size();
}

}  // namespace

Status end_audit_intent(Database& database, std::int64_t number) { return database.prepare(delete_intent).bind(number).run(); }

Task<Result<std::int64_t>> SqliteAuditStore::intend(Reactor& reactor, AuditRecord record) {
  DatabaseWork<std::int64_t> work = [record = std::move(record)](Database& database) { return add_intent(database, record); };
  return connections_.write<std::int64_t>(reactor, std::move(work));
}

Task<Status> SqliteAuditStore::drop_intent(Reactor& reactor, std::int64_t number) {
  DatabaseWork<std::monostate> work = [number](Database& database) { return end_audit_intent(database, number); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Result<std::size_t>> SqliteAuditStore::settle_intents(Reactor& reactor, std::shared_ptr<const telemetry::AuditSealer> sealer) {
  DatabaseWork<std::size_t> work = [sealer = std::move(sealer)](Database& database) { return settle_all(database, *sealer); };
  return connections_.write<std::size_t>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
