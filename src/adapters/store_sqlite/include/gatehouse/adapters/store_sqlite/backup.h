// adapters/store_sqlite/backup.h — a store's file, copied while it is in use, and put back.
// Threads  blocks: commands and workers
// Errors   backup_failed, backup_target_exists, store_in_use, and those of sqlite_store.h of the file that is read → operator. Whatever
//          fails, what stood at the target stands there still; and so it does when the process is killed, or the new one does, whole
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>

#include "gatehouse/base/result.h"

namespace gatehouse::adapters {

// Told now and then how many of all pages are copied.
using OnPages = std::function<void(std::uint64_t done, std::uint64_t all)>;

enum class Existing : std::uint8_t { refuse, replace };

struct BackupOptions {
  Existing existing = Existing::refuse;  // a file at the target; never the store itself, nor a database that is in use
  OnPages on_pages;
};

// One moment's state, whatever is written meanwhile, in one file with mode 0600 that was read back and found whole.
Status backup_store(const std::filesystem::path& store, const std::filesystem::path& target, const BackupOptions& options = {});

struct RestoreOptions {
  std::filesystem::path kept;  // where what is replaced goes on, in one file; empty: it is gone
  // Looks at the copy, found whole, before it takes the store's place, and may bring it up to date; an Error ends it there.
  std::function<Status(const std::filesystem::path& copy)> accept;
  OnPages on_pages;
};

// Takes the place of the store, whatever that holds; nobody may have it open (the caller holds DATA/lock).
Status restore_store(const std::filesystem::path& backup, const std::filesystem::path& store, const RestoreOptions& options = {});

}  // namespace gatehouse::adapters
