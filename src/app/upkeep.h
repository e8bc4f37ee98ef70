// app/upkeep.h — the commands that keep a data folder's store well. Each returns the exit code of the process.
#pragma once
#include <cstdint>
#include <string>

#include "admin_commands.h"
#include "gatehouse/adapters/store_sqlite/backup.h"

namespace gatehouse::app {

// To this program's schema; that there is nothing to do is well.
int migrate(const AdminOptions& options);
// The database alone, whether or not a server runs: the master key is to be kept apart from it.
int backup(const AdminOptions& options, const std::string& file, adapters::Existing existing);
// Where no server runs. What is replaced is kept beside.
int restore(const AdminOptions& options, const std::string& file);

enum class TokenSource : std::uint8_t { none, standard_input };
// What is wrong with configuration, data folder, models and machine, and what is thought of a token; exit_failed when anything is.
int doctor(const AdminOptions& options, TokenSource token);

}  // namespace gatehouse::app
