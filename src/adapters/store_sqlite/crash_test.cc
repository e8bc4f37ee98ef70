// A process that acknowledges writes is killed, again and again: nothing that it acknowledged is lost. The process is this program.
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <map>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/hex.h"
#include "gatehouse/base/random.h"
#include "test_store.h"

namespace gatehouse::adapters {
namespace {

constexpr const char* child_option = "--write-until-killed";
constexpr int writers = 8;
const store::Day day = *store::parse_day("2026-11-22");

std::string key_id(int round, int writer, int count) {
  return std::to_string(round) + "-" + std::to_string(writer) + "-" + std::to_string(count);
}

// Two writes, then a line that says so.
Task<void> write_on(Reactor& reactor, store::Store& store, int round, int writer) {
  for (int count = 0;; ++count) {
    store::ApiKey key{KeyId(key_id(round, writer, count)), TenantId("demo")};
    const unsigned number = static_cast<unsigned>(round) << 20U | static_cast<unsigned>(writer) << 16U | static_cast<unsigned>(count);
    key.prefix = to_hex(std::string{static_cast<char>(number >> 24U), static_cast<char>(number >> 16U), static_cast<char>(number >> 8U),
                                    static_cast<char>(number)});
    store::UsageRow used(TenantId("demo"), day, ModelName(std::to_string(round)), "llm");
    used.requests = 1;
    const std::vector<store::UsageRow> rows{used};
    const std::string line = key.id.value() + "\n";
    const Result<store::ApiKey> made = co_await store.keys().create(reactor, std::move(key));
    const Status added = co_await store.usage().add(reactor, rows);
    if (!made || !added || ::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) reactor.stop();
  }
}

int write_until_killed(const char* file, int round) {
  const SystemClock clock;
  Reactor reactor(0, clock);
  SqliteOptions options;
  options.file = file;
  const Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(options);
  if (!store) return 1;
  const Result<store::Tenant> tenant = run_task(reactor, (*store)->tenants().create(reactor, store::Tenant(TenantId("demo")), {}));
  if (!tenant && tenant.error().reason() != "tenant_exists") return 1;
  for (int writer = 0; writer < writers; ++writer) reactor.spawn(write_on(reactor, **store, round, writer));
  reactor.context().restart();
  reactor.run();
  return 1;
}

class KilledProcess : public StoreTest {
 protected:
  // Lets it acknowledge so many, or run so long where none are wanted; kills it; the lines that it wrote.
  std::vector<std::string> run_and_kill(int round, std::size_t acknowledged, int milliseconds_when_none) {
    int ends[2] = {};
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Fd reading(ends[0]);
    Fd writing(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
    std::string option = child_option, path = file().string(), number = std::to_string(round);
    char* arguments[] = {option.data(), option.data(), path.data(), number.data(), nullptr};
    pid_t child = 0;
    EXPECT_EQ(posix_spawn(&child, "/proc/self/exe", &actions, nullptr, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    writing.reset();

    pollfd readable{reading.get(), POLLIN, 0};
    if (acknowledged == 0) poll(&readable, 1, milliseconds_when_none);
    std::string said;
    bool killed = false;
    for (char buffer[4096];;) {
      if (!killed && static_cast<std::size_t>(std::ranges::count(said, '\n')) >= acknowledged) killed = kill(child, SIGKILL) == 0;
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

  void expect_nothing_lost(int round, const std::vector<std::string>& acknowledged) {
    open();
    for (const std::string& id : acknowledged) {
      ASSERT_EQ(outcome(ask(store_->keys().find(reactor_, store::Reach::everything(), KeyId(id)))), "ok") << id;
    }
    std::int64_t used = 0;
    const auto rows = ask(store_->usage().rows(reactor_, store::UsageQuery(store::Reach::everything(), day, day)));
    for (const store::UsageRow& row : *rows) used += row.model.value() == std::to_string(round) ? row.requests : 0;
    EXPECT_GE(used, static_cast<std::int64_t>(acknowledged.size()));
    EXPECT_LE(used, static_cast<std::int64_t>(acknowledged.size()) + writers) << "nor counted twice";
    EXPECT_EQ(integrity(), "ok");
    store_.reset();
  }
};

TEST_F(KilledProcess, LosesNothingThatItAcknowledged) {
  constexpr std::uint64_t seed = 20261122;
  SeededRandom random(seed);
  const char* soak = std::getenv("GATEHOUSE_SOAK");
  const int rounds = soak != nullptr && std::string(soak) == "1" ? 200 : 20;
  std::size_t acknowledged = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::size_t wanted = random.next_u64() % 4 == 0 ? 0 : random.next_u64() % 80;
    const std::vector<std::string> lines = run_and_kill(round, wanted, static_cast<int>(random.next_u64() % 40));
    acknowledged += lines.size();
    ASSERT_NO_FATAL_FAILURE(expect_nothing_lost(round, lines)) << "seed " << seed << ", round " << round;
  }
  EXPECT_GT(acknowledged, static_cast<std::size_t>(rounds)) << "too few to mean anything";
}

}  // namespace

int write_until_killed_main(int argc, char** argv) {
  int round = 0;
  const std::string number = argc > 3 ? argv[3] : "";
  std::from_chars(number.data(), number.data() + number.size(), round);
  return argc == 4 ? write_until_killed(argv[2], round) : 2;
}

}  // namespace gatehouse::adapters

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == gatehouse::adapters::child_option)
    return gatehouse::adapters::write_until_killed_main(argc, argv);
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
