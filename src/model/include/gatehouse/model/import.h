// model/import.h — a GGUF or ONNX file becomes a model of the repository: NAME/1 with a manifest that pins what was copied.
// Rules    whole or not at all: it is put together beside its place, and moved there when it is on the disk. Nothing is overwritten
// Threads  blocks for as long as the copy takes: commands
// Errors   model_file_missing, model_file_unreadable, model_name_invalid, model_exists, model_not_written, those of gguf.h and of the steps
//          → operator
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/model/gguf.h"
#include "gatehouse/model/manifest.h"

namespace gatehouse::model {

struct Imported {
  std::string name;
  std::filesystem::path folder;
  std::string sha256;
  std::uint64_t bytes = 0;
  GgufHead head;
};

// What an import does besides; each may be null.
struct ImportSteps {
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;  // bytes of a copy
  std::function<Status(const Fd& from, const Fd& to)> write;            // another file in the place of a copy; to: empty
  std::function<Status(const Fd& file, const GgufHead& head)> try_out;  // before others find it; where it fails, nothing is imported
};

// What a model of that file is called where nothing else is said: "Qwen2.5 0.5B.gguf" is "qwen2.5-0.5b".
std::string model_name_of(const std::filesystem::path& file);
// models: the folder of models.
Result<Imported> import_gguf(const std::filesystem::path& file, const std::string& name, const std::filesystem::path& models,
                             const ImportSteps& steps);

// Of a graph: what it takes and gives becomes what the manifest says, and the names of its classes. steps: progress alone.
struct ImportedGraph {
  std::string name;
  std::filesystem::path folder;
  std::string sha256;
  std::uint64_t bytes = 0;
  Kind kind = Kind::tensor;
  std::string manifest;  // as it was written
};
// Those of import_gguf, onnx_not_served, and those of wire/onnx/graph.h.
Result<ImportedGraph> import_onnx(const std::filesystem::path& file, const std::string& name, const std::filesystem::path& models,
                                  const ImportSteps& steps);

}  // namespace gatehouse::model
