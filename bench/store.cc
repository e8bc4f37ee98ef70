// Revocations a second through the SQLite store, each acknowledged when it is durable: one caller that waits for each, and many at once.
// The first figure is SQLite's own: one transaction a row, without threads and tasks.
//   store_bench FOLDER
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "gatehouse/adapters/store_sqlite/sqlite_store.h"
#include "gatehouse/runtime/run_task.h"

namespace gatehouse {
namespace {

const SystemClock clock_;

struct Pace {
  double rows_a_second;
  double cpu_us_a_row;
};

// Reports how fast the work was; ends the program where it failed.
template <class Work>
Pace measure(const std::string& what, int rows, const Work& work) {
  const Instant start = clock_.now();
  const std::clock_t cpu = std::clock();
  if (!work()) {
    std::fprintf(stderr, "%s: a write failed\n", what.c_str());
    std::exit(1);
  }
  const double took = std::chrono::duration<double>(clock_.now() - start).count();
  const double computed = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  const Pace pace{rows / took, computed * 1e6 / rows};
  std::printf("%-44s %9.0f rows/s  %7.1f us CPU a row\n", what.c_str(), pace.rows_a_second, pace.cpu_us_a_row);
  return pace;
}

Task<Status> add(Reactor& reactor, store::Store& store, int rows) {
  for (int i = 0; i < rows; ++i) {
    store::Revocation row(store::RevocationKind::token_id, "0123456789abcdef0123456789abcdef", store::Moment(seconds(i)));
    auto adding = store.revocations().add(reactor, std::move(row));
    const Result<store::Revocation> added = co_await std::move(adding);
    if (!added) co_return added.error();
  }
  co_return ok();
}

bool add_all(Reactor& reactor, store::Store& store, int callers, int rows) {
  std::vector<Task<Status>> tasks;
  for (int i = 0; i < callers; ++i) tasks.push_back(add(reactor, store, rows / callers));
  bool fine = true;
  for (const Status& one : run_tasks(reactor, std::move(tasks))) fine = fine && one.ok();
  return fine;
}

bool add_bare(const std::string& file, int rows) {
  sqlite3* database = nullptr;
  bool fine = sqlite3_open(file.c_str(), &database) == SQLITE_OK;
  const auto run = [&](const char* sql) { fine = fine && sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK; };
  run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  for (int i = 0; i < rows; ++i) {
    run("INSERT INTO revocations (kind, id, not_before_s) VALUES ('jti', '0123456789abcdef0123456789abcdef', 1)");
  }
  sqlite3_close(database);
  return fine;
}

int run(const std::filesystem::path& folder) {
  Reactor reactor(0, clock_);
  adapters::SqliteOptions options;
  options.file = folder / "bench.db";
  const Result<std::unique_ptr<adapters::SqliteStore>> store = adapters::SqliteStore::open(options);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().describe().c_str());
    return 1;
  }
  constexpr int few = 500, many = 50'000;
  measure("SQLite alone, a transaction a row", few, [&] { return add_bare(options.file->string(), few); });
  const Pace single = measure("the store, one caller", few, [&] { return add_all(reactor, **store, 1, few); });
  Pace batched{};
  for (const int callers : {16, 256}) {
    const std::string what = "the store, " + std::to_string(callers) + " callers at once";
    batched = measure(what, many, [&] { return add_all(reactor, **store, callers, many); });
  }
  std::printf("256 callers / one caller: %.1f\n", batched.rows_a_second / single.rows_a_second);
  return 0;
}

}  // namespace
}  // namespace gatehouse

int main(int argc, char** argv) { return argc == 2 ? gatehouse::run(argv[1]) : 2; }
