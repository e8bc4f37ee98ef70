// model/repository.h — which models stand in the model folders: <folder>/<name>/<version>/model.toml.
// Rules    names are [a-z0-9._-], versions positive integers; a model that stands in two folders is the first folder's
// Threads  blocks on the disk: start-up and control
// Errors   an entry whose manifest is broken carries the error and does not hinder others: those of manifest.h, model_name_invalid,
//          model_version_invalid (version 0), model_folder_unreadable (no name). Folders that are not there have no models
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/model/manifest.h"

namespace gatehouse::model {

struct Entry {
  std::string name;
  std::uint32_t version = 0;
  std::filesystem::path folder;
  Result<Manifest> manifest;
};

// By name, then version, highest first.
std::vector<Entry> scan(const std::vector<std::filesystem::path>& folders);
// Of what scan found: each model's highest version whose manifest is right, and every broken one that would have won or is no version.
std::vector<Entry> newest(std::vector<Entry> entries);

// Whether its model's versions are served beside one another: of others the newest alone is.
bool has_versions(const Entry& entry);
// How the folder of an entry looks to the file system: another text when its manifest or one of its files is another, or is being written.
std::string look_of(const Entry& entry);
// The same of the folders that are scanned: another text when entries may have come or gone, or a manifest is another. Many times cheaper
// than a scan; what manifests name is not looked at.
std::string look_of(const std::vector<std::filesystem::path>& folders);

}  // namespace gatehouse::model
