// model/check.h — all that is wrong with the folder of a model, as far as that can be seen without loading it.
// Rules    the manifest first; then each file by its hash and its head; then what the manifest says beside what the graph does
// Threads  blocks: reads every file to its end
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "gatehouse/model/repository.h"

namespace gatehouse::model {

// In words for people; none: nothing is wrong.
std::vector<std::string> faults_in(const Entry& entry);

// The models that such a path means: one version (it holds model.toml), one model (of versions), or a folder of models.
std::vector<Entry> entries_at(const std::filesystem::path& folder);

}  // namespace gatehouse::model
