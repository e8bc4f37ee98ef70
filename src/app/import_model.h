// app/import_model.h — `gatehouse model import`: a GGUF or ONNX file becomes a model that a server's next start serves.
// Rules    it is tried before it is there: what does not load in an engine, or not in time, is not imported
// Threads  blocks; a command
#pragma once
#include <string>

#include "admin_commands.h"

namespace gatehouse::app {

struct ImportOptions {
  std::string file;
  std::string name;              // empty: after the file
  std::string layout;            // of its weights, "q8_0" or "q4_0"; empty: as they are
  std::string patience = "10m";  // how long it may be tried, or written anew, without getting any further
};

// Returns the exit code of the process.
int model_import(const AdminOptions& options, const ImportOptions& wanted);

}  // namespace gatehouse::app
