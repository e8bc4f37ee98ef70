// Records of the audit trail a second, sealed and durable: each caller waits for its own, as an answer that changes something does. Beside
// it SQLite alone with the same columns, a transaction a row, without seals. One JSON object a line that is read.
//   audit_bench FOLDER
#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "gatehouse/adapters/store_sqlite/sqlite_store.h"
#include "gatehouse/runtime/run_task.h"

namespace gatehouse {
namespace {

const SystemClock clock_;

constexpr int bare_rows = 200, busy_rows = 40'000, busy_callers = 256, usual_rows = 640, usual_callers = 16;

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

double seconds_since(Instant start) { return std::chrono::duration<double>(clock_.now() - start).count(); }

telemetry::AuditRecord record_of(int caller) {
  telemetry::AuditRecord record;
  record.time = std::chrono::floor<std::chrono::microseconds>(clock_.wall());
  record.tenant = TenantId("tenant-" + std::to_string(caller % 8));
  record.tenant_number = static_cast<std::uint32_t>(caller % 8);
  record.key = "0f1e2d3c-4b5a-4678-8899-aabbccddeeff";
  record.action = "llm_chat";
  record.route = "POST /v1/chat/completions";
  record.resource_type = "model";
  record.resource_id = record.model = "smollm2-135m-instruct";
  record.outcome = "ok";
  record.request_id = "0123456789abcdef0123456789abcdef";
  record.address = "192.0.2.17";
  record.task = "llm";
  record.finish = "stop";
  record.status = 200;
  record.prompt_tokens = 120;
  record.completion_tokens = 64;
  return record;
}

// Rows a second.
double add_bare(const std::string& file) {
  sqlite3* database = nullptr;
  if (sqlite3_open(file.c_str(), &database) != SQLITE_OK) give_up("opening");
  const auto run = [database](const char* sql) {
    if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) give_up(sql);
  };
  run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  run("INSERT INTO audit_chains (tenant_number, tenant_id, instance, records, head) VALUES (999, 'bare', 'bare', 0, zeroblob(32)) "
      "ON CONFLICT DO NOTHING");
  const Instant start = clock_.now();
  for (int i = 0; i < bare_rows; ++i) {
    run("INSERT INTO audit (chain, sequence, time_us, user_id, key_id, action, route, resource_type, resource_id, outcome, rule, "
        "request_id, "
        "address, model, task, finish, status, prompt_tokens, completion_tokens, count, seal) SELECT id, 1, 1700000000000000, '', "
        "'0f1e2d3c-4b5a-4678-8899-aabbccddeeff', 'llm_chat', 'POST /v1/chat/completions', 'model', 'smollm2-135m-instruct', 'ok', '', "
        "'0123456789abcdef0123456789abcdef', '192.0.2.17', 'smollm2-135m-instruct', 'llm', 'stop', 200, 120, 64, 1, zeroblob(32) "
        "FROM audit_chains WHERE tenant_id = 'bare'");
  }
  const double rate = bare_rows / seconds_since(start);
  sqlite3_close(database);
  return rate;
}

// What the callers of one run have in common.
struct Run {
  Reactor& reactor;
  store::Store& store;
  std::shared_ptr<const telemetry::AuditSealer> sealer;
  std::vector<double> waits_ms;
};

Task<Status> append(Run& run, int caller, int rows) {
  for (int i = 0; i < rows; ++i) {
    std::vector<telemetry::AuditRecord> records(1, record_of(caller));
    const Instant asked = clock_.now();
    const Status appended = co_await run.store.audit().append(run.reactor, run.sealer, std::move(records));
    if (!appended) co_return appended;
    run.waits_ms.push_back(seconds_since(asked) * 1e3);
  }
  co_return ok();
}

// Rows a second; how long each waited stays in the run.
double append_all(Run& run, int callers, int rows) {
  std::vector<Task<Status>> tasks;
  for (int i = 0; i < callers; ++i) tasks.push_back(append(run, i, rows / callers));
  const Instant start = clock_.now();
  for (const Status& one : run_tasks(run.reactor, std::move(tasks))) {
    if (!one) give_up("a record");
  }
  return rows / seconds_since(start);
}

double at(std::vector<double>& values, double part) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

int measure(const std::filesystem::path& folder) {
  Reactor reactor(0, clock_);
  adapters::SqliteOptions options;
  options.file = folder / "bench.db";
  const Result<std::unique_ptr<adapters::SqliteStore>> store = adapters::SqliteStore::open(options);
  if (!store) give_up("opening");
  const Secret<std::string> key(std::string(32, 'k'));
  const auto sealer = std::make_shared<const telemetry::AuditSealer>(*telemetry::AuditSealer::make(key, "bench"));
  for (std::string line; std::getline(std::cin, line);) {
    const double bare = add_bare(options.file->string());
    Run usual{reactor, **store, sealer, {}}, busy{reactor, **store, sealer, {}};
    append_all(usual, usual_callers, usual_rows);
    const double batched = append_all(busy, busy_callers, busy_rows);
    std::printf(R"({"bare":%.1f,"batched":%.1f,"usual_p50_ms":%.3f,"usual_p99_ms":%.3f,"busy_p50_ms":%.3f,"busy_p99_ms":%.3f})"
                "\n",
                bare, batched, at(usual.waits_ms, 0.5), at(usual.waits_ms, 0.99), at(busy.waits_ms, 0.5), at(busy.waits_ms, 0.99));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace gatehouse

int main(int argc, char** argv) { return argc == 2 ? gatehouse::measure(argv[1]) : 2; }
