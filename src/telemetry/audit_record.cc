#include "gatehouse/telemetry/audit_record.h"

#include "byte_writer.h"

namespace gatehouse::telemetry {

std::string audit_bytes(const AuditRecord& record) {
  std::string bytes;
  bytes.reserve(512);
  append_number(bytes, static_cast<std::uint64_t>(record.time.time_since_epoch().count()));
  append_number(bytes, record.tenant_number);
  for (const std::string* text :
       {&record.tenant.value(), &record.user, &record.key, &record.action, &record.route, &record.resource_type, &record.resource_id,
        &record.outcome, &record.rule, &record.request_id, &record.address, &record.model, &record.task, &record.finish}) {
    append_text(bytes, *text);
  }
  append_number(bytes, static_cast<std::uint64_t>(record.status));
  append_number(bytes, record.prompt_tokens);
  append_number(bytes, record.completion_tokens);
  append_number(bytes, record.count);
  return bytes;
}

}  // namespace gatehouse::telemetry
