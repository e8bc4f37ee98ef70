#include "check_model.h"

#include <array>
#include <iostream>
#include <vector>

#include "command_parts.h"
#include "gatehouse/model/check.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::app {
namespace {

std::string joined_faults(const std::vector<std::string>& faults) {
  std::string text;
  for (const std::string& fault : faults) text.append(text.empty() ? "" : "; ").append(fault);
  return text;
}

}  // namespace

int model_check(const AdminOptions& options, const std::string& folder) {
  const std::vector<model::Entry> entries = model::entries_at(folder);
  if (entries.empty()) {
    return report(
        operator_error("model_folder_empty", "there is no model in '" + folder + "': models stand in NAME/VERSION/ with a model.toml"));
  }
  bool all_well = true;
  std::string text;
  wire::JsonWriter json(text);
  json.begin_list();
  for (const model::Entry& entry : entries) {
    const std::vector<std::string> faults = model::faults_in(entry);
    all_well = all_well && faults.empty();
    json.begin_object().member("name", entry.name).member("version", std::to_string(entry.version));
    json.member("kind", entry.manifest ? to_string(entry.manifest->kind) : std::string_view());
    json.member("state", faults.empty() ? "well" : "wrong").member("reason", joined_faults(faults));
    json.key("faults").begin_list();
    for (const std::string& fault : faults) json.value(fault);
    json.end_list().end_object();
  }
  json.end_list();
  static constexpr std::array<std::string_view, 5> columns{"name", "version", "kind", "state", "reason"};
  print_list(options, text, columns);
  return all_well ? exit_well : exit_failed;
}

}  // namespace gatehouse::app
