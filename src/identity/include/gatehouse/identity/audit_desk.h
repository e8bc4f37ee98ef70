// identity/audit_desk.h — the desk where decisions are put on record for good, and asked for.
// Threads  any reactor
// Errors   those of the store
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "gatehouse/store/ports.h"

namespace gatehouse::identity {

class AuditDesk {
 public:
  AuditDesk(store::AuditStore& store, telemetry::AuditSealer sealer)
      : store_(store), sealer_(std::make_shared<const telemetry::AuditSealer>(std::move(sealer))) {}

  // All of them are durable when it returns, or none is kept.
  Task<Status> append(Reactor& reactor, std::vector<telemetry::AuditRecord> records) const {
    return store_.append(reactor, sealer_, std::move(records));
  }
  // What was asked, masked by now.
  Task<Status> keep(Reactor& reactor, std::vector<telemetry::AuditContent> contents) const {
    return store_.keep(reactor, std::move(contents));
  }
  Task<Status> forget_contents(Reactor& reactor, telemetry::AuditTime before) const { return store_.drop_contents(reactor, before); }
  Task<Result<store::Page<telemetry::AuditRow>>> list(Reactor& reactor, store::AuditQuery query) const {
    return store_.list(reactor, std::move(query));
  }
  // Of this instance.
  Task<Result<std::vector<telemetry::AuditHead>>> heads(Reactor& reactor) const { return store_.heads(reactor, sealer_->instance()); }
  const telemetry::AuditSealer& sealer() const { return *sealer_; }

 private:
  store::AuditStore& store_;
  const std::shared_ptr<const telemetry::AuditSealer> sealer_;
};

}  // namespace gatehouse::identity
