#include "migrations.h"

#include <sys/stat.h>

#include "test_store.h"

namespace gatehouse::adapters {
namespace {

using ::testing::HasSubstr;

class Migrations : public StoreTest {
 protected:
  static std::string schema_of(Database& database) {
    return *database.ask("SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)");
  }
  std::string whole_schema() {
    Database fresh = *Database::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    EXPECT_EQ(outcome(migrate(fresh, migration_steps())), "ok");
    return schema_of(fresh);
  }
  static bool has_users(std::size_t schema) { return schema >= 7; }
  static bool has_tickets(std::size_t schema) { return schema >= 9; }
  static bool knows_ends(std::size_t schema) { return schema >= 15; }
  static bool knows_givers(std::size_t schema) { return schema >= 18; }
  // A plain member who has a session, an administrator who is off, and somebody invited to administer: as far as that schema has them.
  static std::string people_of(std::size_t schema) {
    const std::string user =
        "INSERT INTO users (id, tenant_id, username, email, password_hash, role, is_active, created_s, updated_s, version) VALUES ";
    std::string sql;
    if (has_users(schema))
      sql += user + "('u-1', 'demo', 'ada', 'a@b', 'h', 'member', 1, 1, 2, 3);" + user +
             "('u-2', 'demo', 'eve', '', '', 'tenant-admin', 0, 1, 2, 4);";
    if (has_tickets(schema)) {
      sql +=
          "INSERT INTO sessions (id, user_id, generation, digest, address, user_agent, created_s, last_used_s, expires_s) "
          "VALUES ('s-1', 'u-1', 0, zeroblob(32), '', '', 0, 0, 900);"
          "INSERT INTO tickets (digest, kind, tenant_id, user_id, role, email, created_s, expires_s) "
          "VALUES (zeroblob(32), 'invitation', 'demo', NULL, 'tenant-admin', '', 0, 900);";
    }
    if (knows_ends(schema)) sql += "UPDATE sessions SET access_until_s = 2592000; UPDATE tickets SET id = hex(zeroblob(16));";
    return sql;
  }
  void expect_people_of(std::size_t schema) {
    store::UserQuery query(store::Reach::everything());
    query.notable = true;
    const Result<store::Page<store::User>> notable = ask(store_->users().list(reactor_, query));
    ASSERT_EQ(outcome(notable), "ok") << schema;
    ASSERT_EQ(notable->data.size(), has_users(schema) ? 1U : 0U) << schema;
    if (!has_users(schema)) return;
    EXPECT_EQ(notable->data[0].id.value() + notable->data[0].role, "u-2tenant-admin");
    EXPECT_FALSE(notable->data[0].is_active);
    const Result<store::User> ada = ask(store_->users().find_by_name(reactor_, "ada"));
    ASSERT_EQ(outcome(ada), "ok");
    EXPECT_EQ(ada->role, "member");
    EXPECT_EQ(ada->version, 3U);
    if (!has_tickets(schema)) return;
    const std::vector<store::Session> sessions = *ask(store_->sessions().list(reactor_, ada->id));
    ASSERT_EQ(sessions.size(), 1U);
    EXPECT_GE(sessions[0].access_until, store::Moment(std::chrono::days(30))) << "nobody knows how long its tokens live";
    const Result<store::Ticket> invited =
        ask(store_->tickets().find(reactor_, store::TicketKind::invitation, store::Digest(), store::Moment(seconds(1))));
    if (!knows_givers(schema)) {
      EXPECT_EQ(outcome(invited), "ticket_not_found") << "nobody knows who gave it";
      return;
    }
    ASSERT_EQ(outcome(invited), "ok");
    EXPECT_EQ(invited->role, "tenant-admin");
  }
};
using SchemaConstraints = StoreTest;

TEST_F(Migrations, ACutAtAnyStepIsMendedByTheNextStart) {
  const std::string wanted = whole_schema();
  for (std::size_t cut = 1; cut <= migration_steps().size(); ++cut) {
    Database database = beside();
    const BeforeCommit fail_there = [cut](std::size_t number) { return number == cut ? Status(internal_error("cut_here", "")) : ok(); };
    EXPECT_EQ(outcome(migrate(database, migration_steps(), fail_there)), "cut_here");
    EXPECT_EQ(*database.ask_number("PRAGMA user_version"), static_cast<std::int64_t>(cut - 1));
    EXPECT_FALSE(database.in_transaction());

    Database next = beside();
    EXPECT_EQ(outcome(check_schema(next, migration_steps(), "x")), "ok") << cut;
    EXPECT_EQ(outcome(migrate(next, migration_steps())), "ok");
    EXPECT_EQ(schema_of(next), wanted) << cut;
    std::filesystem::remove(file());
  }
}

TEST_F(Migrations, WhatStandsInAnOlderSchemaStays) {
  {
    Database old = beside();
    ASSERT_EQ(outcome(migrate(old, migration_steps().first(2))), "ok");
    ASSERT_EQ(outcome(old.run("INSERT INTO settings VALUES ('colour', 'green');"
                              "INSERT INTO tenants VALUES (7, 'demo', 1, 0, '[]', '[]', '[]', 5, 60, 'UTC', 0, 3)")),
              "ok");
  }
  chmod(file().c_str(), 0600);
  open();
  EXPECT_EQ(*ask(store_->settings().get(reactor_, "colour")), "green");
  EXPECT_EQ(find("demo")->version, 3U);
  EXPECT_EQ(create("next")->number, 8U);
}

// Each schema that a Gatehouse has written, with records in it, becomes today's.
TEST_F(Migrations, ThePreviousSchemaIsTakenOnWithWhatItHolds) {
  for (std::size_t before = 6; before < migration_steps().size(); ++before) {
    {
      Database old = beside();
      ASSERT_EQ(outcome(migrate(old, migration_steps().first(before))), "ok");
      ASSERT_EQ(outcome(old.run("INSERT INTO tenants (number, id, enabled, console, tasks, models, scopes, quota_per_day, "
                                "token_lifetime_s, time_zone, created_s, version) VALUES (7, 'demo', 1, 0, '[]', '[]', '[]', 5, 60, 'UTC', "
                                "0, 3);"
                                "INSERT INTO api_keys (id, tenant_id, name, prefix, digest, scopes, models, cidrs, is_active, created_s, "
                                "usage_count, version) VALUES ('k', 'demo', 'n', '00000000', zeroblob(32), '[]', '[]', '[]', 1, 5, 9, 2);"
                                "INSERT INTO revocations VALUES (4, 'key', 'x', 0, NULL)")),
                "ok");
      ASSERT_EQ(outcome(old.run(people_of(before).c_str())), "ok");
    }
    chmod(file().c_str(), 0600);
    open();
    const Result<store::ApiKey> key = ask(store_->keys().find(reactor_, store::Reach::everything(), KeyId("k")));
    ASSERT_EQ(outcome(key), "ok") << before;
    EXPECT_EQ(key->usage_count, 9);
    EXPECT_EQ(ask(store_->revocations().since(reactor_, 0, 9))->data.size(), 1U);
    expect_people_of(before);
    store::User user{store::UserId("u"), TenantId("demo")};
    user.username = "somebody";
    EXPECT_EQ(outcome(ask(store_->users().create(reactor_, user))), "ok");
    EXPECT_EQ(integrity(), "ok");
    store_.reset();
    std::filesystem::remove(file());
  }
}

TEST_F(Migrations, AStepThatIsWrongLeavesNothing) {
  Database database = beside();
  const std::array wrong{MigrationStep{"half", "CREATE TABLE a (x) STRICT; CREATE TABLE a (x)"}};
  EXPECT_EQ(outcome(migrate(database, wrong)), "store_unavailable");
  EXPECT_EQ(*database.ask_number("SELECT count(*) FROM sqlite_schema"), 0);
  EXPECT_EQ(*database.ask_number("PRAGMA user_version"), 0);
}

TEST_F(Migrations, ANewerSchemaIsRefusedAndLeftAlone) {
  open();
  store_.reset();
  ASSERT_EQ(outcome(beside().run("PRAGMA user_version = 99; CREATE TABLE things_to_come (x)")), "ok");
  const std::string before = contents();
  const Result<std::unique_ptr<SqliteStore>> opened = try_open();
  ASSERT_EQ(outcome(opened), "store_too_new");
  EXPECT_THAT(opened.error().public_text(), HasSubstr(file().string()));
  EXPECT_THAT(opened.error().public_text(), HasSubstr("schema 99"));
  EXPECT_EQ(contents(), before);
}

TEST_F(Migrations, AnothersDatabaseIsRefusedAndLeftAlone) {
  ASSERT_EQ(outcome(beside().run("CREATE TABLE notes (text)")), "ok");
  chmod(file().c_str(), 0600);
  const std::string before = contents();
  EXPECT_EQ(outcome(try_open()), "store_foreign");
  EXPECT_EQ(contents(), before);
}

// Whoever writes past the checks, a tool or a bug of ours, cannot make a row that is none.
TEST_F(SchemaConstraints, RowsThatCannotBeRightAreRefused) {
  open();
  ASSERT_EQ(outcome(create("demo")), "ok");
  Database tool = beside();
  const std::string key =
      "INSERT INTO api_keys (id, tenant_id, name, prefix, digest, scopes, models, cidrs, is_active, created_s, usage_count, version) "
      "VALUES ";
  const std::vector<std::string> wrong{
      "INSERT INTO tenants VALUES (NULL, 't', 2, 0, '[]', '[]', '[]', 5, 60, 'UTC', 0, 1, 'optional', 1)",
      "INSERT INTO tenants VALUES (NULL, 't', 1, 0, '[', '[]', '[]', 5, 60, 'UTC', 0, 1, 'optional', 1)",
      "INSERT INTO tenants VALUES (NULL, 't', 1, 0, '{}', '[]', '[]', 5, 60, 'UTC', 0, 1, 'optional', 1)",
      "INSERT INTO tenants VALUES (NULL, 't', 1, 0, '[]', '[]', '[]', -5, 60, 'UTC', 0, 1, 'optional', 1)",
      "INSERT INTO tenants VALUES (NULL, 't', 1, 0, '[]', '[]', '[]', 'many', 60, 'UTC', 0, 1, 'optional', 1)",
      "INSERT INTO tenants VALUES (NULL, 'demo', 1, 0, '[]', '[]', '[]', 5, 60, 'UTC', 0, 1, 'optional', 1)",
      "INSERT INTO tenants VALUES (0, 't', 1, 0, '[]', '[]', '[]', 5, 60, 'UTC', 0, 1, 'optional', 1)",
      key + "('k', 'none', '', '00000000', zeroblob(32), '[]', '[]', '[]', 1, 0, 0, 1)",
      key + "('k', 'demo', '', '0000000G', zeroblob(32), '[]', '[]', '[]', 1, 0, 0, 1)",
      key + "('k', 'demo', '', '00000000', zeroblob(31), '[]', '[]', '[]', 1, 0, 0, 1)",
      key + "('k', 'demo', '', '00000000', NULL, '[]', '[]', '[]', 1, 0, 0, 1)",
      key + "('k', 'demo', '', '00000000', zeroblob(32), '[]', '[]', '[]', 1, 0, -1, 1)",
      key + "('k', 'demo', '', '00000000', zeroblob(32), '[]', '[]', NULL, 1, 0, 0, 1)",
      "UPDATE api_keys SET sealed_signing_secret = zeroblob(0)",
      "UPDATE api_keys SET sealed_signing_secret = 'text'",
      "UPDATE api_keys SET previous_sealed_signing_secret = zeroblob(9)",
      "UPDATE tenants SET signatures = 'perhaps'",
      "UPDATE tenants SET weight = 0",
      "UPDATE tenants SET weight = 101",
      "INSERT INTO nonces VALUES (NULL, zeroblob(31), 5)",
      "INSERT INTO signing_keys VALUES ('k', 'EdDSA', zeroblob(0), '{}', 0, NULL)",
      "INSERT INTO signing_keys VALUES ('k', 'EdDSA', zeroblob(9), '[]', 0, NULL)",
      "INSERT INTO revocations VALUES (NULL, 'everything', 'x', 0, NULL)",
      "INSERT INTO usage VALUES ('demo', '2026-02-30', 'm', 'llm', 1, 1, 1, 1, 0)",
      "INSERT INTO usage VALUES ('demo', '26-02-01', 'm', 'llm', 1, 1, 1, 1, 0)",
      "INSERT INTO usage VALUES ('demo', '2026-02-01', 'm', 'llm', 1, 1, 1, 1.5, 0)",
      "INSERT INTO usage VALUES ('demo', '2026-02-01', 'm', 'llm', 1, 1, 1, 1, -1)",
      "DELETE FROM tenants",
  };
  ASSERT_EQ(outcome(tool.run((key + "('k0', 'demo', '', 'abcdef00', zeroblob(32), '[]', '[]', '[]', 1, 0, 0, 1)").c_str())), "ok");
  for (const std::string& sql : wrong) EXPECT_EQ(outcome(tool.run(sql.c_str())), "store_record_refused") << sql;
  EXPECT_EQ(*tool.ask_number("SELECT (SELECT count(*) FROM tenants) + (SELECT count(*) FROM api_keys) + (SELECT count(*) FROM usage)"), 2);
}

TEST_F(SchemaConstraints, SessionsAndTicketsThatCannotBeRightAreRefused) {
  open();
  ASSERT_EQ(outcome(create("demo")), "ok");
  Database tool = beside();
  ASSERT_EQ(outcome(tool.run("INSERT INTO users VALUES ('u', 'demo', 'name', '', '', 'member', 1, 0, 0, 1, NULL)")), "ok");
  ASSERT_EQ(outcome(tool.run("INSERT INTO roles VALUES (7, 'demo', 'own', '[]', '[]', '[]', NULL, NULL, NULL, 0, 1)")), "ok");
  const std::string session =
      "INSERT INTO sessions (id, user_id, generation, digest, used_digest, used_client, used_s, address, user_agent, created_s, "
      "last_used_s, "
      "expires_s) VALUES ";
  const std::string ticket = "INSERT INTO tickets (digest, kind, tenant_id, user_id, role, email, created_s, expires_s, own_role) VALUES ";
  ASSERT_EQ(outcome(tool.run((session + "('s0', 'u', 0, zeroblob(32), NULL, NULL, NULL, '', '', 0, 0, 9)").c_str())), "ok");
  const std::vector<std::string> wrong{
      session + "('s', 'none', 0, zeroblob(32), NULL, NULL, NULL, '', '', 0, 0, 9)",
      session + "('s', 'u', 0, zeroblob(31), NULL, NULL, NULL, '', '', 0, 0, 9)",
      session + "('s', 'u', 1, zeroblob(32), NULL, NULL, NULL, '', '', 0, 0, 9)",
      session + "('s', 'u', 0, zeroblob(32), zeroblob(32), zeroblob(32), 5, '', '', 0, 0, 9)",
      session + "('s', 'u', 1, zeroblob(32), zeroblob(32), NULL, 5, '', '', 0, 0, 9)",
      session + "('s', 'u', -1, zeroblob(32), zeroblob(32), zeroblob(32), 5, '', '', 0, 0, 9)",
      ticket + "(zeroblob(32), 'password_reset', 'demo', NULL, 'member', '', 0, 9, NULL)",
      ticket + "(zeroblob(32), 'invitation', 'demo', 'u', 'member', '', 0, 9, NULL)",
      ticket + "(zeroblob(32), 'present', 'demo', 'u', 'member', '', 0, 9, NULL)",
      ticket + "(zeroblob(32), 'invitation', 'none', NULL, 'member', '', 0, 9, NULL)",
      ticket + "(zeroblob(32), 'invitation', 'demo', NULL, 'root', '', 0, 9, NULL)",
      ticket + "(zeroblob(16), 'invitation', 'demo', NULL, 'member', '', 0, 9, NULL)",
      ticket + "(zeroblob(32), 'invitation', 'demo', NULL, 'member', '', 0, 9, 1)",
      ticket + "(zeroblob(32), 'invitation', 'demo', NULL, 'tenant-admin', '', 0, 9, 7)",
      "DELETE FROM users",
  };
  for (const std::string& sql : wrong) EXPECT_EQ(outcome(tool.run(sql.c_str())), "store_record_refused") << sql;
  EXPECT_EQ(*tool.ask_number("SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM tickets)"), 1);
}

TEST_F(SchemaConstraints, UsersThatCannotBeRightAreRefused) {
  open();
  ASSERT_EQ(outcome(create("demo")), "ok");
  Database tool = beside();
  const std::string user = "INSERT INTO users VALUES ";
  ASSERT_EQ(outcome(tool.run((user + "('u0', 'demo', 'Name0', 'a@b', '', 'member', 1, 0, 0, 1, NULL)").c_str())), "ok");
  const std::vector<std::string> wrong{
      user + "('u', 'none', 'name', '', '', 'member', 1, 0, 0, 1, NULL)",
      user + "('u', 'demo', 'na', '', '', 'member', 1, 0, 0, 1, NULL)",
      user + "('u', 'demo', 'NAME0', '', '', 'member', 1, 0, 0, 1, NULL)",
      user + "('u', 'demo', 'name', 'A@b', '', 'member', 1, 0, 0, 1, NULL)",
      user + "('u', 'demo', 'name', '', '', 'root', 1, 0, 0, 1, NULL)",
      user + "('u', 'demo', 'name', '', NULL, 'member', 1, 0, 0, 1, NULL)",
      user + "('u', 'demo', 'name', '', '', 'member', 2, 0, 0, 1, NULL)",
  };
  for (const std::string& sql : wrong) EXPECT_EQ(outcome(tool.run(sql.c_str())), "store_record_refused") << sql;
  EXPECT_EQ(*tool.ask_number("SELECT count(*) FROM users"), 1);
}

TEST_F(SchemaConstraints, RolesThatCannotBeRightAreRefused) {
  open();
  ASSERT_EQ(outcome(create("demo")), "ok");
  Database tool = beside();
  const std::string role = "INSERT INTO roles VALUES ";
  ASSERT_EQ(outcome(tool.run((role + "(7, 'demo', 'own', '[]', '[]', '[]', 1, 1, 0.5, 0, 1)").c_str())), "ok");
  ASSERT_EQ(outcome(tool.run("INSERT INTO users VALUES ('u', 'demo', 'name', '', '', 'member', 1, 0, 0, 1, 7)")), "ok");
  const std::vector<std::string> wrong{
      role + "(NULL, 'none', 'a', '[]', '[]', '[]', NULL, NULL, NULL, 0, 1)",
      role + "(NULL, 'demo', 'own', '[]', '[]', '[]', NULL, NULL, NULL, 0, 1)",
      role + "(NULL, 'demo', 'member', '[]', '[]', '[]', NULL, NULL, NULL, 0, 1)",
      role + "(NULL, 'demo', '', '[]', '[]', '[]', NULL, NULL, NULL, 0, 1)",
      role + "(NULL, 'demo', 'a', '{}', '[]', '[]', NULL, NULL, NULL, 0, 1)",
      role + "(NULL, 'demo', 'a', '[]', '[]', '[]', 0, NULL, NULL, 0, 1)",
      role + "(NULL, 'demo', 'a', '[]', '[]', '[]', NULL, 0, NULL, 0, 1)",
      role + "(NULL, 'demo', 'a', '[]', '[]', '[]', NULL, NULL, 2.5, 0, 1)",
      "INSERT INTO users VALUES ('v', 'demo', 'other', '', '', 'tenant-admin', 1, 0, 0, 1, 7)",
      "INSERT INTO users VALUES ('v', 'demo', 'other', '', '', 'member', 1, 0, 0, 1, 8)",
      "DELETE FROM roles",
  };
  for (const std::string& sql : wrong) EXPECT_EQ(outcome(tool.run(sql.c_str())), "store_record_refused") << sql;
  EXPECT_EQ(*tool.ask_number("SELECT (SELECT count(*) FROM roles) + (SELECT count(*) FROM users)"), 2);
}

TEST_F(SchemaConstraints, BudgetsThatCannotBeRightAreRefused) {
  open();
  ASSERT_EQ(outcome(create("demo")), "ok");
  Database tool = beside();
  ASSERT_EQ(outcome(tool.run("INSERT INTO users VALUES ('u', 'demo', 'name', '', '', 'member', 1, 0, 0, 1, NULL)")), "ok");
  const std::string budget = "INSERT INTO budgets VALUES ";
  ASSERT_EQ(outcome(tool.run((budget + "(7, 'b', 'demo', 'u', NULL, 'tokens', 5, 'day', 0, 1)").c_str())), "ok");
  ASSERT_EQ(outcome(tool.run("INSERT INTO budget_spends VALUES (7, 0, 1); INSERT INTO ledger_marks VALUES ('w', 1)")), "ok");
  const std::vector<std::string> wrong{
      budget + "(NULL, 'c', 'none', NULL, NULL, 'tokens', 5, 'day', 0, 1)",
      budget + "(NULL, 'c', 'demo', 'none', NULL, 'tokens', 5, 'day', 0, 1)",
      budget + "(NULL, 'c', 'demo', NULL, 'none', 'tokens', 5, 'day', 0, 1)",
      budget + "(NULL, 'c', 'demo', 'u', NULL, 'tokens', 5, 'day', 0, 1)",
      budget + "(NULL, 'b', 'demo', NULL, NULL, 'tokens', 5, 'day', 0, 1)",
      budget + "(NULL, 'c', 'demo', NULL, NULL, 'calls', 5, 'day', 0, 1)",
      budget + "(NULL, 'c', 'demo', NULL, NULL, 'tokens', 0, 'day', 0, 1)",
      budget + "(NULL, 'c', 'demo', NULL, NULL, 'tokens', 1000000000000000001, 'day', 0, 1)",
      budget + "(NULL, 'c', 'demo', NULL, NULL, 'tokens', 5, 'year', 0, 1)",
      "UPDATE budgets SET key_id = 'k'",
      "INSERT INTO budget_spends VALUES (8, 0, 1)",
      "INSERT INTO budget_spends VALUES (7, 1, -1)",
      "INSERT INTO budget_spends VALUES (7, 0, 1)",
      "INSERT INTO ledger_marks VALUES ('', 1)",
      "INSERT INTO ledger_marks VALUES ('x', 0)",
      "DELETE FROM budgets",
      "DELETE FROM users",
  };
  for (const std::string& sql : wrong) EXPECT_EQ(outcome(tool.run(sql.c_str())), "store_record_refused") << sql;
  EXPECT_EQ(*tool.ask_number("SELECT (SELECT count(*) FROM budgets) + (SELECT count(*) FROM budget_spends)"), 2);
}

TEST_F(SchemaConstraints, IdempotentCallsThatCannotBeRightAreRefused) {
  open();
  ASSERT_EQ(outcome(create("demo")), "ok");
  Database tool = beside();
  const std::string call = "INSERT INTO idempotent_calls VALUES ";
  ASSERT_EQ(outcome(tool.run((call + "(zeroblob(32), zeroblob(32), 1, 'answered', x'01', 5)").c_str())), "ok");
  const std::vector<std::string> wrong{
      call + "(zeroblob(31), zeroblob(32), 1, 'in_flight', NULL, 5)",
      call + "(randomblob(32), zeroblob(31), 1, 'in_flight', NULL, 5)",
      call + "(randomblob(32), zeroblob(32), 9, 'in_flight', NULL, 5)",
      call + "(randomblob(32), zeroblob(32), 1, 'perhaps', NULL, 5)",
      call + "(randomblob(32), zeroblob(32), 1, 'answered', NULL, 5)",
      call + "(randomblob(32), zeroblob(32), 1, 'answered', x'', 5)",
      call + "(randomblob(32), zeroblob(32), 1, 'broken_off', x'01', 5)",
      "UPDATE idempotent_calls SET state = 'in_flight'",
      "DELETE FROM tenants",
  };
  for (const std::string& sql : wrong) EXPECT_EQ(outcome(tool.run(sql.c_str())), "store_record_refused") << sql;
  EXPECT_EQ(*tool.ask_number("SELECT sum(calls * 10 + bytes) FROM idempotent_sums"), 22) << "of the tenant, and of all";
}

}  // namespace
}  // namespace gatehouse::adapters
