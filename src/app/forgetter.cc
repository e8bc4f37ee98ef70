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

void Forgetter::begin() {
  registry_.passed(reactor_.clock());
  due_.arm_in(interval);
  reactor_.spawn(begin_forgetting());
}

Task<Status> Forgetter::forget_contents() {
  const store::Moment now = std::chrono::floor<seconds>(reactor_.clock().wall());
  co_return co_await audit_.forget_contents(reactor_, now - contents_kept_);
}

Task<void> Forgetter::begin_forgetting() {
  const Status forgotten = co_await forget_contents();
  note_forgotten(forgotten);
}

Task<void> Forgetter::forget() {
  Status forgotten = co_await forget_contents();
  if (forgotten) forgotten = co_await registry_.forget_expired(reactor_);
  note_forgotten(forgotten);
  due_.arm_in(interval);
}

}  // namespace gatehouse::app
