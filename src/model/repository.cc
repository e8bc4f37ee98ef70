#include "gatehouse/model/repository.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "names.h"

namespace gatehouse::model {
namespace {

// "1", "12"; "01" would be a second way to say 1.
std::optional<std::uint32_t> parse_version(const std::string& text) {
  std::uint32_t version = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), version);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && version > 0 && text.front() != '0' ? std::optional(version) : std::nullopt;
}

bool has_manifest(const std::filesystem::path& folder) {
  std::error_code failed;
  return std::filesystem::exists(folder / "model.toml", failed);
}

// The folders in a folder, hidden ones apart, by name.
Result<std::vector<std::filesystem::path>> folders_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code ignored;
    if (at->is_directory(ignored) && !at->path().filename().string().starts_with('.')) found.push_back(at->path());
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return operator_error("model_folder_unreadable", "cannot read '" + folder.string() + "': " + failed.message());
  }
  std::ranges::sort(found);
  return found;
}

Result<Manifest> manifest_of(const std::string& name, const std::filesystem::path& folder, bool version_is_right) {
  if (!is_model_name(name)) {
    return operator_error("model_name_invalid", "'" + folder.parent_path().string() +
                                                    "': a model's name has at most 64 of a-z, 0-9, '.', '_' and '-'; rename the folder");
  }
  if (!version_is_right) {
    return operator_error(
        "model_version_invalid",
        "'" + folder.string() + "' holds a model.toml but is no version: versions are folders 1, 2, 3 in the model's folder");
  }
  return read_manifest(folder);
}

void scan_model(const std::filesystem::path& model, std::vector<Entry>& out) {
  const std::string name = model.filename().string();
  const Result<std::vector<std::filesystem::path>> versions = folders_in(model);
  if (!versions) {
    out.push_back({name, 0, model, versions.error()});
    return;
  }
  if (has_manifest(model)) out.push_back({name, 0, model, manifest_of(is_model_name(name) ? name : "model", model, false)});
  for (const std::filesystem::path& folder : *versions) {
    const std::optional<std::uint32_t> version = parse_version(folder.filename().string());
    if (!version && !has_manifest(folder)) continue;
    out.push_back({name, version.value_or(0), folder, manifest_of(name, folder, version.has_value())});
  }
}

constexpr mode_t who_may_read = S_IFMT | S_IRUSR | S_IRGRP | S_IROTH;

void add_look(std::string& look, const std::filesystem::path& folder, const std::string& name) {
  look += name + ":";
  struct stat found{};
  if (::stat((folder / name).c_str(), &found) != 0) {
    look += "missing;";
    return;
  }
  for (const std::int64_t part : {static_cast<std::int64_t>(found.st_dev), static_cast<std::int64_t>(found.st_ino),
                                  static_cast<std::int64_t>(found.st_mode & who_may_read), static_cast<std::int64_t>(found.st_size),
                                  static_cast<std::int64_t>(found.st_mtim.tv_sec), static_cast<std::int64_t>(found.st_mtim.tv_nsec)}) {
    look += std::to_string(part) + ",";
  }
  look += ";";
}

// Of a folder, its manifest, and folders in it so many levels deep.
void add_look(std::string& look, const std::filesystem::path& folder, int levels) {
  look += folder.string();
  add_look(look, folder, ".");
  add_look(look, folder, "model.toml");
  if (levels == 0) return;
  const Result<std::vector<std::filesystem::path>> inner = folders_in(folder);
  if (!inner) {
    look += inner.error().describe();
    return;
  }
  for (const std::filesystem::path& one : *inner) add_look(look, one, levels - 1);
}

// By name, highest version first; equal ones stay in the order in which they came.
using Sorted = std::multimap<std::pair<std::string, std::int64_t>, Entry>;

void add(Sorted& sorted, Entry entry) {
  const std::pair<std::string, std::int64_t> place(entry.name, -std::int64_t{entry.version});
  const bool an_earlier_folder_has_it = entry.version > 0 && sorted.contains(place);
  if (!an_earlier_folder_has_it) sorted.emplace(place, std::move(entry));
}

}  // namespace

std::vector<Entry> scan(const std::vector<std::filesystem::path>& folders) {
  Sorted sorted;
  for (const std::filesystem::path& folder : folders) {
    const Result<std::vector<std::filesystem::path>> models = folders_in(folder);
    if (!models) {
      add(sorted, {"", 0, folder, models.error()});
      continue;
    }
    std::vector<Entry> found;
    for (const std::filesystem::path& model : *models) scan_model(model, found);
    for (Entry& entry : found) add(sorted, std::move(entry));
  }
  std::vector<Entry> out;
  for (auto& [place, entry] : sorted) out.push_back(std::move(entry));
  return out;
}

bool has_versions(const Entry& entry) {
  return entry.manifest && entry.version > 0 && (entry.manifest->kind == Kind::tensor || entry.manifest->kind == Kind::trees);
}

std::string look_of(const Entry& entry) {
  std::string look;
  add_look(look, entry.folder, "model.toml");
  if (!entry.manifest) return look;
  for (const ManifestFile& file : entry.manifest->files) add_look(look, entry.folder, file.path);
  return look;
}

std::string look_of(const std::vector<std::filesystem::path>& folders) {
  std::string look;
  for (const std::filesystem::path& folder : folders) add_look(look, folder, 2);
  return look;
}

std::vector<Entry> newest(std::vector<Entry> entries) {
  std::vector<Entry> out;
  std::optional<std::string> served;
  for (Entry& entry : entries) {
    if (served == entry.name && entry.version > 0) continue;
    if (entry.manifest) served = entry.name;
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace gatehouse::model
