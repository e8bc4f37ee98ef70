// adapters/store_sqlite/writer.h — the one thread that writes: what waits goes into one transaction, and is answered when that is durable.
// Rules    a write that fails is rolled back alone. When a transaction as a whole fails, each of its writes is tried once more by itself,
//          so that one which is too large for the disk does not take the others with it
// Threads  submit() from any thread; writes are applied and answered on the writer's thread
#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "database.h"
#include "gatehouse/runtime/mailbox.h"
#include "gatehouse/runtime/worker_pool.h"
#include "gatehouse/telemetry/metrics.h"

namespace gatehouse::adapters {

class Write {
 public:
  virtual ~Write() = default;
  // Perhaps twice. False: leaves nothing behind.
  virtual bool apply(Database& database) = 0;
  // It did not become durable.
  virtual void fail(const Error& why) = 0;
  // Last of all, once.
  virtual void answer() = 0;
};

// A connection that is at work, as long as this lives.
class InUse {
 public:
  explicit InUse(std::atomic<int>& count) : count_(count) { count_.fetch_add(1, std::memory_order_relaxed); }
  ~InUse() { count_.fetch_sub(1, std::memory_order_relaxed); }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;

 private:
  std::atomic<int>& count_;
};

class Writer {
 public:
  // in_use counts this connection while it works.
  Writer(Database database, std::size_t queue, std::shared_ptr<std::atomic<int>> in_use, telemetry::Metrics* metrics);

  // False when the queue is full.
  bool submit(std::shared_ptr<Write> write);

 private:
  using Writes = std::span<const std::shared_ptr<Write>>;
  void drain();
  bool commit(Writes writes);
  Status try_commit(Writes writes);
  Status apply_alone(Write& write);

  Database database_;
  const std::shared_ptr<std::atomic<int>> in_use_;
  Mailbox<std::shared_ptr<Write>> waiting_;
  std::atomic<bool> scheduled_{false};
  std::vector<std::shared_ptr<Write>> batch_;  // the writer's thread
  telemetry::Counter* commits_ = nullptr;
  telemetry::Counter* failures_ = nullptr;
  WorkerPool thread_;
};

}  // namespace gatehouse::adapters
