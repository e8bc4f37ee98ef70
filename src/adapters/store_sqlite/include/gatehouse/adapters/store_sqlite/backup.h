// adapters/store_sqlite/backup.h — a store's file, copied while it is in use, and put back.
// Threads  blocks: commands and workers
// Errors   backup_failed, backup_target_exists, and those of sqlite_store.h of the file that is read → operator. Whatever fails, what
//          stood at the target stands there still
#pragma once
#include <filesystem>

#include "gatehouse/base/result.h"

namespace gatehouse::adapters {

// One moment's state, whatever is written meanwhile, in one file with mode 0600 that was read back and found whole. The target must not
// be there.
Status backup_store(const std::filesystem::path& store, const std::filesystem::path& target);

// Takes the place of the store, whatever that holds; nobody may have it open (the caller holds DATA/lock).
Status restore_store(const std::filesystem::path& backup, const std::filesystem::path& store);

}  // namespace gatehouse::adapters
