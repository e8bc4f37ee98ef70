// adapters/store_sqlite/sqlite_store.h — the store in one file, or in memory.
// Rules    write-ahead log, every commit synced. One writer at a time: a server's, or a command's where no server runs
// Threads  open() blocks (start-up and commands), and so does the end, which waits for what was asked. The rest as store/ports.h says,
//          on threads of its own
// Errors   store_exposed, store_foreign, store_too_new, store_damaged, store_open_failed → operator
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "gatehouse/base/result.h"
#include "gatehouse/store/ports.h"
#include "gatehouse/telemetry/metrics.h"

namespace gatehouse::adapters {

struct SqliteOptions {
  std::optional<std::filesystem::path> file;  // none: in memory, gone at the end. Made, with mode 0600, where there is none
  std::size_t readers = 2;
  std::size_t waiting_writes = 4096, waiting_reads = 4096;
  telemetry::Metrics* metrics = nullptr;  // gatehouse_store_…; outlives the store
};

class SqliteStore final : public store::Store {
 public:
  // Brings an older schema up to date first.
  static Result<std::unique_ptr<SqliteStore>> open(const SqliteOptions& options);
  ~SqliteStore() override;

  Task<Status> initialise(Reactor& reactor, store::Initial initial) override;
  store::TenantStore& tenants() override;
  store::RoleStore& roles() override;
  store::UserStore& users() override;
  store::SessionStore& sessions() override;
  store::TicketStore& tickets() override;
  store::KeyStore& keys() override;
  store::NonceStore& nonces() override;
  store::IdempotentCallStore& idempotent_calls() override;
  store::SigningKeyStore& signing_keys() override;
  store::RevocationStore& revocations() override;
  store::UsageStore& usage() override;
  store::BudgetStore& budgets() override;
  store::LedgerStore& ledger() override;
  store::AuditStore& audit() override;
  store::LexiconStore& lexicons() override;
  store::SettingStore& settings() override;

 private:
  struct State;
  explicit SqliteStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::adapters
