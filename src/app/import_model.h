// app/import_model.h — `gatehouse model import`: a GGUF or ONNX file becomes a model that a server's next start serves.
// Rules    it is tried before it is there: what does not load in an engine is not imported
// Threads  blocks; a command
#pragma once
#include <string>

#include "admin_commands.h"

namespace gatehouse::app {

// name: empty: after the file. layout: of its weights, "q8_0" or "q4_0"; empty: as they are. Returns the exit code of the process.
int model_import(const AdminOptions& options, const std::string& file, const std::string& name, const std::string& layout);

}  // namespace gatehouse::app
