#include "forgetter.h"

#include "gatehouse/telemetry/log.h"

namespace gatehouse::app {

void note_forgotten(const Status& forgotten) {
  if (!forgotten) telemetry::log::warn("store", "what has expired stays", {{"error", forgotten.error().describe()}});
}

Forgetter::Forgetter(Reactor& reactor, identity::Registry& registry, const identity::AuditDesk& audit, seconds contents_kept)
    : reactor_(reactor), registry_(registry), audit_(audit), contents_kept_(contents_kept), due_(reactor, [this] {
        reactor_.spawn(forget());
      }) {}

Task<void> Forgetter::forget() {
  const store::Moment now = std::chrono::floor<seconds>(reactor_.clock().wall());
  Status forgotten = co_await audit_.forget_contents(reactor_, now - contents_kept_);
  if (forgotten) forgotten = co_await registry_.forget_expired(reactor_, now);
  note_forgotten(forgotten);
  due_.arm_in(interval);
}

}  // namespace gatehouse::app
