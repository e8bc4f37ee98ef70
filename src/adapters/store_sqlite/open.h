// adapters/store_sqlite/open.h — a store's file opened, and its faults in an operator's words.
// Threads  blocks
#pragma once
#include <filesystem>
#include <string>

#include "database.h"
#include "gatehouse/base/result.h"

namespace gatehouse::adapters {

enum class Missing { make, refuse };

// A regular file of ours that nobody else may read. One that is made has mode 0600.
Status check_file(const std::filesystem::path& file, Missing missing);

// Ready to be written: schema checked, write-ahead log on; not migrated.
Result<Database> open_file(const std::filesystem::path& file);

Error damaged(const std::string& name, const std::string& why);
// store_damaged or store_open_failed for store_unavailable, other errors as they are.
Error in_operators_words(const std::string& name, Error error);

}  // namespace gatehouse::adapters
