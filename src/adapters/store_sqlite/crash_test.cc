// A process that acknowledges writes is killed, again and again: nothing that it acknowledged is lost, and nothing is there by half. The
// process is this program.
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <set>

#include "gatehouse/adapters/store_sqlite/audit_file.h"
#include "gatehouse/base/fd.h"
#include "gatehouse/base/hex.h"
#include "gatehouse/base/random.h"
#include "gatehouse/telemetry/audit_verify.h"
#include "test_store.h"

namespace gatehouse::adapters {
namespace {

constexpr const char* write_option = "--write-until-killed";
constexpr const char* begin_option = "--begin-and-wait";
constexpr int writers = 8;
const store::Day day = *store::parse_day("2026-11-22");
const store::Moment at{seconds(1)};

// Says that it is durable.
bool say(const std::string& what, const std::string& id) {
  const std::string line = what + " " + id + "\n";
  return ::write(STDOUT_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

store::ApiKey key_of(const std::string& id, const std::string& tenant, unsigned number) {
  store::ApiKey key{KeyId(id), TenantId(tenant)};
  std::string prefix;
  for (unsigned shift = 32; shift > 0; shift -= 8) prefix.push_back(static_cast<char>(number >> (shift - 8)));
  key.prefix = to_hex(prefix);
  return key;
}

store::User user_of(const std::string& id, const std::string& tenant) {
  store::User user{store::UserId(id), TenantId(tenant)};
  user.username = "name-" + id;
  user.email = id + "@example.org";
  return user;
}

// Begun, and one token on.
Task<bool> write_session(Reactor& reactor, store::Store& store, std::string id) {
  store::Session session{store::SessionId(id), store::UserId(id)};
  session.expires = at;
  store::NewSession wanted(session, std::string(), 9, store::SessionEnd(at, at));
  const Result<store::BegunSession> begun = co_await store.sessions().begin(reactor, std::move(wanted));
  if (!begun || !say("session", id)) co_return false;
  const store::Digest used{};
  session.used.emplace(used, used, at);
  session.generation = 1;
  const Result<store::Session> rotated = co_await store.sessions().rotate(reactor, session);
  co_return rotated.ok() && say("rotated", id);
}

const telemetry::AuditSealer sealer = *telemetry::AuditSealer::make(Secret<std::string>(std::string(32, 'k')), "here");

// Three tenants take turns, so that their chains grow side by side.
telemetry::AuditRecord audit_record_of(const std::string& id, int count) {
  telemetry::AuditRecord record;
  record.tenant_number = static_cast<std::uint32_t>(count % 3);
  record.tenant = TenantId("tenant-" + std::to_string(record.tenant_number));
  record.action = "create_tenant";
  record.outcome = "ok";
  record.request_id = id;
  return record;
}

// A tenant with a key and a user, who logs in.
Task<bool> write_tenant(Reactor& reactor, store::Store& store, std::string id, unsigned number) {
  const store::Tenant tenant{TenantId(id)};
  const std::vector<store::ApiKey> keys{key_of(id, id, number)};
  const store::User user = user_of(id, id);
  const Result<store::Tenant> made = co_await store.tenants().create(reactor, tenant, keys);
  if (!made || !say("tenant", id)) co_return false;
  const Result<store::User> joined = co_await store.users().create(reactor, user);
  if (!joined || !say("user", id)) co_return false;
  co_return co_await write_session(reactor, store, id);
}

Task<bool> write_records(Reactor& reactor, store::Store& store, int round, std::string id) {
  store::UsageRow used(TenantId("demo"), day, ModelName(std::to_string(round)), "llm");
  used.requests = 1;
  const std::vector<store::UsageRow> rows{used};
  const Status added = co_await store.usage().add(reactor, rows);
  if (!added || !say("usage", id)) co_return false;
  const store::Revocation revocation(store::RevocationKind::token_id, id, at);
  const Result<store::Revocation> revoked = co_await store.revocations().add(reactor, revocation);
  co_return revoked.ok() && say("revocation", id);
}

// One, and two that only count together.
Task<bool> write_audit(Reactor& reactor, store::Store& store, std::string id, int count) {
  const auto shared = std::make_shared<const telemetry::AuditSealer>(sealer);
  std::vector<telemetry::AuditRecord> one{audit_record_of(id, count)};
  const Status written = co_await store.audit().append(reactor, shared, std::move(one));
  if (!written || !say("audit", id)) co_return false;
  std::vector<telemetry::AuditRecord> two{audit_record_of(id + "a", count), audit_record_of(id + "b", count + 1)};
  const Status both = co_await store.audit().append(reactor, shared, std::move(two));
  co_return both.ok() && say("audit", id + "a") && say("audit", id + "b");
}

Task<bool> write_and_remove(Reactor& reactor, store::Store& store, std::string id, unsigned number) {
  const bool made = co_await write_tenant(reactor, store, id, number);
  if (!made) co_return false;
  const TenantId tenant(id);
  const Result<std::uint32_t> removed = co_await store.tenants().remove(reactor, tenant, at, std::nullopt);
  co_return removed.ok() && say("removal", id);
}

// Every third tenant goes again.
Task<void> write_on(Reactor& reactor, store::Store& store, int round, int writer) {
  bool fine = true;
  for (int count = 0; fine; ++count) {
    const std::string id = std::to_string(round) + "-" + std::to_string(writer) + "-" + std::to_string(count);
    const unsigned number = static_cast<unsigned>(round) << 20U | static_cast<unsigned>(writer) << 16U | static_cast<unsigned>(count);
    if (count % 3 == 2) {
      const std::string gone = "gone-" + id;
      fine = co_await write_and_remove(reactor, store, gone, number);
    } else {
      fine = co_await write_tenant(reactor, store, id, number);
    }
    if (fine) fine = co_await write_records(reactor, store, round, id);
    if (fine) fine = co_await write_audit(reactor, store, id, count);
  }
  reactor.stop();
}

Task<void> begin_and_wait(Reactor& reactor, store::Store& store) {
  store::SigningKey signing_key("kid", "EdDSA");
  signing_key.sealed_private = "sealed";
  signing_key.public_jwk = "{}";
  store::Initial initial(signing_key);
  initial.tenants = {store::Tenant(TenantId("demo")), store::Tenant(TenantId("system"))};
  initial.keys = {key_of("k", "demo", 1)};
  initial.users = {user_of("u", "system")};
  const Status begun = co_await store.initialise(reactor, initial);
  if (!begun || !say("begun", "demo")) reactor.stop();
}

// Ends by itself when something fails alone.
int be_killed(const std::string& option, const char* file, int round) {
  const SystemClock clock;
  Reactor reactor(0, clock);
  SqliteOptions options;
  options.file = file;
  const Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(options);
  if (!store) return 1;
  if (option == begin_option) {
    if (!say("opened", file)) return 1;
    reactor.spawn(begin_and_wait(reactor, **store));
  } else {
    const Result<store::Tenant> tenant = run_task(reactor, (*store)->tenants().create(reactor, store::Tenant(TenantId("demo")), {}));
    if (!tenant && tenant.error().reason() != "tenant_exists") return 1;
    for (int writer = 0; writer < writers; ++writer) reactor.spawn(write_on(reactor, **store, round, writer));
    reactor.context().restart();
  }
  reactor.run();
  return 1;
}

int rounds() {
  const char* soak = std::getenv("GATEHOUSE_SOAK");
  return soak != nullptr && std::string(soak) == "1" ? 200 : 20;
}

class KilledProcess : public StoreTest {
 protected:
  struct Orders {
    const char* option;
    int round = 0;
    std::size_t lines = 0;  // so many are waited for,
    int milliseconds = 0;   // and then so long, or until the next
  };
  static pid_t start(const Orders& orders, const std::string& file, const Fd& out) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
    std::string option = orders.option, path = file, number = std::to_string(orders.round);
    char* arguments[] = {option.data(), option.data(), path.data(), number.data(), nullptr};
    pid_t child = 0;
    EXPECT_EQ(posix_spawn(&child, "/proc/self/exe", &actions, nullptr, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return child;
  }
  // The lines that it wrote before its end.
  std::vector<std::string> run_and_kill(const Orders& orders) {
    int ends[2] = {};
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Fd reading(ends[0]);
    Fd writing(ends[1]);
    const pid_t child = start(orders, file().string(), writing);
    writing.reset();

    pollfd readable{reading.get(), POLLIN, 0};
    std::string said;
    bool killed = false;
    for (char buffer[4096];;) {
      if (!killed && static_cast<std::size_t>(std::ranges::count(said, '\n')) >= orders.lines) {
        poll(&readable, 1, orders.milliseconds);
        killed = kill(child, SIGKILL) == 0;
      }
      const ssize_t n = ::read(reading.get(), buffer, sizeof buffer);
      if (n <= 0) break;
      said.append(buffer, static_cast<std::size_t>(n));
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself, with " << WEXITSTATUS(status);
    std::vector<std::string> lines;
    for (std::size_t begin = 0, end; (end = said.find('\n', begin)) != std::string::npos; begin = end + 1) {
      lines.push_back(said.substr(begin, end - begin));
    }
    return lines;
  }

  bool is_there(const std::string& what, const std::string& id) {
    if (what == "audit") return audited_.contains(id);
    const store::Reach all = store::Reach::everything();
    if (what == "user") return ask(store_->users().find(reactor_, all, store::UserId(id))).ok();
    if (what == "session") return ask(store_->sessions().find(reactor_, store::SessionId(id))).ok();
    if (what == "rotated") return is_there("session", id) && ask(store_->sessions().find(reactor_, store::SessionId(id)))->generation == 1;
    if (what == "tenant") return find(id).ok() && ask(store_->keys().find(reactor_, all, KeyId(id))).ok();
    return revoked_.contains((what == "removal" ? "tenant " : "jti ") + id);
  }
  void expect_nothing_lost(const std::vector<std::string>& acknowledged) {
    for (const std::string& line : acknowledged) {
      const std::string what = line.substr(0, line.find(' ')), id = line.substr(line.find(' ') + 1);
      if (what == "usage") continue;
      if (!id.starts_with("gone-")) {
        ASSERT_TRUE(is_there(what, id)) << line;
      } else if (is_there("removal", id)) {
        ASSERT_FALSE(is_there("tenant", id) || is_there("user", id) || is_there("session", id)) << line << ": removed by half";
      } else {
        ASSERT_TRUE(what != "removal" && is_there("tenant", id) && is_there(what, id)) << line << ": removed, and nobody told";
      }
    }
  }
  void expect_usage(int round, std::size_t acknowledged) {
    std::int64_t used = 0;
    const auto rows = ask(store_->usage().rows(reactor_, store::UsageQuery(store::Reach::everything(), day, day)));
    for (const store::UsageRow& row : *rows) used += row.model.value() == std::to_string(round) ? row.requests : 0;
    EXPECT_GE(used, static_cast<std::int64_t>(acknowledged));
    EXPECT_LE(used, static_cast<std::int64_t>(acknowledged) + writers) << "nor counted twice";
  }
  // Every record of the trail as it is, and what was written together is there together.
  void read_trail() {
    audited_.clear();
    telemetry::AuditVerifier verifier(sealer, {});
    AuditReader reader;
    reader.head = [&](const telemetry::AuditHead& head) { verifier.expect(head); };
    reader.row = [&](const telemetry::AuditRow& row) {
      verifier.look_at(row);
      audited_.insert(row.record.request_id);
    };
    ASSERT_EQ(outcome(read_audit(file(), reader)), "ok");
    const telemetry::AuditVerdict verdict = verifier.verdict();
    ASSERT_TRUE(verdict.ok()) << telemetry::to_string(verdict.faults.front().damage) << " at " << verdict.faults.front().sequence;
    ASSERT_EQ(verdict.records, audited_.size());
    for (const std::string& id : audited_) {
      const bool is_first = id.ends_with("a");
      ASSERT_TRUE(!is_first || audited_.contains(id.substr(0, id.size() - 1) + "b")) << id;
    }
  }
  // What came since the last look.
  void follow_revocations() {
    for (bool more = true; more;) {
      const store::Page<store::Revocation> page = *ask(store_->revocations().since(reactor_, followed_, 1000));
      for (const store::Revocation& one : page.data) {
        EXPECT_GT(one.number, followed_);
        followed_ = one.number;
        revoked_.insert(std::string(store::to_string(one.kind)) + " " + one.id);
      }
      more = page.has_more;
    }
  }
  // Tenants, users, keys and signing keys.
  std::vector<std::size_t> counts() {
    const store::Reach all = store::Reach::everything();
    return {ask(store_->tenants().list(reactor_, TenantId(), 10))->data.size(),
            ask(store_->users().list(reactor_, store::UserQuery(all)))->data.size(),
            ask(store_->keys().list(reactor_, store::KeyQuery(all)))->data.size(), ask(store_->signing_keys().all(reactor_))->size()};
  }

  std::set<std::string> revoked_, audited_;
  std::int64_t followed_ = 0;
};

TEST_F(KilledProcess, LosesNothingThatItAcknowledged) {
  constexpr std::uint64_t seed = 20261122;
  SeededRandom random(seed);
  std::size_t acknowledged = 0;
  for (int round = 0; round < rounds(); ++round) {
    const std::size_t lines = random.next_u64() % 4 == 0 ? 0 : random.next_u64() % 200;
    const int wait = lines == 0 ? static_cast<int>(random.next_u64() % 40) : 0;
    const std::vector<std::string> said = run_and_kill({write_option, round, lines, wait});
    acknowledged += said.size();
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    open();
    follow_revocations();
    ASSERT_NO_FATAL_FAILURE(read_trail());
    ASSERT_NO_FATAL_FAILURE(expect_nothing_lost(said));
    expect_usage(round, static_cast<std::size_t>(std::ranges::count_if(said, [](const auto& line) { return line.starts_with("usage"); })));
    ASSERT_EQ(integrity(), "ok");
    store_.reset();
  }
  EXPECT_GT(acknowledged, static_cast<std::size_t>(rounds())) << "too few to mean anything";
}

TEST_F(KilledProcess, HasBegunWithEverythingOrNotAtAll) {
  constexpr std::uint64_t seed = 20261126;
  SeededRandom random(seed);
  for (int round = 0; round < rounds(); ++round) {
    const std::size_t lines = random.next_u64() % 4 == 0 ? 0 : 1;  // while it opens the store, or while it begins
    const int wait = static_cast<int>(random.next_u64() % (lines == 0 ? 30 : 4));
    const std::vector<std::string> said = run_and_kill({begin_option, round, lines, wait});
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    open();
    const std::vector<std::size_t> all{2, 1, 1, 1}, nothing{0, 0, 0, 0};
    const std::vector<std::size_t> found = counts();
    EXPECT_TRUE(found == all || (found == nothing && said.size() < 2)) << ::testing::PrintToString(found);
    EXPECT_EQ(integrity(), "ok");
    store_.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file().string() + suffix);
  }
}

}  // namespace

int be_killed_main(int argc, char** argv) {
  int round = 0;
  const std::string number = argc > 3 ? argv[3] : "";
  std::from_chars(number.data(), number.data() + number.size(), round);
  return argc == 4 ? be_killed(argv[1], argv[2], round) : 2;
}

bool is_child(const std::string& option) { return option == write_option || option == begin_option; }

}  // namespace gatehouse::adapters

int main(int argc, char** argv) {
  if (argc > 1 && gatehouse::adapters::is_child(argv[1])) return gatehouse::adapters::be_killed_main(argc, argv);
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
