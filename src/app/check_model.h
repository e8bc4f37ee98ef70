// app/check_model.h — `gatehouse model check`: what is wrong with folders of models, before a server finds out.
// Threads  blocks; a command
#pragma once
#include <string>

#include "admin_commands.h"

namespace gatehouse::app {

// folder: a version, a model or a folder of models. Returns the exit code of the process: 1 where anything is wrong.
int model_check(const AdminOptions& options, const std::string& folder);

}  // namespace gatehouse::app
