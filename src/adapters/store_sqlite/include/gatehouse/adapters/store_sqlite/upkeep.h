// adapters/store_sqlite/upkeep.h — what an operator asks of a store's file: which schema it has, and brought up to date; whether it is
// whole.
// Threads  blocks: commands
// Errors   those of sqlite_store.h → operator
#pragma once
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/store/records.h"

namespace gatehouse::adapters {

struct SchemaNumbers {
  std::size_t found = 0, known = 0;  // of the file, and of this program
};

// Nothing is changed. store_too_new when the file's is above what is known.
Result<SchemaNumbers> schema_of(const std::filesystem::path& store);

struct MigratedSchema {
  std::size_t from = 0, to = 0;
  std::vector<std::string> applied;  // what each step was about
};

// Told of each step before it is done for good.
using OnMigration = std::function<void(std::size_t number, std::size_t last, const std::string& what)>;
// Step by step: what was cut off goes on where it stopped. Nobody else may have the store open (the caller holds DATA/lock).
Result<MigratedSchema> migrate_store(const std::filesystem::path& store, const OnMigration& on_step = {});

struct StoreLook {
  SchemaNumbers schema;
  std::string verdict;  // "ok", or the first thing that is wrong in the file
  std::vector<store::SigningKey> signing_keys;
  std::optional<std::chrono::sys_seconds> newest;  // the latest of the moments at which records say that something was done
};

// Reads all of it; nothing is changed, whoever has it open.
Result<StoreLook> look_into_store(const std::filesystem::path& store);

}  // namespace gatehouse::adapters
