// app/import_model.h — `gatehouse model import`: a GGUF file becomes a model that a server's next start serves.
// Threads  blocks; a command
#pragma once
#include <string>

#include "admin_commands.h"

namespace gatehouse::app {

// name: empty: after the file. Returns the exit code of the process.
int model_import(const AdminOptions& options, const std::string& file, const std::string& name);

}  // namespace gatehouse::app
