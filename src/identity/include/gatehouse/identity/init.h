// identity/init.h — the first start of a data folder, and every later one.
// Order    folders, master key, api_keys.json: a folder is initialised once the last stands, and a first start that was cut off at any
//          point is completed by the next
// Threads  blocks on the disk; at start-up and in commands. Two first starts at once: one makes the folder, the other is refused
// Errors   already_initialised (nothing changed) → conflict, operator; data_folder_exposed, data_io and those of master_key.h and
//          api_keys.h → operator
#pragma once
#include <filesystem>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/strong.h"
#include "gatehouse/identity/api_keys.h"

namespace gatehouse::identity {

struct FirstStart {
  TenantId tenant;
  Secret<std::string> api_key;  // shown this once
};

bool is_initialised(const std::filesystem::path& data);
// The tenant demo and one key of it with every scope but platform:admin.
Result<FirstStart> initialise(const std::filesystem::path& data, RandomSource& random, WallTime now);
Result<KeyRing> open_identity(const std::filesystem::path& data);

}  // namespace gatehouse::identity
