#include "audit_scribe.h"

#include <limits>
#include <utility>

#include "gatehouse/telemetry/log.h"

namespace gatehouse::app {
namespace {

constexpr seconds between_looks{1};

}  // namespace

AuditScribe::AuditScribe(Reactor& reactor, const identity::AuditDesk& desk, gateway::AuditBook& book)
    : reactor_(reactor),
      desk_(desk),
      book_(book),
      due_(reactor,
           [this] {
             book_.put_back(book_.take_counted(gateway::minute_of(reactor_.clock().wall())));
             start();
             due_.arm_in(between_looks);
           }),
      written_(reactor) {}

void AuditScribe::begin() {
  book_.on_record([this] { start(); });
  reactor_.post([this] { due_.arm_in(between_looks); });
}

void AuditScribe::start() {
  if (std::exchange(writing_, true)) return;
  reactor_.spawn(write());
}

Task<void> AuditScribe::write_contents() {
  std::vector<telemetry::AuditContent> contents = book_.take_contents();
  if (contents.empty()) co_return;
  const Status kept = co_await desk_.keep(reactor_, std::move(contents));
  if (!kept) telemetry::log::warn("audit", "what was asked of models is not kept", {{"error", kept.error().describe()}});
}

Task<void> AuditScribe::write() {
  for (;;) {
    co_await write_contents();
    gateway::AuditBook::Records records = book_.take_records();
    if (records.empty()) break;
    const Status written = co_await desk_.append(reactor_, records);
    if (written) continue;
    book_.put_back(std::move(records));
    telemetry::log::warn("audit", "decisions are not on record yet", {{"error", written.error().describe()}});
    break;
  }
  writing_ = false;
  written_.raise();
}

Task<void> AuditScribe::write_all_then(Reactor& from, std::shared_ptr<Signal> done) {
  while (writing_) co_await written_.wait();
  book_.put_back(book_.take_counted(std::numeric_limits<std::int64_t>::max()));
  writing_ = true;
  co_await write();
  from.post([done] { done->raise(); });
}

Task<void> AuditScribe::write_down(Reactor& from) {
  auto done = std::make_shared<Signal>(from);
  reactor_.post([this, &from, done] { reactor_.spawn(write_all_then(from, done)); });
  co_await done->wait();
}

}  // namespace gatehouse::app
