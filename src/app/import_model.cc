#include "import_model.h"

#include <algorithm>
#include <iostream>

#include "gatehouse/model/import.h"
#include "gatehouse/wire/json/writer.h"
#include "print_json.h"
#include "progress.h"
#include "terminal_text.h"

namespace gatehouse::app {
namespace {

std::string text_of(const model::Imported& made, const LlamaSettings& settings) {
  const std::uint64_t seat = made.head.context > 0 ? std::min<std::uint64_t>(settings.context, made.head.context) : settings.context;
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("name", made.name).member("version", "1").member("kind", "llm").member("state", "declared");
  json.member("reason", "a server serves it from its next start on").member("folder", made.folder.string()).member("sha256", made.sha256);
  json.member("bytes", made.bytes).member("architecture", made.head.architecture).member("context", made.head.context);
  json.member("vocabulary", made.head.vocabulary).member("chat_template", made.head.has_chat_template);
  json.member("memory_bytes", model::memory_needed(made.bytes, made.head.cell_bytes, seat * settings.sequences)).end_object();
  return text;
}

}  // namespace

int model_import(const AdminOptions& options, const std::string& file, const std::string& name) {
  const Configuration configuration = read_configuration(options.configuration);
  if (!configuration.ok()) return report(configuration.reading.faults);
  Result<model::Imported> made = internal_error("model_not_imported", "nothing was tried");
  {
    Progress progress("import");
    made = model::import_gguf(file, name.empty() ? model::model_name_of(file) : name, model_folders(configuration.settings.models).front(),
                              [&progress](std::uint64_t done, std::uint64_t all) { progress.show(done, all); });
  }
  if (!made) return report(made.error());
  if (!made->head.has_chat_template)
    std::cerr << "gatehouse: the file brings no chat template: /v1/chat/completions will refuse, plain prompts work.\n";
  const std::string json = text_of(*made, configuration.settings.llama);
  std::cout << (options.output == Output::json ? json_for_terminal(json) + "\n" : object_as_text(json));
  return exit_well;
}

}  // namespace gatehouse::app
