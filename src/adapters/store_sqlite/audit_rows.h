// adapters/store_sqlite/audit_rows.h — how rows and heads of the audit trail are read back, wherever they are.
#pragma once
#include "database.h"
#include "gatehouse/telemetry/audit_chain.h"

namespace gatehouse::adapters {

// Columns of `audit` (a) and `audit_chains` (c), in the order in which audit_row_of() reads them; the first is the row's number.
// The join is LEFT: a row whose chain is gone is still seen.
#define GH_AUDIT_ROWS                                                                                                          \
  "SELECT a.number, c.tenant_number, c.tenant_id, c.instance, a.sequence, a.time_us, a.user_id, a.key_id, a.action, a.route, " \
  "a.resource_type, a.resource_id, a.outcome, a.rule, a.request_id, a.address, a.model, a.task, a.finish, a.status, "          \
  "a.prompt_tokens, a.completion_tokens, a.count, a.seal FROM audit a LEFT JOIN audit_chains c ON c.id = a.chain "
#define GH_AUDIT_HEADS "SELECT tenant_number, tenant_id, instance, records, head, id FROM audit_chains "

// Whatever stands there: it is for the verifier to find it wrong.
Result<telemetry::AuditRow> audit_row_of(const Statement& row);
Result<telemetry::AuditHead> audit_head_of(const Statement& row);
telemetry::AuditSeal audit_seal_of(std::string_view bytes);

}  // namespace gatehouse::adapters
