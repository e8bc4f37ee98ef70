// adapters/store_sqlite/stores.h — the roles of store/ports.h on SQLite.
// Threads  as the ports say; connections outlive them
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "connections.h"
#include "gatehouse/store/errors.h"
#include "gatehouse/store/ports.h"

namespace gatehouse::adapters {

class SqliteTenantStore final : public store::TenantStore {
 public:
  explicit SqliteTenantStore(Connections& connections) : connections_(connections) {}
  Task<Result<store::Tenant>> create(Reactor& reactor, store::Tenant tenant, std::vector<store::ApiKey> keys) override;
  Task<Result<store::Tenant>> find(Reactor& reactor, TenantId id) override;
  Task<Result<store::Page<store::Tenant>>> list(Reactor& reactor, TenantId after, std::size_t limit) override;
  Task<Result<store::Tenant>> change(Reactor& reactor, store::Tenant tenant) override;
  Task<Result<std::uint32_t>> remove(Reactor& reactor, TenantId id, store::Moment at, store::ExpectedVersion version) override;

 private:
  Connections& connections_;
};

class SqliteRoleStore final : public store::RoleStore {
 public:
  explicit SqliteRoleStore(Connections& connections) : connections_(connections) {}
  Task<Result<store::Role>> create(Reactor& reactor, store::Role role) override;
  Task<Result<store::Role>> find(Reactor& reactor, TenantId tenant, std::string name) override;
  Task<Result<store::Page<store::Role>>> list(Reactor& reactor, store::RoleQuery query) override;
  Task<Result<store::Role>> change(Reactor& reactor, store::Role role) override;
  Task<Result<store::Role>> remove(Reactor& reactor, TenantId tenant, std::string name, std::uint32_t version) override;

 private:
  Connections& connections_;
};

class SqliteUserStore final : public store::UserStore {
 public:
  explicit SqliteUserStore(Connections& connections) : connections_(connections) {}
  Task<Result<store::User>> create(Reactor& reactor, store::User user) override;
  Task<Result<store::User>> enrol(Reactor& reactor, store::User user, store::Redemption invitation) override;
  Task<Result<store::User>> find(Reactor& reactor, store::Reach reach, store::UserId id) override;
  Task<Result<store::User>> find_by_name(Reactor& reactor, std::string username) override;
  Task<Result<store::Page<store::User>>> list(Reactor& reactor, store::UserQuery query) override;
  Task<Result<store::User>> change(Reactor& reactor, store::User user) override;
  Task<Result<store::ChangedUser>> change_and_end(Reactor& reactor, store::User user, store::UserEnds ends) override;
  Task<Status> rehash(Reactor& reactor, store::UserId id, std::string from, std::string to) override;
  Task<Result<store::RemovedUser>> remove(Reactor& reactor, store::Reach reach, store::UserId id, std::uint32_t version, store::Moment at,
                                          store::SessionEnd sessions) override;

 private:
  Connections& connections_;
};

class SqliteSessionStore final : public store::SessionStore {
 public:
  explicit SqliteSessionStore(Connections& connections) : connections_(connections) {}
  Task<Result<store::BegunSession>> begin(Reactor& reactor, store::NewSession wanted) override;
  Task<Result<store::Session>> find(Reactor& reactor, store::SessionId id) override;
  Task<Result<std::vector<store::Session>>> list(Reactor& reactor, store::UserId user) override;
  Task<Result<store::Session>> rotate(Reactor& reactor, store::Session next) override;
  Task<Result<store::Revocation>> end(Reactor& reactor, store::UserId user, store::SessionId id, store::SessionEnd how) override;
  Task<Result<std::vector<store::Revocation>>> end_others(Reactor& reactor, store::UserId user, store::SessionId kept,
                                                          store::SessionEnd how) override;
  Task<Status> drop_expired(Reactor& reactor, store::Moment now) override;

 private:
  Connections& connections_;
};

class SqliteTicketStore final : public store::TicketStore {
 public:
  explicit SqliteTicketStore(Connections& connections) : connections_(connections) {}
  Task<Status> add(Reactor& reactor, store::Ticket ticket) override;
  Task<Result<store::Ticket>> find(Reactor& reactor, store::TicketKind kind, store::Digest digest, store::Moment now) override;
  Task<Result<store::Page<store::Ticket>>> list(Reactor& reactor, store::TicketQuery query) override;
  Task<Result<store::Ticket>> find_by_id(Reactor& reactor, store::TicketKind kind, store::Reach reach, std::string id) override;
  Task<Result<store::Ticket>> remove(Reactor& reactor, store::TicketKind kind, store::Reach reach, std::string id) override;
  Task<Status> drop_expired(Reactor& reactor, store::Moment now) override;

 private:
  Connections& connections_;
};

class SqliteKeyStore final : public store::KeyStore {
 public:
  explicit SqliteKeyStore(Connections& connections) : connections_(connections) {}
  Task<Result<store::ApiKey>> create(Reactor& reactor, store::ApiKey key) override;
  Task<Result<store::ApiKey>> find(Reactor& reactor, store::Reach reach, KeyId id) override;
  Task<Result<store::Page<store::ApiKey>>> list(Reactor& reactor, store::KeyQuery query) override;
  Task<Result<store::ApiKey>> change(Reactor& reactor, store::ApiKey key) override;
  Task<Result<store::ApiKey>> revoke(Reactor& reactor, store::Reach reach, KeyId id, store::Moment at,
                                     store::ExpectedVersion version) override;
  Task<Status> record_uses(Reactor& reactor, std::vector<store::KeyUse> uses) override;

 private:
  Connections& connections_;
};

class SqliteNonceStore final : public store::NonceStore {
 public:
  explicit SqliteNonceStore(Connections& connections) : connections_(connections) {}
  Task<Status> take(Reactor& reactor, store::Nonce nonce, store::Moment now, std::size_t most) override;
  Task<Status> drop_expired(Reactor& reactor, store::Moment now) override;

 private:
  Connections& connections_;
};

class SqliteIdempotentCallStore final : public store::IdempotentCallStore {
 public:
  explicit SqliteIdempotentCallStore(Connections& connections) : connections_(connections) {}
  Task<Result<std::optional<store::IdempotentCall>>> begin(Reactor& reactor, store::IdempotentCall call, store::Moment now,
                                                           std::size_t most) override;
  Task<Result<std::optional<store::IdempotentCall>>> find(Reactor& reactor, store::Digest id, store::Moment now) override;
  Task<Status> answer(Reactor& reactor, store::Digest id, std::string sealed_answer, store::AnswerRoom room) override;
  Task<Status> end(Reactor& reactor, store::Digest id, store::CallState state) override;
  Task<Status> take_back(Reactor& reactor, store::Digest id) override;
  Task<Result<std::size_t>> take_back_all(Reactor& reactor) override;
  Task<Status> drop_expired(Reactor& reactor, store::Moment now) override;

 private:
  Connections& connections_;
};

class SqliteSigningKeyStore final : public store::SigningKeyStore {
 public:
  explicit SqliteSigningKeyStore(Connections& connections) : connections_(connections) {}
  Task<Status> add(Reactor& reactor, store::SigningKey key) override;
  Task<Status> rotate(Reactor& reactor, store::SigningKey next, store::Moment others_retire) override;
  Task<Result<std::vector<store::SigningKey>>> all(Reactor& reactor) override;
  Task<Status> retire(Reactor& reactor, std::string kid, store::Moment at) override;
  Task<Status> drop_retired(Reactor& reactor, store::Moment before) override;

 private:
  Connections& connections_;
};

class SqliteRevocationStore final : public store::RevocationStore {
 public:
  explicit SqliteRevocationStore(Connections& connections) : connections_(connections) {}
  Task<Result<store::Revocation>> add(Reactor& reactor, store::Revocation revocation) override;
  Task<Result<store::Page<store::Revocation>>> since(Reactor& reactor, std::int64_t number, std::size_t limit) override;
  Task<Status> drop_expired(Reactor& reactor, store::Moment now) override;

 private:
  Connections& connections_;
};

class SqliteUsageStore final : public store::UsageStore {
 public:
  explicit SqliteUsageStore(Connections& connections) : connections_(connections) {}
  Task<Status> add(Reactor& reactor, std::vector<store::UsageRow> rows) override;
  Task<Result<std::vector<store::UsageRow>>> rows(Reactor& reactor, store::UsageQuery query) override;

 private:
  Connections& connections_;
};

class SqliteBudgetStore final : public store::BudgetStore {
 public:
  explicit SqliteBudgetStore(Connections& connections) : connections_(connections) {}
  Task<Result<store::Budget>> create(Reactor& reactor, store::Budget budget) override;
  Task<Result<store::Budget>> find(Reactor& reactor, store::Reach reach, store::BudgetId id) override;
  Task<Result<store::Page<store::Budget>>> list(Reactor& reactor, store::BudgetQuery query) override;
  Task<Result<store::Budget>> change(Reactor& reactor, store::Budget budget) override;
  Task<Result<store::Budget>> remove(Reactor& reactor, store::Reach reach, store::BudgetId id, store::ExpectedVersion version) override;
  Task<Result<std::vector<store::BudgetSpend>>> spent(Reactor& reactor) override;
  Task<Status> drop_spent(Reactor& reactor, store::Moment before) override;

 private:
  Connections& connections_;
};

class SqliteLedgerStore final : public store::LedgerStore {
 public:
  explicit SqliteLedgerStore(Connections& connections) : connections_(connections) {}
  Task<Status> settle(Reactor& reactor, store::LedgerBatch batch) override;
  Task<Result<std::vector<std::pair<std::string, std::int64_t>>>> settled(Reactor& reactor) override;

 private:
  Connections& connections_;
};

class SqliteAuditStore final : public store::AuditStore {
 public:
  explicit SqliteAuditStore(Connections& connections) : connections_(connections) {}
  Task<Result<std::int64_t>> intend(Reactor& reactor, telemetry::AuditRecord record) override;
  Task<Status> drop_intent(Reactor& reactor, std::int64_t number) override;
  Task<Result<std::size_t>> settle_intents(Reactor& reactor, std::shared_ptr<const telemetry::AuditSealer> sealer) override;
  Task<Status> append(Reactor& reactor, std::shared_ptr<const telemetry::AuditSealer> sealer,
                      std::vector<telemetry::AuditRecord> records) override;
  Task<Status> keep(Reactor& reactor, std::vector<telemetry::AuditContent> contents) override;
  Task<Status> drop_contents(Reactor& reactor, telemetry::AuditTime before) override;
  Task<Result<store::Page<telemetry::AuditRow>>> list(Reactor& reactor, store::AuditQuery query) override;
  Task<Result<std::vector<telemetry::AuditHead>>> heads(Reactor& reactor, std::string instance) override;

 private:
  Connections& connections_;
};

class SqliteLexiconStore final : public store::LexiconStore {
 public:
  explicit SqliteLexiconStore(Connections& connections) : connections_(connections) {}
  Task<Result<std::vector<store::KeptLexicon>>> all(Reactor& reactor) override;
  Task<Result<std::optional<store::KeptLexicon>>> find(Reactor& reactor, TenantId tenant) override;
  Task<Result<store::KeptLexicon>> put(Reactor& reactor, TenantId tenant, std::string text, store::Moment at) override;
  Task<Result<std::uint32_t>> remove(Reactor& reactor, TenantId tenant) override;

 private:
  Connections& connections_;
};

class SqliteSettingStore final : public store::SettingStore {
 public:
  explicit SqliteSettingStore(Connections& connections) : connections_(connections) {}
  Task<Result<std::optional<std::string>>> get(Reactor& reactor, std::string name) override;
  Task<Status> put(Reactor& reactor, std::string name, std::string value) override;

 private:
  Connections& connections_;
};

// Parts of a write that more than one role makes; inside its transaction.
Status insert_tenant(Database& database, const store::Tenant& tenant);
// What it was, and nobody finds it any more.
Result<store::Ticket> redeem_ticket(Database& database, const store::Redemption& redemption);
Result<store::User> find_user(Database& database, const store::Reach& reach, const store::UserId& id);
Result<store::User> insert_user(Database& database, store::User user);
Result<store::ApiKey> insert_key(Database& database, const store::ApiKey& key);
// For good: all that are a user's and are not revoked yet.
Result<std::vector<store::ApiKey>> revoke_keys_of(Database& database, const store::UserId& user, store::Moment at);
Result<std::vector<store::Revocation>> end_other_sessions(Database& database, const store::UserId& user, const store::SessionId& kept,
                                                          store::SessionEnd how);
Status insert_signing_key(Database& database, const store::SigningKey& key);
Result<store::Revocation> insert_revocation(Database& database, store::Revocation revocation);
// Nothing for a role that every tenant has. role_unknown
Result<std::optional<std::int64_t>> own_role_number(Database& database, const TenantId& tenant, const std::string& role);
// What stands in the column `role` beside that number.
inline std::string_view built_in_part(const std::string& role) {
  return store::is_built_in(role) ? std::string_view(role) : store::role_member;
}
// Onto what stands there. False: there is no such tenant, and nothing was changed.
Result<bool> add_usage(Database& database, const store::UsageRow& row);
// As the next of their chains, and in place of what was intended.
Status append_audit(Database& database, const telemetry::AuditSealer& sealer, const std::vector<telemetry::AuditRecord>& records);
Status end_audit_intent(Database& database, std::int64_t number);
// One that is in flight is that now.
Status end_idempotent_call(Database& database, const store::Digest& id, store::CallState state);
// Those of the user and of their keys are gone, with what was spent of them.
Result<std::vector<store::Budget>> remove_budgets_of(Database& database, const store::UserId& user);
// Oldest first.
Result<std::vector<store::SigningKey>> all_signing_keys(Database& database);

// version_conflict where it is not of that version.
inline Status check_version(std::uint32_t found, store::ExpectedVersion expected) {
  return !expected || *expected == found ? ok() : Status(store::version_conflict());
}

// Of the tenant alone, or of all where there is none.
inline std::optional<std::string> tenant_id_of(const store::Reach& reach) {
  return reach.tenant() ? std::optional(reach.tenant()->value()) : std::nullopt;
}

// One record more than was asked for says that there are more.
template <class Record>
store::Page<Record> page_of(std::vector<Record> records, std::size_t limit) {
  store::Page<Record> page;
  page.has_more = records.size() > limit;
  while (records.size() > limit) records.pop_back();
  page.data = std::move(records);
  return page;
}
inline std::int64_t one_more_than(std::size_t limit) { return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000)) + 1; }

}  // namespace gatehouse::adapters
