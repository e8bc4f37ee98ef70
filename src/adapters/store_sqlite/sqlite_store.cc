#include "gatehouse/adapters/store_sqlite/sqlite_store.h"

#include "connections.h"
#include "migrations.h"
#include "open.h"
#include "stores.h"

namespace gatehouse::adapters {

struct SqliteStore::State {
  State(Database writer, std::vector<Database> readers, Connections::Queues queues, telemetry::Metrics* metrics)
      : connections(std::move(writer), std::move(readers), queues, metrics) {}
  Connections connections;
  SqliteTenantStore tenants{connections};
  SqliteRoleStore roles{connections};
  SqliteUserStore users{connections};
  SqliteSessionStore sessions{connections};
  SqliteTicketStore tickets{connections};
  SqliteKeyStore keys{connections};
  SqliteNonceStore nonces{connections};
  SqliteIdempotentCallStore idempotent_calls{connections};
  SqliteSigningKeyStore signing_keys{connections};
  SqliteRevocationStore revocations{connections};
  SqliteUsageStore usage{connections};
  SqliteBudgetStore budgets{connections};
  SqliteLedgerStore ledger{connections};
  SqliteAuditStore audit{connections};
  SqliteLexiconStore lexicons{connections};
  SqliteSettingStore settings{connections};
};

namespace {

constexpr const char* in_memory = ":memory:";
constexpr const char* select_any_tenant = "SELECT 1 FROM tenants LIMIT 1";

Result<Database> open_writer(const SqliteOptions& options) {
  if (!options.file) return Database::open(in_memory, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  GH_CHECK(check_file(*options.file, Missing::make));
  return open_file(*options.file);
}

Result<std::vector<Database>> open_readers(const SqliteOptions& options) {
  std::vector<Database> readers;
  for (std::size_t i = 0; options.file && i < options.readers; ++i) {
    GH_TRY(Database reader, Database::open(options.file->string(), SQLITE_OPEN_READONLY));
    readers.push_back(std::move(reader));
  }
  return readers;
}

Result<bool> has_a_tenant(Database& database) {
  Statement found = database.prepare(select_any_tenant);
  GH_TRY(const Step step, found.step());
  return step == Step::row;
}

Status initialise_store(Database& database, const store::Initial& initial) {
  GH_TRY(const bool initialised, has_a_tenant(database));
  if (initialised) return store::already_initialised();
  if (initial.tenants.empty()) return store::record_invalid("tenants", "must not be empty");
  for (const store::Tenant& tenant : initial.tenants) GH_CHECK(insert_tenant(database, tenant));
  for (const store::User& user : initial.users) GH_CHECK(insert_user(database, user));
  for (const store::ApiKey& key : initial.keys) GH_CHECK(insert_key(database, key));
  return insert_signing_key(database, initial.signing_key);
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const SqliteOptions& options) {
  const std::string name = options.file ? options.file->string() : in_memory;
  GH_TRY(Database writer, open_writer(options));
  const Status migrated = migrate(writer, migration_steps());
  if (!migrated) return in_operators_words(name, migrated.error());
  Result<std::vector<Database>> readers = open_readers(options);
  if (!readers) return in_operators_words(name, readers.error());
  const Connections::Queues queues{options.waiting_writes, options.waiting_reads};
  auto state = std::make_unique<State>(std::move(writer), std::move(*readers), queues, options.metrics);
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(state)));
}

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteStore::~SqliteStore() = default;

Task<Status> SqliteStore::initialise(Reactor& reactor, store::Initial initial) {
  DatabaseWork<std::monostate> work = [initial = std::move(initial)](Database& database) { return initialise_store(database, initial); };
  return state_->connections.write<std::monostate>(reactor, std::move(work));
}

store::TenantStore& SqliteStore::tenants() { return state_->tenants; }
store::RoleStore& SqliteStore::roles() { return state_->roles; }
store::UserStore& SqliteStore::users() { return state_->users; }
store::SessionStore& SqliteStore::sessions() { return state_->sessions; }
store::TicketStore& SqliteStore::tickets() { return state_->tickets; }
store::KeyStore& SqliteStore::keys() { return state_->keys; }
store::NonceStore& SqliteStore::nonces() { return state_->nonces; }
store::IdempotentCallStore& SqliteStore::idempotent_calls() { return state_->idempotent_calls; }
store::SigningKeyStore& SqliteStore::signing_keys() { return state_->signing_keys; }
store::RevocationStore& SqliteStore::revocations() { return state_->revocations; }
store::UsageStore& SqliteStore::usage() { return state_->usage; }
store::BudgetStore& SqliteStore::budgets() { return state_->budgets; }
store::LedgerStore& SqliteStore::ledger() { return state_->ledger; }
store::AuditStore& SqliteStore::audit() { return state_->audit; }
store::LexiconStore& SqliteStore::lexicons() { return state_->lexicons; }
store::SettingStore& SqliteStore::settings() { return state_->settings; }

}  // namespace gatehouse::adapters
