#include "scribe.h"

#include <utility>

#include "gatehouse/runtime/signal.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::app {
namespace {

constexpr seconds interval{1};
constexpr std::size_t most_kept = 100'000;  // keys whose uses wait for a store that is away

}  // namespace

Scribe::Scribe(Reactor& reactor, store::Store& store, identity::Authenticator& authenticator, LedgerWriter ledger)
    : reactor_(reactor),
      store_(store),
      authenticator_(authenticator),
      ledger_(std::move(ledger)),
      due_(reactor,
           [this] {
             if (!writing_) reactor_.spawn(write());
           }),
      written_(reactor) {}

void Scribe::begin() {
  reactor_.post([this] { due_.arm_in(interval); });
}

// What has become many while something was written does not wait either.
void Scribe::hurry() {
  hurried_ = true;
  if (!writing_) due_.arm_in(nanoseconds(0));
}

// Uses of keys are written once a second, however often calls have to be.
Task<void> Scribe::write_uses() {
  const Instant now = reactor_.clock().now();
  if (std::exchange(hurried_, false) && now < uses_due_) co_return;
  uses_due_ = now + interval;
  std::vector<store::KeyUse> uses = authenticator_.take_uses();
  uses_.insert(uses_.end(), std::make_move_iterator(uses.begin()), std::make_move_iterator(uses.end()));
  if (uses_.empty()) co_return;
  const Status written = co_await store_.keys().record_uses(reactor_, uses_);
  if (written || uses_.size() > most_kept) uses_.clear();
  if (!written) telemetry::log::warn("store", "uses of keys are not written yet", {{"error", written.error().describe()}});
}

Task<void> Scribe::write() {
  writing_ = true;
  co_await write_uses();
  hurried_ = false;
  const Status settled = co_await ledger_.write(reactor_);
  if (!settled) telemetry::log::warn("store", "calls are not settled yet", {{"error", settled.error().describe()}});
  writing_ = false;
  written_.raise();
  due_.arm_in(hurried_ && settled ? nanoseconds(0) : interval);
}

Task<void> Scribe::write_then(Reactor& from, std::shared_ptr<Signal> done) {
  while (writing_) co_await written_.wait();
  hurried_ = false;
  co_await write();
  from.post([done] { done->raise(); });
}

Task<void> Scribe::write_down(Reactor& from) {
  auto done = std::make_shared<Signal>(from);
  reactor_.post([this, &from, done] { reactor_.spawn(write_then(from, done)); });
  co_await done->wait();
}

}  // namespace gatehouse::app
