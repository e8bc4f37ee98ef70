#include "gatehouse/telemetry/audit_record.h"

#include "byte_writer.h"

namespace gatehouse::telemetry {

std::string audit_bytes(const AuditRecord& record) {
  std::string bytes;
  bytes.reserve(512);
  put_number(bytes, static_cast<std::uint64_t>(record.time.time_since_epoch().count()));
  put_number(bytes, record.tenant_number);
  for (const std::string* text :
       {&record.tenant.value(), &record.user, &record.key, &record.action, &record.route, &record.resource_type, &record.resource_id,
        &record.outcome, &record.rule, &record.request_id, &record.address, &record.model, &record.task, &record.finish}) {
    put_text(bytes, *text);
  }
  put_number(bytes, static_cast<std::uint64_t>(record.status));
  put_number(bytes, record.prompt_tokens);
  put_number(bytes, record.completion_tokens);
  put_number(bytes, record.count);
  return bytes;
}

}  // namespace gatehouse::telemetry
