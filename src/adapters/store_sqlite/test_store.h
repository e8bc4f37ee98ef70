// adapters/store_sqlite/test_store.h — for tests: a folder of their own with a store in it, and tasks that are waited for.
#pragma once
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "database.h"
#include "gatehouse/adapters/store_sqlite/sqlite_store.h"
#include "gatehouse/runtime/run_task.h"

namespace gatehouse::adapters {

// "ok", or why not.
template <class T>
std::string outcome(const Result<T>& result) {
  return result.ok() ? "ok" : std::string(result.error().reason());
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    std::string name = "/tmp/gatehouse-store-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~StoreTest() override {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::filesystem::path file() const { return folder_ / "gatehouse.db"; }
  SqliteOptions options() {
    SqliteOptions options;
    options.file = file();
    options.metrics = &metrics_;
    return options;
  }
  Result<std::unique_ptr<SqliteStore>> try_open() { return SqliteStore::open(options()); }
  void open() {
    store_.reset();
    Result<std::unique_ptr<SqliteStore>> opened = try_open();
    ASSERT_TRUE(opened.ok()) << opened.error().describe();
    store_ = std::move(*opened);
  }
  template <class T>
  T ask(Task<T> task) {
    return run_task(reactor_, std::move(task));
  }
  Result<store::Tenant> create(const std::string& id) { return ask(store_->tenants().create(reactor_, store::Tenant(TenantId(id)), {})); }
  Result<store::Tenant> find(const std::string& id) { return ask(store_->tenants().find(reactor_, TenantId(id))); }
  // A connection beside the store's, as a tool in other hands would have one.
  Database beside() { return *Database::open(file().string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE); }
  std::string integrity() { return *beside().ask("PRAGMA integrity_check"); }
  std::string contents() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const SystemClock clock_;
  Reactor reactor_{0, clock_};
  telemetry::Metrics metrics_;
  std::filesystem::path folder_;
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace gatehouse::adapters
