// identity/audit_desk.h — the desk where decisions are put on record for good, and asked for.
// Threads  any reactor
// Errors   those of the store
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/store/ports.h"

namespace gatehouse::identity {

class AuditDesk {
 public:
  // The setting that says how far the file of checkpoints had come.
  static constexpr std::string_view checkpoint_setting = "audit_checkpoints";

  AuditDesk(store::Store& store, telemetry::AuditSealer sealer)
      : store_(store), sealer_(std::make_shared<const telemetry::AuditSealer>(std::move(sealer))) {}

  // Before something is done: gives the number for its record, AuditRecord::intent.
  Task<Result<std::int64_t>> intend(Reactor& reactor, telemetry::AuditRecord record) const {
    return store_.audit().intend(reactor, std::move(record));
  }
  // Nothing was done.
  Task<Status> drop_intent(Reactor& reactor, std::int64_t number) const { return store_.audit().drop_intent(reactor, number); }
  // At the start: what was begun and has no record gets one.
  Task<Result<std::size_t>> settle_intents(Reactor& reactor) const { return store_.audit().settle_intents(reactor, sealer_); }
  // All of them are durable when it returns, or none is kept.
  Task<Status> append(Reactor& reactor, std::vector<telemetry::AuditRecord> records) const {
    return store_.audit().append(reactor, sealer_, std::move(records));
  }
  // What was asked, masked by now.
  Task<Status> keep(Reactor& reactor, std::vector<telemetry::AuditContent> contents) const {
    return store_.audit().keep(reactor, std::move(contents));
  }
  Task<Status> forget_contents(Reactor& reactor, telemetry::AuditTime before) const {
    return store_.audit().drop_contents(reactor, before);
  }
  Task<Result<store::Page<telemetry::AuditRow>>> list(Reactor& reactor, store::AuditQuery query) const {
    return store_.audit().list(reactor, std::move(query));
  }
  // Of this instance.
  Task<Result<std::vector<telemetry::AuditHead>>> heads(Reactor& reactor) const {
    return store_.audit().heads(reactor, sealer_->instance());
  }
  Task<Result<std::vector<telemetry::AuditHead>>> all_heads(Reactor& reactor) const { return store_.audit().heads(reactor, {}); }
  // How far the file of checkpoints had come.
  Task<Status> mark_checkpoints(Reactor& reactor, telemetry::CheckpointMark mark) const {
    return store_.settings().put(reactor, std::string(checkpoint_setting), to_text(mark));
  }
  Task<Result<telemetry::CheckpointMark>> checkpoint_mark(Reactor& reactor) const;
  const telemetry::AuditSealer& sealer() const { return *sealer_; }

 private:
  store::Store& store_;
  const std::shared_ptr<const telemetry::AuditSealer> sealer_;
};

}  // namespace gatehouse::identity
