// store/records.h — what is kept of tenants, users, keys, revocations and use, whatever keeps it.
// Units    a Moment is whole seconds since 1970, UTC; a Day is a date in the tenant's own time zone
// Rules    version is 0 before a record is kept, 1 when it is created, and one more with each change
// Threads  value types. With constructors, because aggregates in co_await expressions are destroyed twice by gcc 12
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/strong.h"

namespace gatehouse::store {

using UserId = Strong<struct UserIdTag, std::string>;
using SessionId = Strong<struct SessionIdTag, std::string>;
using BudgetId = Strong<struct BudgetIdTag, std::string>;
using Moment = std::chrono::sys_seconds;
using Day = std::chrono::year_month_day;
using Digest = std::array<unsigned char, 32>;  // keyed hash of a secret

// Whether API keys of a tenant must sign.
enum class Signatures : std::uint8_t { optional, required };
// As it is kept and written: optional, required.
std::string_view to_string(Signatures signatures);
std::optional<Signatures> parse_signatures(std::string_view name);

inline constexpr std::uint32_t heaviest_tenant = 100;

struct Tenant {
  explicit Tenant(TenantId id_) : id(std::move(id_)) {}
  TenantId id;
  std::uint32_t number = 0;  // given by the store, from 1, never again to another: stands for the tenant where names may not go
  bool enabled = true;
  bool console = false;
  std::vector<std::string> tasks;   // NLU tasks that it may use
  std::vector<std::string> models;  // "*" is all
  std::vector<std::string> scopes;  // of the keys and tokens that are made for it
  std::int64_t quota_per_day = 1000;
  seconds token_lifetime = std::chrono::days(365);
  std::string time_zone = "UTC";  // a day of its quota ends at midnight there
  Signatures signatures = Signatures::optional;
  std::uint32_t weight = 1;  // of its share of a language model that has too much to do, beside other tenants
  Moment created{};
  std::uint32_t version = 0;
  friend bool operator==(const Tenant&, const Tenant&) = default;
};

// Roles that every tenant has: nobody makes, changes or removes them.
inline constexpr std::string_view role_member = "member", role_tenant_admin = "tenant-admin", role_platform_admin = "platform-admin";
bool is_built_in(std::string_view role);

// One of a tenant's own. What is not said bounds nothing.
struct Role {
  Role(TenantId tenant_, std::string name_) : tenant(std::move(tenant_)), name(std::move(name_)) {}
  TenantId tenant;
  std::string name;          // unique in the tenant
  std::uint32_t number = 0;  // given by the store, from 1, never again to another
  std::vector<std::string> scopes;
  std::vector<std::string> tasks;   // of NLU, where a scope stands for them
  std::vector<std::string> models;  // "*" is all
  std::optional<std::uint32_t> max_tokens, n;
  std::optional<double> temperature;
  Moment created{};
  std::uint32_t version = 0;
  friend bool operator==(const Role&, const Role&) = default;
};

// Names and e-mail addresses are kept as they were given and compared without regard to case, ASCII's alone: two users whom people would
// take for one another must not be, and what is equal must not depend on a database's locale or on a Unicode version.
struct User {
  User(UserId id_, TenantId tenant_) : id(std::move(id_)), tenant(std::move(tenant_)) {}
  UserId id;
  TenantId tenant;
  std::string username;       // 3 to 50 characters, unique in the installation
  std::string email;          // unique in the tenant; empty: none
  std::string password_hash;  // empty: no password is right
  std::string role{role_member};
  bool is_active = true;
  Moment created{};
  Moment updated{};
  std::uint32_t version = 0;
  friend bool operator==(const User&, const User&) = default;
};

// A refresh token that has been used, by whom, and when: the newest of its session was made of it.
struct UsedToken {
  UsedToken(Digest digest_, Digest client_, Moment at_) : digest(digest_), client(client_), at(at_) {}
  Digest digest;
  Digest client;
  Moment at;
  friend bool operator==(const UsedToken&, const UsedToken&) = default;
};

// What a login began: a family of refresh tokens, of which the newest is good.
struct Session {
  Session(SessionId id_, UserId user_) : id(std::move(id_)), user(std::move(user_)) {}
  SessionId id;
  UserId user;
  std::uint32_t generation = 0;   // of the newest token: the first is 0
  Digest digest{};                // of the newest token
  std::optional<UsedToken> used;  // the one before it
  std::string address;            // where it was used last from,
  std::string user_agent;         // and by what; empty: unknown. For its owner to read
  Moment created{};
  Moment last_used{};
  Moment expires{};       // of the newest token, and with it of the whole
  Moment access_until{};  // until then an access token of it may be good, whatever the lifetime of such was
  friend bool operator==(const Session&, const Session&) = default;
};

enum class RevocationKind : std::uint8_t { token_id, token_sha256, session, key, user, tenant };
// As it is kept: jti, token_sha256, session, key, user, tenant.
std::string_view to_string(RevocationKind kind);
std::optional<RevocationKind> parse_revocation_kind(std::string_view name);

enum class TicketKind : std::uint8_t { password_reset, invitation };
// As it is kept: password_reset, invitation.
std::string_view to_string(TicketKind kind);
std::optional<TicketKind> parse_ticket_kind(std::string_view name);

// Whoever gave something with a token that is no user's of ours: by what a revocation would tell of.
struct TokenGiver {
  TokenGiver(TenantId tenant_, RevocationKind kind_, std::string id_, Moment issued_)
      : tenant(std::move(tenant_)), kind(kind_), id(std::move(id_)), issued(issued_) {}
  TenantId tenant;      // that the token was for
  std::string issuer;   // whose token it was, by its name in the configuration; empty: ours
  RevocationKind kind;  // user: somebody of an outside issuer. Else the token itself
  std::string id;
  Moment issued;
  bool platform = false;  // administered all tenants
  friend bool operator==(const TokenGiver&, const TokenGiver&) = default;
};

// What may be done once, by whoever has its secret.
struct Ticket {
  Ticket(TicketKind kind_, Digest digest_, TenantId tenant_) : kind(kind_), digest(digest_), tenant(std::move(tenant_)) {}
  std::string id;  // by which administrators name it; it gives nothing
  TicketKind kind;
  Digest digest;
  TenantId tenant;
  std::optional<UserId> user;     // whose password is set; of an invitation none
  std::string role{role_member};  // of who comes by an invitation,
  std::string email;              // and whom it is for; empty: anybody
  // Who gave it: a user, with a key or without one, or somebody else's token. None of them: the operator.
  std::optional<UserId> issuer;
  std::optional<KeyId> issuer_key;
  std::optional<TokenGiver> issuer_token;
  Moment created{};
  Moment expires{};
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

// A secret that was rotated out, and until when it is still taken.
struct PreviousSecret {
  PreviousSecret(Digest digest_, Moment until_) : digest(digest_), until(until_) {}
  Digest digest;
  Moment until;
  std::optional<std::string> sealed_signing_secret;  // that went with it
  friend bool operator==(const PreviousSecret&, const PreviousSecret&) = default;
};

struct ApiKey {
  ApiKey(KeyId id_, TenantId tenant_) : id(std::move(id_)), tenant(std::move(tenant_)) {}
  KeyId id;
  TenantId tenant;
  std::optional<UserId> user;
  std::string name;
  std::string prefix;  // unique in the installation; stays when the secret is rotated
  Digest digest{};
  std::optional<PreviousSecret> previous;
  std::optional<std::string> sealed_signing_secret;  // encrypted under the master key; of keys that sign requests
  std::vector<std::string> scopes;
  std::vector<std::string> models;  // "*" is all that the tenant has
  std::vector<std::string> cidrs;   // where it may come from; none is anywhere
  bool is_active = true;
  Moment created{};
  std::optional<Moment> expires;
  std::optional<Moment> revoked;  // for good
  std::optional<Moment> last_used;
  std::int64_t usage_count = 0;
  std::uint32_t version = 0;
  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

// Uses of a key since the last time they were written down.
struct KeyUse {
  KeyUse(KeyId id_, std::int64_t count_, Moment last_used_) : id(std::move(id_)), count(count_), last_used(last_used_) {}
  KeyId id;
  std::int64_t count;
  Moment last_used;
};

// What may come once within a while.
struct Nonce {
  Nonce(Digest digest_, Moment expires_) : digest(digest_), expires(expires_) {}
  Digest digest;
  Moment expires;  // from then on what it came with is refused anyway
};

// What a call that is made once has come to.
enum class CallState : std::uint8_t {
  in_flight,
  answered,    // and the answer is kept
  unkept,      // answered, with more than is kept
  broken_off,  // what it cost is settled, and there is no answer
};
// As it is kept: in_flight, answered, unkept, broken_off.
std::string_view to_string(CallState state);
std::optional<CallState> parse_call_state(std::string_view name);

// A call that is made once, however often it is asked for.
struct IdempotentCall {
  IdempotentCall(Digest id_, Digest request_, std::uint32_t tenant_number_, Moment expires_)
      : id(id_), request(request_), tenant_number(tenant_number_), expires(expires_) {}
  Digest id;       // of who asks, where and under which key,
  Digest request;  // and of what is asked
  std::uint32_t tenant_number;
  Moment expires;  // from then on it is as if it had not been
  CallState state = CallState::in_flight;
  std::string sealed_answer;  // encrypted under the master key; empty where none is kept
  friend bool operator==(const IdempotentCall&, const IdempotentCall&) = default;
};

struct SigningKey {
  SigningKey(std::string kid_, std::string algorithm_) : kid(std::move(kid_)), algorithm(std::move(algorithm_)) {}
  std::string kid;
  std::string algorithm;       // as JOSE names it: EdDSA
  std::string sealed_private;  // encrypted under the master key
  std::string public_jwk;      // a JSON object
  Moment created{};
  std::optional<Moment> retires;  // signs nothing from then on
  friend bool operator==(const SigningKey&, const SigningKey&) = default;
};

// What an installation begins with.
struct Initial {
  explicit Initial(SigningKey signing_key_) : signing_key(std::move(signing_key_)) {}
  std::vector<Tenant> tenants;  // one at least
  std::vector<ApiKey> keys;
  std::vector<User> users;
  SigningKey signing_key;
};

struct Revocation {
  Revocation(RevocationKind kind_, std::string id_, Moment not_before_) : kind(kind_), id(std::move(id_)), not_before(not_before_) {}
  std::int64_t number = 0;  // given by the store, growing, never twice
  RevocationKind kind;
  std::string id;
  Moment not_before;              // what was issued before is revoked
  std::optional<Moment> expires;  // from then on nothing that it could match is valid anyway
  friend bool operator==(const Revocation&, const Revocation&) = default;
};

// Names that a tenant's texts hold (nlu/lexicon.h), as they were given.
struct KeptLexicon {
  std::uint32_t tenant_number = 0;
  std::string text;
  Moment changed{};
  friend bool operator==(const KeptLexicon&, const KeptLexicon&) = default;
};

// What a tenant used of a model for a task on a day.
struct UsageRow {
  UsageRow(TenantId tenant_, Day day_, ModelName model_, std::string task_)
      : tenant(std::move(tenant_)), day(day_), model(std::move(model_)), task(std::move(task_)) {}
  TenantId tenant;
  Day day;
  ModelName model;
  std::string task;
  std::int64_t requests = 0, prompt_tokens = 0, completion_tokens = 0, cached_tokens = 0;
  std::int64_t cost = 0;  // billionths of the currency that prices are in
  friend bool operator==(const UsageRow&, const UsageRow&) = default;
};

// 2026-11-22; nothing for what is no date.
std::string to_string(Day day);
std::optional<Day> parse_day(std::string_view text);

// What a budget counts. Money is in billionths of the currency that prices are in.
enum class BudgetUnit : std::uint8_t { tokens, money };
// As it is kept and written: tokens, money.
std::string_view to_string(BudgetUnit unit);
std::optional<BudgetUnit> parse_budget_unit(std::string_view name);

enum class BudgetPeriod : std::uint8_t { day, month, total };
// As it is kept and written: day, month, total.
std::string_view to_string(BudgetPeriod period);
std::optional<BudgetPeriod> parse_budget_period(std::string_view name);

// So much for a tenant, or for one of its users or keys. Periods are those of the tenant's time zone.
struct Budget {
  Budget(BudgetId id_, TenantId tenant_) : id(std::move(id_)), tenant(std::move(tenant_)) {}
  BudgetId id;
  TenantId tenant;
  std::optional<UserId> user;  // of whatever this user asks, with a key as well
  std::optional<KeyId> key;
  std::uint32_t number = 0;  // given by the store, from 1, never again to another
  BudgetUnit unit = BudgetUnit::tokens;
  std::int64_t amount = 0;
  BudgetPeriod period = BudgetPeriod::month;
  Moment created{};
  std::uint32_t version = 0;
  friend bool operator==(const Budget&, const Budget&) = default;
};

// What of a budget was spent in one of its periods.
struct BudgetSpend {
  BudgetSpend(std::uint32_t budget_, std::int64_t period_, std::int64_t units_) : budget(budget_), period(period_), units(units_) {}
  std::uint32_t budget;  // its number
  std::int64_t period;   // when that began, in seconds since 1970; 0 where it never ends
  std::int64_t units;
  friend bool operator==(const BudgetSpend&, const BudgetSpend&) = default;
};

// Calls that are over: what they used, and what that took from budgets, once and together.
struct LedgerBatch {
  LedgerBatch(std::string writer_, std::int64_t number_) : writer(std::move(writer_)), number(number_) {}
  std::string writer;
  std::int64_t number;  // each writer counts up
  std::vector<UsageRow> usage;
  std::vector<BudgetSpend> spent;
  std::vector<Digest> charged;  // idempotent calls among them: what is still in flight then is broken off
};

}  // namespace gatehouse::store
