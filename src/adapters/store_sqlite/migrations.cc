#include "migrations.h"

#include <array>

namespace gatehouse::adapters {
namespace {

// STRICT: a column holds its type and nothing else. Times are whole seconds since 1970; lists are JSON.
constexpr const char* create_settings = R"sql(
CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* create_tenants = R"sql(
CREATE TABLE tenants (
  number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 4294967295),
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  console INTEGER NOT NULL CHECK (console IN (0, 1)),
  tasks TEXT NOT NULL CHECK (json_valid(tasks) AND json_type(tasks) = 'array'),
  models TEXT NOT NULL CHECK (json_valid(models) AND json_type(models) = 'array'),
  scopes TEXT NOT NULL CHECK (json_valid(scopes) AND json_type(scopes) = 'array'),
  quota_per_day INTEGER NOT NULL CHECK (quota_per_day >= 0),
  token_lifetime_s INTEGER NOT NULL CHECK (token_lifetime_s > 0),
  time_zone TEXT NOT NULL CHECK (time_zone <> ''),
  created_s INTEGER NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0)
) STRICT;
)sql";

constexpr const char* create_api_keys = R"sql(
CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  user_id TEXT CHECK (user_id <> ''),
  name TEXT NOT NULL,
  prefix TEXT NOT NULL UNIQUE CHECK (length(prefix) = 8 AND prefix NOT GLOB '*[^0-9a-f]*'),
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  previous_digest BLOB CHECK (length(previous_digest) = 32),
  previous_until_s INTEGER,
  scopes TEXT NOT NULL CHECK (json_valid(scopes) AND json_type(scopes) = 'array'),
  models TEXT NOT NULL CHECK (json_valid(models) AND json_type(models) = 'array'),
  cidrs TEXT NOT NULL CHECK (json_valid(cidrs) AND json_type(cidrs) = 'array'),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_s INTEGER NOT NULL,
  expires_s INTEGER,
  revoked_s INTEGER,
  last_used_s INTEGER,
  usage_count INTEGER NOT NULL CHECK (usage_count >= 0),
  version INTEGER NOT NULL CHECK (version > 0),
  CHECK ((previous_digest IS NULL) = (previous_until_s IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_of_tenant ON api_keys (tenant_id, id);
)sql";

constexpr const char* create_signing_keys = R"sql(
CREATE TABLE signing_keys (
  kid TEXT NOT NULL PRIMARY KEY CHECK (kid <> ''),
  algorithm TEXT NOT NULL CHECK (algorithm <> ''),
  sealed_private BLOB NOT NULL CHECK (length(sealed_private) > 0),
  public_jwk TEXT NOT NULL CHECK (json_valid(public_jwk) AND json_type(public_jwk) = 'object'),
  created_s INTEGER NOT NULL,
  retires_s INTEGER
) STRICT, WITHOUT ROWID;
)sql";

// AUTOINCREMENT: the number of a row that was dropped is not given again, so that who follows them misses none.
constexpr const char* create_revocations = R"sql(
CREATE TABLE revocations (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('jti', 'token_sha256', 'session', 'key', 'user', 'tenant')),
  id TEXT NOT NULL CHECK (id <> ''),
  not_before_s INTEGER NOT NULL,
  expires_s INTEGER
) STRICT;
CREATE INDEX revocations_by_end ON revocations (expires_s) WHERE expires_s IS NOT NULL;
)sql";

constexpr const char* create_usage = R"sql(
CREATE TABLE usage (
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  day TEXT NOT NULL CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND date(day, '+0 days') IS day),
  model TEXT NOT NULL CHECK (model <> ''),
  task TEXT NOT NULL CHECK (task <> ''),
  requests INTEGER NOT NULL CHECK (requests >= 0),
  prompt_tokens INTEGER NOT NULL CHECK (prompt_tokens >= 0),
  completion_tokens INTEGER NOT NULL CHECK (completion_tokens >= 0),
  cached_tokens INTEGER NOT NULL CHECK (cached_tokens >= 0),
  PRIMARY KEY (tenant_id, day, model, task)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_of_day ON usage (day);
)sql";

// NOCASE folds ASCII and nothing else.
constexpr const char* create_users = R"sql(
CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  username TEXT NOT NULL COLLATE NOCASE UNIQUE CHECK (length(username) BETWEEN 3 AND 50),
  email TEXT NOT NULL COLLATE NOCASE,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('member', 'tenant-admin', 'platform-admin')),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_s INTEGER NOT NULL,
  updated_s INTEGER NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX users_of_tenant ON users (tenant_id, id);
CREATE UNIQUE INDEX users_by_email ON users (tenant_id, email) WHERE email <> '';
)sql";

constexpr const char* add_signing_secrets = R"sql(
ALTER TABLE api_keys ADD COLUMN sealed_signing_secret BLOB CHECK (length(sealed_signing_secret) > 0);
)sql";

constexpr const char* create_sessions = R"sql(
CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  user_id TEXT NOT NULL REFERENCES users (id),
  generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  used_digest BLOB CHECK (length(used_digest) = 32),
  used_client BLOB CHECK (length(used_client) = 32),
  used_s INTEGER,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_s INTEGER NOT NULL,
  last_used_s INTEGER NOT NULL,
  expires_s INTEGER NOT NULL,
  CHECK ((used_digest IS NULL) = (generation = 0) AND (used_client IS NULL) = (generation = 0) AND (used_s IS NULL) = (generation = 0))
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user_id, last_used_s);
CREATE INDEX sessions_by_end ON sessions (expires_s);
CREATE TABLE tickets (
  digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
  kind TEXT NOT NULL CHECK (kind IN ('password_reset', 'invitation')),
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  user_id TEXT REFERENCES users (id),
  role TEXT NOT NULL CHECK (role IN ('member', 'tenant-admin', 'platform-admin')),
  email TEXT NOT NULL,
  created_s INTEGER NOT NULL,
  expires_s INTEGER NOT NULL,
  CHECK ((user_id IS NULL) = (kind = 'invitation'))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tickets_of_user ON tickets (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX tickets_of_tenant ON tickets (tenant_id);
CREATE INDEX tickets_by_end ON tickets (expires_s);
CREATE INDEX users_that_are_off ON users (id) WHERE is_active = 0;
)sql";

// A chain's rows go on where records and head say. Whose the rows are stands in the chain alone.
constexpr const char* create_audit = R"sql(
CREATE TABLE audit_chains (
  id INTEGER PRIMARY KEY,
  tenant_number INTEGER NOT NULL CHECK (tenant_number BETWEEN 0 AND 4294967295),
  tenant_id TEXT NOT NULL,
  instance TEXT NOT NULL CHECK (instance <> ''),
  records INTEGER NOT NULL CHECK (records >= 0),
  head BLOB NOT NULL CHECK (length(head) = 32),
  UNIQUE (tenant_number, tenant_id, instance)
) STRICT;
CREATE INDEX audit_chains_of_tenant ON audit_chains (tenant_id);
CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  chain INTEGER NOT NULL REFERENCES audit_chains (id),
  sequence INTEGER NOT NULL CHECK (sequence > 0),
  time_us INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action <> ''),
  route TEXT NOT NULL,
  resource_type TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome <> ''),
  rule TEXT NOT NULL,
  request_id TEXT NOT NULL,
  address TEXT NOT NULL,
  model TEXT NOT NULL,
  task TEXT NOT NULL,
  finish TEXT NOT NULL,
  status INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  count INTEGER NOT NULL CHECK (count > 0),
  seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT;
CREATE INDEX audit_of_chain ON audit (chain);
)sql";

// Not a part of the chains: it can be forgotten.
constexpr const char* create_audit_contents = R"sql(
CREATE TABLE audit_contents (
  tenant_number INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  time_us INTEGER NOT NULL,
  text TEXT NOT NULL CHECK (json_valid(text)),
  PRIMARY KEY (tenant_number, request_id, time_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_contents_by_time ON audit_contents (time_us);
)sql";

// The range of the numbers is at least as long as the table: what came first goes first.
constexpr const char* sign_requests = R"sql(
ALTER TABLE tenants ADD COLUMN signatures TEXT NOT NULL DEFAULT 'optional' CHECK (signatures IN ('optional', 'required'));
ALTER TABLE api_keys ADD COLUMN previous_sealed_signing_secret BLOB
  CHECK (previous_sealed_signing_secret IS NULL OR (length(previous_sealed_signing_secret) > 0 AND previous_digest IS NOT NULL));
CREATE TABLE nonces (
  number INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  expires_s INTEGER NOT NULL
) STRICT;
CREATE INDEX nonces_by_end ON nonces (expires_s);
)sql";

// Who has one of their tenant's own roles has 'member' in the column beside it.
constexpr const char* create_roles = R"sql(
CREATE TABLE roles (
  number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 4294967295),
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  name TEXT NOT NULL CHECK (name <> '' AND name NOT IN ('member', 'tenant-admin', 'platform-admin')),
  scopes TEXT NOT NULL CHECK (json_valid(scopes) AND json_type(scopes) = 'array'),
  tasks TEXT NOT NULL CHECK (json_valid(tasks) AND json_type(tasks) = 'array'),
  models TEXT NOT NULL CHECK (json_valid(models) AND json_type(models) = 'array'),
  max_tokens INTEGER CHECK (max_tokens > 0),
  n INTEGER CHECK (n > 0),
  temperature REAL CHECK (temperature BETWEEN 0 AND 2),
  created_s INTEGER NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  UNIQUE (tenant_id, name)
) STRICT;
ALTER TABLE users ADD COLUMN own_role INTEGER REFERENCES roles (number) CHECK (own_role IS NULL OR role = 'member');
ALTER TABLE tickets ADD COLUMN own_role INTEGER REFERENCES roles (number) CHECK (own_role IS NULL OR role = 'member');
CREATE INDEX users_of_role ON users (own_role) WHERE own_role IS NOT NULL;
CREATE INDEX tickets_of_role ON tickets (own_role) WHERE own_role IS NOT NULL;
CREATE INDEX notable_users ON users (id) WHERE is_active = 0 OR role <> 'member' OR own_role IS NOT NULL;
DROP INDEX users_that_are_off;
)sql";

// A tenant has one budget of a unit and a period, and so has each of its users and keys.
constexpr const char* create_budgets = R"sql(
CREATE TABLE budgets (
  number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number BETWEEN 1 AND 4294967295),
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  tenant_id TEXT NOT NULL REFERENCES tenants (id),
  user_id TEXT REFERENCES users (id),
  key_id TEXT REFERENCES api_keys (id),
  unit TEXT NOT NULL CHECK (unit IN ('tokens', 'money')),
  amount INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000000000),
  period TEXT NOT NULL CHECK (period IN ('day', 'month', 'total')),
  created_s INTEGER NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  CHECK (user_id IS NULL OR key_id IS NULL)
) STRICT;
CREATE UNIQUE INDEX budgets_by_whose ON budgets (tenant_id, coalesce(user_id, ''), coalesce(key_id, ''), unit, period);
CREATE INDEX budgets_of_tenant ON budgets (tenant_id, id);
CREATE INDEX budgets_of_user ON budgets (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX budgets_of_key ON budgets (key_id) WHERE key_id IS NOT NULL;
CREATE TABLE budget_spends (
  budget INTEGER NOT NULL REFERENCES budgets (number),
  period INTEGER NOT NULL CHECK (period >= 0),
  units INTEGER NOT NULL CHECK (units >= 0),
  PRIMARY KEY (budget, period)
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_marks (
  writer TEXT NOT NULL PRIMARY KEY CHECK (writer <> ''),
  number INTEGER NOT NULL CHECK (number > 0)
) STRICT, WITHOUT ROWID;
ALTER TABLE usage ADD COLUMN cost INTEGER NOT NULL DEFAULT 0 CHECK (cost >= 0);
)sql";

// Nobody wrote down how long access tokens of the sessions that there are live: 30 days is the longest that could be said.
constexpr const char* add_ends_and_issuers = R"sql(
ALTER TABLE sessions ADD COLUMN access_until_s INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET access_until_s = last_used_s + 30 * 24 * 60 * 60 + 600;
ALTER TABLE tickets ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN issuer TEXT CHECK (issuer <> '');
ALTER TABLE tickets ADD COLUMN issuer_key TEXT CHECK (issuer_key <> '');
UPDATE tickets SET id = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX tickets_by_id ON tickets (id);
)sql";

// What is kept of a tenant, and in the row of number 0 of all, is counted as it comes and goes: it must not grow without bound, and nobody
// should have to look through it for that.
constexpr const char* create_lexicons = R"sql(
CREATE TABLE lexicons (
  tenant_number INTEGER PRIMARY KEY REFERENCES tenants (number),
  text TEXT NOT NULL CHECK (length(text) <= 4194304),
  changed_s INTEGER NOT NULL
) STRICT;
)sql";

constexpr const char* create_idempotent_calls = R"sql(
CREATE TABLE idempotent_calls (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
  request BLOB NOT NULL CHECK (length(request) = 32),
  tenant_number INTEGER NOT NULL REFERENCES tenants (number),
  state TEXT NOT NULL CHECK (state IN ('in_flight', 'answered', 'unkept', 'broken_off')),
  sealed_answer BLOB CHECK (length(sealed_answer) > 0),
  expires_s INTEGER NOT NULL,
  CHECK ((state = 'answered') = (sealed_answer IS NOT NULL))
) STRICT;
CREATE INDEX idempotent_calls_by_end ON idempotent_calls (expires_s);
CREATE INDEX idempotent_calls_of_tenant ON idempotent_calls (tenant_number);
CREATE INDEX idempotent_calls_in_flight ON idempotent_calls (state) WHERE state = 'in_flight';
CREATE TABLE idempotent_sums (
  tenant_number INTEGER PRIMARY KEY,
  calls INTEGER NOT NULL CHECK (calls >= 0),
  bytes INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT;
INSERT INTO idempotent_sums VALUES (0, 0, 0);
CREATE TRIGGER idempotent_call_came AFTER INSERT ON idempotent_calls BEGIN
  INSERT INTO idempotent_sums VALUES (NEW.tenant_number, 0, 0) ON CONFLICT DO NOTHING;
  UPDATE idempotent_sums SET calls = calls + 1, bytes = bytes + coalesce(length(NEW.sealed_answer), 0)
    WHERE tenant_number IN (0, NEW.tenant_number);
END;
CREATE TRIGGER idempotent_call_was_answered AFTER UPDATE OF sealed_answer ON idempotent_calls BEGIN
  UPDATE idempotent_sums SET bytes = bytes + coalesce(length(NEW.sealed_answer), 0) - coalesce(length(OLD.sealed_answer), 0)
    WHERE tenant_number IN (0, NEW.tenant_number);
END;
CREATE TRIGGER idempotent_call_went AFTER DELETE ON idempotent_calls BEGIN
  UPDATE idempotent_sums SET calls = calls - 1, bytes = bytes - coalesce(length(OLD.sealed_answer), 0)
    WHERE tenant_number IN (0, OLD.tenant_number);
END;
)sql";

constexpr const char* add_weights = R"sql(
ALTER TABLE tenants ADD COLUMN weight INTEGER NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 100);
)sql";

// Of tickets that neither a user nor a key gave nobody wrote down who did: what cannot be held against whoever gave it is given anew.
constexpr const char* add_givers = R"sql(
DELETE FROM tickets WHERE issuer IS NULL AND issuer_key IS NULL;
ALTER TABLE tickets ADD COLUMN giver_tenant TEXT CHECK (giver_tenant <> '');
ALTER TABLE tickets ADD COLUMN giver_issuer TEXT;
ALTER TABLE tickets ADD COLUMN giver_kind TEXT CHECK (giver_kind IN ('jti', 'token_sha256', 'user'));
ALTER TABLE tickets ADD COLUMN giver_id TEXT CHECK (giver_id <> '');
ALTER TABLE tickets ADD COLUMN giver_issued_s INTEGER;
ALTER TABLE tickets ADD COLUMN giver_platform INTEGER CHECK (giver_platform IN (0, 1));
CREATE INDEX tickets_by_issuer ON tickets (issuer) WHERE issuer IS NOT NULL;
)sql";

// No part of the chains: what stands here when a process begins, an earlier one did not come back from.
constexpr const char* create_audit_intents = R"sql(
CREATE TABLE audit_intents (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_number INTEGER NOT NULL CHECK (tenant_number BETWEEN 0 AND 4294967295),
  tenant_id TEXT NOT NULL,
  time_us INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action <> ''),
  route TEXT NOT NULL,
  resource_type TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  address TEXT NOT NULL
) STRICT;
)sql";

constexpr std::array steps{
    MigrationStep{"settings", create_settings},
    MigrationStep{"tenants", create_tenants},
    MigrationStep{"API keys", create_api_keys},
    MigrationStep{"signing keys", create_signing_keys},
    MigrationStep{"revocations", create_revocations},
    MigrationStep{"usage", create_usage},
    MigrationStep{"users", create_users},
    MigrationStep{"signing secrets", add_signing_secrets},
    MigrationStep{"sessions and tickets", create_sessions},
    MigrationStep{"audit", create_audit},
    MigrationStep{"contents of requests", create_audit_contents},
    MigrationStep{"signed requests", sign_requests},
    MigrationStep{"roles", create_roles},
    MigrationStep{"budgets", create_budgets},
    MigrationStep{"ends of sessions and issuers of tickets", add_ends_and_issuers},
    MigrationStep{"idempotent calls", create_idempotent_calls},
    MigrationStep{"weights of tenants", add_weights},
    MigrationStep{"givers of tickets", add_givers},
    MigrationStep{"intents of changes", create_audit_intents},
    MigrationStep{"lexicons", create_lexicons},
};

}  // namespace

std::span<const MigrationStep> migration_steps() { return steps; }

}  // namespace gatehouse::adapters
