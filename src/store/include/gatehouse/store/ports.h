// store/ports.h — who keeps tenants, roles, users, sessions, keys, revocations and use: one role each, and the store that has them all.
// Rules    what is acknowledged survives the end of the process and the loss of power. Each call happens whole or not at all.
//          A change says which version it was made from and is refused when that is not the newest any more
// Threads  any reactor; blocking work happens on the adapter's own threads. A store outlives whoever still waits for it
// Errors   those of errors.h; store_unavailable from every call. Nothing was changed then, as far as the store can tell
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/store/idempotent_calls.h"
#include "gatehouse/store/ledger.h"
#include "gatehouse/store/lexicons.h"
#include "gatehouse/store/records.h"
#include "gatehouse/telemetry/audit_chain.h"
#include "gatehouse/telemetry/audit_content.h"

namespace gatehouse::store {

// How far the caller may see. Everything else does not exist for it.
class Reach {
 public:
  static Reach of(TenantId tenant) { return Reach(std::move(tenant)); }
  static Reach everything() { return Reach(std::nullopt); }
  const std::optional<TenantId>& tenant() const { return tenant_; }
  bool includes(const TenantId& tenant) const { return !tenant_ || *tenant_ == tenant; }

 private:
  explicit Reach(std::optional<TenantId> tenant) : tenant_(std::move(tenant)) {}
  std::optional<TenantId> tenant_;
};

template <class T>
struct Page {
  Page() = default;
  std::vector<T> data;
  bool has_more = false;
};

// The version that something must have; nothing: any.
using ExpectedVersion = std::optional<std::uint32_t>;

class TenantStore {
 public:
  virtual ~TenantStore() = default;
  // With its first keys. tenant_exists, key_exists
  virtual Task<Result<Tenant>> create(Reactor& reactor, Tenant tenant, std::vector<ApiKey> keys) = 0;
  // tenant_not_found
  virtual Task<Result<Tenant>> find(Reactor& reactor, TenantId id) = 0;
  // By id, those behind `after` (empty: from the first).
  virtual Task<Result<Page<Tenant>>> list(Reactor& reactor, TenantId after, std::size_t limit) = 0;
  // Everything but id, number and created. tenant_not_found, version_conflict
  virtual Task<Result<Tenant>> change(Reactor& reactor, Tenant tenant) = 0;
  // With its keys, usage, roles, budgets, users and what is theirs, and whoever follows the revocations learns of it. Its number stays
  // taken, its id does not. Gives that number. tenant_not_found, version_conflict
  virtual Task<Result<std::uint32_t>> remove(Reactor& reactor, TenantId id, Moment at, ExpectedVersion version) = 0;
};

struct KeyQuery {
  explicit KeyQuery(Reach reach_) : reach(std::move(reach_)) {}
  Reach reach;
  std::optional<UserId> user;
  KeyId after;  // by id, those behind this one
  std::size_t limit = 100;
};

class KeyStore {
 public:
  virtual ~KeyStore() = default;
  // It is not older than its tenant, whatever the clock says. tenant_not_found, key_exists (the id or the prefix)
  virtual Task<Result<ApiKey>> create(Reactor& reactor, ApiKey key) = 0;
  // key_not_found
  virtual Task<Result<ApiKey>> find(Reactor& reactor, Reach reach, KeyId id) = 0;
  virtual Task<Result<Page<ApiKey>>> list(Reactor& reactor, KeyQuery query) = 0;
  // Name, secrets, scopes, models, cidrs, is_active and expires; what else differs is left as it stands. key_not_found (another
  // tenant's, too), version_conflict
  virtual Task<Result<ApiKey>> change(Reactor& reactor, ApiKey key) = 0;
  // For good, and whoever follows the revocations learns of it. A revoked key stays as it is. key_not_found, version_conflict
  virtual Task<Result<ApiKey>> revoke(Reactor& reactor, Reach reach, KeyId id, Moment at, ExpectedVersion version) = 0;
  // Adds to the counts; versions stay. Keys that are not there any more are left out.
  virtual Task<Status> record_uses(Reactor& reactor, std::vector<KeyUse> uses) = 0;
};

struct RoleQuery {
  explicit RoleQuery(Reach reach_) : reach(std::move(reach_)) {}
  Reach reach;
  TenantId after_tenant;  // by tenant and name, those behind this one
  std::string after_name;
  std::size_t limit = 100;
};

// What tenants have beside the roles that all have.
class RoleStore {
 public:
  virtual ~RoleStore() = default;
  // It is not older than its tenant, whatever the clock says. tenant_not_found, role_exists, too_many_roles
  virtual Task<Result<Role>> create(Reactor& reactor, Role role) = 0;
  // role_not_found
  virtual Task<Result<Role>> find(Reactor& reactor, TenantId tenant, std::string name) = 0;
  virtual Task<Result<Page<Role>>> list(Reactor& reactor, RoleQuery query) = 0;
  // Everything but tenant, name, number and created. role_not_found, version_conflict
  virtual Task<Result<Role>> change(Reactor& reactor, Role role) = 0;
  // The one of this version, with the invitations that would give it. Gives what it was. role_not_found, version_conflict, role_in_use
  virtual Task<Result<Role>> remove(Reactor& reactor, TenantId tenant, std::string name, std::uint32_t version) = 0;
};

struct UserQuery {
  explicit UserQuery(Reach reach_) : reach(std::move(reach_)) {}
  Reach reach;
  bool notable = false;  // in all tenants those alone who are off, or have another role than member
  UserId after;          // by id, those behind this one
  std::size_t limit = 100;
};

// How a session ends: when, and from when on no token of it would be valid anyway. What is told of it is kept until then, and as long as an
// access token of it may be good.
struct SessionEnd {
  SessionEnd(Moment at_, Moment forgotten_) : at(at_), forgotten(forgotten_) {}
  Moment at, forgotten;
};

// A ticket that is redeemed: by what its kind is good for, and in the same write.
struct Redemption {
  Redemption(TicketKind kind_, Digest digest_, Moment now_) : kind(kind_), digest(digest_), now(now_) {}
  TicketKind kind;
  Digest digest;
  Moment now;
};

// What happens together with a change of a user, or not at all.
struct UserEnds {
  UserEnds() = default;
  std::optional<SessionEnd> sessions;  // end, but for
  SessionId kept;                      // this one; empty: all
  std::optional<Revocation> tokens;    // what was issued to them until then
  std::optional<Redemption> ticket;    // of theirs, that sets a password
  bool same_password = false;          // theirs stays, in whatever way it is kept by now
};

struct ChangedUser {
  explicit ChangedUser(User user_) : user(std::move(user_)) {}
  User user;
  std::vector<Revocation> revocations;  // of what ended
};

// What the end of a user took with it.
struct RemovedUser {
  RemovedUser() = default;
  std::vector<Revocation> revocations;  // of the user and of each session
  std::vector<ApiKey> keys;             // that are revoked now
  std::vector<Budget> budgets;          // that are gone: the user's, and those of their keys
};

class UserStore {
 public:
  virtual ~UserStore() = default;
  // tenant_not_found, role_unknown, username_taken, email_taken, user_exists (the id)
  virtual Task<Result<User>> create(Reactor& reactor, User user) = 0;
  // The same of somebody who was invited; whose name or address is taken has the invitation still. ticket_not_found
  virtual Task<Result<User>> enrol(Reactor& reactor, User user, Redemption invitation) = 0;
  // user_not_found
  virtual Task<Result<User>> find(Reactor& reactor, Reach reach, UserId id) = 0;
  // In every tenant: it is by name that people come. user_not_found
  virtual Task<Result<User>> find_by_name(Reactor& reactor, std::string username) = 0;
  virtual Task<Result<Page<User>>> list(Reactor& reactor, UserQuery query) = 0;
  // Everything but id, tenant and created. Another role, password or address ends the tickets that are for them, and so does being switched
  // off; another password and being switched off also those that they gave.
  // user_not_found (another tenant's, too), version_conflict, role_unknown, username_taken, email_taken
  virtual Task<Result<User>> change(Reactor& reactor, User user) = 0;
  // The same, and what ends with it; whoever follows the revocations learns of that. ticket_not_found (another user's, too)
  virtual Task<Result<ChangedUser>> change_and_end(Reactor& reactor, User user, UserEnds ends) = 0;
  // The same password as it is kept from now on, which is no change of a version. user_changed: it is another one
  virtual Task<Status> rehash(Reactor& reactor, UserId id, std::string from, std::string to) = 0;
  // The record of this version, with their sessions, budgets, and tickets that are for them or that they gave. Their keys are revoked and
  // lose their budgets, and whoever follows the revocations learns of all of it. user_not_found (another tenant's, too), version_conflict
  virtual Task<Result<RemovedUser>> remove(Reactor& reactor, Reach reach, UserId id, std::uint32_t version, Moment at,
                                           SessionEnd sessions) = 0;
};

// A session, and what it is begun by: a password that was checked against this hash.
struct NewSession {
  NewSession(Session session_, std::string password_hash_, std::size_t most_, SessionEnd pushed_out_)
      : session(std::move(session_)), password_hash(std::move(password_hash_)), most(most_), pushed_out(pushed_out_) {}
  Session session;
  std::string password_hash;
  std::size_t most;       // of the user's, together with it
  SessionEnd pushed_out;  // how those end that are too many
};

struct BegunSession {
  explicit BegunSession(Session session_) : session(std::move(session_)) {}
  Session session;
  std::vector<Revocation> revocations;  // of those that were too many
};

class SessionStore {
 public:
  virtual ~SessionStore() = default;
  // Of the user's others as many stay as are fewer than `most` together with it: those that were used last. Whoever follows the
  // revocations learns of those that end. user_not_found, session_exists; user_changed: the user is not active, or has another hash
  virtual Task<Result<BegunSession>> begin(Reactor& reactor, NewSession wanted) = 0;
  // session_not_found
  virtual Task<Result<Session>> find(Reactor& reactor, SessionId id) = 0;
  // Of a user; that which was used last comes first.
  virtual Task<Result<std::vector<Session>>> list(Reactor& reactor, UserId user) = 0;
  // From the generation before, everything but id, user and created. session_not_found, version_conflict (it is of another generation)
  virtual Task<Result<Session>> rotate(Reactor& reactor, Session next) = 0;
  // It is gone, and whoever follows the revocations learns of it. session_not_found (another user's, too)
  virtual Task<Result<Revocation>> end(Reactor& reactor, UserId user, SessionId id, SessionEnd how) = 0;
  // The same of all that a user has but that one (empty: of all).
  virtual Task<Result<std::vector<Revocation>>> end_others(Reactor& reactor, UserId user, SessionId kept, SessionEnd how) = 0;
  // Those that expired by now.
  virtual Task<Status> drop_expired(Reactor& reactor, Moment now) = 0;
};

struct TicketQuery {
  TicketQuery(TicketKind kind_, Reach reach_, Moment now_) : kind(kind_), reach(std::move(reach_)), now(now_) {}
  TicketKind kind;
  Reach reach;
  Moment now;
  std::string after;  // by id, those behind this one
  std::size_t limit = 100;
};

// Whoever redeems one does so with what it is good for: UserStore.
class TicketStore {
 public:
  virtual ~TicketStore() = default;
  // One that sets a password takes the place of those before it. tenant_not_found, role_unknown, user_not_found
  virtual Task<Status> add(Reactor& reactor, Ticket ticket) = 0;
  // Of that kind, and not expired by now. ticket_not_found
  virtual Task<Result<Ticket>> find(Reactor& reactor, TicketKind kind, Digest digest, Moment now) = 0;
  // Those that have not expired.
  virtual Task<Result<Page<Ticket>>> list(Reactor& reactor, TicketQuery query) = 0;
  // ticket_not_found (another tenant's, or of another kind, too)
  virtual Task<Result<Ticket>> find_by_id(Reactor& reactor, TicketKind kind, Reach reach, std::string id) = 0;
  // Nobody finds that one any more. ticket_not_found
  virtual Task<Result<Ticket>> remove(Reactor& reactor, TicketKind kind, Reach reach, std::string id) = 0;
  virtual Task<Status> drop_expired(Reactor& reactor, Moment now) = 0;
};

class NonceStore {
 public:
  virtual ~NonceStore() = default;
  // Nobody takes it again until it expires; a few of those that have expired by now make room. nonce_taken; too_many_nonces: `most` are
  // kept, or few fewer
  virtual Task<Status> take(Reactor& reactor, Nonce nonce, Moment now, std::size_t most) = 0;
  // Those that expired by now.
  virtual Task<Status> drop_expired(Reactor& reactor, Moment now) = 0;
};

class SigningKeyStore {
 public:
  virtual ~SigningKeyStore() = default;
  // signing_key_exists
  virtual Task<Status> add(Reactor& reactor, SigningKey key) = 0;
  // Adds one, and all others retire then at the latest. Where that is at once, nothing that they signed is believed any more, and
  // tickets which tokens of ours have given are gone. signing_key_exists
  virtual Task<Status> rotate(Reactor& reactor, SigningKey next, Moment others_retire) = 0;
  // Oldest first.
  virtual Task<Result<std::vector<SigningKey>>> all(Reactor& reactor) = 0;
  // signing_key_not_found
  virtual Task<Status> retire(Reactor& reactor, std::string kid, Moment at) = 0;
  // What retired before; tokens that it signed are refused from now on.
  virtual Task<Status> drop_retired(Reactor& reactor, Moment before) = 0;
};

class RevocationStore {
 public:
  virtual ~RevocationStore() = default;
  // With its number.
  virtual Task<Result<Revocation>> add(Reactor& reactor, Revocation revocation) = 0;
  // Those with greater numbers, in their order.
  virtual Task<Result<Page<Revocation>>> since(Reactor& reactor, std::int64_t number, std::size_t limit) = 0;
  // Those that expired by now. Their numbers are not used again.
  virtual Task<Status> drop_expired(Reactor& reactor, Moment now) = 0;
};

struct UsageQuery {
  UsageQuery(Reach reach_, Day first_, Day last_) : reach(std::move(reach_)), first(first_), last(last_) {}
  Reach reach;
  Day first, last;  // both are in it
};

class UsageStore {
 public:
  virtual ~UsageStore() = default;
  // Onto what stands there. tenant_not_found
  virtual Task<Status> add(Reactor& reactor, std::vector<UsageRow> rows) = 0;
  // By tenant, day, model and task.
  virtual Task<Result<std::vector<UsageRow>>> rows(Reactor& reactor, UsageQuery query) = 0;
};

struct BudgetQuery {
  explicit BudgetQuery(Reach reach_) : reach(std::move(reach_)) {}
  Reach reach;
  BudgetId after{""};
  std::size_t limit = 100;
};

class BudgetStore {
 public:
  virtual ~BudgetStore() = default;
  // With its number. tenant_not_found, user_not_found, key_not_found (of another tenant, too), budget_exists (one for the same, of the same
  // unit and period)
  virtual Task<Result<Budget>> create(Reactor& reactor, Budget budget) = 0;
  // budget_not_found (another tenant's, too)
  virtual Task<Result<Budget>> find(Reactor& reactor, Reach reach, BudgetId id) = 0;
  // In the order of their ids.
  virtual Task<Result<Page<Budget>>> list(Reactor& reactor, BudgetQuery query) = 0;
  // The amount alone. budget_not_found, version_conflict
  virtual Task<Result<Budget>> change(Reactor& reactor, Budget budget) = 0;
  // With what was spent of it. budget_not_found, version_conflict
  virtual Task<Result<Budget>> remove(Reactor& reactor, Reach reach, BudgetId id, ExpectedVersion version) = 0;
  // Of all budgets, in every period that is kept.
  virtual Task<Result<std::vector<BudgetSpend>>> spent(Reactor& reactor) = 0;
  // What was spent in periods that began before then is forgotten; what never ends is kept.
  virtual Task<Status> drop_spent(Reactor& reactor, Moment before) = 0;
};

struct AuditQuery {
  AuditQuery() = default;
  std::optional<std::uint32_t> tenant_number;  // of that tenant, and of no other that has or had its id
  std::optional<TenantId> tenant;              // of all that have or had that id
  std::optional<std::string> user, key;
  std::optional<telemetry::AuditTime> since, until;  // until itself is not in it
  std::optional<std::int64_t> after;                 // the number of one: those that were kept before it
  std::size_t offset = 0, limit = 100;
  bool with_content = false;
};

// Its records outlive whoever they are about, and nothing changes or removes one; what was asked goes with its tenant.
class AuditStore {
 public:
  virtual ~AuditStore() = default;
  // What is about to be done, for the case that nobody comes back to say so. Its number is for the record to take along, which takes its
  // place when it is appended.
  virtual Task<Result<std::int64_t>> intend(Reactor& reactor, telemetry::AuditRecord record) = 0;
  // Nothing was done.
  virtual Task<Status> drop_intent(Reactor& reactor, std::int64_t number) = 0;
  // Each that an earlier process left is a record now, as interrupted. Gives how many.
  virtual Task<Result<std::size_t>> settle_intents(Reactor& reactor, std::shared_ptr<const telemetry::AuditSealer> sealer) = 0;
  // As the next of their tenants' chains in the sealer's instance, in this order.
  virtual Task<Status> append(Reactor& reactor, std::shared_ptr<const telemetry::AuditSealer> sealer,
                              std::vector<telemetry::AuditRecord> records) = 0;
  // What was asked, beside its records and without a chain.
  virtual Task<Status> keep(Reactor& reactor, std::vector<telemetry::AuditContent> contents) = 0;
  // What was asked before then is gone.
  virtual Task<Status> drop_contents(Reactor& reactor, telemetry::AuditTime before) = 0;
  // The newest first.
  virtual Task<Result<Page<telemetry::AuditRow>>> list(Reactor& reactor, AuditQuery query) = 0;
  // How far the chains of an instance have come; empty: of all.
  virtual Task<Result<std::vector<telemetry::AuditHead>>> heads(Reactor& reactor, std::string instance) = 0;
};

// Facts about the installation itself, by name.
class SettingStore {
 public:
  virtual ~SettingStore() = default;
  virtual Task<Result<std::optional<std::string>>> get(Reactor& reactor, std::string name) = 0;
  virtual Task<Status> put(Reactor& reactor, std::string name, std::string value) = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  // All of it in an installation that has no tenant yet, or nothing. already_initialised; whatever stands against one of the records
  virtual Task<Status> initialise(Reactor& reactor, Initial initial) = 0;
  virtual TenantStore& tenants() = 0;
  virtual RoleStore& roles() = 0;
  virtual UserStore& users() = 0;
  virtual SessionStore& sessions() = 0;
  virtual TicketStore& tickets() = 0;
  virtual KeyStore& keys() = 0;
  virtual NonceStore& nonces() = 0;
  virtual IdempotentCallStore& idempotent_calls() = 0;
  virtual SigningKeyStore& signing_keys() = 0;
  virtual RevocationStore& revocations() = 0;
  virtual UsageStore& usage() = 0;
  virtual BudgetStore& budgets() = 0;
  virtual LedgerStore& ledger() = 0;
  virtual AuditStore& audit() = 0;
  virtual LexiconStore& lexicons() = 0;
  virtual SettingStore& settings() = 0;
};

}  // namespace gatehouse::store
