#include "writer.h"

#include "gatehouse/store/errors.h"

namespace gatehouse::adapters {

Writer::Writer(Database database, std::size_t queue, std::shared_ptr<std::atomic<int>> in_use, telemetry::Metrics* metrics)
    : database_(std::move(database)), in_use_(std::move(in_use)), waiting_(queue), thread_("store-writer", 1, 2) {
  if (metrics == nullptr) return;
  commits_ = &metrics->counter("gatehouse_store_commits_total", "Transactions that became durable; each holds the writes that waited");
  failures_ = &metrics->counter("gatehouse_store_failures_total", "Writes that the store could not make durable");
}

bool Writer::submit(std::shared_ptr<Write> write) {
  if (!waiting_.push(std::move(write))) return false;
  // One visit at a time is under way or asked for: it takes everything that waits when it begins.
  if (!scheduled_.exchange(true)) thread_.post([this](Worker&) { drain(); });
  return true;
}

void Writer::drain() {
  const InUse use(*in_use_);
  scheduled_.exchange(false);  // before taking: who comes later asks for another visit
  waiting_.drain(batch_);
  if (!commit(batch_) && batch_.size() > 1) {
    for (std::size_t i = 0; i < batch_.size(); ++i) commit(Writes(batch_).subspan(i, 1));
  }
  for (const auto& write : batch_) write->answer();
  batch_.clear();
}

bool Writer::commit(Writes writes) {
  if (writes.empty()) return true;
  const Status committed = try_commit(writes);
  if (committed) {
    if (commits_ != nullptr) commits_->add();
    return true;
  }
  for (const auto& write : writes) write->fail(committed.error());
  if (failures_ != nullptr && writes.size() == 1) failures_->add();
  return false;
}

Status Writer::try_commit(Writes writes) {
  GH_TRY(Transaction transaction, Transaction::begin(database_));
  for (const auto& write : writes) GH_CHECK(apply_alone(*write));
  return transaction.commit();
}

Status Writer::apply_alone(Write& write) {
  GH_CHECK(database_.prepare("SAVEPOINT one").run());
  const bool keep = write.apply(database_);
  if (!database_.in_transaction()) return store::store_unavailable("SQLite has rolled the whole transaction back");
  if (!keep) GH_CHECK(database_.prepare("ROLLBACK TO one").run());
  return database_.prepare("RELEASE one").run();
}

}  // namespace gatehouse::adapters
