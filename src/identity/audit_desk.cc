#include "gatehouse/identity/audit_desk.h"

namespace gatehouse::identity {

Task<Result<telemetry::CheckpointMark>> AuditDesk::checkpoint_mark(Reactor& reactor) const {
  std::string name(checkpoint_setting);
  const Result<std::optional<std::string>> kept = co_await store_.settings().get(reactor, std::move(name));
  if (!kept) co_return kept.error();
  co_return telemetry::parse_checkpoint_mark(kept->value_or(""));
}

}  // namespace gatehouse::identity
